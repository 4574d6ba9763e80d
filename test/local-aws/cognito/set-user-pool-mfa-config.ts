// SetUserPoolMfaConfig: the factors of multi-factor sign-in, most of which Describe does not show.
import { child, type JsonObject, text, without } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import { withPool } from './find-pool.ts'
import { EMAIL_MFA_NEEDS_DEVELOPER } from './rules.ts'
import { type CognitoState, copy, storePool } from './state.ts'

export const setUserPoolMfaConfig = (state: CognitoState, request: JsonObject): Outcome =>
  withPool(state, request, (id, { pool, hidden }) => {
    const onDefault = text(child(pool, 'EmailConfiguration'), 'EmailSendingAccount') !== 'DEVELOPER'
    if (onDefault && child(request, 'EmailMfaConfiguration')) return refused('InvalidParameterException', EMAIL_MFA_NEEDS_DEVELOPER)
    const mfa = without(request, ['UserPoolId'])
    const sms = child(request, 'SmsMfaConfiguration')
    const { SmsConfiguration, SmsAuthenticationMessage } = sms ?? {}
    const next = {
      ...pool,
      ...(request['MfaConfiguration'] !== undefined && { MfaConfiguration: request['MfaConfiguration'] }),
      ...(SmsConfiguration !== undefined && { SmsConfiguration }),
      ...(SmsAuthenticationMessage !== undefined && { SmsAuthenticationMessage }),
    }
    storePool(state, id, next, { ...hidden, mfa })
    return done(copy(mfa))
  })
