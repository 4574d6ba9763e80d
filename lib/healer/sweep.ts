// Many pools of the healer: those that a queue names, and all of them, a page of the table at a time, from where the last sweep stopped.

import * as v from 'valibot'
import { ServiceError } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import { type JsonObject, text } from '../json.ts'
import { holderOf, type Lease, leaseSchema } from '../lease.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { refusalFor } from '../pool/cognito-errors.ts'
import { type FactFinder, factFinder } from '../preflight/facts.ts'
import { retrying } from '../retry.ts'
import { tableRefusalFor } from '../table/errors.ts'
import { readItemOf, save } from '../table/items.ts'
import { UNHURRIED_AT_ONCE, unhurried } from '../token-bucket.ts'
import { type Healed, heal } from './heal.ts'

/** The item with the place where a sweep stopped. */
export const CURSOR_KEY = 'sweep'

export type Counts = Readonly<Partial<Record<Healed, number>>>

/** How many pools came out how, on top of `counts`. */
export const counted = (outcomes: Iterable<Healed>, counts: Counts = {}): Counts => {
  const sum: Partial<Record<Healed, number>> = { ...counts }
  for (const outcome of outcomes) sum[outcome] = (sum[outcome] ?? 0) + 1
  return sum
}

/** Heals one pool. What goes wrong is logged and counted: the other pools are looked at all the same. */
const healOne = async (userPoolId: string, item: JsonObject | undefined, finder: FactFinder, work: PoolWork): Promise<Healed> => {
  try {
    return await heal(userPoolId, item, finder, work)
  } catch (error) {
    const said = error instanceof ServiceError ? sentence(error, userPoolId, work) : String(error)
    work.log('error', `user pool ${userPoolId} could not be looked at: ${said}`)
    return 'failed'
  }
}

const sentence = (error: ServiceError, userPoolId: string, { ports, region }: PoolWork): string => {
  const { code, message } = error.action.startsWith('dynamodb:')
    ? tableRefusalFor(error, ports.table.name)
    : refusalFor(error, { userPoolId, region })
  return `${code}: ${message}`
}

const finderOf = ({ ports: { ses, clock }, signal, region }: PoolWork): FactFinder => factFinder(ses, clock, signal, region)

/** Looks at the pools named, each once. @returns what became of each */
export const healPools = async (userPoolIds: ReadonlySet<string>, work: PoolWork): Promise<ReadonlyMap<string, Healed>> => {
  const { table, clock } = work.ports
  const finder = finderOf(work)
  const outcomes = await mapConcurrently([...userPoolIds], UNHURRIED_AT_ONCE, async (id): Promise<readonly [string, Healed]> => {
    try {
      return [id, await healOne(id, await readItemOf(table, clock, id, work.signal), finder, work)]
    } catch (error) {
      work.log('error', `the record of user pool ${id} could not be read`, { error: String(error) })
      return [id, 'failed']
    }
  })
  return new Map(outcomes)
}

const isPool = (item: JsonObject): boolean => Array.isArray(item['Claims'])

/** The sweep's own item: where the last one stopped, and who sweeps now. */
const cursorOf = (after: string | undefined, at: number, lease?: Lease) => ({
  UserPoolId: CURSOR_KEY,
  At: new Date(at).toISOString(),
  After: after,
  Lease: lease,
})

const leaseIn = (cursor: JsonObject | undefined): Lease | undefined => {
  const parsed = v.safeParse(leaseSchema, cursor?.['Lease'])
  return parsed.success ? parsed.output : undefined
}

/** Takes the sweep's lease. @returns where to begin, or undefined where another sweep runs: two at once would take twice the quota */
const beginSweep = async (work: PoolWork): Promise<{ readonly revision: number; readonly after: string | undefined } | undefined> => {
  const { table, clock } = work.ports
  const cursor = await readItemOf(table, clock, CURSOR_KEY, work.signal)
  if (holderOf(leaseIn(cursor), work.lease, clock.now()) === 'another') return undefined
  const after = text(cursor, 'After')
  const seen = Number(cursor?.['Revision']) || undefined
  const begun = await save(table, clock, cursorOf(after, clock.now(), work.lease), seen, work.signal)
  return begun && { revision: begun.Revision, after }
}

/** Gives the lease up, and says where the next sweep goes on: from the beginning where this one came to the end. */
const endSweep = async (work: PoolWork, revision: number, after: string | undefined, signal: AbortSignal): Promise<void> => {
  const { table, clock } = work.ports
  await save(table, clock, cursorOf(after, clock.now()), revision, signal)
}

/**
 * Looks at every pool that has a record, from where the last sweep stopped. One that runs out of time saves its place.
 * @returns what became of how many; undefined where another sweep runs
 */
export const sweep = async (work: PoolWork): Promise<Counts | undefined> => {
  const begun = await beginSweep(work)
  if (!begun) {
    work.log('info', 'another sweep runs: this one leaves it the pools')
    return undefined
  }
  const progress: Progress = { counts: {}, after: begun.after }
  try {
    await sweepPages(work, progress)
    await endSweep(work, begun.revision, undefined, work.signal)
  } catch (error) {
    await endSweep(work, begun.revision, progress.after, work.closing)
    if (!work.signal.aborted) throw error
    work.log('info', `the sweep stops here and the next one goes on after ${progress.after}`)
    // The next sweep looks at what this one had no time for. But one that got nowhere, as when a service throttles all the time, must not end in silence.
    if (progress.after === begun.after) return { failed: 1 }
  }
  return progress.counts
}

type Progress = { counts: Counts; after: string | undefined }

/** Goes on in small groups: all pools up to the one that `progress` names have been looked at. */
const sweepPages = async (work: PoolWork, progress: Progress): Promise<void> => {
  const { table, clock } = work.ports
  const turn = unhurried(clock)
  const finder = finderOf(work)
  for (;;) {
    const page = await retrying(clock, work.signal, () => table.scan(progress.after, work.signal))
    const pools = page.items.filter(isPool)
    for (let index = 0; index < pools.length; index += UNHURRIED_AT_ONCE) {
      const group = pools.slice(index, index + UNHURRIED_AT_ONCE)
      const outcomes = await mapConcurrently(group, UNHURRIED_AT_ONCE, async (item) => {
        await turn(work.signal)
        return healOne(String(item['UserPoolId']), item, finder, work)
      })
      work.signal.throwIfAborted()
      progress.counts = counted(outcomes, progress.counts)
      progress.after = text(group.at(-1), 'UserPoolId') ?? progress.after
    }
    if (page.next === undefined) return
    progress.after = page.next
  }
}
