// The healer's events: a queue's batch of UpdateUserPool records, and the schedule. Records are only hints; the pool is read.
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { isThrottled } from '../lib/errors.ts'
import type { Own } from '../lib/heal.ts'
import { child, isObject, type JsonObject, text } from '../lib/json.ts'
import type { Log, UserPools } from '../lib/ports.ts'
import { wellFormedPoolIds } from '../lib/properties.ts'
import type { Run } from '../lib/run.ts'
import { healPools, sweep, type Tally, tallied } from '../lib/sweep.ts'
import { type Desk, type Invocation, IS_OVER, ownArn } from './cloudformation.ts'

export const isQueueBatch = (event: unknown): event is SQSEvent =>
  isObject(event) &&
  Array.isArray(event['Records']) &&
  event['Records'].every((record: unknown) => isObject(record) && ['messageId', 'body'].every((name) => typeof record[name] === 'string'))

export const isSchedule = (event: unknown): event is JsonObject => isObject(event) && event['detail-type'] === 'Scheduled Event'

/** Before the function's own timeout: what a sweep needs to end in order. */
const RESERVE_MS = 5_000
const CLOSING_MS = 2_000

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
    updateTurn: userPools.updateTurn,
    update: (request, signal) => watched(userPools.update(request, signal)),
  }
}

type Round = { readonly run: Run; readonly own: Own }

/** Runs a round of the healer inside the invocation's time, and tells what became of it. */
const round = async <T extends { readonly tally: Tally }>(
  trigger: string,
  invocation: Invocation,
  desk: Desk,
  look: (round: Round) => Promise<T>,
): Promise<T> => {
  const { clock } = desk.ports
  const log = desk.log({ trigger })
  const startedAt = clock.now()
  const remaining = invocation.getRemainingTimeInMillis?.() ?? 60_000
  const [work, closing, over] = [new AbortController(), new AbortController(), new AbortController()]
  const watchdog = async (): Promise<void> => {
    await clock.sleep(Math.max(0, remaining - Math.min(RESERVE_MS, remaining / 2)), over.signal)
    work.abort(new Error('the time ran out'))
    await clock.sleep(Math.min(CLOSING_MS, remaining / 4), over.signal)
    closing.abort(new Error('the time ran out'))
  }
  watchdog().catch(() => undefined) // Ended by `over`.
  let throttled = 0
  const onThrottle = () => {
    throttled += 1
  }
  const iso = (time: number) => new Date(time).toISOString()
  const name = `heal/${desk.nonce()}`
  const run: Run = {
    ports: { ...desk.ports, userPools: counting(desk.ports.userPools, onThrottle) },
    signal: work.signal,
    closing: closing.signal,
    lease: { Event: name, Invocation: name, StartedAt: iso(startedAt), Until: iso(startedAt + remaining) },
    region: desk.region,
    log,
    ready: Promise.resolve(),
    stillMine: async () => undefined,
    waitingFor: new Map(),
  }
  try {
    const arn = ownArn({}, invocation)
    const result = await look({ run, own: { account: arn?.account, partition: arn?.partition } })
    tell(log, result.tally, clock.now(), clock.now() - startedAt, throttled)
    return result
  } finally {
    over.abort(IS_OVER)
    work.abort(IS_OVER)
  }
}

const METRICS = ['Healed', 'Contested', 'Refused', 'Pools', 'Duration', 'Throttled'] as const

/** One line in CloudWatch's embedded metric format, without dimensions: the alarms of the provider template count on that. */
const tell = (log: Log, tally: Tally, now: number, durationMs: number, throttled: number): void => {
  const pools = Object.values(tally).reduce((sum, count) => sum + count, 0)
  const of = (...outcomes: readonly (keyof Tally)[]) => outcomes.reduce((sum, outcome) => sum + (tally[outcome] ?? 0), 0)
  const Metrics = METRICS.map((Name) => ({ Name, Unit: Name === 'Duration' ? 'Milliseconds' : 'Count' }))
  log(
    'info',
    `looked at ${pools} user pools: ${
      Object.entries(tally)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(', ') || 'none'
    }`,
    {
      _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: 'CognitoSesBinding', Dimensions: [[]], Metrics }] },
      Healed: of('healed'),
      Contested: of('contested', 'notify'),
      Refused: of('refused', 'blocked'),
      Pools: pools,
      Duration: durationMs,
      Throttled: throttled,
    },
  )
}

/** The pool that a message names, if it is one of our own account and Region. */
const poolOf = (body: string, account: string | undefined, region: string): string | undefined => {
  let record: unknown
  try {
    record = JSON.parse(body)
  } catch {
    return undefined // Dropped, and logged by the caller.
  }
  if (!isObject(record) || record['region'] !== region || (account !== undefined && record['account'] !== account)) return undefined
  const detail = child(record, 'detail')
  if (text(detail, 'eventName') !== 'UpdateUserPool') return undefined
  return wellFormedPoolIds({ UserPoolId: child(detail, 'requestParameters')?.['userPoolId'] })[0]
}

const AGAIN: ReadonlySet<string> = new Set(['busy', 'failed'])

/** Looks at the pools that a batch names, each once. Messages of a pool that is busy or could not be looked at go back to the queue, alone. */
export const handleQueueBatch = async (event: SQSEvent, invocation: Invocation, desk: Desk): Promise<SQSBatchResponse> => {
  const { batchItemFailures } = await round('queue', invocation, desk, async ({ run, own }) => {
    const messages = event.Records.map(({ messageId, body }) => ({ messageId, userPoolId: poolOf(body, own.account, run.region) }))
    for (const { messageId, userPoolId } of messages) {
      if (userPoolId === undefined)
        run.log('warn', 'a message is no record of UpdateUserPool in this account and Region: dropped', { messageId })
    }
    const outcomes = await healPools(new Set(messages.flatMap(({ userPoolId }) => userPoolId ?? [])), run, own)
    const again = messages.filter(({ userPoolId }) => userPoolId !== undefined && AGAIN.has(outcomes.get(userPoolId) ?? ''))
    return { tally: tallied(outcomes.values()), batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  })
  return { batchItemFailures }
}

/** Looks at every pool that has a record. */
export const handleSchedule = async (invocation: Invocation, desk: Desk): Promise<void> => {
  await round('schedule', invocation, desk, async ({ run, own }) => ({ tally: await sweep(run, own) }))
}
