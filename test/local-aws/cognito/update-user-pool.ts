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
    const after = state.afterUpdate()?.(copy(next), copy(before)) ?? next
    // The hook may play a service that loses what DescribeUserPool does not show.
    storePool(state, id, after, state.pools.get(id)?.hidden ?? hidden)
    return done()
  })
