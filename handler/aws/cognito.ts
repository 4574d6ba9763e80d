// The user pools, as raw JSON on the wire: the SDK signs and sends, but has no word in what a pool is, because it drops what it does not know.
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { ServiceError } from '../../lib/errors.ts'
import { child, type JsonObject, without } from '../../lib/json.ts'
import type { Clock, UserPools } from '../../lib/ports.ts'
import { tokenBucket } from '../../lib/token-bucket.ts'
import { clientSettings } from './client-settings.ts'
import { rawJson } from './raw-json.ts'
import { calling } from './service-error.ts'

/** UserPoolRead and UserPoolUpdate are 15 a second each, for the account, not adjustable (Cognito quotas). One is left to others. */
export const ALLOWANCE = { perSecond: 14, burst: 13 } as const

/** A command of the SDK. Its types are those of the SDK's own model of the call, and JSON is passed by them. */
type AnyCommand = new (input: never) => object

/** Calls of Cognito in one Region, JSON in and JSON out: a new one is one line below, its IAM action and the SDK's command. */
const rawCalls = (region: string) => {
  const protocol = rawJson('1.1', 'AWSCognitoIdentityProviderService')
  const client = new CognitoIdentityProviderClient({ region, ...clientSettings(10_000), protocol })
  return (action: string, Command: AnyCommand) =>
    (request: JsonObject, signal: AbortSignal): Promise<JsonObject> =>
      calling(action, signal, async () => {
        const answer: object = await client.send(new Command(request as never) as never, { abortSignal: signal })
        return without(answer as JsonObject, ['$metadata'])
      })
}

/** Cognito in one Region, behind a token bucket for each of its quotas. */
export const cognitoUserPools = (region: string, clock: Clock): UserPools => {
  const call = rawCalls(region)
  const describeUserPool = call('cognito-idp:DescribeUserPool', DescribeUserPoolCommand)
  const getUserPoolMfaConfig = call('cognito-idp:GetUserPoolMfaConfig', GetUserPoolMfaConfigCommand)
  const updateUserPool = call('cognito-idp:UpdateUserPool', UpdateUserPoolCommand)
  const readTurn = tokenBucket(clock, ALLOWANCE.perSecond, ALLOWANCE.burst)
  const writeTurn = tokenBucket(clock, ALLOWANCE.perSecond, ALLOWANCE.burst)
  const factorTurn = tokenBucket(clock, ALLOWANCE.perSecond, ALLOWANCE.burst)
  return {
    describe: async (userPoolId, signal) => {
      await readTurn(signal)
      const pool = child(await describeUserPool({ UserPoolId: userPoolId }, signal), 'UserPool')
      if (!pool) throw new ServiceError('cognito-idp:DescribeUserPool', 'Error', 'DescribeUserPool answered without a UserPool')
      return pool
    },
    getMfaConfig: async (userPoolId, signal) => {
      await factorTurn(signal)
      return getUserPoolMfaConfig({ UserPoolId: userPoolId }, signal)
    },
    updateTurn: writeTurn,
    update: async (request, signal) => {
      await updateUserPool(request, signal)
    },
  }
}
