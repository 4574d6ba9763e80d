// The algebra of layers: what a pool's EmailConfiguration should be, and whose wish each of its members is.
import { bareAddress, differInCase, sameAddress } from '../email-address.ts'
import { type JsonObject, sameSetting, text } from '../json.ts'

/** Cognito's EmailConfigurationType as it stands on the wire, members that no SDK knows included. */
export type EmailConfiguration = JsonObject

/** The members that are one wish: who sends. In a rebase they move together. */
export const SENDER = ['EmailSendingAccount', 'SourceArn', 'From'] as const

const ADDRESSES: ReadonlySet<string> = new Set(['From', 'ReplyToEmailAddress'])

/** Cognito reads a pool without EmailSendingAccount as COGNITO_DEFAULT (UpdateUserPool, EmailConfigurationType). */
const DEFAULTS: JsonObject = { EmailSendingAccount: 'COGNITO_DEFAULT' }

/**
 * Whether member `name` has the same value in both. From and ReplyToEmailAddress are compared as addresses,
 * because the service may store them in another spelling.
 */
export const sameMember = (name: string, a: EmailConfiguration, b: EmailConfiguration): boolean => {
  const [left, right] = [a[name] ?? DEFAULTS[name], b[name] ?? DEFAULTS[name]]
  return ADDRESSES.has(name) && typeof left === 'string' && typeof right === 'string' ? sameAddress(left, right) : sameSetting(left, right)
}

/**
 * Whether member `name` of `live` is as `wish`, a whole configuration, has it: the same, and of From beside an address identity the case of
 * the domain too, because SES compares such an identity letter by letter. Who wrote what is told by {@link sameMember}: a service may store
 * a domain in lower case.
 */
export const asWished = (name: string, live: EmailConfiguration, wish: EmailConfiguration): boolean => {
  const [left, right] = [text(live, name), text(wish, name)]
  const isLetterByLetter = name === 'From' && text(wish, 'SourceArn')?.includes('@') === true
  const isOtherCase = isLetterByLetter && left !== undefined && right !== undefined && differInCase(left, right)
  return !isOtherCase && sameMember(name, live, wish)
}

/** The names of all members that stand in any of the given configurations. */
export const memberNames = (...configurations: readonly (EmailConfiguration | undefined)[]): string[] => [
  ...new Set(configurations.flatMap((configuration) => Object.keys(configuration ?? {}))),
]

/** The names of the members in which the two differ. */
export const differingMembers = (a: EmailConfiguration, b: EmailConfiguration): string[] =>
  memberNames(a, b).filter((name) => !sameMember(name, a, b))

/** `configuration` with the members in `names` as they are in `source`: taken over, or absent where `source` has none. */
export const withMembersOf = (
  configuration: EmailConfiguration,
  source: EmailConfiguration,
  names: readonly string[],
): EmailConfiguration => {
  const result: Record<string, JsonObject[string]> = { ...configuration }
  for (const name of names) {
    if (source[name] === undefined) delete result[name]
    else result[name] = source[name]
  }
  return result
}

/** One layer over another: declared members win, and a declared SourceArn implies EmailSendingAccount DEVELOPER. */
export const overlay = (below: EmailConfiguration, declared: EmailConfiguration): EmailConfiguration => ({
  ...below,
  ...(declared['SourceArn'] === undefined ? {} : { EmailSendingAccount: 'DEVELOPER' }),
  ...declared,
})

const onDeveloper = (configuration: EmailConfiguration): boolean => configuration['EmailSendingAccount'] === 'DEVELOPER'

/** Whether a configuration names who sends: its owner's SES identity. */
const givesSender = (configuration: EmailConfiguration): boolean =>
  onDeveloper(configuration) && text(configuration, 'SourceArn') !== undefined

/** A set needs a sender: when `base` has a ConfigurationSet that came from `live` but is not on DEVELOPER while `live` is, the sender comes too. */
const withSenderForItsSet = (base: EmailConfiguration, live: EmailConfiguration): EmailConfiguration =>
  base['ConfigurationSet'] !== undefined && !onDeveloper(base) && onDeveloper(live) ? withMembersOf(base, live, SENDER) : base

/**
 * Three-way merge: what stands live and is neither what we applied nor what we were about to apply is the owner's new wish, and moves into base.
 * @returns the base that the pool has now
 */
export const rebase = (
  base: EmailConfiguration,
  applied: EmailConfiguration,
  intended: EmailConfiguration | undefined,
  live: EmailConfiguration,
): EmailConfiguration => {
  const isOurs = (names: readonly string[]): boolean =>
    [applied, intended].some((ours) => ours !== undefined && names.every((name) => sameMember(name, live, ours)))
  const members = memberNames(base, applied, intended, live).map((name) => [name])
  const wishes = [SENDER, ...members].filter((names) => !isOurs(names)).flat()
  const moved = withMembersOf(base, live, wishes)
  return wishes.includes('ConfigurationSet') ? withSenderForItsSet(moved, live) : moved
}

/** What a reading after a write says of the members that are not as they were sent. */
export type ReadBack = {
  /** As before the write: it did not take. */
  readonly ignored: readonly string[]
  /** Another text for what was sent: the service's spelling. */
  readonly normalized: readonly string[]
  /** Somebody wrote at the same moment, and this is not as it was sent. The sender is one wish. */
  readonly changedByOthers: readonly string[]
}

/** Members that the service never spells otherwise: one of two words, and a name that is compared letter by letter. Another value was written by somebody. */
const NO_OTHER_SPELLING: ReadonlySet<string> = new Set(['EmailSendingAccount', 'ConfigurationSet'])

/** Whether a value that is not as sent can be the service's way to write it: another text, of an address the same mailbox. */
const isSpelling = (name: string, sent: EmailConfiguration, after: EmailConfiguration): boolean => {
  const [asked, found] = [text(sent, name), text(after, name)]
  if (NO_OTHER_SPELLING.has(name) || asked === undefined || found === undefined) return false
  if (!ADDRESSES.has(name)) return true
  const mailbox = bareAddress(asked)
  return mailbox !== undefined && sameAddress(mailbox, bareAddress(found))
}

/** Compares what was `sent` with what stands `after` the write and stood `before` it. */
export const readBack = (before: EmailConfiguration, sent: EmailConfiguration, after: EmailConfiguration): ReadBack => {
  const other = differingMembers(sent, after)
  const ignored = other.filter((name) => sameMember(name, before, after))
  const third = other.filter((name) => !ignored.includes(name))
  if (third.every((name) => isSpelling(name, sent, after))) return { ignored, normalized: third, changedByOthers: [] }
  // Where somebody wrote, nothing is the service's spelling, and what looks as before may be theirs too.
  const isSender = (name: string) => SENDER.some((member) => member === name)
  return { ignored, normalized: [], changedByOthers: other.some(isSender) ? [...new Set([...other, ...SENDER])] : other }
}

/** Base after a claim is retained: its members are the pool's own from now on, unless nothing gives them a sender any more. */
export const retain = (base: EmailConfiguration, declared: EmailConfiguration, live: EmailConfiguration): EmailConfiguration => {
  const retained = withSenderForItsSet(overlay(base, declared), live)
  return givesSender(retained) ? retained : base
}

export type Desired =
  | { readonly blocked: false; readonly emailConfiguration: EmailConfiguration; readonly senderOfNoLayer: boolean }
  /** No layer gives a sender and live has none: a configuration set cannot take effect. */
  | { readonly blocked: true }

/**
 * base ⊕ claim₁ ⊕ claim₂ …, the later wins. While a claim remains the pool stays on DEVELOPER: with the sender of a layer,
 * or, when no layer gives one, with the sender that it has live (`senderOfNoLayer`; a declared From still wins).
 */
export const desired = (base: EmailConfiguration, declared: readonly EmailConfiguration[], live: EmailConfiguration): Desired => {
  const layered = declared.reduce(overlay, base)
  if (declared.length === 0 || givesSender(layered)) return { blocked: false, emailConfiguration: layered, senderOfNoLayer: false }
  if (!givesSender(live)) return { blocked: true }
  const senders = withMembersOf(layered, live, SENDER)
  const from = declared.findLast((layer) => layer['From'] !== undefined)?.['From']
  return { blocked: false, emailConfiguration: from === undefined ? senders : { ...senders, From: from }, senderOfNoLayer: true }
}
