// The pool that a request names, or the service's refusal.
import { type JsonObject, text } from '../../../lib/json.ts'
import { type Outcome, refused } from '../outcome.ts'
import type { CognitoState, PoolEntry } from './state.ts'

export const withPool = (state: CognitoState, request: JsonObject, act: (id: string, entry: PoolEntry) => Outcome): Outcome => {
  const id = text(request, 'UserPoolId') ?? ''
  const entry = state.pools.get(id)
  return entry ? act(id, entry) : refused('ResourceNotFoundException', `User pool ${id} does not exist.`)
}
