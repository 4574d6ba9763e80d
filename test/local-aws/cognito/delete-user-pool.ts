// DeleteUserPool: the pool is gone, unless it is protected.
import type { JsonObject } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import { withPool } from './find-pool.ts'
import type { CognitoState } from './state.ts'

/** Words inferred. */
const PROTECTED = 'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.'

export const deleteUserPool = (state: CognitoState, request: JsonObject): Outcome =>
  withPool(state, request, (id, { pool }) => {
    if (pool['DeletionProtection'] === 'ACTIVE') return refused('InvalidParameterException', PROTECTED)
    state.pools.delete(id)
    return done()
  })
