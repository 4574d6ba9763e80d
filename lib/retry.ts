// The one retry loop: exponential backoff with full jitter, ended by the invocation's signal.
import { isPassing, isThrottled, type ServiceError } from './errors.ts'
import type { Clock } from './ports.ts'

/**
 * Milliseconds to wait before attempt number `attempt` + 1: full jitter below 200 ms doubled each time, at most 5 s.
 * (AWS Architecture Blog, "Exponential Backoff And Jitter".)
 */
export const backoff = (attempt: number, clock: Clock): number => Math.ceil(clock.random() * Math.min(5_000, 200 * 2 ** attempt))

/**
 * Calls `call` until it works. Throttles are waited out for as long as the signal allows, other passing faults five times.
 * Only for calls that may be repeated as they are: reads, and writes with a condition. Throws the last error.
 * `onTrouble` hears of each error that is waited out.
 */
export const retrying = async <T>(
  clock: Clock,
  signal: AbortSignal,
  call: () => Promise<T>,
  onTrouble?: (error: ServiceError) => void,
): Promise<T> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call()
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error) || (attempt >= 4 && !isThrottled(error))) throw error
      onTrouble?.(error)
    }
    await clock.sleep(backoff(attempt, clock), signal)
  }
}
