// GetEmailIdentity: an address or a domain, and whether it may send.
import { type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import { identityKey, type SesRegion } from './state.ts'

export const getEmailIdentity = (region: SesRegion, request: JsonObject): Outcome => {
  const name = text(request, 'EmailIdentity') ?? ''
  const found = region.identities.get(identityKey(name))
  return found ? done(found) : refused('NotFoundException', `Email identity ${name} does not exist.`, 404)
}
