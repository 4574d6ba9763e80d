// Every order of the calls of two events that meet, with every single fault at every call: a search over all of them, equal states once.
import { inspect, parseArgs } from 'node:util'
import { type CloudFormationEvent, handleCloudFormation } from '../../handler/cloudformation.ts'
import { handleSchedule } from '../../handler/drift-events.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Resource, Stack } from './cloud-formation.ts'
import type { Request } from './lambda.ts'
import { createOracle, type Verdict } from './oracle.ts'
import { type Action, createStage } from './order.ts'
import { arnOf, type OwnerWrite, type Wish } from './steps.ts'
import { createWorld, writeOfOwner } from './world.ts'

const START = Date.UTC(2026, 10, 23, 10)
const ACCOUNT = '123456789012'
const TOKEN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:cognito-ses-binding`
/** The second event begins, and the owner writes, at any moment of so many milliseconds. */
const WINDOW_MS = 4_000
const MOST_STEPS = 20_000
/** Where nothing is to be chosen, a state is looked up before these only: the same ones on every way. */
const LOOK_UP = /PutItem|DeleteItem|answers/
/** Rules about how it is done; the others are about what comes out. */
const MECHANISM: ReadonlySet<string> = new Set([
  'interleaving',
  'who lost it stops',
  'recorded first',
  'sent at once',
  'fresh copy',
  'given up',
  'taken back',
])

type Options = {
  readonly faults: number
  /** The function's timeout, and when Lambda tries again: in the proportion of the product (a lease outlives the first wait). */
  readonly seconds: number
  readonly retryMs: readonly number[]
  readonly seed: number
  readonly outcomesOnly: boolean
  /** Goes on from every state, however often it was met: to check that nothing is lost by not doing so. */
  readonly unpruned: boolean
}

type Choose = (actions: readonly Action[], state: () => string) => number | undefined
type Answer = { readonly Status: string; readonly Reason?: string; readonly PhysicalResourceId: string }
type Owned = { readonly stack: Stack; readonly name: string }

const amzDate = (time: number): string => new Date(time).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')

/** One run of a pair: what the scenarios are told with. */
const createScenario = (
  options: Options,
  pools: number,
  onDefault: boolean,
  violated: (rule: string, what: string) => void,
  trace?: (line: string) => void,
) => {
  const email: JsonObject = onDefault
    ? { EmailSendingAccount: 'COGNITO_DEFAULT' }
    : { EmailSendingAccount: 'DEVELOPER', SourceArn: arnOf('first'), ConfigurationSet: 'set-first' }
  const world = createWorld({
    seed: options.seed,
    pools: Array.from({ length: pools }, () => ({ email, emailMfa: false })),
    omitted: 'reset',
    respells: false,
    lambdaSeconds: options.seconds,
    sweptTo: undefined,
  })
  const stage = createStage({
    world,
    oracle: () => oracle,
    start: START,
    seconds: options.seconds,
    violated,
    trace: trace && ((line) => trace(`${new Date(stage.now()).toISOString().slice(14, 23)} ${line}`)),
  })
  const oracle = createOracle(world, stage.now, violated, () => undefined)
  const poolId = (number: number): string => world.pools[number]?.id ?? ''
  const stacks: Stack[] = ['A', 'B'].map((name, number) => ({
    number,
    id: `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/${name}/1`,
    created: 1,
    resources: new Map(),
    retained: new Map(),
    queue: Promise.resolve(),
    busyUntil: 0,
  }))
  const owned = (number: number): Owned => {
    const stack = stacks[number]
    if (!stack) throw new Error('no such stack')
    return { stack, name: 'Mail' }
  }
  const requests: Request[] = []
  const outcomes = new Map<
    Request,
    { readonly come: Promise<Answer | undefined>; readonly resolve: (answer: Answer | undefined) => void }
  >()

  const properties = ({ pools: numbers, ...rest }: Wish, nonce?: string): JsonObject => ({
    ServiceToken: TOKEN,
    ...rest,
    ...(numbers.length > 1 ? { UserPoolIds: numbers.map(poolId) } : { UserPoolId: poolId(numbers[0] ?? 0) }),
    ...(nonce === undefined ? {} : { Nonce: nonce }),
  })

  /** @param signedMs how much later than now it was signed, so that the order of events can be told */
  const request = ({ stack, name }: Owned, rest: JsonObject & { readonly RequestType: string }, signedMs = 0): Request => {
    const step = requests.length + 1
    let resolve: (answer: Answer | undefined) => void = () => undefined
    const come = new Promise<Answer | undefined>((done) => {
      resolve = done
    })
    const made: Request = {
      step,
      index: 0,
      event: {
        ServiceToken: TOKEN,
        ResponseURL: `https://bucket.example/${step}`,
        StackId: stack.id ?? '',
        RequestId: `request-${step}`,
        LogicalResourceId: name,
        ResourceType: 'Custom::CognitoSesBinding',
        ...rest,
      },
      signedAt: amzDate(stage.now() + signedMs),
      waits: true,
      invocations: 0,
      bodies: [],
      lost: false,
      storedAt: undefined,
      unstorable: [],
      arrived: (body) => {
        made.bodies.push(body)
        made.waits = false
        resolve(JSON.parse(body))
      },
    }
    requests.push(made)
    outcomes.set(made, { come, resolve })
    return made
  }

  const deliver = (one: Request, attempt = 0): void => {
    const id = `${one.step}.0.${one.invocations}`
    one.invocations += 1
    const event = one.event as CloudFormationEvent
    const redacted = () => '[redacted]'
    stage.launch({
      id,
      request: one,
      handle: (_, context, environment, put) =>
        handleCloudFormation(event, { signedAt: one.signedAt, put, toJSON: redacted, [inspect.custom]: redacted }, context, environment),
      done: () => undefined,
      failed: () => {
        const wait = options.retryMs[attempt]
        if (wait !== undefined) return stage.after(wait, `${id} comes again`, () => deliver(one, attempt + 1))
        one.lost = true
        if (one.waits) outcomes.get(one)?.resolve(undefined)
      },
    })
  }
  let sweeps = 0
  const sweep = (attempt = 0): void => {
    const id = `sweep.0.${sweeps}`
    sweeps += 1
    stage.launch({
      id,
      request: undefined,
      handle: (_, context, environment) => handleSchedule(context, environment),
      done: () => undefined,
      failed: () => {
        const wait = options.retryMs[attempt]
        if (wait !== undefined) stage.after(wait, `${id} comes again`, () => sweep(attempt + 1))
      },
    })
  }
  /** At any moment of the window. */
  const soon = (name: string, run: () => void) => stage.soon(name, stage.now() + WINDOW_MS, '', run)

  /** Signed well before whatever comes next: by the second, and never later than now. */
  const EARLIER_MS = -2_000
  const create = (of: Owned, wish: Wish) => request(of, { RequestType: 'Create', ResourceProperties: properties(wish) }, EARLIER_MS)
  const update = (of: Owned, from: Wish, to: Wish, signedMs = 0, nonce?: string) =>
    request(
      of,
      {
        RequestType: 'Update',
        PhysicalResourceId: of.stack.resources.get(of.name)?.physicalId ?? '',
        ResourceProperties: properties(to, nonce),
        OldResourceProperties: properties(from),
      },
      signedMs,
    )
  const remove = (of: Owned, wish: Wish, physicalId: string, signedMs = 0) =>
    request(of, { RequestType: 'Delete', PhysicalResourceId: physicalId, ResourceProperties: properties(wish) }, signedMs)

  // CloudFormation: goes on a second after an answer came, rolls back what failed, and tries again what cannot be left.
  const outcome = (one: Request): Promise<Answer | undefined> => outcomes.get(one)?.come ?? Promise.resolve(undefined)
  const set = ({ stack, name }: Owned, resource: Resource | undefined): void => {
    if (resource) stack.resources.set(name, resource)
    else stack.resources.delete(name)
  }
  const untilDone = async (first: Request, again: () => Request): Promise<Answer | undefined> => {
    let one = first
    for (let tries = 0; ; tries += 1) {
      const answer = await outcome(one)
      if (answer?.Status === 'SUCCESS') return answer
      if (tries === 5) {
        violated('nothing is stuck', `${one.event.RequestType} of ${one.event.StackId}: ${answer?.Reason ?? 'no answer'}`)
        return undefined
      }
      await stage.sleep(tries === 0 ? 1_000 : 30_000, `again ${one.step}`)
      one = again()
      deliver(one)
    }
  }
  const deleted = async (
    of: Owned,
    wish: Wish,
    physicalId: string,
    first = remove(of, wish, physicalId),
    isSent = false,
  ): Promise<void> => {
    if (!isSent) deliver(first)
    await untilDone(first, () => remove(of, wish, physicalId))
    set(of, undefined)
  }
  const created = async (of: Owned, wish: Wish, first: Request): Promise<void> => {
    const answer = await outcome(first)
    if (answer?.Status === 'SUCCESS') return set(of, { wish, physicalId: answer.PhysicalResourceId })
    await stage.sleep(1_000, `undo ${first.step}`)
    await deleted(of, wish, answer?.PhysicalResourceId ?? `made-up-${of.name}`)
  }
  const rolledBack = async (of: Owned, from: Wish, to: Wish, first = update(of, from, to), isSent = false): Promise<void> => {
    if (!isSent) deliver(first)
    const answer = await untilDone(first, () => update(of, from, to))
    if (answer) set(of, { wish: to, physicalId: answer.PhysicalResourceId })
  }
  const updated = async (of: Owned, from: Wish, to: Wish, first: Request): Promise<void> => {
    const answer = await outcome(first)
    if (answer?.Status === 'SUCCESS') return set(of, { wish: to, physicalId: answer.PhysicalResourceId })
    await stage.sleep(1_000, `undo ${first.step}`)
    await rolledBack(of, to, from)
  }
  const ownerWrites = (write: OwnerWrite, mark: string): void => {
    const done = writeOfOwner(world, 0, write, mark)
    trace?.(`          the owner writes: ${done ? JSON.stringify(write) : 'nothing'}`)
  }

  const told = () =>
    requests.map(({ step, bodies, lost, storedAt, invocations, unstorable }) => [
      step,
      bodies,
      lost,
      storedAt,
      invocations,
      unstorable.length,
    ])
  const state = () => stage.state([told(), stacks.map(({ resources }) => [...resources])])

  /** Goes on until nothing is left to happen. @returns false when the search knows the state already */
  const run = async (choose: Choose | undefined, isBroken: () => boolean): Promise<boolean> => {
    for (let steps = 0; ; steps += 1) {
      await new Promise((resolve) => setImmediate(resolve)) // By then every promise that could go on has gone on.
      if (isBroken()) return true
      if (steps > MOST_STEPS) throw new Error('no end')
      const actions = stage.actions()
      if (actions.length === 0) return true
      const index = choose ? choose(actions, state) : 0
      if (index === undefined) return false
      actions[index]?.run()
    }
  }
  return {
    stage,
    world,
    oracle,
    stacks,
    requests,
    outcomes,
    poolId,
    owned,
    soon,
    deliver,
    sweep,
    create,
    update,
    remove,
    outcome,
    set,
    deleted,
    created,
    updated,
    rolledBack,
    ownerWrites,
    run,
  }
}

type Scenario = ReturnType<typeof createScenario>

type Pair = {
  readonly name: string
  readonly pools?: number
  readonly onDefault?: boolean
  /** What is there before: by itself, without faults. */
  readonly before?: (scenario: Scenario) => readonly Promise<void>[]
  /** What meets. */
  readonly events: (scenario: Scenario) => readonly Promise<void>[]
}

const wish = (name: string, more: Partial<Wish> = {}): Wish => ({
  ConfigurationSet: `set-${name}`,
  SourceArn: arnOf(name),
  Preflight: 'SKIP',
  pools: [0],
  ...more,
})
const ONE = wish('one')
const TWO = wish('two', { ReplyToEmailAddress: 'two@example.com' })
const OVER = wish('over', { Takeover: 'true' })
const WIPED: OwnerWrite = { kind: 'template', email: { EmailSendingAccount: 'COGNITO_DEFAULT' } }
const REPLY: OwnerWrite = { kind: 'part', email: { ReplyToEmailAddress: 'owner@example.com' } }
const SET: OwnerWrite = { kind: 'part', email: { ConfigurationSet: 'set-owner' } }

const bound = (scenario: Scenario, stack: number, declared: Wish): Promise<void> => {
  const first = scenario.create(scenario.owned(stack), declared)
  scenario.deliver(first)
  return scenario.created(scenario.owned(stack), declared, first)
}
const idOf = (scenario: Scenario, stack: number): string => scenario.owned(stack).stack.resources.get('Mail')?.physicalId ?? ''

const meetsUpdate = (scenario: Scenario, stack: number, from: Wish, to: Wish): Promise<void> => {
  const first = scenario.update(scenario.owned(stack), from, to)
  scenario.deliver(first)
  return scenario.updated(scenario.owned(stack), from, to, first)
}
const meetsDelete = (scenario: Scenario, stack: number, declared: Wish): Promise<void> =>
  scenario.deleted(scenario.owned(stack), declared, idOf(scenario, stack))

const PAIRS: readonly Pair[] = [
  { name: 'create-alone', events: (scenario) => [bound(scenario, 0, ONE)] },
  { name: 'update-alone', before: (scenario) => [bound(scenario, 0, ONE)], events: (scenario) => [meetsUpdate(scenario, 0, ONE, TWO)] },
  { name: 'delete-alone', before: (scenario) => [bound(scenario, 0, ONE)], events: (scenario) => [meetsDelete(scenario, 0, ONE)] },
  {
    name: 'create-redelivery',
    events: (scenario) => {
      const first = scenario.create(scenario.owned(0), ONE)
      scenario.deliver(first)
      scenario.soon('the redelivery begins', () => scenario.deliver(first))
      return [scenario.created(scenario.owned(0), ONE, first)]
    },
  },
  {
    name: 'create-delete',
    events: (scenario) => {
      const [of, first] = [scenario.owned(0), scenario.create(scenario.owned(0), ONE)]
      scenario.deliver(first)
      const undo = scenario.remove(of, ONE, 'made-up-Mail')
      scenario.soon('the Delete begins', () => scenario.deliver(undo))
      return [scenario.deleted(of, ONE, 'made-up-Mail', undo, true)]
    },
  },
  {
    name: 'update-rollback',
    before: (scenario) => [bound(scenario, 0, ONE)],
    events: (scenario) => {
      const of = scenario.owned(0)
      scenario.deliver(scenario.update(of, ONE, TWO, -2_000))
      const back = scenario.update(of, TWO, ONE)
      scenario.soon('the rollback begins', () => scenario.deliver(back))
      return [scenario.rolledBack(of, TWO, ONE, back, true)]
    },
  },
  {
    name: 'update-rollback-moving',
    pools: 2,
    before: (scenario) => [bound(scenario, 0, ONE)],
    events: (scenario) => {
      const [of, moved] = [scenario.owned(0), { ...TWO, pools: [1] }]
      scenario.deliver(scenario.update(of, ONE, moved, -2_000))
      const back = scenario.update(of, moved, ONE)
      scenario.soon('the rollback begins', () => scenario.deliver(back))
      return [scenario.rolledBack(of, moved, ONE, back, true)]
    },
  },
  {
    name: 'create-takeover',
    events: (scenario) => {
      const over = scenario.create(scenario.owned(1), OVER)
      scenario.soon('the other stack begins', () => scenario.deliver(over))
      return [bound(scenario, 0, ONE), scenario.created(scenario.owned(1), OVER, over)]
    },
  },
  {
    name: 'create-conflict',
    events: (scenario) => {
      const other = scenario.create(scenario.owned(1), TWO)
      scenario.soon('the other stack begins', () => scenario.deliver(other))
      return [bound(scenario, 0, ONE), scenario.created(scenario.owned(1), TWO, other)]
    },
  },
  {
    name: 'delete-update',
    before: (scenario) => [bound(scenario, 0, ONE).then(() => bound(scenario, 1, OVER))],
    events: (scenario) => {
      const next = scenario.update(scenario.owned(1), OVER, TWO)
      scenario.soon('the other stack begins', () => scenario.deliver(next))
      return [meetsDelete(scenario, 0, ONE), scenario.updated(scenario.owned(1), OVER, TWO, next)]
    },
  },
  {
    name: 'update-sweep',
    before: (scenario) => [bound(scenario, 0, ONE).then(() => scenario.ownerWrites(WIPED, 'w'))],
    events: (scenario) => {
      scenario.soon('the sweep begins', () => scenario.sweep())
      return [meetsUpdate(scenario, 0, ONE, TWO)]
    },
  },
  {
    name: 'delete-sweep',
    before: (scenario) => [bound(scenario, 0, ONE).then(() => scenario.ownerWrites(WIPED, 'w'))],
    events: (scenario) => {
      scenario.soon('the sweep begins', () => scenario.sweep())
      return [meetsDelete(scenario, 0, ONE)]
    },
  },
  {
    // Somebody sets another value right after each of our writes.
    name: 'owner-twice',
    events: (scenario) => {
      scenario.soon('the owner', () => scenario.ownerWrites(SET, 'o'))
      return [
        bound(scenario, 0, ONE).then(async () => {
          await scenario.stage.sleep(WINDOW_MS, 'a deployment')
          scenario.soon('the owner again', () => scenario.ownerWrites({ kind: 'part', email: { ConfigurationSet: 'set-again' } }, 'p'))
          await meetsUpdate(scenario, 0, ONE, { ...ONE, ReplyToEmailAddress: 'two@example.com' })
        }),
      ]
    },
  },
  ...(
    [
      ['template', WIPED],
      ['reply', REPLY],
      ['set', SET],
    ] as const
  ).flatMap(([name, write]): readonly Pair[] => [
    {
      name: `create-owner-${name}`,
      events: (scenario) => {
        scenario.soon('the owner', () => scenario.ownerWrites(write, 'o'))
        return [bound(scenario, 0, ONE)]
      },
    },
    {
      name: `update-owner-${name}`,
      before: (scenario) => [bound(scenario, 0, ONE)],
      events: (scenario) => {
        scenario.soon('the owner', () => scenario.ownerWrites(write, 'o'))
        return [meetsUpdate(scenario, 0, ONE, TWO)]
      },
    },
    {
      name: `delete-owner-${name}`,
      before: (scenario) => [bound(scenario, 0, ONE)],
      events: (scenario) => {
        scenario.soon('the owner', () => scenario.ownerWrites(write, 'o'))
        return [meetsDelete(scenario, 0, ONE)]
      },
    },
  ]),
]

type Ended = { readonly violation: Verdict | undefined; readonly isPruned: boolean; readonly trace: readonly string[] }

/** Plays a pair in the order that `choose` says, and then to its end: checks, sweeps, every binding again, every stack deleted. */
const played = async (pair: Pair, options: Options, choose: Choose, tracing = false): Promise<Ended> => {
  const trace: string[] = []
  let violation: Verdict | undefined
  const line = tracing ? (text: string) => void trace.push(text) : undefined
  const violated = (rule: string, what: string): void => {
    line?.(`✗✗ ${rule}: ${what}`)
    if (options.outcomesOnly && MECHANISM.has(rule)) return
    violation ??= { rule, what }
  }
  const scenario = createScenario(options, pair.pools ?? 1, pair.onDefault ?? false, violated, line)
  const isBroken = () => violation !== undefined
  const { stage, oracle, stacks, requests, outcomes } = scenario
  /** Without a choice: the first thing that can happen. */
  const toEnd = async (what: readonly Promise<void>[], choice?: Choose): Promise<boolean> => {
    let isDone = false
    const all = Promise.all(what).then(() => {
      isDone = true
    })
    for (;;) {
      if (!(await scenario.run(choice, isBroken))) return false
      if (isDone || isBroken()) return true
      // CloudFormation has waited an hour.
      const waiting = requests.filter(({ waits }) => waits)
      if (waiting.length === 0) throw new Error('nobody waits, and it is not over')
      for (const one of waiting) {
        one.waits = false
        outcomes.get(one)?.resolve(undefined)
      }
      await Promise.race([all, new Promise((resolve) => setImmediate(resolve))])
    }
  }
  const ended = (isPruned = false): Ended => ({ violation, isPruned, trace })
  try {
    await toEnd(pair.before?.(scenario) ?? [])
    stage.after(5_000, 'a while', () => undefined)
    await scenario.run(undefined, isBroken)
    line?.('— they events')
    stage.allowFaults(options.faults)
    if (!(await toEnd(pair.events(scenario), choose))) return ended(true)
    stage.allowFaults(0)
    if (isBroken()) return ended()
    line?.('— all is quiet')
    oracle.checkSettled(stacks, scenario.poolId, false)
    stage.after(options.seconds * 1_000, 'leases end', () => undefined)
    await scenario.run(undefined, isBroken)
    for (let index = 0; index < 2; index += 1) {
      scenario.sweep()
      await scenario.run(undefined, isBroken)
    }
    if (!isBroken()) oracle.checkBound()
    const all = stacks.flatMap((stack) => [...stack.resources].map(([name, resource]) => ({ of: { stack, name }, ...resource })))
    for (const { of, wish: declared } of all) {
      const again = scenario.update(of, declared, declared, 0, 'again')
      scenario.deliver(again)
      await toEnd([
        scenario
          .outcome(again)
          .then((answer) => (answer?.Status === 'SUCCESS' ? undefined : violated('applied again', answer?.Reason ?? 'no answer'))),
      ])
    }
    if (!isBroken()) oracle.checkSettled(stacks, scenario.poolId, true)
    for (const { of, wish: declared, physicalId } of all) if (!isBroken()) await toEnd([scenario.deleted(of, declared, physicalId)])
    if (!isBroken()) {
      oracle.checkGone()
      oracle.checkAnswers(requests)
    }
  } catch (error) {
    violated('simulation', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  return ended()
}

type Found = { readonly violation: Verdict; readonly choices: readonly number[]; readonly schedule: number }
type Result = {
  readonly schedules: number
  readonly orders: number
  readonly states: number
  readonly pruned: number
  readonly seconds: number
  readonly isWhole: boolean
  readonly violations: number
  readonly found: readonly Found[]
}

/** How many ways lead from the first state to an end. */
const waysOf = (children: ReadonlyMap<string, readonly string[]>, first: string): number => {
  const ways = new Map<string, number>()
  const stack = [first]
  for (let key = stack.at(-1); key !== undefined; key = stack.at(-1)) {
    const next = children.get(key) ?? []
    const missing = ways.has(key) ? [] : next.filter((one) => !ways.has(one))
    if (missing.length > 0) stack.push(...missing)
    else {
      stack.pop()
      ways.set(key, next.length === 0 ? 1 : next.reduce((sum, one) => sum + (ways.get(one) ?? 1), 0))
    }
  }
  return ways.get(first) ?? 1
}

/** Depth first: a schedule is played again from its beginning for each turn that was not taken; a state that was met is not gone on from. */
const search = async (pair: Pair, options: Options, mostSeconds: number, stopAtFirst: boolean): Promise<Result> => {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  const children = new Map<string, string[]>()
  const open: { readonly choices: readonly number[]; readonly parent: string }[] = [{ choices: [], parent: 'start' }]
  const found: Found[] = []
  const rules = new Set<string>()
  let [schedules, pruned, violations] = [0, 0, 0]
  for (let next = open.pop(); next; next = elapsed() < mostSeconds ? open.pop() : undefined) {
    const taken: number[] = []
    const { choices } = next
    let { parent } = next
    const choose: Choose = (actions, state) => {
      const replayed = choices[taken.length]
      if (replayed !== undefined) {
        taken.push(replayed)
        return replayed
      }
      if (actions.length === 1 && !LOOK_UP.test(actions[0]?.name ?? '')) {
        taken.push(0)
        return 0
      }
      const key = state()
      children.set(parent, [...(children.get(parent) ?? []), key])
      if (children.has(key) && !options.unpruned) return undefined
      children.set(key, children.get(key) ?? [])
      parent = key
      for (let index = actions.length - 1; index > 0; index -= 1) open.push({ choices: [...taken, index], parent: key })
      taken.push(0)
      return 0
    }
    const { violation, isPruned } = await played(pair, options, choose)
    schedules += 1
    if (isPruned) pruned += 1
    if (!isPruned) children.set(parent, [...(children.get(parent) ?? []), 'end'])
    if (!violation) continue
    violations += 1
    if (!rules.has(violation.rule)) found.push({ violation, choices: taken, schedule: schedules })
    rules.add(violation.rule)
    if (stopAtFirst) break
  }
  children.set('end', [])
  const isWhole = open.length === 0
  return { schedules, orders: waysOf(children, 'start'), states: children.size - 2, pruned, seconds: elapsed(), isWhole, violations, found }
}

const { values } = parseArgs({
  options: {
    pairs: { type: 'string' },
    faults: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    retry: { type: 'string', default: '10000,20000' },
    seed: { type: 'string', default: '1' },
    most: { type: 'string', default: '600' },
    first: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    outcomes: { type: 'boolean', default: false },
    unpruned: { type: 'boolean', default: false },
  },
})
const options: Options = {
  faults: Number(values.faults),
  seconds: Number(values.seconds),
  retryMs: values.retry.split(',').map(Number),
  seed: Number(values.seed),
  outcomesOnly: values.outcomes,
  unpruned: values.unpruned,
}
const chosen = values.pairs?.split(',')
console.log(`${'pair'.padEnd(24)} schedules  states  pruned     orders  seconds  violations`)
for (const pair of PAIRS.filter(
  ({ name }) => !chosen || chosen.some((one) => name === one || (one.endsWith('*') && name.startsWith(one.slice(0, -1)))),
)) {
  const result = await search(pair, options, Number(values.most), values.first)
  const { schedules, states, pruned, orders, seconds, isWhole, violations, found } = result
  console.log(
    `${pair.name.padEnd(24)} ${String(schedules).padStart(9)} ${String(states).padStart(7)} ${String(pruned).padStart(7)} ${orders.toPrecision(3).padStart(10)} ${seconds.toFixed(1).padStart(8)}  ${violations}${isWhole ? '' : ' (not all: time was up)'}`,
  )
  for (const { violation, choices, schedule } of found) {
    console.log(`    after ${schedule}: ${violation.rule}: ${violation.what.slice(0, 600)}`)
    if (!values.trace) continue
    let depth = 0
    const again = await played(pair, options, () => choices[depth++] ?? 0, true)
    console.log(again.trace.map((line) => `      ${line.slice(0, 420)}`).join('\n'))
  }
  if (violations > 0) process.exitCode = 1
}
