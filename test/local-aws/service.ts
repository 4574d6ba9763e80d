// What the server asks of a service: to recognise its calls, to perform them, and to spell an error its own way.
import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '../../lib/json.ts'
import type { ApiError, Outcome } from './outcome.ts'

export type ServiceName = 'cognito' | 'ses' | 'dynamodb' | 'sts' | 'lambda' | 'response'

export type Incoming = {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly error?: ApiError | undefined
}

/** A call that a service recognised as its own. `perform` is its effect: the server may do it now, later, or never. */
export type Recognised = {
  readonly action: string
  readonly request: JsonObject
  readonly perform: () => Reply | Promise<Reply>
}

export type Service = {
  readonly name: ServiceName
  readonly recognise: (incoming: Incoming) => Recognised | undefined
  readonly errorReply: (error: ApiError) => Reply
}

/** The body as JSON; undefined when it is none, or no object. An empty body is an empty object. */
export const parseObject = (body: Buffer): JsonObject | undefined => {
  if (body.length === 0) return {}
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : undefined
  } catch {
    return undefined
  }
}

export const replyOf = (outcome: Outcome, bodyReply: (body: JsonObject) => Reply, errorReply: (error: ApiError) => Reply): Reply =>
  outcome.ok ? bodyReply(outcome.body) : errorReply(outcome.error)

/** The Region that the caller signed for; the credential scope is the only place of a request that names it. */
export const signedRegion = (headers: IncomingHttpHeaders): string | undefined =>
  headers.authorization?.match(/Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\//)?.[1]
