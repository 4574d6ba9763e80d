// Virtual time: everything that happens is an entry of one queue, and between two entries all promises run dry.

export type Entry = { readonly at: number; readonly order: number; run: (() => void) | undefined }

export type Scheduler = {
  readonly now: () => number
  /** Runs `run` at that time, or now when it is past. An entry whose `run` is removed does not happen. */
  readonly at: (time: number, run: () => void) => Entry
  readonly sleep: (ms: number) => Promise<void>
  /** Goes on until nothing is left to happen. @throws Error when that never comes */
  readonly runDry: () => Promise<void>
  readonly steps: () => number
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Asked by a promise, Node runs the next tick when no promise is left that could go on: as thorough as a turn of the event loop, and cheaper. */
const promisesDry = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

export const createScheduler = (start: number, mostSteps: number): Scheduler => {
  const heap: Entry[] = []
  let now = start
  let order = 0
  let steps = 0

  const push = (entry: Entry): void => {
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (!above || !before(entry, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  const pop = (): Entry | undefined => {
    const [top] = heap
    const last = heap.pop()
    if (!last || heap.length === 0) return top
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const [a, b] = [heap[left], heap[left + 1]]
      const least = a && b && before(b, a) ? b : a
      if (!least || !before(least, last)) break
      heap[index] = least
      index = least === a ? left : left + 1
    }
    heap[index] = last
    return top
  }

  const at = (time: number, run: () => void): Entry => {
    order += 1
    const entry = { at: Math.max(now, time), order, run }
    push(entry)
    return entry
  }

  const runDry = async (): Promise<void> => {
    await undefined // From a tick's callback the next tick would come before the promises.
    await promisesDry()
    for (let entry = pop(); entry; entry = pop()) {
      if (!entry.run) continue
      steps += 1
      if (steps > mostSteps) throw new Error(`no end after ${mostSteps} steps of the scheduler`)
      now = entry.at
      entry.run()
      await promisesDry()
    }
  }

  return { now: () => now, at, sleep: (ms) => new Promise((resolve) => at(now + ms, resolve)), runDry, steps: () => steps }
}
