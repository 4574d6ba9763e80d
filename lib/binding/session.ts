// The binding's item while one event of it is served: ours from the beginning until the response is stored.
import { type Refusal, refusal } from '../errors.ts'
import type { Invocation, PoolWork } from '../invocation.ts'
import { holderOf, untilNextLook } from '../lease.ts'
import type { Owner } from '../pool/record.ts'
import { readItemOf, save } from '../table/items.ts'
import { type BindingRecord, begun, bindingKey, isLate, readBindingRecord, type Success, storedResponse, withResponse } from './record.ts'

/** The event that a session is for. */
export type EventOfBinding = {
  readonly type: 'Create' | 'Update' | 'Delete'
  readonly owner: Owner
  /** The digest of the whole event: what tells a redelivery from a new request. */
  readonly idempotencyKey: string
  /** X-Amz-Date of the ResponseURL, where it has one. */
  readonly signedAt: string | undefined
}

/** The binding's record as it was found, and as it stands now: ours. */
export type Session = { readonly found: BindingRecord | undefined; readonly ours: BindingRecord }

type Opened =
  | { readonly kind: 'answered'; readonly body: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'open'; readonly session: Session; readonly readAhead: PoolWork['readAhead'] }

/** Reads the binding's record, waits while another delivery or event of the binding is served, and takes the lease. */
export const openSession = async (event: EventOfBinding, pools: readonly string[], invocation: Invocation): Promise<Opened> => {
  const { ports, lease, signal } = invocation
  const { table, clock } = ports
  const name = event.owner.LogicalResourceId
  const refused = (message: string): Opened => ({ kind: 'refused', refusal: refusal('ResourceConflict', message) })
  let isHeld = false
  try {
    for (;;) {
      const item = await readItemOf(table, clock, bindingKey(event.owner), signal)
      const read = item && readBindingRecord(item, table.name)
      if (read && !read.ok) return { kind: 'refused', refusal: read }
      const found = read?.record
      const stored = storedResponse(found, event.idempotencyKey, clock.now())
      if (stored !== undefined) return { kind: 'answered', body: stored.Body }
      if (isLate(found, event.type, event.signedAt, clock.now())) {
        return refused(
          `This ${event.type} of ${name} is superseded: an event that was signed later (${found?.Newest}) has been handled. Nothing was done.`,
        )
      }
      isHeld = holderOf(found?.Lease, lease, clock.now()) === 'another'
      if (found?.Lease && isHeld) await clock.sleep(untilNextLook(found.Lease, clock), signal)
      else {
        const readAhead: PoolWork['readAhead'] = new Map()
        const [ours] = await Promise.all([
          save(table, clock, begun(found, event, pools, lease, clock.now()), found?.Revision, signal),
          readFirst(pools, readAhead, invocation),
        ])
        if (ours) return { kind: 'open', session: { found, ours }, readAhead }
      }
    }
  } catch (error) {
    if (!isHeld || !signal.aborted) throw error
    return refused(`Another operation on ${name} was still running when the time ran out. Try again when it is over.`)
  }
}

/**
 * Reads the first pool's item beside the put that takes the lease: whoever had the binding before is done by then. When the put loses, it is thrown away.
 * What cannot be read now is read again in its turn.
 */
const readFirst = async (
  [first]: readonly string[],
  readAhead: PoolWork['readAhead'],
  { ports: { table }, signal }: Invocation,
): Promise<void> => {
  if (first === undefined) return
  await table.read(first, signal).then(
    (item) => readAhead.set(first, item),
    () => undefined,
  )
}

/** Stores the answer, and ends the lease or shortens it. @returns what is to be sent: the answer, or what `instead` says when it could not be stored */
export const closeSession = async (
  event: EventOfBinding,
  { ours }: Session,
  invocation: Invocation,
  answer: string,
  success: Success | undefined,
  instead: (error: unknown) => string,
): Promise<string> => {
  const { table, clock } = invocation.ports
  const signal = invocation.signal.aborted ? invocation.closing : invocation.signal
  try {
    await save(table, clock, withResponse(ours, event.idempotencyKey, answer, success, clock.now()), ours.Revision, signal)
    return answer
  } catch (error) {
    invocation.log('error', 'the answer could not be stored', { error: String(error) })
    return unlessStored(event, invocation, instead(error))
  }
}

/** `refused`, unless the record has an answer for this event after all: an attempt to store it had worked. */
export const unlessStored = async (
  event: EventOfBinding,
  { ports: { table, clock }, closing }: Invocation,
  refused: string,
): Promise<string> => {
  try {
    // Read once, without retries: little time is left, and there must be an answer.
    const item = await table.read(bindingKey(event.owner), closing)
    const read = item && readBindingRecord(item, table.name)
    return (read?.ok ? storedResponse(read.record, event.idempotencyKey, clock.now())?.Body : undefined) ?? refused
  } catch {
    return refused
  }
}
