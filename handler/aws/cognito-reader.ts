// Reads of user pools, as raw JSON. In a file of its own, so that a program that only reads has no update in it.
import { CognitoIdentityProviderClient, DescribeUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { ServiceError } from '../../lib/errors.ts'
import { child, type JsonObject, without } from '../../lib/json.ts'
import type { PoolReader } from '../../lib/ports.ts'
import { clientSettings } from './client-settings.ts'
import { rawJson } from './raw-json.ts'
import { calling } from './service-error.ts'

/** A command of the SDK. Its types are those of the SDK's own model of the call, and JSON is passed by them. */
type AnyCommand = new (input: never) => object

/** Calls of Cognito in one Region, JSON in and JSON out: a new one is its IAM action and the SDK's command. */
export const rawCalls = (region: string) => {
  const protocol = rawJson('1.1', 'AWSCognitoIdentityProviderService')
  const client = new CognitoIdentityProviderClient({ region, ...clientSettings(10_000), protocol })
  return (action: string, Command: AnyCommand) =>
    (request: JsonObject, signal: AbortSignal): Promise<JsonObject> =>
      calling(action, signal, async () => {
        const answer: object = await client.send(new Command(request as never) as never, { abortSignal: signal })
        return without(answer as JsonObject, ['$metadata'])
      })
}

/** Reads of pools. `readTurn` waits for room in the quota. */
export const poolReader = (call: ReturnType<typeof rawCalls>, readTurn: (signal: AbortSignal) => Promise<void>): PoolReader => {
  const describeUserPool = call('cognito-idp:DescribeUserPool', DescribeUserPoolCommand)
  return {
    describe: async (userPoolId, signal) => {
      await readTurn(signal)
      const pool = child(await describeUserPool({ UserPoolId: userPoolId }, signal), 'UserPool')
      if (!pool) throw new ServiceError('cognito-idp:DescribeUserPool', 'Error', 'DescribeUserPool answered without a UserPool')
      return pool
    },
  }
}
