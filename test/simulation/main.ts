// npm run simulate: random histories on every core, or one of them again, step by step.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { addTally, emptyTally, playSeeds, type Tally } from './campaign.ts'
import { EXCEPTIONS, type ExceptionId } from './exceptions.ts'
import { type ExhaustiveOptions, searchTask, showExhaustive, type Task, tasksOf } from './exhaustive.ts'
import { historyText, play } from './history.ts'
import { showMutants } from './mutant-runs.ts'
import { MUTANTS } from './mutants.ts'
import { shrunk } from './shrink.ts'
import { historyOf } from './steps.ts'

const HELP = `Plays random histories of stacks, owners, faults and crashes against the real core, in virtual time.

npm run simulate                       2,000 histories
npm run simulate -- --histories N      N histories
npm run simulate -- --minutes M        as many as fit into M minutes, on all cores
npm run simulate -- --seed N           one history: shrunk if it fails, with a trace of every call
npm run simulate -- --seed N --whole   the same without shrinking
npm run simulate -- --mutants          the core broken on purpose, one thing at a time: how many histories until it is noticed,
                                       for each of ten fixed seeds, at most --histories (2,000)

npm run simulate -- --exhaustive       every order of two events that can meet, with every single fault; two faults where one event is alone

  --pairs A,B*  of the pairs, these
  --faults N    how many faults may happen in one schedule
  --seconds N   the function's time (20); with 2 it runs out while what was sent may still take effect
  --trace       tells the first schedule that breaks a rule, call by call
  --outcomes    only rules about what comes out, not about how it is done

  --from N      the first seed (default 1)
  --only A,B    of the mutants, these
  --seeds N     for so many seeds (default: ten)
  --workers N   how many threads (default: one for each core)

The exit code is 1 when a rule was broken. What the oracle lets pass, and why:
${Object.entries(EXCEPTIONS)
  .map(([id, why]) => `  ${id.padEnd(19)}${why}`)
  .join('\n')}`

const MUTANT_SEEDS = 10

/** How many histories a worker plays between two messages. */
const BATCH = 100
const MOST_FAILURES = 20

/** Left out of the pairs' table when it takes longer: then it says so. */
const PAIR_SECONDS = 600

type Share = { readonly first: number; readonly step: number }

const work = async (data: Share | { readonly task: Task; readonly options: ExhaustiveOptions }): Promise<void> => {
  if ('task' in data) return parentPort?.postMessage(await searchTask(data.task, data.options))
  const { first, step } = data
  for (let next = first; ; next += step * BATCH) parentPort?.postMessage(await playSeeds(next, step, ({ histories }) => histories < BATCH))
}

const report = (tally: Tally, seconds: number): string => {
  const { histories, invocations, updates, failures } = tally
  const rate = histories / Math.max(seconds, 0.001)
  return `${histories.toLocaleString('en')} histories in ${seconds.toFixed(0)} s (${rate.toFixed(0)}/s), ${invocations.toLocaleString('en')} invocations, ${updates.toLocaleString('en')} UpdateUserPool calls, ${failures.length} violations`
}

const showExceptions = (tally: Tally): void => {
  console.log('\nWhat the oracle let pass:')
  for (const id of Object.keys(EXCEPTIONS) as ExceptionId[]) console.log(`  ${String(tally.exceptions[id] ?? 0).padStart(8)} ${id}`)
}

const showFailures = async (tally: Tally): Promise<void> => {
  const first = tally.failures.toSorted((a, b) => a.seed - b.seed)
  for (const { seed, rule, what } of first.slice(0, MOST_FAILURES)) console.log(`\nseed ${seed}: ${rule}: ${what.slice(0, 400)}`)
  const [one] = first
  if (!one) return
  console.log(`\nThe shortest history found for seed ${one.seed} (npm run simulate -- --seed ${one.seed} tells it call by call):`)
  console.log(historyText(await shrunk(historyOf(one.seed), one.rule)))
}

/** Plays on all threads until there are `histories`, or `seconds` are over. */
const campaign = async (from: number, threads: number, histories: number, seconds: number): Promise<void> => {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  const tally = emptyTally()
  let shownAt = 0
  await new Promise<void>((resolve, reject) => {
    const workers = Array.from({ length: threads }, (_, index) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { first: from + index, step: threads } })
      worker.on('error', reject)
      worker.on('message', (batch: Tally) => {
        addTally(tally, batch)
        if (elapsed() - shownAt >= 10) {
          shownAt = elapsed()
          console.log(report(tally, shownAt))
        }
        if (tally.histories < histories && elapsed() < seconds && tally.failures.length < MOST_FAILURES) return
        for (const one of workers) one.terminate().catch(reject)
        resolve()
      })
      return worker
    })
  })
  console.log(report(tally, elapsed()))
  showExceptions(tally)
  await showFailures(tally)
  process.exitCode = tally.failures.length > 0 ? 1 : 0
}

const again = async (seed: number, whole: boolean): Promise<void> => {
  const history = historyOf(seed)
  const { violation } = await play(history)
  const shown = violation && !whole ? await shrunk(history, violation.rule) : history
  console.log(historyText(shown))
  const played = await play(shown, true)
  console.log(played.trace.join('\n'))
  console.log(played.violation ? `\n${played.violation.rule}: ${played.violation.what}` : '\nNo rule was broken.')
  process.exitCode = played.violation ? 1 : 0
}

/** What the command line says wrong. */
class Misused extends Error {}

/** A number as it was typed, or `otherwise`. */
const numberOf = (name: string, typed: string | undefined, otherwise: number): number => {
  if (typed !== undefined && !/^\d+(\.\d+)?$/.test(typed)) throw new Misused(`Expected --${name} to be a number, got "${typed}".`)
  return typed === undefined ? otherwise : Number(typed)
}

const read = () => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    seed: text,
    histories: text,
    minutes: text,
    from: text,
    workers: text,
    only: text,
    seeds: text,
    whole: flag,
    mutants: flag,
    exhaustive: flag,
    pairs: text,
    faults: text,
    seconds: text,
    trace: flag,
    outcomes: flag,
    help: flag,
  }
  try {
    return parseArgs({ options }).values
  } catch (error) {
    throw new Misused(error instanceof Error ? error.message : String(error))
  }
}

const chosenTasks = (...chosen: Parameters<typeof tasksOf>): readonly Task[] => {
  try {
    return tasksOf(...chosen)
  } catch (error) {
    throw error instanceof RangeError ? new Misused(error.message) : error
  }
}

const exhaustive = async ({ pairs, faults, seconds, trace, outcomes, workers }: ReturnType<typeof read>): Promise<void> => {
  const count = (name: string, typed: string | undefined) => (typed === undefined ? undefined : numberOf(name, typed, 1))
  const tasks = chosenTasks(pairs?.split(','), count('faults', faults), count('seconds', seconds))
  const options = {
    trace: trace ?? false,
    outcomesOnly: outcomes ?? false,
    unpruned: false,
    mostSeconds: PAIR_SECONDS,
    stopAtFirst: false,
  }
  const isSound = await showExhaustive(tasks, options, numberOf('workers', workers, availableParallelism()), new URL(import.meta.url))
  if (!isSound) process.exitCode = 1
}

const main = async (): Promise<void> => {
  const values = read()
  const { help, mutants, only, seed, seeds, whole, histories, minutes, from, workers } = values
  if (help) return console.log(HELP)
  if (values.exhaustive) return exhaustive(values)
  if (mutants) {
    const chosen = only?.split(',')
    const unknown = chosen?.find((id) => !MUTANTS.some((mutant) => mutant.id === id))
    if (unknown !== undefined) throw new Misused(`There is no mutant "${unknown}". There are: ${MUTANTS.map(({ id }) => id).join(', ')}.`)
    const isSound = await showMutants(chosen, numberOf('seeds', seeds, MUTANT_SEEDS), numberOf('histories', histories, 2_000))
    if (!isSound) process.exitCode = 1
    return
  }
  if (seed !== undefined) return again(numberOf('seed', seed, 1), whole ?? false)
  await campaign(
    numberOf('from', from, 1),
    numberOf('workers', workers, availableParallelism()),
    numberOf('histories', histories, minutes === undefined ? 2_000 : Infinity),
    numberOf('minutes', minutes, Infinity) * 60,
  )
}

try {
  await (isMainThread ? main() : work(workerData))
} catch (error) {
  if (!(error instanceof Misused)) throw error
  console.error(`${error.message}\nnpm run simulate -- --help says what there is.`)
  process.exitCode = 2
}
