// One binding on many pools under Cognito's quotas: time against what our part of the quota takes, refusals, memory.
import { ALLOWANCE } from '../../handler/aws/cognito.ts'
import { type JsonObject, without } from '../../lib/json.ts'
import { healthySes, resource, SENDER } from '../driver.ts'
import { startLambda } from '../lambda.ts'
import { startLocalAws } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'
import type { Place } from './place.ts'
import type { ManyPools, PoolsRun } from './results.ts'
import { rounded, spreadOf } from './statistics.ts'

const LATENCY_MS = 100
const QUOTA = 15
const COUNTS = [1, 10, 60, 100]
const ROUNDS = 3

/** When the last of two reads a pool may be asked, if the first `burst` come at once. */
export const boundSeconds = (pools: number, perSecond: number, burst: number): number =>
  rounded(Math.max(0, (2 * pools - burst) / perSecond), 3)

/** One after another and at no rate: what comes before the first read is asked, and from asking the last one on. */
const ROUND_TRIPS = {
  before: ['read the binding’s record', 'take its lease; beside it read the first pools’ records'],
  after: ['DescribeUserPool: whether it took', 'record what was applied', 'store the answer', 'PUT the answer'],
} as const

type One = {
  readonly seconds: number
  readonly beforeSeconds: number
  readonly afterSeconds: number
  readonly refusedPercent: number
  readonly peakRssMb: number
}

const once = async (root: string, pools: number, environment: Readonly<Record<string, string>> = {}): Promise<One> => {
  const aws = await startLocalAws({ latencyMs: LATENCY_MS, quotaPerSecond: QUOTA })
  healthySes(aws)
  const lambda = await startLambda({ ...aws.environment, ...environment }, root)
  try {
    const UserPoolIds = Array.from({ length: pools }, () => aws.createUserPool(without(rich as JsonObject, ['Id', 'Arn'])))
    const startedAt = Date.now()
    const { answer, invoked } = await resource(aws, lambda.invoke).create(
      { UserPoolIds, ConfigurationSet: 'mail', ...SENDER },
      { context: { remainingMs: 300_000 } },
    )
    const endedAt = Date.now()
    if (answer?.Status !== 'SUCCESS') throw new Error(`${pools} pools: ${answer?.Reason ?? invoked.error}`)
    const refused = new Set(aws.calls.filter(({ error }) => error?.code === 'TooManyRequestsException').map(poolOf))
    const reads = aws.calls.filter(({ action }) => action === 'DescribeUserPool').map((call) => call.startedAt)
    return {
      seconds: (endedAt - startedAt) / 1_000,
      beforeSeconds: (Math.min(...reads) - startedAt) / 1_000,
      afterSeconds: (endedAt - Math.max(...reads)) / 1_000,
      refusedPercent: (refused.size / pools) * 100,
      peakRssMb: invoked.maxRssKb / 1024,
    }
  } finally {
    await lambda.kill()
    await aws.close()
  }
}

const poolOf = ({ request }: { readonly request: JsonObject }): unknown => request['UserPoolId']

export const measureManyPools = async ({ root, rounds = ROUNDS, say }: Place): Promise<ManyPools> => {
  const runs: PoolsRun[] = []
  for (const pools of COUNTS) {
    const found: One[] = []
    const times = pools > 60 ? Math.min(2, rounds) : rounds
    for (let round = 1; round <= times; round += 1) {
      say(`${pools} pools, run ${round} of ${times}`)
      found.push(await once(root, pools))
    }
    const bound = boundSeconds(pools, ALLOWANCE.perSecond, ALLOWANCE.burst)
    const spread = (what: keyof One, digits?: number) =>
      spreadOf(
        found.map((one) => one[what]),
        digits,
      )
    runs.push({
      ...{ pools, boundSeconds: bound, quotaSeconds: boundSeconds(pools, QUOTA, QUOTA), seconds: spread('seconds') },
      leastSeconds: rounded(bound + ((ROUND_TRIPS.before.length + ROUND_TRIPS.after.length) * LATENCY_MS) / 1_000, 3),
      ...{ beforeSeconds: spread('beforeSeconds'), afterSeconds: spread('afterSeconds') },
      ...(bound > 0 ? { ratio: spreadOf(found.map(({ seconds }) => seconds / bound)) } : {}),
      ...{ refusedPercent: spread('refusedPercent', 0), peakRssMb: spread('peakRssMb', 0) },
    })
  }
  const empty: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    say(`empty handler, run ${round} of ${rounds}`)
    empty.push((await once(root, 1, { BUNDLE: `${root}/test/bench/contenders/empty.cjs` })).peakRssMb)
  }
  return {
    latencyMs: LATENCY_MS,
    quotaPerSecond: QUOTA,
    allowance: ALLOWANCE,
    roundTrips: ROUND_TRIPS,
    emptyRssMb: spreadOf(empty, 0),
    runs,
  }
}
