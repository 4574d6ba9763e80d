// Every order of the calls of two events that meet, with every single fault at every call: a search over all of them, equal states once.
import type { Verdict } from './oracle.ts'
import { type Choose, createScenario, type Pair, type SearchOptions } from './pairs.ts'

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

type Ended = { readonly violation: Verdict | undefined; readonly isPruned: boolean; readonly trace: readonly string[] }

/** Plays a pair in the order that `choose` says, and then to its end: checks, sweeps, every binding again, every stack deleted. */
export const played = async (pair: Pair, options: SearchOptions, choose: Choose, tracing = false): Promise<Ended> => {
  const trace: string[] = []
  let violation: Verdict | undefined
  const line = tracing ? (text: string) => void trace.push(text) : undefined
  const violated = (rule: string, what: string): void => {
    line?.(`✗✗ ${rule}: ${what}`)
    if (options.outcomesOnly && MECHANISM.has(rule)) return
    violation ??= { rule, what }
  }
  const play = createScenario(options, pair.pools ?? 1, pair.onDefault ?? false, violated, line)
  const isBroken = () => violation !== undefined
  const { stage, oracle, stacks, requests, outcomes } = play
  /** Without a choice: the first thing that can happen. */
  const toEnd = async (what: readonly Promise<void>[], choice?: Choose): Promise<boolean> => {
    let isDone = false
    const all = Promise.all(what).then(() => {
      isDone = true
    })
    for (;;) {
      if (!(await play.run(choice, isBroken))) return false
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
    await toEnd(pair.before?.(play) ?? [])
    stage.after(5_000, 'a while', () => undefined)
    await play.run(undefined, isBroken)
    line?.('— they meet')
    stage.allowFaults(options.faults)
    if (!(await toEnd(pair.meet(play), choose))) return ended(true)
    stage.allowFaults(0)
    if (isBroken()) return ended()
    line?.('— all is quiet')
    oracle.checkSettled(stacks, play.poolId, false)
    stage.after(options.seconds * 1_000, 'leases end', () => undefined)
    await play.run(undefined, isBroken)
    for (let index = 0; index < 2; index += 1) {
      play.sweep()
      await play.run(undefined, isBroken)
    }
    if (!isBroken()) oracle.checkBound()
    const all = stacks.flatMap((stack) => [...stack.resources].map(([name, resource]) => ({ of: { stack, name }, ...resource })))
    for (const { of, wish: declared } of all) {
      const again = play.update(of, declared, declared, 0, 'again')
      play.deliver(again)
      await toEnd([
        play
          .outcome(again)
          .then((answer) => (answer?.Status === 'SUCCESS' ? undefined : violated('applied again', answer?.Reason ?? 'no answer'))),
      ])
    }
    if (!isBroken()) oracle.checkSettled(stacks, play.poolId, true)
    for (const { of, wish: declared, physicalId } of all) if (!isBroken()) await toEnd([play.deleted(of, declared, physicalId)])
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
export type Result = {
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
export const search = async (pair: Pair, options: SearchOptions, mostSeconds: number, stopAtFirst: boolean): Promise<Result> => {
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
