// CreateUserPool: a pool with the defaults of a plain one under what the request says.
import { isObject, type JsonObject, without } from '../../../lib/json.ts'
import { done, type Outcome } from '../outcome.ts'
import { PLAIN_SETTINGS, STANDARD_SCHEMA } from './members.ts'
import { afterUpdateRequest } from './merge.ts'
import { refusalOf } from './rules.ts'
import { addPool, type CognitoState, copy } from './state.ts'

/** What only CreateUserPool can set. */
const CREATE_ONLY = ['Schema', 'AliasAttributes', 'UsernameAttributes', 'UsernameConfiguration']

const schemaOf = (asked: JsonObject): readonly JsonObject[] => {
  const given = Array.isArray(asked['Schema']) ? asked['Schema'].filter(isObject) : []
  const isStandard = (attribute: JsonObject) => STANDARD_SCHEMA.some(({ Name }) => Name === attribute['Name'])
  return [
    ...STANDARD_SCHEMA.map((attribute) => ({ ...attribute, ...given.find(({ Name }) => Name === attribute['Name']) })),
    ...given.filter((attribute) => !isStandard(attribute)).map((attribute) => ({ ...attribute, Name: `custom:${attribute['Name']}` })),
  ]
}

export const createUserPool = (state: CognitoState, asked: JsonObject): Outcome => {
  const request = without(asked, CREATE_ONLY)
  const next = afterUpdateRequest('reset', 'replace', PLAIN_SETTINGS, request)
  const refusal = refusalOf({ action: 'CreateUserPool', request, next, hidden: {}, state })
  if (refusal) return refusal
  const id = addPool(state, { ...without(asked, ['PoolName', 'Schema']), ...next, SchemaAttributes: schemaOf(asked) })
  return done({ UserPool: copy(state.pools.get(id)?.pool) })
}
