// Many pools of the healer: those that a queue names, and all of them, a page of the table at a time, from where the last sweep stopped.

import type { PoolWork } from '../invocation.ts'
import { type JsonObject, text } from '../json.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { retrying } from '../retry.ts'
import { readItemOf, save } from '../table/items.ts'
import { tokenBucket } from '../token-bucket.ts'
import { type Healed, heal } from './heal.ts'

/** A third of the account's quota of UserPoolRead (15 a second): people sign in at the same time. */
const SWEEP_PER_SECOND = 5

/** As many as keep that up at half a second a pool. */
const AT_ONCE = 3

/** The item with the place where a sweep stopped. */
export const CURSOR_KEY = 'sweep'

export type Counts = Readonly<Partial<Record<Healed | 'failed', number>>>

/** How many pools came out how, on top of `tally`. */
export const counted = (outcomes: Iterable<Healed | 'failed'>, tally: Counts = {}): Counts => {
  const counts: Partial<Record<Healed | 'failed', number>> = { ...tally }
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

/** Heals one pool; what goes wrong is logged and told as `failed`. */
const healOne = async (userPoolId: string, item: JsonObject | undefined, work: PoolWork): Promise<Healed | 'failed'> => {
  try {
    return await heal(userPoolId, item, work)
  } catch (error) {
    work.log('error', `user pool ${userPoolId} could not be looked at`, { error: String(error) })
    return 'failed'
  }
}

/** Looks at the pools named, each once. @returns what became of each */
export const healPools = async (userPoolIds: ReadonlySet<string>, work: PoolWork): Promise<ReadonlyMap<string, Healed | 'failed'>> => {
  const { table, clock } = work.ports
  const ids = [...userPoolIds]
  const outcomes = await mapConcurrently(ids, AT_ONCE, async (id) => {
    try {
      return await healOne(id, await readItemOf(table, clock, id, work.signal), work)
    } catch (error) {
      work.log('error', `the record of user pool ${id} could not be read`, { error: String(error) })
      return 'failed'
    }
  })
  return new Map(ids.map((id, index) => [id, outcomes[index] ?? 'failed']))
}

const isPool = (item: JsonObject): boolean => Array.isArray(item['Claims'])

const saveCursor = async (
  work: PoolWork,
  cursor: JsonObject | undefined,
  after: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const { table, clock } = work.ports
  if (text(cursor, 'After') === after) return
  const at = new Date(clock.now()).toISOString()
  // Somebody else's sweep was first: its place is as good as ours.
  await save(
    table,
    clock,
    { UserPoolId: CURSOR_KEY, At: at, ...(after === undefined ? {} : { After: after }) },
    Number(cursor?.['Revision']) || undefined,
    signal,
  )
}

/**
 * Looks at every pool that has a record, from where the last sweep stopped. One that runs out of time saves its place.
 * @returns what became of how many
 */
export const sweep = async (work: PoolWork): Promise<Counts> => {
  const { table, clock } = work.ports
  const turn = tokenBucket(clock, SWEEP_PER_SECOND, AT_ONCE)
  const cursor = await readItemOf(table, clock, CURSOR_KEY, work.signal)
  let tally: Counts = {}
  let after = text(cursor, 'After')
  try {
    for (;;) {
      const page = await retrying(clock, work.signal, () => table.scan(after, work.signal))
      const pools = page.items.filter(isPool)
      // In small groups: what the cursor names is behind us, whole.
      for (let index = 0; index < pools.length; index += AT_ONCE) {
        const group = pools.slice(index, index + AT_ONCE)
        const outcomes = await mapConcurrently(group, AT_ONCE, async (item) => {
          await turn(work.signal)
          return healOne(String(item['UserPoolId']), item, work)
        })
        work.signal.throwIfAborted()
        tally = counted(outcomes, tally)
        after = text(group.at(-1), 'UserPoolId') ?? after
      }
      if (page.next === undefined) {
        await saveCursor(work, cursor, undefined, work.signal)
        return tally
      }
      after = page.next
    }
  } catch (error) {
    if (!work.signal.aborted) throw error
    work.log('info', `the sweep stops here and the next one goes on after ${after}`)
    await saveCursor(work, cursor, after, work.closing)
    return tally
  }
}
