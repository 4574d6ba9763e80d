// GetConfigurationSet: the options of a configuration set.
import { type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import type { SesRegion } from './state.ts'

export const noConfigurationSet = (name: string): Outcome =>
  refused('NotFoundException', `Configuration set <${name}> does not exist.`, 404)

export const getConfigurationSet = (region: SesRegion, request: JsonObject): Outcome => {
  const name = text(request, 'ConfigurationSetName') ?? ''
  const found = region.configurationSets.get(name)
  return found ? done(found) : noConfigurationSet(name)
}
