// Plays histories against a broken core, and counts how many the simulation needs to notice. lib/ on disk stays as it is.
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { bundleBroken } from './broken-core.ts'
import type { Tally } from './campaign.ts'
import { MUTANTS, type Mutant } from './mutants.ts'

const WORKER = `import('node:worker_threads').then(async ({ parentPort, workerData: { url, first, most } }) => {
  const { playSeeds } = await import(url)
  parentPort.postMessage(await playSeeds(first, 1, (tally) => tally.histories < most && tally.failures.length === 0))
})`

const play = (outfile: string, first: number, most: number): Promise<Tally> =>
  new Promise((done, reject) => {
    const worker = new Worker(WORKER, { eval: true, workerData: { url: pathToFileURL(outfile).href, first, most } })
    worker.once('message', done)
    worker.once('error', reject)
  })

/** Plays histories from seed `first` against a mutant, or the core as it is, until a rule breaks, at most `most`, for each of `firsts`. */
export const playMutant = async (mutant: Mutant | undefined, firsts: readonly number[], most: number): Promise<readonly Tally[]> => {
  const outfile = await bundleBroken('test/simulation/campaign.ts', mutant)
  const waiting = [...firsts]
  const tallies: Tally[] = []
  const worker = async (): Promise<void> => {
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) tallies.push(await play(outfile, first, most))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  rmSync(outfile)
  return tallies
}

/** Far apart, so that no two runs share a history. */
const startOf = (run: number): number => 1_000_000 * (run + 1)

/** One line for a mutant: by how many of the seeds it was found, and after how many histories. */
const line = ({ id, what }: Pick<Mutant, 'id' | 'what'>, tallies: readonly Tally[], found: readonly Tally[]): string => {
  const counts = found.map(({ histories }) => histories).sort((a, b) => a - b)
  const column = (value: number | undefined) => String(value ?? '–').padStart(6)
  const rules = [...new Set(found.flatMap(({ failures }) => failures.map(({ rule }) => rule)))].join(', ')
  return `${id.padEnd(25)} ${String(found.length).padStart(2)}/${tallies.length}${column(counts[0])} ${column(counts[counts.length >> 1])}${column(counts.at(-1))}  ${rules || '–'}  (${what})`
}

/**
 * Prints a table of all mutants, or of those named.
 * @returns whether the unbroken core broke no rule
 */
export const showMutants = async (only: readonly string[] | undefined, seeds: number, most: number): Promise<boolean> => {
  const firsts = Array.from({ length: seeds }, (_, run) => startOf(run))
  console.log(`Histories until the simulation noticed, for each of ${seeds} fixed seeds, at most ${most.toLocaleString('en')}:\n`)
  console.log(`${'mutant'.padEnd(25)} found  min median   max  rules broken`)
  const unbroken = await playMutant(undefined, firsts, most)
  const broken = unbroken.filter(({ failures }) => failures.length > 0)
  console.log(line({ id: 'unbroken', what: 'nothing: no rule may break' }, unbroken, broken))
  if (broken.length > 0) {
    console.log('\nThe unbroken core breaks rules: mend that first (npm run simulate).')
    return false
  }
  let missed = 0
  for (const mutant of MUTANTS.filter(({ id }) => only?.includes(id) ?? true)) {
    const tallies = await playMutant(mutant, firsts, most)
    const found = tallies.filter(({ failures }) => failures.length > 0)
    console.log(line(mutant, tallies, found))
    if (found.length < seeds) missed += 1
  }
  console.log(missed === 0 ? '\nEvery mutant was found by every seed.' : `\n${missed} mutants were not found by every seed.`)
  return true
}
