// One CloudFormation event, one answer: before the Lambda's time is over, and whatever happens.
import { digest, physicalResourceId } from '../lib/binding.ts'
import { refusal } from '../lib/errors.ts'
import { isObject, type JsonObject, text } from '../lib/json.ts'
import type { Log, Ports } from '../lib/ports.ts'
import { shown } from '../lib/properties.ts'
import { answerTo, type Office, type Request, serve } from '../lib/request.ts'
import type { ResponseTarget } from './respond.ts'

/** What Lambda's context says and we use. */
export type Invocation = {
  readonly awsRequestId?: string
  readonly invokedFunctionArn?: string
  readonly logStreamName?: string
  readonly getRemainingTimeInMillis?: () => number
}

export type CloudFormationEvent = JsonObject & {
  readonly RequestType: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
}

/** Whether it is CloudFormation that asks, as far as an answer needs. */
export const isCloudFormationEvent = (event: unknown): event is CloudFormationEvent =>
  isObject(event) &&
  ['RequestType', 'StackId', 'RequestId', 'LogicalResourceId'].every((name) => typeof event[name] === 'string') &&
  'ResponseURL' in event

type Arn = { readonly partition: string | undefined; readonly region: string | undefined; readonly account: string | undefined }

const readArn = (arn: string, service: string): Arn | undefined => {
  const [prefix, partition, named, region, account] = arn.split(':')
  return prefix === 'arn' && named === service ? { partition, region, account } : undefined
}

/** Who we are: of the context, or of the ServiceToken where the context does not say (ministack). */
export const ownArn = (event: JsonObject, invocation: Invocation): Arn | undefined => {
  const properties = event['ResourceProperties']
  const token = text(event, 'ServiceToken') ?? (isObject(properties) ? text(properties, 'ServiceToken') : undefined)
  return readArn(invocation.invokedFunctionArn || token || '', 'lambda')
}

const isForeign = (stackId: string, own: Arn | undefined, region: string): boolean => {
  const stack = readArn(stackId, 'cloudformation')
  if (!stack || stack.region !== region) return true
  return own !== undefined && (stack.account !== own.account || stack.partition !== own.partition)
}

/** Kept for the answer's PUT and for half a second of giving up leases: a fifth of the time, from one second to five. */
const reserve = (remaining: number): number => Math.min(5_000, Math.max(1_000, remaining * 0.2))

/** How long leases may take to be given up after the work was aborted. */
const CLOSING_MS = 500
/** Why what still waits is stopped when there is an answer. */
export const IS_OVER = new Error('the event is over')
/** Of the end of the time: what the runtime needs to hand its result over. */
const SPARE_MS = 150

export type Desk = {
  readonly ports: Ports
  readonly region: string
  readonly log: (context: JsonObject) => Log
  readonly nonce: () => string
}

const readRequest = (event: CloudFormationEvent, type: Request['type'], signedAt: string | undefined): Request => ({
  type,
  owner: { StackId: event.StackId, LogicalResourceId: event.LogicalResourceId },
  requestId: event.RequestId,
  physicalResourceId: text(event, 'PhysicalResourceId'),
  properties: event['ResourceProperties'],
  oldProperties: event['OldResourceProperties'],
  event: digest(event),
  signedAt,
})

/**
 * Serves a CloudFormation event and delivers its answer.
 * @throws Error when the answer could not be delivered, so that Lambda delivers the event again: work converges, and the answer is stored.
 */
export const handleCloudFormation = async (
  event: CloudFormationEvent,
  target: ResponseTarget,
  invocation: Invocation,
  desk: Desk,
): Promise<void> => {
  const { clock } = desk.ports
  const startedAt = clock.now()
  const remaining = invocation.getRemainingTimeInMillis?.() ?? 60_000
  const deadline = startedAt + remaining
  const type = (['Create', 'Update', 'Delete'] as const).find((known) => known === event.RequestType)
  const request = readRequest(event, type ?? 'Create', target.signedAt)
  const log = desk.log({
    requestType: event.RequestType,
    stackId: event.StackId,
    logicalResourceId: event.LogicalResourceId,
    requestId: event.RequestId,
  })
  const logStream = invocation.logStreamName ?? 'of the function'
  const deliver = async (body: string): Promise<void> => {
    const { Status, Reason } = JSON.parse(body)
    log(Status === 'SUCCESS' ? 'info' : 'error', `answer: ${Status}${Reason ? ` ${Reason}` : ''}`, { durationMs: clock.now() - startedAt })
    await target.put(body, deadline - SPARE_MS)
  }

  const own = ownArn(event, invocation)
  if (isForeign(event.StackId, own, desk.region)) {
    if (type === 'Delete') return deliver(answerTo(request, { status: 'SUCCESS' }, logStream))
    const message = `The stack ${shown(event.StackId)} is not in the function's own account, Region and partition (${own?.account ?? 'unknown'}, ${desk.region}). Use the ServiceToken of that account and Region. Nothing was done.`
    return deliver(answerTo(request, { status: 'FAILED', code: 'InvalidRequest', message }, logStream))
  }
  if (!type) {
    const message = `Expected RequestType to be Create, Update or Delete; got ${shown(event.RequestType)}. Nothing was done.`
    return deliver(answerTo(request, { status: 'FAILED', code: 'InvalidRequest', message }, logStream))
  }

  const [work, closing, over] = [new AbortController(), new AbortController(), new AbortController()]
  const watchdog = async (): Promise<string> => {
    await clock.sleep(Math.max(0, remaining - reserve(remaining)), over.signal)
    log('warn', 'the time is running out: all work is stopped')
    work.abort(new Error('the time ran out'))
    await clock.sleep(CLOSING_MS, over.signal)
    closing.abort(new Error('the time ran out'))
    await clock.sleep(50, over.signal)
    const { code, message } = refusal('NotStabilized', 'The time ran out, and calls under way could not be stopped. Try again.')
    return answerTo(request, { status: 'FAILED', code, message }, logStream)
  }
  const iso = (time: number) => new Date(time).toISOString()
  const office: Office = {
    ports: desk.ports,
    log,
    region: desk.region,
    account: own?.account,
    partition: own?.partition,
    logStream,
    lease: {
      Event: request.event,
      Invocation: `${invocation.awsRequestId ?? physicalResourceId(request.owner)}/${desk.nonce()}`,
      StartedAt: iso(startedAt),
      Until: iso(deadline),
    },
    signal: work.signal,
    closing: closing.signal,
  }
  const unexpected = (error: unknown): string => {
    log('error', 'unexpected error', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    const message = `An unexpected error (${error instanceof Error ? error.name : 'unknown'}); the log stream ${logStream} has it. Try again, and report it if it stays so.`
    return answerTo(request, { status: 'FAILED', code: 'InternalFailure', message }, logStream)
  }
  /** Nothing may run on beside the answer or after it: Lambda would thaw it at the next event. */
  const stop = () => {
    over.abort(IS_OVER)
    work.abort(IS_OVER)
  }
  const last = watchdog()
  last.catch(() => undefined) // Stopped with `over` as soon as there is an answer.
  try {
    const body = await Promise.race([serve(request, office).catch(unexpected), last])
    if (body === undefined) return log('info', 'another delivery of this event answers it')
    stop()
    await deliver(body)
  } finally {
    stop()
  }
}
