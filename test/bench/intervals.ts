// How deep a set of calls goes: which of them waited for which, as far as their times tell.

export type Interval = { readonly from: number; readonly to: number }

/**
 * For each interval its place in the longest chain that leads to it: 1 when nothing was over before it began.
 * A chain is what may have been waited for: calls that are independent and happen not to overlap count too, so this is never too few.
 */
export const levels = (intervals: readonly Interval[]): readonly number[] => {
  const inOrder = intervals.map((interval, index) => ({ ...interval, index })).sort((a, b) => a.from - b.from || a.to - b.to)
  const found = new Map<number, number>()
  for (const [place, { from, index }] of inOrder.entries()) {
    const before = inOrder.slice(0, place).filter((other) => other.to <= from)
    found.set(index, 1 + Math.max(0, ...before.map((other) => found.get(other.index) ?? 0)))
  }
  return intervals.map((_, index) => found.get(index) ?? 1)
}

/** The number of round trips that followed one another: the longest chain. */
export const depth = (intervals: readonly Interval[]): number => Math.max(0, ...levels(intervals))
