// One process of the function: it serves one event, in its time, and may die at any call.
import type { LambdaContext as Context, Environment } from '../../handler/invocation.ts'
import { type Process, portsOf, type Stage } from './calls.ts'
import { hashed, seeded } from './random.ts'
import type { Fault } from './steps.ts'

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:cognito-ses-binding'

/** Whom the process serves: a request of CloudFormation, or nobody who waits (the healer). */
export type Invocation<Request = unknown> = Process & {
  readonly request: Request | undefined
  /** The stack whose claims an operator releases. */
  readonly operator?: string | undefined
}

export type Work<Request> = {
  /** Nothing else has it. */
  readonly id: string
  readonly request: Request | undefined
  readonly operator?: string
  readonly faults: readonly Fault[]
  readonly handle: (invocation: Invocation<Request>, context: Context, environment: Environment) => Promise<unknown>
  /** Its handler is done, by itself. Left out where nobody asks for the result. */
  readonly done?: (result: unknown) => void
  /** It died, or its handler threw. */
  readonly failed: () => void
}

export type Launch<Request> = (work: Work<Request>) => void

/** @param seconds the function's timeout */
export const launcher =
  <Request>(
    stage: Stage<Invocation<Request>>,
    seed: number,
    seconds: number,
    violated: (rule: string, what: string) => void,
  ): Launch<Request> =>
  ({ id, request, operator, faults, handle, done, failed }) => {
    const { scheduler, trace } = stage
    const invocation: Invocation<Request> = {
      id,
      request,
      operator,
      faults,
      random: seeded(hashed(seed, id)),
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
        failed()
      },
    }
    const timeout = scheduler.at(invocation.deadline, () => {
      violated('in time', `${id} outlived its time`)
      invocation.die()
    })
    const over = (): boolean => {
      if (invocation.state !== 'running') return false
      invocation.state = 'over'
      timeout.run = undefined
      stage.watch.ended(invocation)
      return true
    }
    const context: Context = {
      awsRequestId: id,
      invokedFunctionArn: FUNCTION_ARN,
      logStreamName: `log-${id}`,
      getRemainingTimeInMillis: () => invocation.deadline - scheduler.now(),
    }
    const environment: Environment = {
      ports: portsOf(stage, invocation),
      region: 'us-east-1',
      nonce: () => id,
      allowTakeover: true,
      log: () => (level, message, fields) => {
        if (message === 'unexpected error') violated('no surprise', `${id}: ${JSON.stringify(fields)}`)
        trace?.(`${id} log ${level}: ${message}${fields?.['error'] ? ` (${fields['error']})` : ''}`)
      },
    }
    handle(invocation, context, environment).then(
      (result) => {
        if (over()) done?.(result)
      },
      (error: unknown) => {
        if (!over()) return
        trace?.(`${id} throws ${error}`)
        failed()
      },
    )
  }
