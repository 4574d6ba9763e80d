// Observe: the pool's item as soon as nobody else holds it, and then the pool.
import { type Refusal, refusal } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { holderOf, untilNextLook } from '../lease.ts'
import { readItemOf } from '../table/items.ts'
import type { EmailConfiguration } from './layers.ts'
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
  /** Nothing to work on: there is no such pool (`record` may have a claim to take off), or no such claim (no `record`). */
  | { readonly kind: 'absent'; readonly record: PoolRecord | undefined }

/** The item as soon as no other event holds it. The healer does not wait. */
const itemWhenFree = async (work: PoolWork, userPoolId: string, operation: Operation) => {
  const { table, clock } = work.ports
  let hasWaited = false
  for (;;) {
    const item = work.readAhead.has(userPoolId) ? work.readAhead.get(userPoolId) : await readItemOf(table, clock, userPoolId, work.signal)
    work.readAhead.delete(userPoolId)
    const read = item && readPoolRecord(item, table.name)
    if (read && !read.ok) return read
    const record = read?.record
    if (!record?.Lease || holderOf(record.Lease, work.lease, clock.now()) !== 'another') {
      if (hasWaited) work.waitingFor.delete(userPoolId)
      return { ok: true as const, record }
    }
    work.waitingFor.set(userPoolId, busy(userPoolId, record))
    if (operation.kind === 'heal') return busy(userPoolId, record)
    await clock.sleep(untilNextLook(record.Lease, clock), work.signal)
    hasWaited = true
  }
}

/** Reads the record before the pool: if another invocation of ours writes in between, the revision moves and our own write is refused. */
export const observe = async (work: PoolWork, userPoolId: string, operation: Operation): Promise<Observation | Refusal> => {
  const found = await itemWhenFree(work, userPoolId, operation)
  if (!found.ok) return found
  const { record } = found
  if (operation.kind === 'detach' && !concerns(record, operation.owner)) return { kind: 'absent', record: undefined }
  const readAt = work.ports.clock.now()
  const pool = await describe(work, userPoolId)
  if (!pool) return { kind: 'absent', record }
  return { kind: 'observed', userPoolId, record, pool, live: emailConfigurationOf(pool), readAt }
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
