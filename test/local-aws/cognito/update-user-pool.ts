// UpdateUserPool: refuses, or makes the pool that the request describes in the world that was chosen.
import type { JsonObject } from '../../../lib/json.ts'
import { done, type Outcome } from '../outcome.ts'
import { withPool } from './find-pool.ts'
import { afterUpdateRequest } from './merge.ts'
import { refusalOf } from './rules.ts'
import { type CognitoState, copy, storePool } from './state.ts'

export const updateUserPool = (state: CognitoState, request: JsonObject): Outcome =>
  withPool(state, request, (id, { pool: before, hidden }) => {
    const next = afterUpdateRequest(state.world, state.emailMembers, before, request)
    const refusal = refusalOf({ action: 'UpdateUserPool', request, next, hidden, state })
    if (refusal) return refusal
    storePool(state, id, state.afterUpdate()?.(copy(next), copy(before)) ?? next, hidden)
    return done()
  })
