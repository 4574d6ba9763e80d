// The ports of one process in virtual time. Behind them stand the very doubles that the bundle meets over HTTP, and their faults.
import { isNotFound, ServiceError } from '../../lib/errors.ts'
import { child, type JsonObject, text } from '../../lib/json.ts'
import type { Clock, Item, Ports, Ses } from '../../lib/ports.ts'
import { tokenBucket } from '../../lib/token-bucket.ts'
import type { Dispatch } from '../local-aws/dispatch.ts'
import { parseObject } from '../local-aws/service.ts'
import type { VirtualTime } from './clock.ts'

/** One process of the function. A dead one is never answered and never woken. */
export type Process = {
  isDead: boolean
  /** Its own, so that no two processes draw the same revision. */
  readonly random: () => number
}

/** As in handler/aws: milliseconds until a request without an answer is given up, and Cognito's quota. */
const TIMEOUT_MS = { 'cognito-idp': 10_000, dynamodb: 5_000, ses: 5_000 } as const
const PER_SECOND = 14
const BURST = 13

type Service = keyof typeof TIMEOUT_MS

export const clockOf = (time: VirtualTime, process: Process): Clock => ({
  now: time.now,
  random: process.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        takeBack()
        reject(signal?.reason)
      }
      const takeBack = time.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        if (!process.isDead) resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
})

export const portsOf = (time: VirtualTime, process: Process, dispatch: Dispatch): Ports => {
  const clock = clockOf(time, process)

  /** Sends one request, and waits for its reply as an SDK client without retries does. */
  const send = (action: string, service: Service, request: Parameters<Dispatch>[0], signal: AbortSignal): Promise<JsonObject> =>
    new Promise((resolve, reject) => {
      if (process.isDead) return
      if (signal.aborted) return reject(signal.reason)
      const startedAt = clock.now()
      let takeBack = (): void => undefined
      const settle = (act: () => void): void => {
        signal.removeEventListener('abort', onAbort)
        takeBack()
        if (!process.isDead) act()
      }
      const onAbort = () => settle(() => reject(signal.reason))
      const fail = (code: string, message: string) => () => settle(() => reject(new ServiceError(action, code, message)))
      signal.addEventListener('abort', onAbort, { once: true })
      dispatch(request).then((reply) => {
        if (reply === 'reset' || reply === undefined) return fail('ECONNRESET', 'socket hang up')()
        // Only now: while a test holds the call back, no time is over.
        if (reply === 'none') {
          if (!signal.aborted) takeBack = time.after(startedAt + TIMEOUT_MS[service] - time.now(), fail('TimeoutError', 'no answer came'))
          return
        }
        settle(() => {
          if (reply.error) reject(new ServiceError(action, reply.error.code, reply.error.message, reply.status))
          else resolve(parseObject(Buffer.from(reply.body)) ?? {})
        })
      }, reject)
    })

  const post = (service: Service, target: string, name: string, body: JsonObject, signal: AbortSignal): Promise<JsonObject> => {
    const url = new URL('http://local/')
    const request = { method: 'POST', url, headers: { 'x-amz-target': `${target}${name}` }, body: Buffer.from(JSON.stringify(body)) }
    return send(`${service}:${name}`, service, request, signal)
  }
  const cognito = (name: string, body: JsonObject, signal: AbortSignal) =>
    post('cognito-idp', 'AWSCognitoIdentityProviderService.', name, body, signal)
  const table = (name: string, body: JsonObject, signal: AbortSignal) => post('dynamodb', 'DynamoDB.', name, body, signal)
  const conditionally = async (write: Promise<JsonObject>): Promise<boolean> => {
    try {
      await write
      return true
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'ConditionalCheckFailedException') return false
      throw error
    }
  }
  const readTurn = tokenBucket(clock, PER_SECOND, BURST)
  const factorTurn = tokenBucket(clock, PER_SECOND, BURST)
  return {
    clock,
    userPools: {
      describe: async (UserPoolId, signal) => {
        await readTurn(signal)
        return child(await cognito('DescribeUserPool', { UserPoolId }, signal), 'UserPool') ?? {}
      },
      getMfaConfig: async (UserPoolId, signal) => {
        await factorTurn(signal)
        return cognito('GetUserPoolMfaConfig', { UserPoolId }, signal)
      },
      updateTurn: tokenBucket(clock, PER_SECOND, BURST),
      update: async (request, signal) => {
        await cognito('UpdateUserPool', request, signal)
      },
    },
    table: {
      name: 'cognito-ses-binding',
      read: async (key, signal) => child(await table('GetItem', { Key: { UserPoolId: key } }, signal), 'Item'),
      put: (item, seen, signal) => conditionally(table('PutItem', { Item: item, Seen: seen }, signal)),
      remove: (key, seen, signal) => conditionally(table('DeleteItem', { Key: { UserPoolId: key }, Seen: seen }, signal)),
      scan: async (after, signal) => {
        const page = await table('Scan', { After: after }, signal)
        return { items: (page['Items'] ?? []) as Item[], next: text(page, 'Next') }
      },
    },
    ses: sesOf((region, name, path, signal) => {
      const headers = { authorization: `AWS4-HMAC-SHA256 Credential=test/20261123/${region}/ses/aws4_request` }
      const url = new URL(`http://local/v2/email/${path.map(encodeURIComponent).join('/')}`)
      return send(`ses:${name}`, 'ses', { method: 'GET', url, headers, body: Buffer.alloc(0) }, signal)
    }),
  }
}

type Get = (region: string, name: string, path: readonly string[], signal: AbortSignal) => Promise<JsonObject>

const sesOf = (get: Get): Ses => {
  const orUndefined = async (answer: Promise<JsonObject>): Promise<JsonObject | undefined> => {
    try {
      return await answer
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
  return {
    getAccount: (region, signal) => get(region, 'GetAccount', ['account'], signal),
    getConfigurationSet: (region, name, signal) => orUndefined(get(region, 'GetConfigurationSet', ['configuration-sets', name], signal)),
    getEventDestinations: async (region, name, signal) => {
      const path = ['configuration-sets', name, 'event-destinations']
      const answer = await orUndefined(get(region, 'GetConfigurationSetEventDestinations', path, signal))
      return answer && ((answer['EventDestinations'] ?? []) as readonly JsonObject[])
    },
    getEmailIdentity: (region, name, signal) => orUndefined(get(region, 'GetEmailIdentity', ['identities', name], signal)),
    getDedicatedIpPool: async (region, name, signal) => {
      const answer = await orUndefined(get(region, 'GetDedicatedIpPool', ['dedicated-ip-pools', name], signal))
      return answer && child(answer, 'DedicatedIpPool')
    },
  }
}
