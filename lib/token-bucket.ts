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

/** Pools a second for work that nobody waits for: a third of the account's quota of UserPoolRead (15 a second), because people sign in at the same time. */
const UNHURRIED_PER_SECOND = 5

/** As many at once as keep that up at half a second a pool. */
export const UNHURRIED_AT_ONCE = 3

/** The pace of a sweep. */
export const unhurried = (clock: Clock): ((signal: AbortSignal) => Promise<void>) =>
  tokenBucket(clock, UNHURRIED_PER_SECOND, UNHURRIED_AT_ONCE)
