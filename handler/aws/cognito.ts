// The user pools, as raw wire JSON: the SDK signs and sends, but never sees what is in a pool, because it drops what it does not know.
import { GetUserPoolMfaConfigCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { JsonObject } from '../../lib/json.ts'
import type { Clock, UserPools } from '../../lib/ports.ts'
import { tokenBucket } from '../../lib/token-bucket.ts'
import { cognitoClient, keepingRaw, poolReader } from './cognito-reader.ts'
import { calling } from './service-error.ts'

/** UserPoolRead and UserPoolUpdate are 15 a second each, for the account, not adjustable (Cognito quotas). One is left to others. */
const PER_SECOND = 14
const BURST = 13

type Request = { body: unknown; headers: Record<string, string> }

/** UpdateUserPool that sends exactly `request`. The signature is made later, over this body. */
const rawUpdate = (request: JsonObject): UpdateUserPoolCommand => {
  const command = new UpdateUserPoolCommand({ UserPoolId: String(request['UserPoolId']) })
  command.middlewareStack.add(
    (next) => async (args) => {
      const http = args.request as Request
      const body = JSON.stringify(request)
      http.body = body
      http.headers['content-length'] = String(Buffer.byteLength(body))
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'sendRawRequest' },
  )
  return command
}

/** Cognito in one Region, behind one token bucket for reads and one for writes. */
export const cognitoUserPools = (region: string, clock: Clock): UserPools => {
  const client = cognitoClient(region)
  const factorTurn = tokenBucket(clock, PER_SECOND, BURST)
  return {
    ...poolReader(client, tokenBucket(clock, PER_SECOND, BURST)),
    getMfaConfig: async (userPoolId, signal) => {
      await factorTurn(signal)
      const { command, raw } = keepingRaw(new GetUserPoolMfaConfigCommand({ UserPoolId: userPoolId }))
      return calling('cognito-idp:GetUserPoolMfaConfig', signal, async () => {
        await client.send(command, { abortSignal: signal })
        return raw()
      })
    },
    updateTurn: tokenBucket(clock, PER_SECOND, BURST),
    update: async (request, signal) => {
      await calling('cognito-idp:UpdateUserPool', signal, () => client.send(rawUpdate(request), { abortSignal: signal }))
    },
  }
}
