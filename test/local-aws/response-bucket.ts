// CloudFormation's response bucket: takes a PUT to a presigned URL as S3 does, and keeps what it was told.
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '../../lib/json.ts'
import type { ApiError } from './outcome.ts'
import { type Incoming, parseObject, type Reply, type Service } from './service.ts'

/** A PUT that the bucket took. */
export type Answer = { readonly headers: IncomingHttpHeaders; readonly raw: string; readonly body: JsonObject; readonly at: number }

/** A PUT that the bucket did not take. */
export type RefusedAnswer = { readonly headers: IncomingHttpHeaders; readonly raw: string; readonly error: ApiError; readonly at: number }

const LONGEST_ANSWER = 4096

type Refusal = { readonly status: number; readonly code: string; readonly message: string; readonly when: (put: Put) => boolean }
type Put = Pick<Incoming, 'headers' | 'body' | 'url'> & { readonly signed: string | undefined }

/** Why S3 or CloudFormation does not take a PUT. Names of S3's own list of error codes; the wordings are S3's where it has one. */
const REFUSALS: readonly Refusal[] = [
  {
    ...{ status: 403, code: 'AccessDenied', message: 'Access Denied' },
    when: ({ signed }) => signed === undefined,
  },
  {
    // The URL is signed for exactly this query, and for an empty content type.
    ...{
      status: 403,
      code: 'SignatureDoesNotMatch',
      message: 'The request signature we calculated does not match the signature you provided.',
    },
    when: ({ url, headers, signed }) => url.search !== signed || (headers['content-type'] ?? '') !== '',
  },
  {
    ...{
      status: 400,
      code: 'NotImplemented',
      message: 'A header you provided implies functionality that is not implemented: Transfer-Encoding',
    },
    when: ({ headers }) => headers['transfer-encoding'] !== undefined,
  },
  {
    ...{ status: 411, code: 'MissingContentLength', message: 'You must provide the Content-Length HTTP header.' },
    when: ({ headers }) => headers['content-length'] === undefined,
  },
  {
    // S3 would take it; CloudFormation then fails the resource with "Response object is too long".
    ...{ status: 400, code: 'EntityTooLarge', message: `The answer is longer than ${LONGEST_ANSWER} bytes.` },
    when: ({ body }) => body.length > LONGEST_ANSWER,
  },
  {
    // As above: CloudFormation could not read it.
    ...{ status: 400, code: 'InvalidRequest', message: 'The answer is no JSON object.' },
    when: ({ body }) => body.length === 0 || parseObject(body) === undefined,
  },
]

const errorReply = (error: ApiError): Reply => ({
  status: error.status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`,
  error,
})

const presignedQuery = (region: string, signedAt: number): string => {
  const date = new Date(signedAt).toISOString().replace(/[-:]|\.\d+/g, '')
  return `?${new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Date': date,
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Expires': '7200',
    'X-Amz-Credential': `AKIAIOSFODNN7EXAMPLE/${date.slice(0, 8)}/${region}/s3/aws4_request`,
    'X-Amz-Signature': randomUUID().replaceAll('-', '').repeat(2),
  })}`
}

export const createResponseBucket = (region: string, now: () => number) => {
  const signed = new Map<string, string>()
  const answers = new Map<string, Answer[]>()
  const refusals = new Map<string, RefusedAnswer[]>()
  const waiting = new Map<
    string,
    Array<{ readonly nth: number; readonly resolve: (answer: Answer) => void; readonly reject: (reason: Error) => void }>
  >()

  const keep = <T>(kept: Map<string, T[]>, id: string, value: T): T[] => {
    const list = [...(kept.get(id) ?? []), value]
    kept.set(id, list)
    return list
  }

  const take = (id: string, { headers, body, url }: Incoming): Reply => {
    const raw = body.toString('utf8')
    const refusal = REFUSALS.find(({ when }) => when({ headers, body, url, signed: signed.get(id) }))
    if (refusal) {
      const error = { code: refusal.code, message: refusal.message, status: refusal.status }
      keep(refusals, id, { headers, raw, error, at: now() })
      return errorReply(error)
    }
    const list = keep(answers, id, { headers, raw, body: parseObject(body) ?? {}, at: now() })
    const left = (waiting.get(id) ?? []).filter(({ nth, resolve }) => {
      const answer = list[nth - 1]
      if (answer) resolve(answer)
      return !answer
    })
    waiting.set(id, left)
    return { status: 200, headers: { etag: '"local"' }, body: '' }
  }

  const service: Service = {
    name: 'response',
    errorReply,
    recognise: (incoming) => {
      const id = incoming.method === 'PUT' ? incoming.url.pathname.match(/^\/response\/(.+)$/)?.[1] : undefined
      if (id === undefined) return undefined
      return { action: 'PutObject', request: { Key: id, ...parseObject(incoming.body) }, perform: () => take(id, incoming) }
    },
  }

  return {
    service,
    /** Path and query of a fresh URL. */
    sign: (signedAt: number) => {
      const id = randomUUID()
      const query = presignedQuery(region, signedAt)
      signed.set(id, query)
      return { id, path: `/response/${id}${query}` }
    },
    answers: (id: string): readonly Answer[] => answers.get(id) ?? [],
    refusedAnswers: (id: string): readonly RefusedAnswer[] => refusals.get(id) ?? [],
    waitForAnswer: (id: string, nth = 1): Promise<Answer> => {
      const there = answers.get(id)?.[nth - 1]
      if (there) return Promise.resolve(there)
      const promise = new Promise<Answer>((resolve, reject) => keep(waiting, id, { nth, resolve, reject }))
      // A test that failed before it awaited this is told of its own failure, not of this one.
      promise.catch(() => undefined)
      return promise
    },
    close: () => {
      for (const [id, list] of waiting)
        for (const { reject } of list) reject(new Error(`The local AWS was closed before answer ${id} came.`))
    },
  }
}
