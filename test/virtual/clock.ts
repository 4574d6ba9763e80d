// Time that passes only while somebody waits for it: as soon as every promise has run dry, the clock goes to the next thing that is due.
import { createScheduler } from '../simulation/scheduler.ts'

export type VirtualTime = {
  readonly now: () => number
  /** Runs `run` in `ms` milliseconds. @returns takes it back */
  readonly after: (ms: number, run: () => void) => () => void
}

const START = Date.UTC(2026, 10, 23, 10)
/** Far more than any test needs: one that goes on for ever is told so. */
const MOST_STEPS = 200_000

export const createVirtualTime = (): VirtualTime => {
  const scheduler = createScheduler(START, MOST_STEPS)
  let isRunning = false
  let isNew = false
  const run = async (): Promise<void> => {
    isRunning = true
    while (isNew) {
      isNew = false
      await scheduler.runDry()
    }
    isRunning = false
  }
  return {
    now: scheduler.now,
    after: (ms, act) => {
      const entry = scheduler.at(scheduler.now() + ms, act)
      isNew = true
      if (!isRunning) void run()
      return () => {
        entry.run = undefined
      }
    },
  }
}
