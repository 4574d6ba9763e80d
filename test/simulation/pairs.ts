// Pairs of events that can meet on one binding or pool, and the small CloudFormation, owner and operator that play them on the search's stage.
import { inspect } from 'node:util'
import { type CloudFormationEvent, handleCloudFormation } from '../../handler/cloudformation.ts'
import { handleSchedule } from '../../handler/drift-events.ts'
import { handleOperatorEvent } from '../../handler/operator-events.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Resource, Stack } from './cloud-formation.ts'
import type { Request } from './lambda.ts'
import { createOracle } from './oracle.ts'
import { type Action, createStage } from './order.ts'
import { arnOf, type OwnerWrite, type Wish } from './steps.ts'
import { createWorld, writeOfOwner } from './world.ts'

const START = Date.UTC(2026, 10, 23, 10)
const ACCOUNT = '123456789012'
const TOKEN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:cognito-ses-binding`
/** The second event begins, and the owner writes, at any moment of so many milliseconds. */
const WINDOW_MS = 4_000
const MOST_STEPS = 20_000
export type SearchOptions = {
  readonly faults: number
  /** The function's timeout, and when Lambda tries again: in the proportion of the product (a lease outlives the first wait). */
  readonly seconds: number
  readonly retryMs: readonly number[]
  readonly seed: number
  readonly outcomesOnly: boolean
  /** Goes on from every state, however often it was met: to check that nothing is lost by not doing so. */
  readonly unpruned: boolean
}

export type Choose = (actions: readonly Action[], state: () => string) => number | undefined
type Answer = { readonly Status: string; readonly Reason?: string; readonly PhysicalResourceId: string }
type Owned = { readonly stack: Stack; readonly name: string }

const amzDate = (time: number): string => new Date(time).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')

/** One run of a pair: what the scenarios are told with. */
export const createScenario = (
  options: SearchOptions,
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
  /** An operator releases what a stack that is gone left, until nothing is left. */
  const released = async ({ stack, name }: Owned, resource: Resource): Promise<void> => {
    const stackId = stack.id ?? ''
    stack.retained.set(stackId, new Map([[name, resource]]))
    set({ stack, name }, undefined)
    for (let tries = 0; tries < 8; tries += 1) {
      if (tries > 0) await stage.sleep(30_000, `release again ${tries}`)
      const result = await new Promise<unknown>((resolve) => {
        stage.launch({
          id: `release.0.${tries}`,
          request: undefined,
          operator: stackId,
          handle: (_, context, environment) => handleOperatorEvent({ Operation: 'Release', StackId: stackId }, context, environment),
          done: resolve,
          failed: () => resolve(undefined),
        })
      })
      if (JSON.stringify(result) === '{"Released":[],"Failed":[]}') {
        stack.retained.delete(stackId)
        return
      }
    }
    violated('nothing is stuck', `what ${stackId} left could not be released`)
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
    released,
    run,
  }
}

export type Scenario = ReturnType<typeof createScenario>

export type Pair = {
  readonly name: string
  readonly pools?: number
  readonly onDefault?: boolean
  /** What is there before: by itself, without faults. */
  readonly before?: (play: Scenario) => readonly Promise<void>[]
  /** What meets. */
  readonly meet: (play: Scenario) => readonly Promise<void>[]
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

const bound = (play: Scenario, stack: number, declared: Wish): Promise<void> => {
  const first = play.create(play.owned(stack), declared)
  play.deliver(first)
  return play.created(play.owned(stack), declared, first)
}
const idOf = (play: Scenario, stack: number): string => play.owned(stack).stack.resources.get('Mail')?.physicalId ?? ''

const meetsUpdate = (play: Scenario, stack: number, from: Wish, to: Wish): Promise<void> => {
  const first = play.update(play.owned(stack), from, to)
  play.deliver(first)
  return play.updated(play.owned(stack), from, to, first)
}
const meetsDelete = (play: Scenario, stack: number, declared: Wish): Promise<void> =>
  play.deleted(play.owned(stack), declared, idOf(play, stack))

const releases = (play: Scenario, stack: number, declared: Wish): Promise<void> =>
  play.released(play.owned(stack), { wish: declared, physicalId: idOf(play, stack) })

export const PAIRS: readonly Pair[] = [
  { name: 'create-alone', meet: (play) => [bound(play, 0, ONE)] },
  { name: 'update-alone', before: (play) => [bound(play, 0, ONE)], meet: (play) => [meetsUpdate(play, 0, ONE, TWO)] },
  { name: 'delete-alone', before: (play) => [bound(play, 0, ONE)], meet: (play) => [meetsDelete(play, 0, ONE)] },
  {
    name: 'create-redelivery',
    meet: (play) => {
      const first = play.create(play.owned(0), ONE)
      play.deliver(first)
      play.soon('the redelivery begins', () => play.deliver(first))
      return [play.created(play.owned(0), ONE, first)]
    },
  },
  {
    name: 'create-delete',
    meet: (play) => {
      const [of, first] = [play.owned(0), play.create(play.owned(0), ONE)]
      play.deliver(first)
      const undo = play.remove(of, ONE, 'made-up-Mail')
      play.soon('the Delete begins', () => play.deliver(undo))
      return [play.deleted(of, ONE, 'made-up-Mail', undo, true)]
    },
  },
  {
    name: 'update-rollback',
    before: (play) => [bound(play, 0, ONE)],
    meet: (play) => {
      const of = play.owned(0)
      play.deliver(play.update(of, ONE, TWO, -2_000))
      const back = play.update(of, TWO, ONE)
      play.soon('the rollback begins', () => play.deliver(back))
      return [play.rolledBack(of, TWO, ONE, back, true)]
    },
  },
  {
    name: 'update-rollback-moving',
    pools: 2,
    before: (play) => [bound(play, 0, ONE)],
    meet: (play) => {
      const [of, moved] = [play.owned(0), { ...TWO, pools: [1] }]
      play.deliver(play.update(of, ONE, moved, -2_000))
      const back = play.update(of, moved, ONE)
      play.soon('the rollback begins', () => play.deliver(back))
      return [play.rolledBack(of, moved, ONE, back, true)]
    },
  },
  {
    name: 'create-takeover',
    meet: (play) => {
      const over = play.create(play.owned(1), OVER)
      play.soon('the other stack begins', () => play.deliver(over))
      return [bound(play, 0, ONE), play.created(play.owned(1), OVER, over)]
    },
  },
  {
    name: 'create-conflict',
    meet: (play) => {
      const other = play.create(play.owned(1), TWO)
      play.soon('the other stack begins', () => play.deliver(other))
      return [bound(play, 0, ONE), play.created(play.owned(1), TWO, other)]
    },
  },
  {
    name: 'delete-update',
    before: (play) => [bound(play, 0, ONE).then(() => bound(play, 1, OVER))],
    meet: (play) => {
      const next = play.update(play.owned(1), OVER, TWO)
      play.soon('the other stack begins', () => play.deliver(next))
      return [meetsDelete(play, 0, ONE), play.updated(play.owned(1), OVER, TWO, next)]
    },
  },
  {
    name: 'update-sweep',
    before: (play) => [bound(play, 0, ONE).then(() => play.ownerWrites(WIPED, 'w'))],
    meet: (play) => {
      play.soon('the sweep begins', () => play.sweep())
      return [meetsUpdate(play, 0, ONE, TWO)]
    },
  },
  {
    name: 'delete-sweep',
    before: (play) => [bound(play, 0, ONE).then(() => play.ownerWrites(WIPED, 'w'))],
    meet: (play) => {
      play.soon('the sweep begins', () => play.sweep())
      return [meetsDelete(play, 0, ONE)]
    },
  },
  {
    name: 'release-alone',
    before: (play) => [bound(play, 0, ONE)],
    meet: (play) => [releases(play, 0, ONE)],
  },
  {
    name: 'release-update',
    before: (play) => [bound(play, 0, ONE).then(() => bound(play, 1, OVER))],
    meet: (play) => {
      const next = play.update(play.owned(1), OVER, TWO)
      play.soon('the other stack begins', () => play.deliver(next))
      return [releases(play, 0, ONE), play.updated(play.owned(1), OVER, TWO, next)]
    },
  },
  {
    name: 'release-create',
    before: (play) => [bound(play, 0, ONE)],
    meet: (play) => {
      const next = play.create(play.owned(1), OVER)
      play.soon('the other stack begins', () => play.deliver(next))
      return [releases(play, 0, ONE), play.created(play.owned(1), OVER, next)]
    },
  },
  {
    // A Delete that looks as if it were signed before the Update, and one whose date is far in the future.
    name: 'update-delete-dates',
    before: (play) => [bound(play, 0, ONE)],
    meet: (play) => {
      const [of, first] = [play.owned(0), play.update(play.owned(0), ONE, TWO)]
      play.deliver(first)
      const undo = play.remove(of, TWO, idOf(play, 0), -10_000)
      return [
        play.outcome(first).then(async () => {
          await play.stage.sleep(1_000, 'then')
          await play.deleted(of, TWO, idOf(play, 0), undo)
        }),
      ]
    },
  },
  {
    name: 'create-forged',
    meet: (play) => {
      const [of, first] = [play.owned(0), play.create(play.owned(0), ONE)]
      play.deliver(first)
      const forged = play.remove(of, ONE, 'made-up-Mail', 365 * 24 * 3_600_000)
      play.soon('the Delete begins', () => play.deliver(forged))
      return [
        play.deleted(of, ONE, 'made-up-Mail', forged, true).then(async () => {
          await play.stage.sleep(5_000, 'then')
          await bound(play, 0, TWO)
        }),
      ]
    },
  },
  {
    // Somebody sets another value right after each of our writes.
    name: 'owner-twice',
    meet: (play) => {
      play.soon('the owner', () => play.ownerWrites(SET, 'o'))
      return [
        bound(play, 0, ONE).then(async () => {
          await play.stage.sleep(WINDOW_MS, 'a deployment')
          play.soon('the owner again', () => play.ownerWrites({ kind: 'part', email: { ConfigurationSet: 'set-again' } }, 'p'))
          await meetsUpdate(play, 0, ONE, { ...ONE, ReplyToEmailAddress: 'two@example.com' })
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
      meet: (play) => {
        play.soon('the owner', () => play.ownerWrites(write, 'o'))
        return [bound(play, 0, ONE)]
      },
    },
    {
      name: `update-owner-${name}`,
      before: (play) => [bound(play, 0, ONE)],
      meet: (play) => {
        play.soon('the owner', () => play.ownerWrites(write, 'o'))
        return [meetsUpdate(play, 0, ONE, TWO)]
      },
    },
    {
      name: `delete-owner-${name}`,
      before: (play) => [bound(play, 0, ONE)],
      meet: (play) => {
        play.soon('the owner', () => play.ownerWrites(write, 'o'))
        return [meetsDelete(play, 0, ONE)]
      },
    },
  ]),
]
