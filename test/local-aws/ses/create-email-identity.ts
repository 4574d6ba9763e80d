// CreateEmailIdentity: an identity that still waits for its verification.
import { type JsonObject, text, without } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import { identityKey, type SesRegion, verifiedIdentity } from './state.ts'

export const createEmailIdentity = (region: SesRegion, request: JsonObject): Outcome => {
  const name = text(request, 'EmailIdentity') ?? ''
  if (region.identities.has(identityKey(name))) return refused('AlreadyExistsException', `Email identity ${name} already exists.`)
  const identity: JsonObject = {
    ...verifiedIdentity(name),
    ...without(request, ['EmailIdentity', 'DkimSigningAttributes']),
    VerifiedForSendingStatus: false,
    VerificationStatus: 'PENDING',
    DkimAttributes: { SigningEnabled: true, Status: 'PENDING', SigningAttributesOrigin: 'AWS_SES' },
  }
  region.identities.set(identityKey(name), identity)
  const { IdentityType, VerifiedForSendingStatus, DkimAttributes } = identity
  return done({ IdentityType, VerifiedForSendingStatus, DkimAttributes })
}
