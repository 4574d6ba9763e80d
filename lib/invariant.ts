// What must never be, checked where it would do damage: the damage becomes a FAILED, and the simulation hears of it.

/** @throws Error which names what would have happened */
export const invariant = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`this must never be: ${what}`)
}
