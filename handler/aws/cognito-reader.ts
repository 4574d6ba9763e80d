// Reads of user pools, as raw wire JSON. In a file of its own, so that a program that only reads has no update in it.
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  type GetUserPoolMfaConfigCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { child, isObject, type JsonObject } from '../../lib/json.ts'
import type { PoolReader } from '../../lib/ports.ts'
import { calling } from './service-error.ts'

const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true }

/** The SDK's own retries are off: an update must never be sent again as it is. */
export const cognitoClient = (region: string): CognitoIdentityProviderClient =>
  new CognitoIdentityProviderClient({ region, maxAttempts: 1, requestHandler: TIMEOUTS })

/** Reads of pools. `readTurn` waits for room in the quota. */
export const poolReader = (client: CognitoIdentityProviderClient, readTurn: (signal: AbortSignal) => Promise<void>): PoolReader => ({
  describe: async (userPoolId, signal) => {
    await readTurn(signal)
    const { command, raw } = keepingRaw(new DescribeUserPoolCommand({ UserPoolId: userPoolId }))
    return calling('cognito-idp:DescribeUserPool', signal, async () => {
      await client.send(command, { abortSignal: signal })
      return userPoolIn(raw())
    })
  },
})

type Response = { statusCode: number; body: unknown }

const bytesOf = async (body: unknown): Promise<Uint8Array> => {
  if (body instanceof Uint8Array) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A read whose answer is kept as it came, before the SDK turns it into what it knows. */
export const keepingRaw = <T extends DescribeUserPoolCommand | GetUserPoolMfaConfigCommand>(command: T) => {
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
