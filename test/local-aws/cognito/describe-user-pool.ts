// DescribeUserPool: the pool as it is, with every member that anybody ever put.
import type { JsonObject } from '../../../lib/json.ts'
import { done, type Outcome } from '../outcome.ts'
import { withPool } from './find-pool.ts'
import { type CognitoState, copy } from './state.ts'

export const describeUserPool = (state: CognitoState, request: JsonObject): Outcome =>
  withPool(state, request, (_id, { pool }) => done({ UserPool: copy(pool) }))
