// Observe: the pool's item, and then the pool. Waits for whoever holds the item, and until what a dead invocation sent can no longer land.
import { type Refusal, refusal } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { isHeld, untilNextLook } from '../lease.ts'
import { readItemOf } from '../table/items.ts'
import { LANDED_MS } from '../timing.ts'
import { differingMembers, type EmailConfiguration } from './layers.ts'
import type { Operation } from './plan.ts'
import { claimsOf, concerns, type PoolRecord, readPoolRecord, stackName } from './record.ts'
import { describe, emailConfigurationOf } from './verify.ts'

/** A pool as it is, beside its record. */
export type Observed = {
  readonly kind: 'observed'
  readonly userPoolId: string
  readonly record: PoolRecord | undefined
  readonly pool: JsonObject
  readonly live: EmailConfiguration
  /** When the pool was asked for: milliseconds since 1970. */
  readonly readAt: number
}

export type Observation =
  | Observed
  /** There is no such pool. */
  | { readonly kind: 'gone'; readonly record: PoolRecord | undefined }
  /** A detach of a claim that the pool does not have. */
  | { readonly kind: 'unconcerned' }

/** The item as soon as no other event holds it. The healer does not wait. */
const itemWhenFree = async (work: PoolWork, userPoolId: string, change: Operation) => {
  const { table, clock } = work.ports
  let hasWaited = false
  for (;;) {
    const item = await readItemOf(table, clock, userPoolId, work.signal)
    const read = item && readPoolRecord(item, table.name)
    if (read && !read.ok) return read
    const record = read?.record
    if (!record?.Lease || !isHeld(record.Lease, work.lease, clock.now())) {
      if (hasWaited) work.waitingFor.delete(userPoolId)
      return { ok: true as const, record }
    }
    work.waitingFor.set(userPoolId, busy(userPoolId, record))
    if (change.kind === 'heal') return busy(userPoolId, record)
    await clock.sleep(untilNextLook(record.Lease, clock), work.signal)
    hasWaited = true
  }
}

/** The record first: nobody of us writes between the two readings without its revision moving. */
export const observe = async (work: PoolWork, userPoolId: string, change: Operation): Promise<Observation | Refusal> => {
  const { clock } = work.ports
  for (;;) {
    const found = await itemWhenFree(work, userPoolId, change)
    if (!found.ok) return found
    const { record } = found
    const isConcerned = change.kind !== 'detach' || concerns(record, change.owner)
    const readAt = clock.now()
    const pool = isConcerned ? await describe(work, userPoolId) : undefined
    if (!isConcerned) return { kind: 'unconcerned' }
    if (!pool) return { kind: 'gone', record }
    const live = emailConfigurationOf(pool)
    const landed = landedBy(record, live, work)
    if (landed <= readAt) return { kind: 'observed', userPoolId, record, pool, live, readAt }
    await clock.sleep(Math.max(0, landed - clock.now()), work.signal)
  }
}

/** When another invocation's unfinished write that does not show yet can no longer land. What was asked for before may not have it. */
const landedBy = (record: PoolRecord | undefined, live: EmailConfiguration, work: PoolWork): number => {
  const intended = record?.Intended
  if (!intended || record.Lease?.Invocation === work.lease.Invocation) return 0
  const shows = differingMembers(intended.EmailConfiguration, live).length === 0
  return shows ? 0 : Date.parse(intended.At) + LANDED_MS
}

/** What to say when another operation kept the pool's item until the time ran out. */
export const busy = (userPoolId: string, record: PoolRecord): Refusal => {
  const others = claimsOf(record).map((claim) => stackName(claim.StackId))
  const who = others.length > 0 ? ` (bound by ${[...new Set(others)].join(', ')})` : ''
  return refusal(
    'ResourceConflict',
    `Another operation on user pool ${userPoolId}${who} was still running when the time ran out. Try again when it is over.`,
  )
}
