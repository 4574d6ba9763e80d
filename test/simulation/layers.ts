// The layers (docs/architecture.md, "The idea") once more, as naively as can be: what the oracle expects. Nothing of lib/ is used.
import type { JsonObject } from '../../lib/json.ts'

export type Email = JsonObject

/** A wish of the owner, and the values that are known to be ours: what stands live and is none of them is the owner's. */
export type Knowledge = {
  readonly base: Email
  readonly ours: readonly Email[]
  /** What was asked for, and what was found when it was read back: from then on that counts as the service's spelling of it. */
  readonly spelling?: { readonly asked: Email; readonly found: Email }
}

const TRIO = ['EmailSendingAccount', 'SourceArn', 'From']

/** Who sends is one unit; every other member is one by itself. */
const units = (...emails: readonly Email[]): readonly (readonly string[])[] => {
  const names = new Set(TRIO)
  const all: (readonly string[])[] = [TRIO]
  for (const email of emails)
    for (const name of Object.keys(email)) {
      if (names.has(name)) continue
      names.add(name)
      all.push([name])
    }
  return all
}

/** Quotes and the case of the domain do not count in an address. */
const plain = (name: string, value: unknown): string => {
  if (name === 'EmailSendingAccount' && value === undefined) return 'COGNITO_DEFAULT'
  if ((name !== 'From' && name !== 'ReplyToEmailAddress') || typeof value !== 'string') return JSON.stringify(value ?? null)
  return value.replaceAll('"', '').replace(/@.*/, (domain) => domain.toLowerCase())
}

export const sameUnit = (unit: readonly string[], a: Email, b: Email): boolean =>
  unit.every((name) => a[name] === b[name] || plain(name, a[name]) === plain(name, b[name]))

export const differing = (a: Email, b: Email): readonly string[] =>
  units(a, b).flatMap((unit) => (sameUnit(unit, a, b) ? [] : [unit.join('+')]))

export const sameEmail = (a: Email, b: Email): boolean => a === b || differing(a, b).length === 0

/** Whether a pool has what it should. */
export const stands = (expected: Email, live: Email, spelling: Knowledge['spelling']): boolean =>
  units(expected, live)
    .flat()
    .every(
      (name) =>
        sameUnit([name], expected, live) ||
        (spelling !== undefined && sameUnit([name], spelling.asked, expected) && sameUnit([name], spelling.found, live)),
    )

const taking = (email: Email, names: readonly string[], from: Email): Email => {
  const rest = Object.entries(email).filter(([name]) => !names.includes(name))
  return Object.fromEntries([...rest, ...Object.entries(from).filter(([name]) => names.includes(name))])
}

/** Every way to take each unit from one or from the other. */
export const mixes = (one: Email, other: Email): readonly Email[] => {
  let all: readonly Email[] = [one]
  for (const unit of units(one, other)) if (!sameUnit(unit, one, other)) all = [...all, ...all.map((email) => taking(email, unit, other))]
  return all
}

const isDeveloper = (email: Email): boolean => email['EmailSendingAccount'] === 'DEVELOPER'
const canSend = (email: Email): boolean => isDeveloper(email) && email['SourceArn'] !== undefined

/** A set that comes into a base without a sender brings the sender that stands live. */
const withSender = (base: Email, live: Email): Email =>
  base['ConfigurationSet'] !== undefined && !isDeveloper(base) && isDeveloper(live) ? taking(base, TRIO, live) : base

/** What the owner wishes, by what stands live. */
export const wished = ({ base, ours }: Knowledge, live: Email): Email => {
  const moved = units(base, live, ...ours).filter((unit) => !ours.some((one) => sameUnit(unit, one, live)))
  const after = moved.reduce((email, unit) => taking(email, unit, live), base)
  return moved.some(([name]) => name === 'ConfigurationSet') ? withSender(after, live) : after
}

const over = (below: Email, declared: Email): Email => ({
  ...below,
  ...(declared['SourceArn'] === undefined ? {} : { EmailSendingAccount: 'DEVELOPER' }),
  ...declared,
})

/** A retained claim is the owner's wish from now on; one that has no effect for want of a sender is none. */
export const retained = (base: Email, declared: Email, live: Email): Email => {
  const kept = withSender(over(base, declared), live)
  return canSend(kept) ? kept : base
}

/** What the pool should have, or undefined when nothing gives a sender. */
export const layered = (base: Email, claims: readonly Email[], live: Email): Email | undefined => {
  const all = claims.reduce(over, base)
  if (claims.length === 0 || canSend(all)) return all
  if (!canSend(live)) return undefined
  const from = claims.findLast((claim) => claim['From'] !== undefined)?.['From']
  return { ...taking(all, TRIO, live), ...(from === undefined ? {} : { From: from }) }
}
