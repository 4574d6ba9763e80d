// One CloudFormation event, one answer: before the Lambda's time is over, and whatever happens.
import { type Arn, parseArn } from '../lib/arn.ts'
import { unexpected } from '../lib/binding/failures.ts'
import { digest, physicalResourceId, timeOf } from '../lib/binding/record.ts'
import { type Request, responseTo, serve } from '../lib/binding/serve.ts'
import type { refusal } from '../lib/errors.ts'
import { isObject, type JsonObject, text } from '../lib/json.ts'
import { shown } from '../lib/printable.ts'
import { IN_DOUBT_MS } from '../lib/timing.ts'
import { deadlineIn, type Environment, invocationOf, type LambdaContext, leaseOf, ownArn, remainingMs } from './invocation.ts'
import type { ResponseTarget } from './response-target.ts'

export type CloudFormationEvent = JsonObject & {
  readonly RequestType: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
}

/** What an answer says again may take this much of its 4,096 bytes. CloudFormation's own limits add up to half of it. */
const LONGEST_IDS = 3_000

/** Whether it is CloudFormation that asks, as far as an answer needs: an answer that would be too long could never be given. */
export const isCloudFormationEvent = (event: unknown): event is CloudFormationEvent =>
  isObject(event) &&
  ['RequestType', 'StackId', 'RequestId', 'LogicalResourceId'].every((name) => typeof event[name] === 'string') &&
  'ResponseURL' in event &&
  Buffer.byteLength(JSON.stringify([event['StackId'], event['RequestId'], event['LogicalResourceId'], event['PhysicalResourceId']])) <=
    LONGEST_IDS

const isForeign = (stackId: string, own: Arn | undefined, region: string): boolean => {
  const stack = parseArn(stackId, 'cloudformation')
  if (!stack || stack.region !== region) return true
  return own !== undefined && (stack.account !== own.account || stack.partition !== own.partition)
}

/** Kept for the answer's PUT and for half a second of giving up leases: a fifth of the time, from one second to five. */
const reserve = (remaining: number): number => Math.min(5_000, Math.max(1_000, remaining * 0.2))

/** How long leases may take to be given up after the work was aborted. */
const CLOSING_MS = 500
/** Of the end of the time: what the runtime needs to hand its result over. */
const SPARE_MS = 150

/**
 * Serves a CloudFormation event and delivers its answer.
 * @throws Error when the answer could not be delivered, so that Lambda delivers the event again: work converges, and the answer is stored.
 */
export const handleCloudFormation = async (
  event: CloudFormationEvent,
  target: ResponseTarget,
  context: LambdaContext,
  environment: Environment,
): Promise<void> => {
  const { clock } = environment.ports
  const startedAt = clock.now()
  const remaining = remainingOf(event, target, context, startedAt)
  const type = (['Create', 'Update', 'Delete'] as const).find((known) => known === event.RequestType)
  const request: Request = {
    type: type ?? 'Create',
    owner: { StackId: event.StackId, LogicalResourceId: event.LogicalResourceId },
    idempotencyKey: digest(event),
    signedAt: target.signedAt,
    requestId: event.RequestId,
    physicalResourceId: text(event, 'PhysicalResourceId') || undefined,
    properties: event['ResourceProperties'],
    oldProperties: event['OldResourceProperties'],
    logStream: context.logStreamName ?? 'of the function',
  }
  const log = environment.log({
    requestType: event.RequestType,
    stackId: event.StackId,
    logicalResourceId: event.LogicalResourceId,
    cfnRequestId: event.RequestId,
    ...(context.awsRequestId === undefined ? {} : { requestId: context.awsRequestId }),
  })
  const deliver = async (body: string): Promise<void> => {
    const { Status, Reason } = JSON.parse(body)
    log(Status === 'SUCCESS' ? 'info' : 'error', `answer: ${Status}${Reason ? ` ${Reason}` : ''}`, { durationMs: clock.now() - startedAt })
    await target.put(body, startedAt + remaining - SPARE_MS)
  }
  const refused = (code: Parameters<typeof refusal>[0], message: string): string => responseTo(request, { status: 'FAILED', code, message })

  const own = ownArn(context, event)
  if (isForeign(event.StackId, own, environment.region)) {
    if (type === 'Delete') return deliver(responseTo(request, { status: 'SUCCESS' }))
    const message = `The stack ${shown(event.StackId)} is not in the function's own account, Region and partition (${own?.account ?? 'unknown'}, ${environment.region}). Use the ServiceToken of that account and Region. Nothing was done.`
    return deliver(refused('InvalidRequest', message))
  }
  if (!type)
    return deliver(
      refused('InvalidRequest', `Expected RequestType to be Create, Update or Delete; got ${shown(event.RequestType)}. Nothing was done.`),
    )

  const workMs = remaining - reserve(remaining)
  const deadline = deadlineIn(clock, workMs, CLOSING_MS, () => log('warn', 'the time is running out: all work is stopped'))
  const name = `${context.awsRequestId ?? physicalResourceId(request.owner)}/${environment.nonce()}`
  // Should this invocation be killed: nothing that it sent can take effect after its lease.
  const lease = leaseOf(request.idempotencyKey, name, startedAt, startedAt + Math.max(remaining, workMs + IN_DOUBT_MS))
  const served = serve(request, invocationOf(environment, own, log, lease, deadline)).catch((error: unknown) => {
    const { code, message } = unexpected(error, log, `this ${request.type}`)
    return refused(code, message)
  })
  const last = deadline.passed.then(() =>
    refused('NotStabilized', 'The time ran out, and calls under way could not be stopped. Try again.'),
  )
  last.catch(() => undefined) // Stopped as soon as there is an answer.
  try {
    const body = await Promise.race([served, last])
    deadline.stop()
    await deliver(body)
  } finally {
    deadline.stop()
  }
}

/**
 * Milliseconds that an event may take: what Lambda leaves, or what ServiceTimeout leaves where that is less. ServiceTimeout (seconds) counts from the
 * signing of ResponseURL, or from now where that does not say. When it is over, CloudFormation waits for nobody, and Lambda's time is all that counts.
 */
const remainingOf = (event: JsonObject, target: ResponseTarget, context: LambdaContext, now: number): number => {
  const properties = event['ResourceProperties']
  const asked = event['ServiceTimeout'] ?? (isObject(properties) ? properties['ServiceTimeout'] : undefined)
  // Anything else is refused by name with the other properties; an object can throw when it is made a number of.
  const seconds = typeof asked === 'string' || typeof asked === 'number' ? Number(asked) : Number.NaN
  const signed = timeOf(target.signedAt)
  const left = seconds * 1_000 - Math.max(0, now - (Number.isFinite(signed) ? signed : now))
  // In less than a second nothing could be told in time: it is as good as over.
  return left >= 1_000 ? Math.min(left, remainingMs(context)) : remainingMs(context)
}
