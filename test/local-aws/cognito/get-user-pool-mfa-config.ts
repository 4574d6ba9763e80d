// GetUserPoolMfaConfig: what SetUserPoolMfaConfig last set.
import type { JsonObject } from '../../../lib/json.ts'
import { done, type Outcome } from '../outcome.ts'
import { withPool } from './find-pool.ts'
import { type CognitoState, copy } from './state.ts'

export const getUserPoolMfaConfig = (state: CognitoState, request: JsonObject): Outcome =>
  withPool(state, request, (_id, { pool, hidden }) => done(copy({ ...hidden.mfa, MfaConfiguration: pool['MfaConfiguration'] ?? 'OFF' })))
