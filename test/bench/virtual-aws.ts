// A table and user pools in memory under a virtual clock: so that ten thousand pools take no hours. Calls are counted; nothing is ever refused.
import type { JsonObject } from '../../lib/json.ts'
import type { Clock, Ports, Ses } from '../../lib/ports.ts'
import { createScheduler } from '../simulation/scheduler.ts'

export const PAGE_BYTES = 2 ** 20

const bytes = (text: string): number => Buffer.byteLength(text)

/** The size that DynamoDB reckons with (developer guide, "Item sizes and formats"): names and text in UTF-8, 3 bytes for a list or map and 1 for each of its members. */
export const dynamoSize = (value: JsonObject[string]): number => {
  if (typeof value === 'string') return bytes(value)
  if (typeof value === 'number') return Math.ceil(String(value).replace(/\D/g, '').length / 2) + 1
  if (typeof value !== 'object' || value === null) return 1
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + 1 + dynamoSize(item), 3)
  return Object.entries(value).reduce<number>((sum, [name, item]) => sum + 1 + bytes(name) + dynamoSize(item), 3)
}

/** Of a whole item: a map without the overhead of one. */
export const itemSize = (item: JsonObject): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + (value === undefined ? 0 : bytes(name) + dynamoSize(value)), 0)

export type Count = { describes: number; pages: number; otherTableCalls: number; updates: number }

export type Latency = { readonly cognitoMs: number; readonly tableMs: number }

/** Nothing asks SES while every pool is as declared. */
const noSes = (): never => {
  throw new Error('SES is not asked here')
}
const SES: Ses = {
  getAccount: noSes,
  getConfigurationSet: noSes,
  getEventDestinations: noSes,
  getEmailIdentity: noSes,
  getDedicatedIpPool: noSes,
}

export const createVirtualAws = (items: readonly JsonObject[], poolOf: (id: string) => JsonObject, { cognitoMs, tableMs }: Latency) => {
  const scheduler = createScheduler(Date.UTC(2026, 0, 1), 10_000_000)
  const stored = new Map(items.map((item) => [String(item['UserPoolId']), item]))
  const count: Count = { describes: 0, pages: 0, otherTableCalls: 0, updates: 0 }

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        entry.run = undefined
        reject(signal?.reason)
      }
      const entry = scheduler.at(scheduler.now() + ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  const ports: Ports = {
    clock: { now: scheduler.now, sleep, random: () => 0.5 },
    ses: SES,
    userPools: {
      describe: async (id, signal) => {
        count.describes += 1
        await sleep(cognitoMs, signal)
        return poolOf(id)
      },
      getMfaConfig: async () => ({}),
      updateTurn: async () => undefined,
      update: async () => {
        count.updates += 1
      },
    },
    table: {
      name: 'virtual',
      read: async (key, signal) => {
        count.otherTableCalls += 1
        await sleep(tableMs, signal)
        return stored.get(key)
      },
      put: async (item, _seen, signal) => {
        count.otherTableCalls += 1
        await sleep(tableMs, signal)
        stored.set(item.UserPoolId, item)
        return true
      },
      remove: async (key, _seen, signal) => {
        count.otherTableCalls += 1
        await sleep(tableMs, signal)
        return stored.delete(key)
      },
      scan: async (after, signal) => {
        count.pages += 1
        await sleep(tableMs, signal)
        const keys = [...stored.keys()]
        let index = after === undefined ? 0 : keys.indexOf(after) + 1
        const page: JsonObject[] = []
        for (let size = 0; index < keys.length && size < PAGE_BYTES; index += 1) {
          const item = stored.get(keys[index] ?? '')
          if (!item) continue
          size += itemSize(item)
          page.push(item)
        }
        return { items: page, next: index < keys.length ? keys[index - 1] : undefined }
      },
    },
  }
  /** Plays `act` to its end in virtual time. */
  const play = async <T>(act: () => Promise<T>): Promise<T> => {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined
    scheduler.at(scheduler.now(), () => {
      act().then(
        (value) => {
          outcome = { value }
        },
        (error: unknown) => {
          outcome = { error }
        },
      )
    })
    await scheduler.runDry()
    if (!outcome) throw new Error('it waits for something that never comes')
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }
  return { ports, count, play, now: scheduler.now, read: (key: string) => stored.get(key) }
}
