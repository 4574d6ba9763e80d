// Round trips of one pool's Create, Update and Delete: how many calls, and how many of them one after another.
import { type JsonObject, without } from '../../lib/json.ts'
import { healthySes, resource, SENDER, type Sent } from '../driver.ts'
import { startLambda } from '../lambda.ts'
import type { Call } from '../local-aws/dispatch.ts'
import { startLocalAws } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'
import { depth, levels } from './intervals.ts'
import type { Place } from './place.ts'
import type { Operation, RoundTrips } from './results.ts'

const LATENCY_MS = 20

const READING = ['read the binding’s record', 'take the binding’s lease; beside it read the pool’s record'] as const

const WRITING = [
  ...READING,
  'DescribeUserPool: after the record, so that nobody of us writes in between',
  'record what is intended: before it is done, or a crash looks like the owner',
  'UpdateUserPool',
  'DescribeUserPool: whether it took',
  'record what was applied: of what was just read',
  'store the answer: after all that it says, before it is sent',
  'PUT the answer',
] as const

/** The rules of the design, as a chain. What can run beside these counts for nothing: all of SES. */
const LEAST = {
  Create: WRITING,
  Update: WRITING,
  'Update, no change': [...READING, 'DescribeUserPool', 'store the answer', 'PUT the answer'],
  Delete: WRITING,
} as const

const operation = (name: keyof typeof LEAST, calls: readonly Call[], ms: number): Operation => {
  const first = Math.min(...calls.map(({ startedAt }) => startedAt))
  const intervals = calls.map(({ startedAt, endedAt }) => ({ from: startedAt - first, to: (endedAt ?? Number.NaN) - first }))
  const level = levels(intervals)
  const byService: Record<string, number> = {}
  for (const { service } of calls) byService[service] = (byService[service] ?? 0) + 1
  return {
    operation: name,
    calls: calls.length,
    byService,
    depth: depth(intervals),
    ms: Math.round(ms),
    least: LEAST[name],
    trace: calls.map(({ service, action }, index) => ({
      ...{ service, action },
      ...(intervals[index] ?? { from: 0, to: 0 }),
      level: level[index] ?? 1,
    })),
  }
}

export const measureRoundTrips = async ({ root, say }: Place): Promise<RoundTrips> => {
  const aws = await startLocalAws({ latencyMs: LATENCY_MS })
  healthySes(aws)
  const lambda = await startLambda(aws.environment, root)
  try {
    const UserPoolId = aws.createUserPool(without(rich as JsonObject, ['Id', 'Arn']))
    const properties = { UserPoolId, ConfigurationSet: 'mail', ...SENDER }
    const changed = { ...properties, ConfigurationSet: 'mail-2' }
    const again = { ...changed, Nonce: '1' }
    const binding = resource(aws, lambda.invoke)
    // A process that has been asked before: what is measured are calls, not the first compilation of the code.
    const warm = resource(aws, lambda.invoke, 'warm')
    await warm.create(properties)
    await warm.delete(properties)
    const played = async (name: keyof typeof LEAST, play: () => Promise<Sent>): Promise<Operation> => {
      say(name)
      aws.clearCalls()
      const startedAt = performance.now()
      const { answer } = await play()
      const ms = performance.now() - startedAt
      if (answer?.Status !== 'SUCCESS') throw new Error(`${name}: ${answer?.Reason ?? 'no answer'}`)
      return operation(name, [...aws.calls], ms)
    }
    const operations = [
      await played('Create', () => binding.create(properties)),
      await played('Update', () => binding.update(changed, properties)),
      await played('Update, no change', () => binding.update(again, changed)),
      await played('Delete', () => binding.delete(again)),
    ]
    return { latencyMs: LATENCY_MS, operations }
  } finally {
    await lambda.kill()
    await aws.close()
  }
}
