// The PUT to CloudFormation's ResponseURL: only where it may go, until it has arrived, and never into a log.
import * as http from 'node:http'
import * as https from 'node:https'
import { inspect } from 'node:util'
import type { Clock } from '../lib/ports.ts'
import { backoff } from '../lib/retry.ts'

/** A ResponseURL behind a door: it can be answered, but not read. It is a signed credential (eight leaks in the CDK's own logs: aws/aws-cdk#20899 …). */
export type ResponseTarget = {
  /** X-Amz-Date: when CloudFormation signed the URL, `20261123T101500Z`. */
  readonly signedAt: string | undefined
  /** PUTs the body until a 2xx comes. @throws Error when none came before `deadline` (milliseconds since 1970) or after six attempts */
  readonly put: (body: string, deadline: number) => Promise<void>
  readonly toJSON: () => string
  readonly [inspect.custom]: () => string
}

export type Allowed = {
  /** The function's Region. */
  readonly region: string
  /** AWS::URLSuffix. */
  readonly urlSuffix: string
  /** Extra `host:port`, for local runs. */
  readonly responseHosts: readonly string[]
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Hosts seen and documented: crpg-ref and the VPC endpoint guide, `<bucket>.s3.<region>.`, `<bucket>.s3-<region>.` and `<bucket>.s3.` before the URL suffix. */
const isResponseBucket = (host: string, { region, urlSuffix }: Allowed): boolean =>
  ['response', 'storage'].some((kind) => {
    const bucket = `cloudformation-custom-resource-${kind}-${region.replaceAll('-', '')}`
    return (host.startsWith(`${bucket}.s3.`) || host.startsWith(`${bucket}.s3-`)) && host.endsWith(`.${urlSuffix}`)
  })

const isAllowed = (url: URL, allowed: Allowed): boolean => {
  if (url.username || url.password || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false
  const host = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
  if (allowed.responseHosts.includes(host)) return url.protocol === 'https:' || LOOPBACK.test(url.hostname)
  return url.protocol === 'https:' && url.port === '' && isResponseBucket(url.hostname, allowed)
}

const ATTEMPT_MS = 5_000
const ATTEMPTS = 6

const send = (url: URL, body: string, timeout: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const bytes = Buffer.from(body)
    // An empty content type is right under SigV2, which signs the header, and under SigV4, which does not.
    const headers = { 'content-type': '', 'content-length': bytes.length }
    const client = url.protocol === 'https:' ? https : http
    const request = client.request(url, { method: 'PUT', headers, agent: false, signal: AbortSignal.timeout(timeout) }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(bytes)
  })

/** @returns the target, or undefined when the URL is none that CloudFormation would give: then nothing may be sent anywhere */
export const responseTarget = (responseUrl: unknown, allowed: Allowed, clock: Clock): ResponseTarget | undefined => {
  if (typeof responseUrl !== 'string' || !URL.canParse(responseUrl)) return undefined
  const url = new URL(responseUrl)
  if (!isAllowed(url, allowed)) return undefined
  const date = url.searchParams.get('X-Amz-Date')
  const put = async (body: string, deadline: number): Promise<void> => {
    let last = 'there was no time left'
    for (let attempt = 0; attempt < ATTEMPTS && clock.now() < deadline; attempt += 1) {
      try {
        const status = await send(url, body, Math.max(1, Math.min(ATTEMPT_MS, deadline - clock.now())))
        if (status >= 200 && status < 300) return
        last = `status ${status}`
      } catch (error) {
        last = error instanceof Error && 'code' in error ? String(error.code) : 'no connection'
      }
      await clock.sleep(Math.max(0, Math.min(backoff(attempt, clock), deadline - clock.now())))
    }
    throw new Error(`the answer could not be delivered: ${last}`)
  }
  const redacted = () => '[redacted]'
  return {
    signedAt: date !== null && /^\d{8}T\d{6}Z$/.test(date) ? date : undefined,
    put,
    toJSON: redacted,
    [inspect.custom]: redacted,
  }
}
