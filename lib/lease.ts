// Who may work on an item of the table. Whoever holds the lease has it until it is given up or its time is over: nobody takes it away.
import * as v from 'valibot'
import type { Clock } from './ports.ts'

export const leaseSchema = v.object({ Event: v.string(), Invocation: v.string(), StartedAt: v.string(), Until: v.string() })

/** Who works on the item now: the event (its digest), the invocation, when that began and when it will be over. Times are ISO 8601. */
export type Lease = v.InferOutput<typeof leaseSchema>

/** Whether another invocation holds the item. */
export const isHeld = (held: Lease | undefined, ours: Lease, now: number): boolean =>
  held !== undefined && held.Invocation !== ours.Invocation && Date.parse(held.Until) > now

/** Milliseconds until a lease is worth another look. */
export const untilNextLook = (held: Lease, clock: Clock): number =>
  Math.max(50, Math.min(Date.parse(held.Until) - clock.now(), 200 + Math.floor(clock.random() * 300)))
