// npm run simulate -- --exhaustive: the search over each pair, on every core, and its table.
import { Worker } from 'node:worker_threads'
import { PAIRS, type Pair, type SearchOptions } from './pairs.ts'
import { played, type Result, search } from './search.ts'

/** What is searched by one thread: a pair, how many faults may happen in one schedule, and the function's time. */
export type Task = { readonly pair: string; readonly faults: number; readonly seconds: number }

export type ExhaustiveOptions = Pick<SearchOptions, 'outcomesOnly' | 'unpruned'> & {
  /** Tells a broken schedule call by call. */
  readonly trace: boolean
  /** Seconds for one pair. */
  readonly mostSeconds: number
  /** Stops at the first schedule that breaks a rule. */
  readonly stopAtFirst: boolean
}

/** The function's time, in the proportion of the product: a lease outlives Lambda's first wait. */
const SECONDS = 20
/** So short that it runs out while what was sent may still take effect. */
const SHORT_SECONDS = 2
/** The pairs whose second event comes because the first one failed. */
const IN_A_HURRY: ReadonlySet<string> = new Set(['create-delete', 'update-rollback', 'update-rollback-moving', 'create-redelivery'])
const RETRY_MS = [10_000, 20_000]

const pairOf = (name: string): Pair => {
  const pair = PAIRS.find((one) => one.name === name)
  if (!pair) throw new Error(`there is no pair ${name}`)
  return pair
}

/**
 * Pairs by name; `create-*` stands for all that begin so, `*-alone` for all that end so. Every single fault, two of them where one event is alone, and the time that is too short
 * where the second event follows a FAILED; or what is asked for.
 * @throws RangeError for a name that no pair has
 */
export const tasksOf = (names: readonly string[] | undefined, faults: number | undefined, seconds: number | undefined): readonly Task[] => {
  const chosen = (names ?? ['*']).flatMap((one) => {
    const pattern = new RegExp(`^${one.replaceAll('*', '.*')}$`)
    const meant = PAIRS.map(({ name }) => name).filter((name) => pattern.test(name))
    if (meant.length === 0) throw new RangeError(`There is no pair "${one}". There are: ${PAIRS.map(({ name }) => name).join(', ')}.`)
    return meant
  })
  const asked = chosen.map((pair) => ({ pair, faults: faults ?? 1, seconds: seconds ?? SECONDS }))
  if (faults !== undefined || seconds !== undefined) return asked
  const alone = chosen.filter((name) => name.endsWith('-alone')).map((pair) => ({ pair, faults: 2, seconds: SECONDS }))
  const short = chosen.filter((name) => IN_A_HURRY.has(name)).map((pair) => ({ pair, faults: 1, seconds: SHORT_SECONDS }))
  return [...asked, ...alone, ...short]
}

const searchOptions = ({ faults, seconds }: Task, { outcomesOnly, unpruned }: ExhaustiveOptions): SearchOptions => ({
  faults,
  outcomesOnly,
  unpruned,
  seconds,
  retryMs: RETRY_MS,
  seed: 1,
})

/** One row of the table, and what was found, in words. */
export const searchTask = async (task: Task, options: ExhaustiveOptions): Promise<{ readonly text: string; readonly result: Result }> => {
  const pair = pairOf(task.pair)
  const result = await search(pair, searchOptions(task, options), options.mostSeconds, options.stopAtFirst)
  const lines = [row(task, result)]
  for (const { violation, choices, schedule } of result.found) {
    lines.push(`    after ${schedule}: ${violation.rule}: ${violation.what.slice(0, 600)}`)
    if (!options.trace) continue
    let depth = 0
    const again = await played(pair, searchOptions(task, options), () => choices[depth++] ?? 0, true)
    lines.push(...again.trace.map((line) => `      ${line.slice(0, 420)}`))
  }
  return { text: lines.join('\n'), result }
}

const HEAD = `${'pair'.padEnd(24)} faults time  schedules  states  pruned     orders  seconds  violations`

const row = ({ pair, faults, seconds: time }: Task, { schedules, states, pruned, orders, seconds, violations, isWhole }: Result): string =>
  [
    pair.padEnd(24),
    String(faults).padStart(6),
    `${time} s`.padStart(4),
    String(schedules).padStart(10),
    String(states).padStart(7),
    String(pruned).padStart(7),
    orders.toPrecision(3).padStart(10),
    seconds.toFixed(1).padStart(8),
    ` ${violations}${isWhole ? '' : ' (not all: time was up)'}`,
  ].join(' ')

/**
 * Searches all tasks on `threads` threads and prints a row for each as it is done.
 * @param file the bundled simulation, which answers a message for `workerData: { task, options }`
 * @returns whether every search came to its end and no rule was broken
 */
export const showExhaustive = async (tasks: readonly Task[], options: ExhaustiveOptions, threads: number, file: URL): Promise<boolean> => {
  const startedAt = performance.now()
  console.log(HEAD)
  const waiting = [...tasks]
  const sum = { schedules: 0, states: 0, violations: 0, isWhole: true }
  const thread = async (): Promise<void> => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const { text, result } = await inWorker(file, task, options)
      console.log(text)
      sum.schedules += result.schedules
      sum.states += result.states
      sum.violations += result.violations
      sum.isWhole &&= result.isWhole
    }
  }
  await Promise.all(Array.from({ length: threads }, thread))
  const seconds = (performance.now() - startedAt) / 1_000
  console.log(
    `\n${tasks.length} searches, ${sum.schedules.toLocaleString('en')} schedules, ${sum.states.toLocaleString('en')} states in ${seconds.toFixed(0)} s, ${sum.violations} violations${sum.isWhole ? '' : ', and not all was searched'}`,
  )
  return sum.isWhole && sum.violations === 0
}

const inWorker = (file: URL, task: Task, options: ExhaustiveOptions): ReturnType<typeof searchTask> =>
  new Promise((done, reject) => {
    const worker = new Worker(file, { workerData: { task, options } })
    worker.once('message', done)
    worker.once('error', reject)
  })
