// The user pools, as raw wire JSON: the SDK signs and sends, but never sees what is in a pool, because it drops what it does not know.
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { child, isObject, type JsonObject } from '../../lib/json.ts'
import type { Clock, UserPools } from '../../lib/ports.ts'
import { tokenBucket } from '../../lib/token-bucket.ts'
import { calling } from './service-error.ts'

/** UserPoolRead and UserPoolUpdate are 15 a second each, for the account, not adjustable (Cognito quotas). One is left to others. */
const PER_SECOND = 14
const BURST = 13

const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true }

type Response = { statusCode: number; body: unknown }
type Request = { body: unknown; headers: Record<string, string> }

const bytesOf = async (body: unknown): Promise<Uint8Array> => {
  if (body instanceof Uint8Array) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A read whose answer is kept as it came, before the SDK turns it into what it knows. */
const keepingRaw = <T extends DescribeUserPoolCommand | GetUserPoolMfaConfigCommand>(command: T) => {
  let raw: unknown
  const stack = command.middlewareStack as DescribeUserPoolCommand['middlewareStack']
  stack.add(
    (next) => async (args) => {
      const result = await next(args)
      const response = result.response as Response
      const bytes = await bytesOf(response.body)
      response.body = bytes
      if (response.statusCode === 200) raw = JSON.parse(new TextDecoder().decode(bytes))
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'keepRawAnswer' },
  )
  return { command, raw: (): JsonObject => (isObject(raw) ? raw : {}) }
}

const userPoolIn = (answer: JsonObject): JsonObject => {
  const pool = child(answer, 'UserPool')
  if (!pool) throw new Error('DescribeUserPool answered without a UserPool')
  return pool
}

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

/** Cognito in one Region, behind one token bucket for reads and one for writes. The SDK's own retries are off: an update must never be sent again as it is. */
export const cognitoUserPools = (region: string, clock: Clock): UserPools => {
  const client = new CognitoIdentityProviderClient({ region, maxAttempts: 1, requestHandler: TIMEOUTS })
  const readTurn = tokenBucket(clock, PER_SECOND, BURST)
  const writeTurn = tokenBucket(clock, PER_SECOND, BURST)
  const factorTurn = tokenBucket(clock, PER_SECOND, BURST)
  return {
    describe: async (userPoolId, signal) => {
      await readTurn(signal)
      const { command, raw } = keepingRaw(new DescribeUserPoolCommand({ UserPoolId: userPoolId }))
      return calling('cognito-idp:DescribeUserPool', signal, async () => {
        await client.send(command, { abortSignal: signal })
        return userPoolIn(raw())
      })
    },
    getMfaConfig: async (userPoolId, signal) => {
      await factorTurn(signal)
      const { command, raw } = keepingRaw(new GetUserPoolMfaConfigCommand({ UserPoolId: userPoolId }))
      return calling('cognito-idp:GetUserPoolMfaConfig', signal, async () => {
        await client.send(command, { abortSignal: signal })
        return raw()
      })
    },
    updateTurn: writeTurn,
    update: async (request, signal) => {
      await calling('cognito-idp:UpdateUserPool', signal, () => client.send(rawUpdate(request), { abortSignal: signal }))
    },
  }
}
