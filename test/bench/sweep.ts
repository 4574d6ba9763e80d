// The sweep over ten to ten thousand records: calls and time against one DescribeUserPool a pool and one page of the table a megabyte.
import { handleSchedule } from '../../handler/drift-events.ts'
import { bindingKey } from '../../lib/binding/record.ts'
import { CURSOR_KEY } from '../../lib/healer/sweep.ts'
import type { JsonObject } from '../../lib/json.ts'
import { healthySes, REGION, resource, SENDER, stackArn } from '../driver.ts'
import { FUNCTION_ARN, startLambda } from '../lambda.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'
import type { Place } from './place.ts'
import type { Sweep, SweepRun } from './results.ts'
import { rounded } from './statistics.ts'
import { createVirtualAws, itemSize, PAGE_BYTES } from './virtual-aws.ts'

const COGNITO_MS = 100
const TABLE_MS = 10
/** The function's timeout. */
const INVOCATION_MS = 300_000
const PER_SECOND = 5
/** From here on time is virtual: two hundred seconds and more would not fit into the bench. */
const VIRTUAL_FROM = 1_000
const COUNTS = [10, 100, 1_000, 10_000]

const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }

type Pattern = { readonly pool: JsonObject; readonly poolItem: JsonObject; readonly bindingItem: JsonObject }

const idOf = (index: number): string => `${REGION}_Pool${String(index).padStart(5, '0')}`

/** One pool that was bound through the bundle, and the two records that it left: what all the others are copies of. */
const patternOf = async (root: string): Promise<Pattern> => {
  const aws = await startLocalAws()
  healthySes(aws)
  const lambda = await startLambda(aws.environment, root)
  try {
    const UserPoolId = aws.createUserPool({ ...(rich as JsonObject), Id: idOf(0) })
    const { answer } = await resource(aws, lambda.invoke).create({ UserPoolId, ConfigurationSet: 'mail', ...SENDER })
    const poolItem = await aws.table.read(UserPoolId)
    const bindingItem = await aws.table.read(bindingKey({ StackId: stackArn('mail'), LogicalResourceId: 'Binding' }))
    if (!poolItem || !bindingItem) throw new Error(`no records: ${answer?.Reason}`)
    return { pool: aws.userPool(UserPoolId), poolItem, bindingItem }
  } finally {
    await lambda.kill()
    await aws.close()
  }
}

/** As many bound pools as asked for, one binding each. */
const itemsOf = ({ poolItem, bindingItem }: Pattern, pools: number): readonly JsonObject[] =>
  Array.from({ length: pools }, (_, index) => index).flatMap((index) => [
    { ...poolItem, UserPoolId: idOf(index) },
    { ...bindingItem, UserPoolId: `${String(bindingItem['UserPoolId'])}${String(index).padStart(5, '0')}`, Pools: [idOf(index)] },
  ])

const costs = (pools: number, items: readonly JsonObject[]) => {
  const size = items.reduce((sum, item) => sum + itemSize(item), 0)
  return {
    pools,
    tableMb: rounded(size / 2 ** 20, 3),
    leastPages: Math.ceil(size / PAGE_BYTES),
    boundSeconds: pools / PER_SECOND,
  }
}

/** Through the bundle and over HTTP, in real time. */
const real = async (pattern: Pattern, pools: number, root: string): Promise<SweepRun> => {
  const aws = await startLocalAws({ latencyMs: COGNITO_MS })
  const lambda = await startLambda(aws.environment, root)
  const items = itemsOf(pattern, pools)
  try {
    for (let index = 0; index < pools; index += 1) aws.createUserPool({ ...pattern.pool, Id: idOf(index) })
    for (const item of items) await aws.table.put(item)
    aws.clearCalls()
    const startedAt = performance.now()
    const { error } = await lambda.invoke(SCHEDULE, { remainingMs: INVOCATION_MS })
    if (error !== undefined) throw new Error(`the sweep of ${pools}: ${error}`)
    const seconds = rounded((performance.now() - startedAt) / 1_000, 1)
    const count = (...actions: readonly string[]) => aws.calls.filter(({ action }) => actions.includes(action)).length
    mustNotWrite(pools, aws)
    return {
      ...costs(pools, items),
      ...{ isVirtual: false, invocations: 1, seconds, describes: count('DescribeUserPool'), pages: count('Scan') },
      otherTableCalls: count('GetItem', 'PutItem', 'DeleteItem'),
    }
  } finally {
    await lambda.kill()
    await aws.close()
  }
}

const mustNotWrite = (pools: number, aws: LocalAws): void => {
  if (aws.calls.some(({ action }) => action === 'UpdateUserPool')) throw new Error(`the sweep of ${pools} wrote to a pool`)
}

/** The handler of the schedule over ports in memory, invocation after invocation, until one has reached the end of the table. */
const virtual = async (pattern: Pattern, pools: number): Promise<SweepRun> => {
  const items = itemsOf(pattern, pools)
  const aws = createVirtualAws(items, (Id) => ({ ...pattern.pool, Id }), { cognitoMs: COGNITO_MS, tableMs: TABLE_MS })
  let invocations = 0
  let ms = 0
  do {
    invocations += 1
    const startedAt = aws.now()
    const invocation = { invokedFunctionArn: FUNCTION_ARN, getRemainingTimeInMillis: () => startedAt + INVOCATION_MS - aws.now() }
    const desk = { ports: aws.ports, region: REGION, log: () => () => undefined, nonce: () => String(invocations), allowTakeover: true }
    await aws.play(async () => {
      await handleSchedule(invocation, desk)
      ms += aws.now() - startedAt
    })
  } while (aws.read(CURSOR_KEY)?.['After'] !== undefined)
  if (aws.count.updates > 0) throw new Error(`the sweep of ${pools} wrote to a pool`)
  const { describes, pages, otherTableCalls } = aws.count
  return { ...costs(pools, items), isVirtual: true, invocations, describes, pages, otherTableCalls, seconds: rounded(ms / 1_000, 1) }
}

export const measureSweep = async ({ root, say }: Place): Promise<Sweep> => {
  const pattern = await patternOf(root)
  const runs: SweepRun[] = []
  for (const pools of COUNTS) {
    say(`${pools} pools`)
    runs.push(pools < VIRTUAL_FROM ? await real(pattern, pools, root) : await virtual(pattern, pools))
  }
  return { runs }
}
