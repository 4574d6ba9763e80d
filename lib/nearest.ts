// "Did you mean": the known word that an unknown one was meant to be, when there is one near enough.

/** The least number of insertions, deletions, replacements and swaps of neighbours that make one word of the other. */
const distance = (a: string, b: string): number => {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced, swapped))
    }
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}

/** One mistake in three letters still shows what was meant. */
const isNear = (word: string, known: string, mistakes: number): boolean => mistakes <= Math.min(word.length, known.length) / 3

/** The word of `known` that is nearest to `word`, upper and lower case apart: one that begins like it, or it like that, or one with few mistakes. */
export const nearest = <T extends string>(word: string, known: readonly T[]): T | undefined => {
  const unknown = word.slice(0, 64).toLowerCase()
  const near = known.flatMap((name) => {
    const candidate = name.toLowerCase()
    const mistakes = distance(unknown, candidate)
    const isPart = unknown.length > 2 && (candidate.startsWith(unknown) || unknown.startsWith(candidate))
    return isPart || isNear(unknown, candidate, mistakes) ? [{ name, mistakes: isPart ? mistakes - 100 : mistakes }] : []
  })
  return near.reduce<(typeof near)[number] | undefined>((best, one) => (best && best.mistakes <= one.mistakes ? best : one), undefined)
    ?.name
}
