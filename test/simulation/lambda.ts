// Lambda's queue for CloudFormation's events: delivers at least once, and again after a process died or a handler threw.
import { inspect } from 'node:util'
import { type CloudFormationEvent, handleCloudFormation } from '../../handler/cloudformation.ts'
import { faultFor, latency } from './calls.ts'
import type { Invocation as Any, Launch } from './invocation.ts'
import { between } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Fault } from './steps.ts'

/** One event of CloudFormation, and what came back for it. */
export type Request = {
  readonly step: number
  readonly index: number
  readonly event: CloudFormationEvent
  readonly signedAt: string
  /** Whether CloudFormation still waits. */
  waits: boolean
  invocations: number
  /** Bodies that arrived, in order. */
  readonly bodies: string[]
  readonly arrived: (body: string) => void
  /** A chain of deliveries ended without an answer: all its processes died, or their answers were lost. */
  lost: boolean
  /** When an answer arrived that was on record. */
  storedAt: number | undefined
  /** Bodies that could not be stored, because the table failed to the end. */
  readonly unstorable: string[]
}

export type Invocation = Any<Request>

export type Lambda = {
  readonly deliver: (request: Request) => void
}

export type Judge = {
  readonly violated: (rule: string, what: string) => void
  readonly answered: (invocation: Invocation, request: Request, body: string) => void
}

/** Lambda tries an asynchronous invocation twice more: Lambda developer guide, asynchronous invocation. */
export const RETRY_MS = [60_000, 120_000] as const

const ARRIVES: ReadonlySet<string> = new Set(['slow', 'fail-after', 'hang-after', 'late', 'late-hang', 'die-after', 'die-late'])

export const createLambda = (
  launch: Launch<Request>,
  scheduler: Scheduler,
  faults: readonly Fault[],
  { violated, answered }: Judge,
  trace: ((line: string) => void) | undefined,
): Lambda => {
  const putting =
    (invocation: Invocation, request: Request) =>
    (body: string, deadline: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const { id } = invocation
        if (invocation.state === 'dead') return
        if (invocation.answeringAt !== undefined) violated('one answer', `${id} answers twice`)
        if (scheduler.now() > deadline) violated('in time', `${id} answers too late`)
        invocation.answeringAt = scheduler.now()
        const fault = faultFor(invocation, 'answer')?.fault
        trace?.(`${id} answers ${body}${fault ? ` ✗ ${fault}` : ''}`)
        const took = Math.min(
          fault === 'slow' ? between(invocation.random, 2_000, 20_000) : latency(invocation),
          Math.max(0, deadline - scheduler.now()),
        )
        const failAt = fault?.includes('hang') ? deadline : scheduler.now() + took
        if (fault === 'die-before') return invocation.die()
        if (fault === undefined || ARRIVES.has(fault)) {
          const entry = scheduler.at(scheduler.now() + Math.floor(took / 2), () => {
            request.arrived(body)
            answered(invocation, request, body)
            if (fault === 'die-after' || fault === 'die-late') invocation.die()
          })
          if (fault === undefined || fault === 'slow') invocation.underway.add(entry)
        }
        scheduler.at(failAt, () => {
          if (invocation.state === 'dead') return
          if (fault === undefined || fault === 'slow') resolve()
          else reject(new Error('the answer could not be delivered'))
        })
      })

  const invoke = (request: Request, attempt: number): void => {
    const delivery = request.invocations
    request.invocations += 1
    const id = `${request.step}.${request.index}.${delivery}`
    const { event } = request
    trace?.(
      `${id} starts: ${event.RequestType} ${event.LogicalResourceId} of ${event.StackId.split('/')[1]}${attempt > 0 ? `, retry ${attempt}` : ''}`,
    )
    const redacted = () => '[redacted]'
    launch({
      id,
      request,
      faults: faults.filter((one) => one.of === request.step && one.event === request.index && one.delivery === delivery),
      handle: (invocation, context, desk) =>
        handleCloudFormation(
          event,
          { signedAt: request.signedAt, put: putting(invocation, request), toJSON: redacted, [inspect.custom]: redacted },
          context,
          desk,
        ),
      failed: () => {
        const wait = RETRY_MS[attempt]
        if (wait === undefined) request.lost = true
        else scheduler.at(scheduler.now() + wait, () => invoke(request, attempt + 1))
      },
    })
  }

  return { deliver: (request) => invoke(request, 0) }
}
