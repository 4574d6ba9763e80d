// Numbers that depend on the seed and on nothing else.

/** At least 0, less than 1. */
export type Random = () => number

/** A 32-bit number of any parts, so that each delivery draws numbers of its own: removing a step leaves those of the others as they were. */
export const hashed = (...parts: readonly (string | number)[]): number => {
  let hash = 0x811c9dc5
  for (const part of parts.join('|')) hash = Math.imul(hash ^ (part.codePointAt(0) ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** mulberry32. */
export const seeded = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A whole number from `low` to `high`, both included. */
export const between = (random: Random, low: number, high: number): number => low + Math.floor(random() * (high - low + 1))

export const chance = (random: Random, probability: number): boolean => random() < probability

export const oneOf = <T>(random: Random, items: readonly [T, ...T[]]): T => items[Math.floor(random() * items.length)] ?? items[0]

/** One of the values, each as often as its weight says. */
export const weighted = <T>(random: Random, ...choices: readonly [readonly [number, T], ...(readonly [number, T])[]]): T => {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, value] of choices) {
    left -= weight
    if (left < 0) return value
  }
  return choices[0][1]
}
