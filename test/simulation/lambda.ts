// Lambda's queue: delivers at least once, again after a process died or a handler threw, and kills what outlives its time.
import { inspect } from 'node:util'
import { type CloudFormationEvent, handleCloudFormation } from '../../handler/cloudformation.ts'
import { faultFor, latency, type Process, portsOf, type Stage } from './calls.ts'
import type { ExceptionId } from './exceptions.ts'
import { between, hashed, seeded } from './random.ts'
import type { Fault } from './steps.ts'

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:cognito-ses-binding'

/** One event of CloudFormation, and what came back for it. */
export type Request = {
  readonly step: number
  readonly index: number
  readonly event: CloudFormationEvent
  readonly signedAt: string
  readonly sentAt: number
  /** Whether CloudFormation still waits. */
  waits: boolean
  invocations: number
  /** Bodies that arrived, in order. */
  readonly bodies: string[]
  readonly arrived: (body: string) => void
  /** A chain of deliveries ended without an answer: all its processes died, or their answers were lost. */
  lost: boolean
  /** A delivery ended in silence. */
  silent: boolean
  /** When an answer arrived that was on record. */
  storedAt: number | undefined
  /** Bodies that could not be stored, because the table failed to the end. */
  readonly unstorable: string[]
}

export type Invocation = Process & { readonly request: Request }

export type Lambda = {
  readonly deliver: (request: Request) => void
}

export type Referee = {
  readonly violated: (rule: string, what: string) => void
  readonly excused: (id: ExceptionId) => void
  readonly answered: (invocation: Invocation, body: string) => void
}

/** Lambda tries an asynchronous invocation twice more (protocol.md, 15). */
const RETRY_MS = [60_000, 120_000] as const

export const createLambda = (
  stage: Stage<Invocation>,
  seed: number,
  seconds: number,
  faults: readonly Fault[],
  referee: Referee,
): Lambda => {
  const { scheduler, trace } = stage

  const invoke = (request: Request, attempt: number): void => {
    const delivery = request.invocations
    request.invocations += 1
    const id = `${request.step}.${request.index}.${delivery}`
    const again = (): void => {
      const wait = RETRY_MS[attempt]
      if (wait === undefined) request.lost = true
      else scheduler.at(scheduler.now() + wait, () => invoke(request, attempt + 1))
    }
    const invocation: Invocation = {
      id,
      request,
      random: seeded(hashed(seed, id)),
      faults: faults.filter((one) => one.of === request.step && one.event === request.index && one.delivery === delivery),
      startedAt: scheduler.now(),
      deadline: scheduler.now() + seconds * 1_000,
      state: 'running',
      answeringAt: undefined,
      tableFailedAt: undefined,
      counts: new Map(),
      underway: new Set(),
      die: () => {
        if (invocation.state !== 'running') return
        trace?.(`${id} dies`)
        invocation.state = 'dead'
        timeout.run = undefined
        // What was on its way may or may not arrive.
        for (const entry of invocation.underway) if (invocation.random() < 0.5) entry.run = undefined
        again()
      },
    }
    const timeout = scheduler.at(invocation.deadline, () => {
      referee.violated('in time', `${id} outlived its time`)
      invocation.die()
    })
    const over = (): boolean => {
      if (invocation.state !== 'running') return false
      invocation.state = 'over'
      timeout.run = undefined
      return true
    }

    const put = (body: string, deadline: number): Promise<void> =>
      new Promise((resolve, reject) => {
        if (invocation.state === 'dead') return
        if (invocation.answeringAt !== undefined) referee.violated('one answer', `${id} answers twice`)
        if (scheduler.now() > deadline) referee.violated('in time', `${id} answers too late`)
        invocation.answeringAt = scheduler.now()
        const fault = faultFor(invocation, 'answer')?.fault
        trace?.(`${id} answers ${body}${fault ? ` ✗ ${fault}` : ''}`)
        const took = Math.min(
          fault === 'slow' ? between(invocation.random, 2_000, 20_000) : latency(invocation),
          Math.max(0, deadline - scheduler.now()),
        )
        const arrive = () => {
          request.arrived(body)
          referee.answered(invocation, body)
        }
        const failAt = fault?.includes('hang') ? deadline : scheduler.now() + took
        if (fault === 'die-before') return invocation.die()
        const arrives =
          fault === undefined || ['slow', 'fail-after', 'hang-after', 'late', 'late-hang', 'die-after', 'die-late'].includes(fault)
        if (arrives) {
          const entry = scheduler.at(scheduler.now() + Math.floor(took / 2), () => {
            arrive()
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

    trace?.(
      `${id} starts: ${request.event.RequestType} ${request.event.LogicalResourceId} of ${request.event.StackId.split('/')[1]}${attempt > 0 ? `, retry ${attempt}` : ''}`,
    )
    const redacted = () => '[redacted]'
    handleCloudFormation(
      request.event,
      { signedAt: request.signedAt, put, toJSON: redacted, [inspect.custom]: redacted },
      {
        awsRequestId: id,
        invokedFunctionArn: FUNCTION_ARN,
        logStreamName: `log-${id}`,
        getRemainingTimeInMillis: () => invocation.deadline - scheduler.now(),
      },
      {
        ports: portsOf(stage, invocation),
        region: 'us-east-1',
        nonce: () => id,
        log: () => (level, message, fields) => {
          if (message === 'unexpected error') referee.violated('no surprise', `${id}: ${JSON.stringify(fields)}`)
          trace?.(`${id} log ${level}: ${message}`)
        },
      },
    ).then(
      () => {
        if (over() && invocation.answeringAt === undefined) request.silent = true
      },
      () => {
        if (over()) again()
      },
    )
  }

  return { deliver: (request) => invoke(request, 0) }
}
