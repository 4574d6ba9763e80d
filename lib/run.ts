// One invocation's work: what every step of it is given.
import type { Lease } from './claims.ts'
import type { Refusal } from './errors.ts'
import type { Log, Ports } from './ports.ts'

/** One invocation's work: what it may use, and for how long. */
export type Run = {
  readonly ports: Ports
  /** Ends all work, before the Lambda's time is over. */
  readonly signal: AbortSignal
  /** Half a second later: by then leases have been given up. */
  readonly closing: AbortSignal
  readonly lease: Lease
  readonly region: string
  readonly log: Log
  /** Resolves when the binding has recorded its pools; nothing is written to a pool before. */
  readonly ready: Promise<unknown>
  /** @throws Superseded when another delivery has taken the binding over */
  readonly stillMine: () => Promise<void>
  /** What each pool that is not done yet is waiting for, should the time run out. */
  readonly waitingFor: Map<string, Refusal>
}
