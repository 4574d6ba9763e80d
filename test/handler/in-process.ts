// The handler in this process, on the doubled services without a socket between: for tests that call it thousands of times.
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { jest } from '@jest/globals'
import { ServiceError } from '../../lib/errors.ts'
import { child, isObject, type JsonObject } from '../../lib/json.ts'
import type { Clock, Item, Ports } from '../../lib/ports.ts'
import { type CognitoState, copy, type PoolEntry } from '../local-aws/cognito/state.ts'
import { createCognito } from '../local-aws/cognito.ts'
import { createFaults } from '../local-aws/faults.ts'
import { createResponseBucket } from '../local-aws/response-bucket.ts'
import { startServer } from '../local-aws/server.ts'
import type { Incoming, Service } from '../local-aws/service.ts'
import { createSesSetters } from '../local-aws/ses/setters.ts'
import { createSesState } from '../local-aws/ses/state.ts'
import { createSes } from '../local-aws/ses.ts'

const [REGION, ACCOUNT] = ['us-east-1', '123456789012']

/** Of all that is slept, only a deadline is longer; it never comes, unless somebody aborts it. */
const LONGEST_NAP_MS = 8_000

/** Naps are over at once; time goes on by them. */
const nappingClock = (): Clock => {
  let now = Date.now()
  return {
    now: () => now,
    random: Math.random,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        if (ms > LONGEST_NAP_MS) return
        now += ms
        setImmediate(resolve)
      }),
  }
}

/** Calls a doubled service as the SDK would, without the wire. @throws ServiceError for what it answers */
const ask = async (service: Service, action: string, incoming: Incoming): Promise<JsonObject> => {
  const reply = await service.recognise(incoming)?.perform()
  if (!reply) throw new Error(`The local AWS does not know ${action}.`)
  if (reply.error) throw new ServiceError(action, reply.error.code, reply.error.message, reply.error.status)
  const body: unknown = JSON.parse(reply.body)
  return isObject(body) ? body : {}
}

const portsOn = (cognito: Service, ses: Service, items: Map<string, string>, clock: Clock): Ports => {
  const pools = (action: string, request: JsonObject) =>
    ask(cognito, `cognito-idp:${action}`, {
      ...{ method: 'POST', url: new URL('http://local/'), body: Buffer.from(JSON.stringify(request)) },
      headers: { 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` },
    })
  const read = async (action: string, region: string, path: string): Promise<JsonObject | undefined> => {
    try {
      return await ask(ses, `ses:${action}`, {
        ...{ method: 'GET', url: new URL(`http://local/v2/email/${path}`), body: Buffer.alloc(0) },
        headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20261125/${region}/ses/aws4_request` },
      })
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'NotFoundException') return undefined
      throw error
    }
  }
  const named = encodeURIComponent
  const itemOf = (stored: string): JsonObject => unmarshall(JSON.parse(stored)) as JsonObject
  const itemAt = (key: string): JsonObject | undefined => {
    const stored = items.get(key)
    return stored === undefined ? undefined : itemOf(stored)
  }
  return {
    clock,
    userPools: {
      describe: async (UserPoolId) => child(await pools('DescribeUserPool', { UserPoolId }), 'UserPool') ?? {},
      getMfaConfig: (UserPoolId) => pools('GetUserPoolMfaConfig', { UserPoolId }),
      updateTurn: async () => undefined,
      update: async (request) => void (await pools('UpdateUserPool', request)),
    },
    ses: {
      getAccount: async (region) => (await read('GetAccount', region, 'account')) ?? {},
      getConfigurationSet: (region, name) => read('GetConfigurationSet', region, `configuration-sets/${named(name)}`),
      getEventDestinations: async (region, name) => {
        const path = `configuration-sets/${named(name)}/event-destinations`
        const found = (await read('GetConfigurationSetEventDestinations', region, path))?.['EventDestinations']
        return Array.isArray(found) ? found.filter(isObject) : undefined
      },
      getEmailIdentity: (region, identity) => read('GetEmailIdentity', region, `identities/${named(identity)}`),
      getDedicatedIpPool: async (region, name) =>
        child((await read('GetDedicatedIpPool', region, `dedicated-ip-pools/${named(name)}`)) ?? {}, 'DedicatedIpPool'),
    },
    table: {
      name: 'table',
      read: async (key) => itemAt(key),
      put: async (draft: Item, seen) => {
        if (itemAt(draft.UserPoolId)?.['Revision'] !== seen) return false
        items.set(draft.UserPoolId, JSON.stringify(marshall(draft, { removeUndefinedValues: true })))
        return true
      },
      remove: async (key, seen) => itemAt(key)?.['Revision'] === seen && items.delete(key),
      scan: async () => ({ items: [...items.values()].map(itemOf), next: undefined }),
    },
  }
}

type Handler = typeof import('../../handler/index.ts')['handler']

/** Starts the response bucket, the only thing that is reached over HTTP, and loads the handler on what stands in for the rest. */
export const startInProcess = async () => {
  const clock = nappingClock()
  const sesState = createSesState()
  const pools = new Map<string, PoolEntry>()
  const items = new Map<string, string>()
  const state: CognitoState = {
    ...{ partition: 'aws', region: REGION, account: ACCOUNT, world: 'reset', emailMembers: 'replace', now: clock.now, pools },
    identity: (region, name) => sesState(region).identities.get(name),
    afterUpdate: () => undefined,
  }
  const ports = portsOn(createCognito(state, undefined), createSes(sesState, REGION), items, clock)
  const bucket = createResponseBucket(REGION, clock.now)
  const server = await startServer({ services: [bucket.service], faults: createFaults(), calls: [], latencyMs: 0, now: clock.now })
  const log: string[] = []

  jest.doMock('../../handler/clock.ts', () => ({ systemClock: clock }))
  jest.doMock('../../handler/log.ts', () => ({
    jsonLog: (context: JsonObject) => (level: string, message: string, fields: JsonObject) =>
      void log.push(JSON.stringify({ level, message, ...context, ...fields })),
  }))
  jest.doMock('../../handler/aws/cognito.ts', () => ({ cognitoUserPools: () => ports.userPools }))
  jest.doMock('../../handler/aws/ses.ts', () => ({ sesReader: () => ports.ses }))
  jest.doMock('../../handler/aws/dynamodb.ts', () => ({ dynamoTable: () => ports.table }))
  Object.assign(process.env, { AWS_REGION: REGION, TABLE_NAME: 'table', RESPONSE_HOSTS: server.host })
  const { handler } = require('../../handler/index.ts') as { readonly handler: Handler }

  return {
    ...{ handler, log, state, bucket, ses: createSesSetters(sesState, REGION) },
    responseUrl: () => {
      const { id, path } = bucket.sign(clock.now())
      return { id, url: `http://${server.host}${path}` }
    },
    pool: (id: string): JsonObject => copy(pools.get(id)?.pool ?? {}),
    /** Everything as it is now, to be put back before another run. */
    snapshot: () => {
      const kept = { pools: new Map(pools), items: new Map(items) }
      return (): void => {
        pools.clear()
        items.clear()
        log.length = 0
        for (const [id, entry] of kept.pools) pools.set(id, entry)
        for (const [key, stored] of kept.items) items.set(key, stored)
      }
    },
    close: server.close,
  }
}

export type InProcess = Awaited<ReturnType<typeof startInProcess>>
