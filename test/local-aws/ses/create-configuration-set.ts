// CreateConfigurationSet: a set, with the defaults under what the request says.
import { type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import { plainConfigurationSet, type SesRegion } from './state.ts'

export const createConfigurationSet = (region: SesRegion, request: JsonObject): Outcome => {
  const name = text(request, 'ConfigurationSetName') ?? ''
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return refused('BadRequestException', `Invalid configuration set name <${name}>.`)
  if (region.configurationSets.has(name)) return refused('AlreadyExistsException', `Configuration set <${name}> already exists.`)
  region.configurationSets.set(name, { ...plainConfigurationSet(name), ...request })
  return done()
}
