// Plays one history against the real core and protocol, and gives the first rule that it breaks.
import { createCloudFormation } from './cloud-formation.ts'
import type { ExceptionId } from './exceptions.ts'
import { createHealer } from './healer.ts'
import { launcher } from './invocation.ts'
import { createLambda, type Invocation } from './lambda.ts'
import { createOperator } from './operator.ts'
import { createOracle, type Verdict } from './oracle.ts'
import { hashed, seeded } from './random.ts'
import { createScheduler } from './scheduler.ts'
import { type History, type Step, stepText } from './steps.ts'
import { createWorld, writeOfOwner } from './world.ts'

export type Played = {
  readonly violation: Verdict | undefined
  readonly exceptions: readonly ExceptionId[]
  /** UpdateUserPool calls that were sent. */
  readonly updates: number
  readonly invocations: number
  readonly trace: readonly string[]
}

const START = Date.UTC(2026, 10, 23, 10)
const MOST_STEPS = 60_000
/** The number of a step that no history has. */
const LAST_SWEEP = 8_000
const LAST_RELEASE = 7_000

const clockTime = (ms: number): string => new Date(ms).toISOString().slice(11, 23)

/** @param tracing whether to keep a line of everything that happens */
export const play = async ({ setting, steps }: History, tracing = false): Promise<Played> => {
  const scheduler = createScheduler(START, MOST_STEPS)
  const world = createWorld(setting)
  const lines: string[] = []
  const trace = tracing ? (line: string) => void lines.push(`${clockTime(scheduler.now())} ${line}`) : undefined
  const exceptions: ExceptionId[] = []
  let violation: Verdict | undefined
  let updates = 0
  const violated = (rule: string, what: string): void => {
    trace?.(`✗✗ ${rule}: ${what}`)
    violation ??= { rule, what }
  }
  const tolerated = (id: ExceptionId): void => {
    trace?.(`(${id})`)
    exceptions.push(id)
  }
  const oracle = createOracle(world, scheduler.now, violated, tolerated)
  const watch = {
    ...oracle,
    began: (invocation: Invocation, kind: Parameters<typeof oracle.began>[1]) => {
      if (kind === 'update') updates += 1
      oracle.began(invocation, kind)
    },
  }
  const faults = steps.filter((step) => step.kind === 'fault')
  const duplicates = steps.filter((step) => step.kind === 'duplicate')
  const launch = launcher({ scheduler, world, watch, trace }, setting.seed, setting.lambdaSeconds, violated)
  const lambda = createLambda(launch, scheduler, faults, { violated, answered: oracle.answered }, trace)
  const healer = createHealer(launch, scheduler, seeded(hashed(setting.seed, 'queue')), faults, tolerated, trace)
  const operator = createOperator(launch, scheduler, faults, trace)
  const poolId = (number: number): string => world.pools[number % world.pools.length]?.id ?? ''
  const cloudFormation = createCloudFormation({ scheduler, lambda, seed: setting.seed, duplicates, poolId, violated, tolerated, trace }, 3)

  const perform = (step: Step): void => {
    if (step.kind === 'deploy' || step.kind === 'delete') cloudFormation.perform(step)
    if (step.kind === 'release')
      for (const stackId of retainedIn(step.stack)) operator.release(stackId, step.id, step.dryRun, () => forget(step.stack, stackId))
    if (step.kind === 'ses') world.pausedSince = step.isSending ? undefined : (world.pausedSince ?? scheduler.now())
    if (step.kind === 'sweep') for (let index = 0; index < step.times; index += 1) healer.sweep(step.id)
    if (step.kind !== 'owner') return
    const { times = 0, every = 0 } = step.again ?? {}
    for (let turn = 0; turn <= times; turn += 1) scheduler.at(scheduler.now() + turn * every, () => ownerWrites(step, turn))
  }
  const retainedIn = (stack: number): readonly string[] => [...(cloudFormation.stacks[stack % 3]?.retained.keys() ?? [])]
  const forget = (stack: number, stackId: string): void => {
    cloudFormation.stacks[stack % 3]?.retained.delete(stackId)
  }
  /** An operator does not give up. */
  const releaseAll = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn += 1)
      for (const { number } of cloudFormation.stacks)
        for (const stackId of retainedIn(number)) {
          operator.release(stackId, LAST_RELEASE + turn, false, () => forget(number, stackId))
          await scheduler.runDry()
        }
    for (const { number } of cloudFormation.stacks)
      for (const stackId of retainedIn(number)) violated('nothing is stuck', `what ${stackId} left could not be released`)
  }
  const ownerWrites = (step: Step & { kind: 'owner' }, turn: number): void => {
    const done = writeOfOwner(world, step.pool, step.write, `o${step.id}${turn > 0 ? `t${turn}` : ''}`)
    trace?.(`the owner writes ${poolId(step.pool)}: ${done ? JSON.stringify(step.write) : 'nothing'}`)
    if (!done) return
    for (const after of step.records) scheduler.at(scheduler.now() + after, () => healer.record(step.id, poolId(step.pool)))
  }
  const walk = async (): Promise<void> => {
    for (const step of steps) {
      if (step.gap > 0) await scheduler.sleep(step.gap)
      perform(step)
    }
  }
  const broken = (error: unknown) => violated('simulation', error instanceof Error ? (error.stack ?? error.message) : String(error))

  const wait = async (ms: number): Promise<void> => {
    scheduler.at(scheduler.now() + ms, () => undefined)
    await scheduler.runDry()
  }
  const applyAll = async (): Promise<void> => {
    for (const stack of cloudFormation.stacks)
      for (const id of stack.resources.keys()) {
        const answer = await cloudFormation.applyAgain(stack, id, `again-${stack.number}-${id}`)
        if (answer?.Status !== 'SUCCESS') notReapplied = true
      }
  }
  let notReapplied = false
  const deleteAll = (): void => {
    const random = seeded(hashed(setting.seed, 'end'))
    for (const stack of [...cloudFormation.stacks].sort(() => random() - 0.5))
      cloudFormation.perform({ id: 9_000 + stack.number, gap: 0, kind: 'delete', stack: stack.number })
  }

  try {
    walk().catch(broken)
    await scheduler.runDry()
    await Promise.race([Promise.all(cloudFormation.stacks.map((stack) => stack.queue)).catch(broken), Promise.resolve()])
    oracle.checkSettled(cloudFormation.stacks, poolId, false)
    // The second one begins at the first record again, wherever the one before it began.
    await wait(setting.lambdaSeconds * 1_000) // Until the lease of one that died is over.
    for (let index = 0; index < 2 && !violation; index += 1) {
      trace?.('— the owner has stopped: a sweep')
      healer.sweep(LAST_SWEEP + index)
      await scheduler.runDry()
    }
    if (!violation) oracle.checkBound()
    if (!violation) {
      trace?.('— every binding once more')
      world.pausedSince = undefined
      applyAll().catch(broken)
      await scheduler.runDry()
      if (notReapplied) tolerated('not-reapplied')
      else oracle.checkSettled(cloudFormation.stacks, poolId, true)
    }
    if (!violation) {
      trace?.('— the end: every stack is deleted')
      deleteAll()
      await scheduler.runDry()
      await releaseAll()
      oracle.checkGone()
      oracle.checkAnswers(cloudFormation.requests)
    }
  } catch (error) {
    broken(error)
  }
  return {
    violation,
    exceptions,
    updates,
    invocations: cloudFormation.requests.reduce((sum, one) => sum + one.invocations, 0) + healer.invocations(),
    trace: lines,
  }
}

/** A history, one step a line. */
export const historyText = ({ setting, steps }: History): string => [JSON.stringify(setting), ...steps.map(stepText)].join('\n')
