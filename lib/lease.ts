// Who may work on an item of the table. Whoever holds the lease keeps it until it is given up or its time is over: nobody takes it away.
import * as v from 'valibot'
import type { Clock } from './ports.ts'
import { IN_DOUBT_MS } from './timing.ts'

export const leaseSchema = v.object({ Event: v.string(), Invocation: v.string(), StartedAt: v.string(), Until: v.string() })

/** Who works on the item now: the event (its digest), the invocation, when that began and when it will be over. Times are ISO 8601. */
export type Lease = v.InferOutput<typeof leaseSchema>

/** Who holds an item whose lease is `held`, at the time `now` (milliseconds since 1970). */
export const holderOf = (held: Lease | undefined, ours: Lease, now: number): 'nobody' | 'us' | 'another' => {
  // A time that cannot be read holds nobody up.
  if (held === undefined || !(Date.parse(held.Until) >= now)) return 'nobody'
  return held.Invocation === ours.Invocation ? 'us' : 'another'
}

/** What is left of a lease that is given up with a write in doubt: until that write can no longer take effect. */
export const whileInDoubt = (lease: Lease, now: number): Lease => ({ ...lease, Until: new Date(now + IN_DOUBT_MS).toISOString() })

/** Milliseconds until a lease is worth another look. */
export const untilNextLook = (held: Lease, clock: Clock): number =>
  Math.max(50, Math.min(Date.parse(held.Until) - clock.now(), 200 + Math.floor(clock.random() * 300)))
