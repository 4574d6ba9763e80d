// What wakes the healer: the queue of CloudTrail's records, which gives a message again until it is done, and the schedule.

import { handleQueueBatch, handleSchedule } from '../../handler/drift-events.ts'
import { isObject } from '../../lib/json.ts'
import type { ExceptionId } from './exceptions.ts'
import type { Launch } from './invocation.ts'
import { RETRY_MS, type Request } from './lambda.ts'
import { between, type Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Fault } from './steps.ts'

type Message = { readonly step: number; readonly userPoolId: string; received: number }

export type Healer = {
  /** A record of an owner's UpdateUserPool reaches the queue. */
  readonly record: (step: number, userPoolId: string) => void
  readonly sweep: (step: number) => void
  readonly invocations: () => number
}

/** As in infra/provider.yaml. */
const VISIBILITY_MS = 1_830_000
const MOST_RECEIVES = 5
const BATCH_SIZE = 10
const WINDOW_MS = 20_000

const bodyOf = (userPoolId: string): string =>
  JSON.stringify({
    account: '123456789012',
    region: 'us-east-1',
    detail: { eventName: 'UpdateUserPool', requestParameters: { userPoolId } },
  })

export const createHealer = (
  launch: Launch<Request>,
  scheduler: Scheduler,
  random: Random,
  faults: readonly Fault[],
  tolerated: (id: ExceptionId) => void,
  trace: ((line: string) => void) | undefined,
): Healer => {
  const visible: Message[] = []
  const started = new Map<string, number>()
  let isPolled = false
  let invocations = 0

  /** The name of a process, and the faults that are meant for it: the how many-th of its step it is counts as delivery. */
  const nth = (kind: string, step: number): { readonly id: string; readonly faults: readonly Fault[] } => {
    const delivery = started.get(`${kind}${step}`) ?? 0
    started.set(`${kind}${step}`, delivery + 1)
    invocations += 1
    return { id: `${kind}${step}.0.${delivery}`, faults: faults.filter((one) => one.of === step && one.delivery === delivery) }
  }

  const appear = (message: Message): void => {
    visible.push(message)
    if (isPolled) return
    isPolled = true
    scheduler.at(scheduler.now() + between(random, 0, WINDOW_MS), poll)
  }

  const poll = (): void => {
    isPolled = false
    const batch = visible.splice(0, BATCH_SIZE)
    const receivedAt = scheduler.now()
    const [first] = batch
    if (!first) return
    for (const message of batch) message.received += 1
    const again = (message: Message): void => {
      if (message.received >= MOST_RECEIVES) tolerated('dead-letter')
      else scheduler.at(Math.max(scheduler.now(), receivedAt + VISIBILITY_MS), () => appear(message))
    }
    const work = nth('queue', first.step)
    trace?.(`${work.id} starts: records of ${batch.map(({ userPoolId }) => userPoolId).join()}`)
    launch({
      ...work,
      request: undefined,
      handle: (_, context, desk) =>
        handleQueueBatch(
          {
            Records: batch.map(({ userPoolId }, index) => ({
              messageId: `${index}`,
              body: bodyOf(userPoolId),
              receiptHandle: '',
              attributes: { ApproximateReceiveCount: '', SentTimestamp: '', SenderId: '', ApproximateFirstReceiveTimestamp: '' },
              messageAttributes: {},
              md5OfBody: '',
              eventSource: 'aws:sqs',
              eventSourceARN: '',
              awsRegion: 'us-east-1',
            })),
          },
          context,
          desk,
        ),
      done: (result) => {
        const failures = isObject(result) && Array.isArray(result['batchItemFailures']) ? result['batchItemFailures'] : []
        for (const failure of failures) {
          const message = batch[Number(isObject(failure) ? failure['itemIdentifier'] : undefined)]
          if (message) again(message)
        }
      },
      failed: () => batch.forEach(again),
    })
    if (visible.length > 0) {
      isPolled = true
      scheduler.at(scheduler.now(), poll)
    }
  }

  const sweep = (step: number, attempt = 0): void => {
    const work = nth('sweep', step)
    trace?.(`${work.id} starts${attempt > 0 ? `, retry ${attempt}` : ''}`)
    launch({
      ...work,
      request: undefined,
      handle: (_, context, desk) => handleSchedule(context, desk),
      failed: () => {
        const wait = RETRY_MS[attempt]
        if (wait !== undefined) scheduler.at(scheduler.now() + wait, () => sweep(step, attempt + 1))
      },
    })
  }

  return {
    record: (step, userPoolId) => appear({ step, userPoolId, received: 0 }),
    sweep: (step) => sweep(step),
    invocations: () => invocations,
  }
}
