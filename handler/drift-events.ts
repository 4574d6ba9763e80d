// The healer's events: a queue's batch of UpdateUserPool records, and the schedule. Records are only hints; the pool is read.
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { isUserPoolId } from '../lib/arn.ts'
import { isThrottled } from '../lib/errors.ts'
import { type Counts, counted, healPools, sweep } from '../lib/healer/sweep.ts'
import type { PoolWork } from '../lib/invocation.ts'
import { child, isObject, type JsonObject, text } from '../lib/json.ts'
import type { Log, UserPools } from '../lib/ports.ts'
import { type Environment, type LambdaContext, withinInvocation } from './invocation.ts'

export const isQueueBatch = (event: unknown): event is SQSEvent =>
  isObject(event) &&
  Array.isArray(event['Records']) &&
  event['Records'].every((record: unknown) => isObject(record) && ['messageId', 'body'].every((name) => typeof record[name] === 'string'))

export const isSchedule = (event: unknown): event is JsonObject => isObject(event) && event['detail-type'] === 'Scheduled Event'

const counting = (userPools: UserPools, onThrottle: () => void): UserPools => {
  const watched = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call
    } catch (error) {
      if (isThrottled(error)) onThrottle()
      throw error
    }
  }
  return {
    describe: (userPoolId, signal) => watched(userPools.describe(userPoolId, signal)),
    getMfaConfig: (userPoolId, signal) => watched(userPools.getMfaConfig(userPoolId, signal)),
    updateTurn: userPools.updateTurn,
    update: (request, signal) => watched(userPools.update(request, signal)),
  }
}

/** Runs the healer inside the invocation's time, and emits what became of it as metrics. */
const withMetrics = async <T extends { readonly counts: Counts | undefined }>(
  trigger: string,
  context: LambdaContext,
  environment: Environment,
  look: (work: PoolWork) => Promise<T>,
): Promise<T> => {
  const { clock, userPools } = environment.ports
  const startedAt = clock.now()
  let throttled = 0
  const watched = counting(userPools, () => {
    throttled += 1
  })
  const counted = { ...environment, ports: { ...environment.ports, userPools: watched } }
  return withinInvocation(trigger, context, counted, async (work) => {
    const result = await look(work)
    if (result.counts) emitMetrics(work.log, result.counts, clock.now(), clock.now() - startedAt, throttled)
    return result
  })
}

const METRICS = ['Healed', 'Contested', 'Refused', 'Failed', 'Broken', 'Pools', 'Duration', 'Throttled'] as const

/** One line in CloudWatch's embedded metric format, without dimensions: the alarms of the provider template count on that. */
const emitMetrics = (log: Log, counts: Counts, now: number, durationMs: number, throttled: number): void => {
  const pools = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const of = (...outcomes: readonly (keyof Counts)[]) => outcomes.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0)
  const Metrics = METRICS.map((Name) => ({ Name, Unit: Name === 'Duration' ? 'Milliseconds' : 'Count' }))
  log(
    'info',
    `looked at ${pools} user pools: ${
      Object.entries(counts)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(', ') || 'none'
    }`,
    {
      _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'CognitoSesBinding', Dimensions: [[]], Metrics }] },
      Healed: of('healed'),
      Contested: of('contested', 'notify'),
      Refused: of('refused', 'blocked'),
      Failed: of('failed', 'busy'),
      Broken: of('broken'),
      Pools: pools,
      Duration: durationMs,
      Throttled: throttled,
    },
  )
}

/** What a message is: a pool of our own account and Region, a record of an update there that does not say of which pool, or something else. */
type Message = { readonly userPoolId: string } | 'unnamed' | 'foreign'

const readMessage = (body: string, account: string | undefined, region: string): Message => {
  let record: unknown
  try {
    record = JSON.parse(body)
  } catch {
    return 'foreign' // Dropped, and logged by the caller.
  }
  if (!isObject(record) || record['region'] !== region || (account !== undefined && record['account'] !== account)) return 'foreign'
  const detail = child(record, 'detail')
  if (text(detail, 'eventName') !== 'UpdateUserPool') return 'foreign'
  const userPoolId = text(child(detail, 'requestParameters'), 'userPoolId')
  return userPoolId !== undefined && isUserPoolId(userPoolId) ? { userPoolId } : 'unnamed'
}

/** Why a message is dropped. CloudTrail leaves parameters of more than 100 KB out, and says so in different ways (CloudTrail user guide, record contents). */
const DROPPED = {
  foreign: 'a message is no record of UpdateUserPool in this account and Region: dropped',
  unnamed:
    'a record of UpdateUserPool in this account and Region does not name its user pool, as when CloudTrail left the parameters out: dropped; the next sweep looks at every pool',
} as const

const AGAIN: ReadonlySet<string> = new Set(['busy', 'failed'])

/** Looks at the pools that a batch names, each once. Messages of a pool that is busy or could not be looked at go back to the queue, alone. */
export const handleQueueBatch = async (event: SQSEvent, context: LambdaContext, environment: Environment): Promise<SQSBatchResponse> => {
  const { batchItemFailures } = await withMetrics('queue', context, environment, async (work) => {
    const messages = event.Records.flatMap(({ messageId, body }) => {
      const message = readMessage(body, work.account, work.region)
      if (typeof message !== 'string') return [{ messageId, userPoolId: message.userPoolId }]
      work.log('warn', DROPPED[message], { messageId })
      return []
    })
    const outcomes = await healPools(new Set(messages.map(({ userPoolId }) => userPoolId)), work)
    const again = messages.filter(({ userPoolId }) => AGAIN.has(outcomes.get(userPoolId) ?? ''))
    return { counts: counted(outcomes.values()), batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  })
  return { batchItemFailures }
}

/** Looks at every pool that has a record. */
export const handleSchedule = async (context: LambdaContext, environment: Environment): Promise<void> => {
  await withMetrics('schedule', context, environment, async (work) => ({ counts: await sweep(work) }))
}
