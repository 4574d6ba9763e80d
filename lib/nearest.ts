// "Did you mean": the known word that an unknown one was meant to be, when there is one near enough.

/** The least number of insertions, deletions, replacements and swaps of neighbours that make one word of the other. */
const distance = (a: string, b: string): number => {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      // Before the first letter there is none: undefined is no letter of the other word.
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced, swapped))
    }
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}

/** How far a known word is from what was typed, upper and lower case apart; one that begins like it, or it like that, is nearer than any other. */
const mistakesIn = (word: string, known: string): number => {
  const [unknown, candidate] = [word.slice(0, 64).toLowerCase(), known.toLowerCase()]
  const isPart = unknown.length > 2 && (candidate.startsWith(unknown) || unknown.startsWith(candidate))
  return distance(unknown, candidate) - (isPart ? 100 : 0)
}

/** The word of `known` that is nearest to `word`, near or not; undefined where there is none. */
export const closest = <T extends string>(word: string, known: readonly T[]): T | undefined =>
  known.reduce<T | undefined>(
    (best, name) => (best !== undefined && mistakesIn(word, best) <= mistakesIn(word, name) ? best : name),
    undefined,
  )

/** As {@link closest}, when it is near enough to show what was meant: one mistake in three letters. */
export const nearest = <T extends string>(word: string, known: readonly T[]): T | undefined => {
  const best = closest(word, known)
  if (best === undefined) return undefined
  return mistakesIn(word, best) <= Math.min(word.length, 64, best.length) / 3 ? best : undefined
}
