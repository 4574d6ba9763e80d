// What a check is: one row that looks at a pool's wish beside the facts, and the sentence that comes of it.
import { type Address, type NotAMailbox, readAddress } from '../email-address.ts'
import type { Code } from '../errors.ts'
import { child, type JsonObject, text } from '../json.ts'
import { excerpt } from '../printable.ts'
import { type Facts, isUnverified, valueIn } from './facts.ts'
import { parseSourceArn, type SourceArn, siblingArn } from './source-arn.ts'

/** One pool and what it would get. */
export type Subject = {
  readonly userPoolId: string
  /** What the pool would have, all layers together: this is judged, not the properties. */
  readonly emailConfiguration: JsonObject
  /** The `UserPool` of DescribeUserPool, as it came. */
  readonly pool: JsonObject
  /** The function's own Region, account and partition. */
  readonly region: string
  readonly account: string | undefined
  readonly partition: string | undefined
  readonly allowSandbox: boolean
  /** The names of the members that a binding declares: what nobody declared was there before, and only warns. */
  readonly declared: readonly string[]
}

export type Member = 'ConfigurationSet' | 'SourceArn' | 'From' | 'ReplyToEmailAddress'

export type Level = 'error' | 'warning'

export type Finding = {
  /** The id of the row that found it. */
  readonly check: string
  readonly level: Level
  readonly code: Code
  /** What is wrong, with which value, in which pool; what to do. */
  readonly message: string
}

/** What stands in a sentence's {placeholders}; what is undefined stands in no sentence of a row that finds something. */
export type Values = Readonly<Record<string, string | undefined>>

export type Check = {
  readonly id: string
  /** Of a finding in which a declared member has a part; without one it is a warning. */
  readonly level: Level
  /** Whether it says something of what stands, whoever wished it, or of a wish beside what stands. */
  readonly of: 'wish' | 'live'
  /** The members of EmailConfiguration that have a part in it. */
  readonly members: readonly Member[]
  readonly code: Code
  readonly looksAt: string
  /** What is wrong, without a full stop; {placeholders} are filled in. */
  readonly sentence: string
  /** What to do, without a full stop. */
  readonly remedy: string
  /** The IAM action and resource that the look costs; `–` when it costs none. */
  readonly permission: string
  readonly evidence: 'measured' | 'documented' | 'inferred'
  readonly source: string
  /** One set of values for each thing that is wrong; none when all is well or nothing is known. */
  readonly find: (view: View) => readonly Values[]
}

/** A pool's wish and the facts, as the rows look at them. What is not known is undefined, and no row minds. */
export type View = {
  readonly subject: Subject
  /** Empty while SourceArn is missing, unreadable, or of another partition: SES was not asked in the right place then. */
  readonly facts: Partial<Facts>
  /** The Region that SES is asked in. */
  readonly sesRegion: string
  readonly sourceArn: string | undefined
  /** The identity that the pool would send by. */
  readonly source: SourceArn | undefined
  /** Whether the pool would send by its owner's own identity. */
  readonly hasSender: boolean
  readonly from: Address | NotAMailbox | undefined
  /** From, when it is one address. */
  readonly fromAddress: Address | undefined
  readonly configurationSet: JsonObject | undefined
  readonly destinations: readonly JsonObject[]
  readonly account: JsonObject | undefined
  /** Undefined for an identity of another account too. */
  readonly identity: JsonObject | undefined
  /** The nearest domain above a missing or unverified identity that is verified. */
  readonly verifiedParent: string | undefined
  /** The values that every sentence may use. */
  readonly values: Values
}

/** One finding with these values of its own, or none. */
export const findingIf = (isFound: boolean, values: Values = {}): readonly Values[] => (isFound ? [values] : [])

export const strings = (object: JsonObject | undefined, name: string): readonly string[] => {
  const value = object?.[name]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

export const number = (object: JsonObject | undefined, name: string): number | undefined => {
  const value = object?.[name]
  return typeof value === 'number' ? value : undefined
}

/** The permission of a look that asks nobody. */
export const NONE = '–'

/** Whether an event destination publishes; one that does not say is taken to. */
export const isEnabled = (destination: JsonObject): boolean => destination['Enabled'] !== false

/** The names of event types: upper case in API v2, lower case in v1. */
export const eventTypes = (destination: JsonObject): readonly string[] =>
  strings(destination, 'MatchingEventTypes').map((type) => type.toUpperCase())

export const names = (destinations: readonly JsonObject[]): string =>
  destinations.map((destination) => text(destination, 'Name') ?? 'unnamed').join(', ')

/** Whether something is of the function's own account or partition, as far as that is known. */
export const isOurs = (own: string | undefined, other: string | undefined): boolean => own === undefined || own === other

export const viewOf = (subject: Subject, facts: Facts): View => {
  const { emailConfiguration, userPoolId } = subject
  const sourceArn = text(emailConfiguration, 'SourceArn')
  const hasSender = emailConfiguration['EmailSendingAccount'] === 'DEVELOPER' && sourceArn !== undefined
  const source = hasSender ? parseSourceArn(sourceArn) : undefined
  const sesRegion = source?.region ?? facts.region
  const asked: Partial<Facts> = source && isOurs(subject.partition, source.partition) ? facts : {}
  const ofIdentity = isOurs(subject.account, source?.account)
  const known: Partial<Facts> = ofIdentity ? asked : { ...asked, identity: undefined }
  const from = text(emailConfiguration, 'From')
  const found = from === undefined ? undefined : readAddress(from)
  const verified = known.parents?.find(({ fact }) => {
    const parent = valueIn(fact)
    return parent !== undefined && !isUnverified(parent)
  })?.domain
  return {
    subject,
    facts: known,
    sesRegion,
    sourceArn,
    source,
    hasSender,
    from: found,
    fromAddress: found && 'address' in found ? found : undefined,
    configurationSet: valueIn(known.configurationSet),
    destinations: valueIn(known.eventDestinations) ?? [],
    account: valueIn(known.account),
    identity: valueIn(known.identity),
    verifiedParent: verified,
    values: {
      pool: userPoolId,
      region: subject.region,
      sesRegion,
      set: text(emailConfiguration, 'ConfigurationSet'),
      sourceArn,
      identity: source?.identity,
      from,
      parent: verified,
      parentArn: source && verified && siblingArn(source, verified),
    },
  }
}

/** The ARN of something of SES, where `view` asks it; undefined where nothing is asked. */
export const sesArn = ({ subject, source, sesRegion }: View, resource: string): string | undefined =>
  source && `arn:${source.partition}:ses:${sesRegion}:${subject.account ?? source.account}:${resource}`

/** Whether the pool sends links, not codes, to verify an address. */
export const verifiesByLink = ({ subject }: View): boolean =>
  text(child(subject.pool, 'VerificationMessageTemplate'), 'DefaultEmailOption') === 'CONFIRM_WITH_LINK'

/** Values that a person must be able to copy, or that are short by themselves. */
const WHOLE: ReadonlySet<string> = new Set(['resource', 'parentArn', 'instead', 'problem', 'exempt', 'holds', 'wanted'])

const filled = (template: string, values: Values): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => excerpt(values[name] ?? '', WHOLE.has(name) ? 500 : 100))

/** What a row finds, in words. */
export const findings = ({ id, level, members, code, sentence, remedy, find }: Check, view: View): readonly Finding[] => {
  const isDeclared = members.some((member) => view.subject.declared.includes(member))
  return find(view).map((own) => {
    const values = { ...view.values, ...own }
    const message = `${filled(sentence, values)}; ${filled(remedy, values)}.`
    return { check: id, level: isDeclared ? level : 'warning', code, message }
  })
}
