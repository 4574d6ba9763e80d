// The doubled Cognito: which action is which, its quota, and how the JSON 1.1 protocol spells an answer.
import type { JsonObject } from '../../lib/json.ts'
import { createUserPool } from './cognito/create-user-pool.ts'
import { deleteUserPool } from './cognito/delete-user-pool.ts'
import { describeUserPool } from './cognito/describe-user-pool.ts'
import { getUserPoolMfaConfig } from './cognito/get-user-pool-mfa-config.ts'
import { listUserPools } from './cognito/list-user-pools.ts'
import { setUserPoolMfaConfig } from './cognito/set-user-pool-mfa-config.ts'
import type { CognitoState } from './cognito/state.ts'
import { updateUserPool } from './cognito/update-user-pool.ts'
import { violationOf } from './model/violations.ts'
import { type ApiError, type Outcome, refused } from './outcome.ts'
import { createBucket } from './quota.ts'
import { parseObject, type Reply, replyOf, type Service, signedRegion } from './service.ts'

const TARGET = 'AWSCognitoIdentityProviderService.'
const PROTOCOL = { 'content-type': 'application/x-amz-json-1.1' }

type Action = {
  readonly act: (state: CognitoState, request: JsonObject, region: string) => Outcome
  readonly category?: 'read' | 'write' | 'resourceRead'
}

/** `category` is the quota that the action counts against: UserPoolRead, UserPoolUpdate or UserPoolResourceRead (Cognito quotas page). */
const ACTIONS: { readonly [action: string]: Action | undefined } = {
  CreateUserPool: { act: createUserPool },
  ListUserPools: { act: listUserPools, category: 'read' },
  DescribeUserPool: { act: describeUserPool, category: 'read' },
  UpdateUserPool: { act: updateUserPool, category: 'write' },
  DeleteUserPool: { act: deleteUserPool },
  SetUserPoolMfaConfig: { act: setUserPoolMfaConfig, category: 'write' },
  GetUserPoolMfaConfig: { act: getUserPoolMfaConfig, category: 'resourceRead' },
}

/** As much of a message as goes into a header. */
const header = (message: string): string => encodeURI(message.slice(0, 500).toWellFormed())

const errorReply = (error: ApiError): Reply => ({
  status: error.status,
  headers: { ...PROTOCOL, 'x-amzn-errortype': `${error.code}:`, 'x-amzn-errormessage': header(error.message) },
  body: JSON.stringify({ __type: error.code, message: error.message }),
  error,
})

const bodyReply = (body: JsonObject): Reply => ({ status: 200, headers: PROTOCOL, body: JSON.stringify(body) })

export const createCognito = (state: CognitoState, quotaPerSecond: number | undefined): Service => {
  const unlimited = () => true
  const take = {
    read: quotaPerSecond === undefined ? unlimited : createBucket(quotaPerSecond, state.now),
    write: quotaPerSecond === undefined ? unlimited : createBucket(quotaPerSecond, state.now),
    resourceRead: quotaPerSecond === undefined ? unlimited : createBucket(quotaPerSecond, state.now),
  }
  const perform = (name: string, request: JsonObject | undefined, region: string): Outcome => {
    const action = ACTIONS[name]
    if (!action) return refused('UnknownOperationException', '')
    if (!request) return refused('SerializationException', '')
    if (action.category && !take[action.category]()) return refused('TooManyRequestsException', 'Rate exceeded')
    const violation = violationOf('cognito-idp', name, request)
    if (violation) return refused(violation.kind === 'type' ? 'SerializationException' : 'InvalidParameterException', violation.message)
    return action.act(state, request, region)
  }
  return {
    name: 'cognito',
    errorReply,
    recognise: ({ headers, body }) => {
      const target = String(headers['x-amz-target'] ?? '')
      if (!target.startsWith(TARGET)) return undefined
      const action = target.slice(TARGET.length)
      const request = parseObject(body)
      return {
        action,
        request: request ?? {},
        perform: () => replyOf(perform(action, request, signedRegion(headers) ?? state.region), bodyReply, errorReply),
      }
    },
  }
}
