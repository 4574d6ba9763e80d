// The pool that a request names, or the service's refusal.
import { type JsonObject, text } from '../../../lib/json.ts'
import { type Outcome, refused } from '../outcome.ts'
import type { CognitoState, PoolEntry } from './state.ts'

const MISSING = "1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null"

export const withPool = (state: CognitoState, request: JsonObject, act: (id: string, entry: PoolEntry) => Outcome): Outcome => {
  const id = text(request, 'UserPoolId')
  if (id === undefined) return refused('InvalidParameterException', MISSING)
  const entry = state.pools.get(id)
  return entry ? act(id, entry) : refused('ResourceNotFoundException', `User pool ${id} does not exist.`)
}
