// A stage in virtual time: the real handlers and the real core in this process, on the same doubles, and no waiting. For statements about time.
import { handleCloudFormation, isCloudFormationEvent } from '../../handler/cloudformation.ts'
import { handleQueueBatch, handleSchedule, isQueueBatch, isSchedule } from '../../handler/drift-events.ts'
import type { Environment, LambdaContext } from '../../handler/invocation.ts'
import { handleOperatorEvent, isOperatorEvent } from '../../handler/operator-events.ts'
import { type ResponseTarget, responseTarget } from '../../handler/response-target.ts'
import type { JsonObject } from '../../lib/json.ts'
import { FUNCTION_ARN, type Invoked, type Lambda } from '../lambda.ts'
import { createDispatch, type Dispatch } from '../local-aws/dispatch.ts'
import { createDoubles, type LocalAwsOptions } from '../local-aws/index.ts'
import { seeded } from '../simulation/random.ts'
import { type Stage, stageOn } from '../stage.ts'
import { createVirtualTime, type VirtualTime } from './clock.ts'
import { clockOf, type Process, portsOf } from './ports.ts'
import { createVirtualTable } from './table.ts'

const HOST = '127.0.0.1:1'
const REGION = 'us-east-1'
/** Every call takes this long, so that time goes on. */
const LATENCY_MS = 10

/** The answer's PUT, tried once. How it is tried again is a matter of sockets: test/handler/protocol.test.ts. */
const targetOf = (event: JsonObject, time: VirtualTime, process: Process, dispatch: Dispatch): ResponseTarget => {
  const allowed = { region: REGION, urlSuffix: 'amazonaws.com', responseHosts: [HOST] }
  const target = responseTarget(event['ResponseURL'], allowed, clockOf(time, process))
  if (!target) throw new Error('the ResponseURL is not allowed')
  const put = (body: string, deadline: number): Promise<void> =>
    new Promise((resolve, reject) => {
      if (process.isDead) return
      const bytes = Buffer.from(body)
      const fail = () => !process.isDead && reject(new Error('the answer could not be delivered'))
      const takeBack = time.after(Math.max(0, deadline - time.now()), fail)
      const headers = { 'content-type': '', 'content-length': String(bytes.length) }
      dispatch({ method: 'PUT', url: new URL(String(event['ResponseURL'])), headers, body: bytes }).then((reply) => {
        if (reply === 'none') return
        takeBack()
        if (typeof reply === 'object' && reply.status < 300) return process.isDead ? undefined : resolve()
        fail()
      }, reject)
    })
  return { ...target, put }
}

let count = 0
let processes = 0

const startLambda = (time: VirtualTime, dispatch: Dispatch): Lambda => {
  processes += 1
  const process: Process = { isDead: false, random: seeded(processes) }
  const log: JsonObject[] = []
  const dying = new Set<(error: Error) => void>()
  const environment: Environment = {
    ports: portsOf(time, process, dispatch),
    region: REGION,
    allowTakeover: true,
    nonce: () => `nonce-${count}`,
    log: (context) => (level, message, fields) => void log.push({ level: level.toUpperCase(), message, ...context, ...fields }),
  }
  const handle = async (event: unknown, context: LambdaContext): Promise<unknown> => {
    if (isCloudFormationEvent(event)) {
      return handleCloudFormation(event, targetOf(event, time, process, dispatch), context, environment)
    }
    if (isQueueBatch(event)) return handleQueueBatch(event, context, environment)
    if (isSchedule(event)) return handleSchedule(context, environment)
    if (isOperatorEvent(event)) return handleOperatorEvent(event, context, environment)
    throw new Error('unknown event')
  }
  return {
    pid: 0,
    log,
    invoke: (event, { remainingMs = 30_000, ...given } = {}) =>
      new Promise<Invoked>((resolve, reject) => {
        count += 1
        const deadline = time.now() + remainingMs
        const context: LambdaContext = {
          ...{ awsRequestId: `invocation-${count}`, invokedFunctionArn: FUNCTION_ARN, logStreamName: '2026/11/23/[$LATEST]virtual' },
          ...given,
          getRemainingTimeInMillis: () => Math.max(0, deadline - time.now()),
        }
        dying.add(reject)
        const over = (outcome: { readonly result: unknown } | { readonly error: string }) => {
          dying.delete(reject)
          if (!process.isDead) resolve({ ...outcome, maxRssKb: 0 })
        }
        handle(JSON.parse(JSON.stringify(event)), context).then(
          (result) => over({ result: result ?? null }),
          (error: unknown) => over({ error: error instanceof Error ? error.message : String(error) }),
        )
      }),
    kill: async () => {
      process.isDead = true
      for (const reject of dying) reject(new Error('the process died'))
      dying.clear()
    },
  }
}

/** As openStage in test/stage.ts, with a time of its own. */
export const openVirtualStage = async (options: Omit<LocalAwsOptions, 'now'> = {}) => {
  const time = createVirtualTime()
  const { open, dispatching } = createDoubles({ latencyMs: LATENCY_MS, ...options, now: time.now }, createVirtualTable())
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve))
  const dispatch = createDispatch({ ...dispatching, wait })
  const stage: Stage = await stageOn(
    open(HOST, async () => undefined),
    async () => startLambda(time, dispatch),
    time.now,
  )
  return { ...stage, passTime: wait }
}
