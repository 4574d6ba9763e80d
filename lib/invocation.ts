// One invocation of the function: who it is, what it may use, and until when.
import type { Refusal } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { Lease } from './lease.ts'
import type { Log, Ports } from './ports.ts'

export type Invocation = {
  readonly ports: Ports
  readonly log: Log
  /** The function's own. Account and partition are undefined where nothing says them. */
  readonly region: string
  readonly account: string | undefined
  readonly partition: string | undefined
  readonly lease: Lease
  /** Whether a binding may lay its claim over another stack's. */
  readonly allowTakeover: boolean
  /** Ends all work, before the Lambda's time is over. */
  readonly signal: AbortSignal
  /** Half a second later: by then leases have been given up. */
  readonly closing: AbortSignal
}

/** An invocation at work on pools. */
export type PoolWork = Invocation & {
  /** What each pool that is not done yet is waiting for, should the time run out. */
  readonly waitingFor: Map<string, Refusal>
  /** Items of pools that were read while the binding's lease was taken: good for one look. It saves a round trip. */
  readonly readAhead: Map<string, JsonObject | undefined>
}
