// The user pools, as raw JSON on the wire: the SDK signs and sends, but has no word in what a pool is, because it drops what it does not know.
import { GetUserPoolMfaConfigCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Clock, UserPools } from '../../lib/ports.ts'
import { tokenBucket } from '../../lib/token-bucket.ts'
import { poolReader, rawCalls } from './cognito-reader.ts'

/** UserPoolRead and UserPoolUpdate are 15 a second each, for the account, not adjustable (Cognito quotas). One is left to others. */
export const ALLOWANCE = { perSecond: 14, burst: 13 } as const

/** Cognito in one Region, behind a token bucket for each of its quotas. */
export const cognitoUserPools = (region: string, clock: Clock): UserPools => {
  const call = rawCalls(region)
  const getUserPoolMfaConfig = call('cognito-idp:GetUserPoolMfaConfig', GetUserPoolMfaConfigCommand)
  const updateUserPool = call('cognito-idp:UpdateUserPool', UpdateUserPoolCommand)
  const readTurn = tokenBucket(clock, ALLOWANCE.perSecond, ALLOWANCE.burst)
  const writeTurn = tokenBucket(clock, ALLOWANCE.perSecond, ALLOWANCE.burst)
  const factorTurn = tokenBucket(clock, ALLOWANCE.perSecond, ALLOWANCE.burst)
  return {
    ...poolReader(call, readTurn),
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
