// One invocation of the Lambda: who we are, the lease that says so, and the deadline that ends all work before the time is over.
import { setMaxListeners } from 'node:events'
import { type Arn, parseArn } from '../lib/arn.ts'
import type { Invocation, PoolWork } from '../lib/invocation.ts'
import { isObject, type JsonObject, text } from '../lib/json.ts'
import type { Lease } from '../lib/lease.ts'
import type { Clock, Log, Ports } from '../lib/ports.ts'
import { IN_DOUBT_MS } from '../lib/timing.ts'

/** What Lambda's context says and we use. */
export type LambdaContext = {
  readonly awsRequestId?: string
  readonly invokedFunctionArn?: string
  readonly logStreamName?: string
  readonly getRemainingTimeInMillis?: () => number
}

/** What is built once, outside the handler. */
export type Environment = {
  readonly ports: Ports
  readonly region: string
  readonly log: (context: JsonObject) => Log
  readonly nonce: () => string
  readonly allowTakeover: boolean
}

/** Who we are: of the context, or of the ServiceToken where the context does not say (ministack). */
export const ownArn = (context: LambdaContext, event: JsonObject = {}): Arn | undefined => {
  const properties = event['ResourceProperties']
  const token = text(event, 'ServiceToken') ?? (isObject(properties) ? text(properties, 'ServiceToken') : undefined)
  return parseArn(context.invokedFunctionArn || token || '', 'lambda')
}

export const remainingMs = (context: LambdaContext): number => context.getRemainingTimeInMillis?.() ?? 60_000

export const leaseOf = (event: string, invocation: string, startedAt: number, until: number): Lease => {
  const iso = (time: number) => new Date(time).toISOString()
  return { Event: event, Invocation: invocation, StartedAt: iso(startedAt), Until: iso(until) }
}

export type Deadline = {
  /** Ends the work. */
  readonly signal: AbortSignal
  /** Ends the giving up of leases that follows. */
  readonly closing: AbortSignal
  /** Resolves when both are over; rejects when all is done before. */
  readonly passed: Promise<void>
  /** All is done: nothing may run on, because Lambda would thaw it at the next event. */
  readonly stop: () => void
}

/** @param onExpiry hears that the work is about to be stopped */
export const deadlineIn = (clock: Clock, workMs: number, closingMs: number, onExpiry: () => void = () => undefined): Deadline => {
  const [work, closing, over] = [new AbortController(), new AbortController(), new AbortController()]
  // Each call listens while it lasts. From the eleventh at once on Node would write of a memory leak into the log.
  setMaxListeners(0, work.signal, closing.signal)
  const run = async (): Promise<void> => {
    await clock.sleep(Math.max(0, workMs), over.signal)
    onExpiry()
    work.abort(new Error('the time ran out'))
    await clock.sleep(closingMs, over.signal)
    closing.abort(new Error('the time ran out'))
    await clock.sleep(50, over.signal)
  }
  const passed = run()
  passed.catch(() => undefined) // Stopped: whoever awaits it knows.
  return {
    signal: work.signal,
    closing: closing.signal,
    passed,
    stop: () => {
      const isOver = new Error('the event is over')
      over.abort(isOver)
      work.abort(isOver)
    },
  }
}

export const invocationOf = (
  { ports, region, allowTakeover }: Environment,
  own: Arn | undefined,
  log: Log,
  lease: Lease,
  { signal, closing }: Deadline,
): Invocation => ({ ports, log, region, account: own?.account, partition: own?.partition, allowTakeover, lease, signal, closing })

/** Before the function's own timeout: what work of our own needs to end in order. */
const RESERVE_MS = 5_000
const CLOSING_MS = 2_000

/** Runs what nobody waits for (the healer, an operator's order) inside the invocation's time. */
export const withinInvocation = async <T>(
  trigger: string,
  context: LambdaContext,
  environment: Environment,
  run: (work: PoolWork) => Promise<T>,
): Promise<T> => {
  const { clock } = environment.ports
  const log = environment.log({ trigger, ...(context.awsRequestId === undefined ? {} : { requestId: context.awsRequestId }) })
  const startedAt = clock.now()
  const remaining = remainingMs(context)
  const workMs = remaining - Math.min(RESERVE_MS, remaining / 2)
  const deadline = deadlineIn(clock, workMs, Math.min(CLOSING_MS, remaining / 4))
  const name = `${trigger}/${environment.nonce()}`
  const lease = leaseOf(name, name, startedAt, startedAt + Math.max(remaining, workMs + IN_DOUBT_MS))
  try {
    return await run({ ...invocationOf(environment, ownArn(context), log, lease, deadline), waitingFor: new Map(), readAhead: new Map() })
  } finally {
    deadline.stop()
  }
}
