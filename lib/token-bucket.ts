// Keeps calls under a quota: a token bucket that hands its tokens out in order.
import type { Clock } from './ports.ts'

/**
 * @param perSecond tokens that come back each second
 * @param burst tokens that a bucket left alone holds
 * @returns a function that resolves when the caller may go on; it rejects with the signal's reason when that is aborted first
 */
export const tokenBucket = (clock: Clock, perSecond: number, burst: number): ((signal: AbortSignal) => Promise<void>) => {
  const interval = 1_000 / perSecond
  let nextFree = -Infinity
  return async (signal) => {
    const turn = Math.max(nextFree, clock.now() - (burst - 1) * interval)
    nextFree = turn + interval
    const wait = Math.ceil(turn - clock.now())
    if (wait > 0) await clock.sleep(wait, signal)
  }
}
