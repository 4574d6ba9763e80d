// Many histories, one after the other, and what came of them.
import type { ExceptionId } from './exceptions.ts'
import { play } from './history.ts'
import type { Verdict } from './oracle.ts'
import { historyOf } from './steps.ts'

export type Failure = { readonly seed: number } & Verdict

export type Tally = {
  histories: number
  invocations: number
  updates: number
  readonly exceptions: Partial<Record<ExceptionId, number>>
  readonly failures: Failure[]
}

export const emptyTally = (): Tally => ({ histories: 0, invocations: 0, updates: 0, exceptions: {}, failures: [] })

/** Adds what one tally counted to another. */
export const addTally = (to: Tally, from: Tally): void => {
  to.histories += from.histories
  to.invocations += from.invocations
  to.updates += from.updates
  to.failures.push(...from.failures)
  for (const [id, count] of Object.entries(from.exceptions) as [ExceptionId, number][]) to.exceptions[id] = (to.exceptions[id] ?? 0) + count
}

/** Plays `first`, `first + step` … for as long as `goesOn` says so of the tally. */
export const playSeeds = async (first: number, step: number, goesOn: (tally: Tally) => boolean): Promise<Tally> => {
  const tally = emptyTally()
  for (let seed = first; goesOn(tally); seed += step) {
    const { violation, exceptions, invocations, updates } = await play(historyOf(seed))
    await new Promise(setImmediate) // Within a history the event loop does not turn.
    tally.histories += 1
    tally.invocations += invocations
    tally.updates += updates
    for (const id of exceptions) tally.exceptions[id] = (tally.exceptions[id] ?? 0) + 1
    if (violation) tally.failures.push({ seed, ...violation })
  }
  return tally
}
