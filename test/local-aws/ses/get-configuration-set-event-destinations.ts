// GetConfigurationSetEventDestinations: where the events of a configuration set go.
import { type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome } from '../outcome.ts'
import { noConfigurationSet } from './get-configuration-set.ts'
import type { SesRegion } from './state.ts'

export const getConfigurationSetEventDestinations = (region: SesRegion, request: JsonObject): Outcome => {
  const name = text(request, 'ConfigurationSetName') ?? ''
  if (!region.configurationSets.has(name)) return noConfigurationSet(name)
  return done({ EventDestinations: region.eventDestinations.get(name) ?? [] })
}
