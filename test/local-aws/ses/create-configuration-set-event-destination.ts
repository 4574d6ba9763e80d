// CreateConfigurationSetEventDestination: one more place for the events of a set.
import { child, type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import { noConfigurationSet } from './get-configuration-set.ts'
import type { SesRegion } from './state.ts'

export const createConfigurationSetEventDestination = (region: SesRegion, request: JsonObject): Outcome => {
  const set = text(request, 'ConfigurationSetName') ?? ''
  const Name = text(request, 'EventDestinationName') ?? ''
  if (!region.configurationSets.has(set)) return noConfigurationSet(set)
  const there = region.eventDestinations.get(set) ?? []
  if (there.some((destination) => destination['Name'] === Name)) {
    return refused('AlreadyExistsException', `Event destination <${Name}> already exists in configuration set <${set}>.`)
  }
  region.eventDestinations.set(set, [...there, { Name, Enabled: false, ...child(request, 'EventDestination') }])
  return done()
}
