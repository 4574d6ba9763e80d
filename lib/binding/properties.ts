// ResourceProperties → what a binding declares, with every error of a property.
import { ACCOUNT, ARN_LENGTH, isUserPoolId, PARTITION, REGION, SES_IDENTITY_ARN, USER_POOL_ID } from '../arn.ts'
import { bareAddress, domainName, MAILBOX_LENGTH, parseMailbox } from '../email-address.ts'
import { type Refusal, refusal } from '../errors.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { nearest } from '../nearest.ts'
import type { EmailConfiguration } from '../pool/layers.ts'
import type { Claim } from '../pool/record.ts'
import { excerpt, shown } from '../printable.ts'

export type Property = {
  readonly type: 'string' | 'list' | 'flag' | 'any'
  readonly description: string
  /** A regular expression that the whole value must match. */
  readonly pattern?: string
  readonly maxLength?: number
  readonly values?: readonly string[]
  /** A word that YAML makes a boolean of when it has no quotes, and the value that it stands for. */
  readonly aliases?: Readonly<{ [word in 'true' | 'false']?: string }>
  readonly maxItems?: number
  /** What a right value is: completes `Expected NAME to be …`. */
  readonly expected: string
  /** Says more about a certain wrong value, or undefined. */
  readonly hint?: (value: string) => string | undefined
  /** What is wrong with a value of the right shape, or undefined. */
  readonly problem?: (value: string) => string | undefined
}

const FLAG = 'true or false'

/** Says more where an ARN is given: what to use of it. */
const arnHint =
  (what: string) =>
  (value: string): string | undefined =>
    value.startsWith('arn:') ? `An ARN is given; use ${what}: ${excerpt(value.slice(value.lastIndexOf('/') + 1), 80)}.` : undefined

const userPoolHint = arnHint('its last part, the ID')

const mailboxProblem = (value: string): string | undefined => {
  const mailbox = parseMailbox(value)
  return 'problem' in mailbox ? `The value is wrong: ${mailbox.problem}.` : undefined
}

/** Amazon Cognito's model of ReplyToEmailAddress (EmailAddressType): no blank, so no name either. */
const EMAIL_ADDRESS_TYPE = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+@[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u

const bareAddressProblem = (value: string): string | undefined => {
  const bare = bareAddress(value)
  if (bare === undefined) return mailboxProblem(value)
  if (bare !== value) return `Amazon Cognito takes no name, bracket or blank here; give the address alone: ${excerpt(bare, 80)}.`
  return EMAIL_ADDRESS_TYPE.test(value) ? undefined : 'It has a character that Amazon Cognito does not take here, such as a blank.'
}

const IDENTITY_ARN = new RegExp(`^arn:${PARTITION}:ses:${REGION}:${ACCOUNT}:identity/(.+)$`)

const sourceArnHint = (value: string): string | undefined => {
  const identity = IDENTITY_ARN.exec(value)?.[1]
  if (identity === undefined) return undefined
  const ascii = domainName(identity)
  if (ascii !== undefined) return `Write the domain as ${excerpt(ascii, 80)}.`
  return `Amazon Cognito takes letters, digits and _ + = , . @ - in it, nothing else: ${shown(identity)} has another character.`
}

/** Names and meanings are those of AWS::Cognito::UserPool EmailConfiguration, so that a block can be moved over as it is. */
export const PROPERTIES = {
  UserPoolId: {
    type: 'string',
    description: 'The ID of the user pool. Exactly one of UserPoolId and UserPoolIds.',
    pattern: USER_POOL_ID,
    expected: 'the ID of a user pool, like us-east-1_Ab3dEf6hI',
    hint: userPoolHint,
  },
  UserPoolIds: {
    type: 'list',
    description: 'The IDs of 1 to 100 user pools. Exactly one of UserPoolId and UserPoolIds.',
    pattern: USER_POOL_ID,
    maxItems: 100,
    expected: 'a list of 1 to 100 IDs of user pools, none twice, each like us-east-1_Ab3dEf6hI',
    hint: userPoolHint,
  },
  ConfigurationSet: {
    type: 'string',
    description: 'The name of the SES configuration set (!Ref of AWS::SES::ConfigurationSet).',
    pattern: '^[A-Za-z0-9_-]{1,64}$',
    expected: 'the name of an SES configuration set: 1 to 64 letters, digits, _ and -',
    hint: arnHint('the name in it'),
  },
  SourceArn: {
    type: 'string',
    description: 'The ARN of the verified SES identity that sends. Required while the pool is on COGNITO_DEFAULT.',
    pattern: SES_IDENTITY_ARN,
    maxLength: ARN_LENGTH,
    expected: 'the ARN of an SES identity, like arn:aws:ses:us-east-1:111122223333:identity/example.com',
    hint: sourceArnHint,
  },
  From: {
    type: 'string',
    description: 'The sender that people see: one address, with a display name or without.',
    maxLength: MAILBOX_LENGTH,
    expected: `one e-mail address of at most ${MAILBOX_LENGTH} characters`,
    problem: mailboxProblem,
  },
  ReplyToEmailAddress: {
    type: 'string',
    description: 'Where answers go: one bare address, without a name.',
    pattern: '^[^\\s<>]+@[^\\s<>]+$',
    maxLength: MAILBOX_LENGTH,
    expected: `one bare e-mail address of at most ${MAILBOX_LENGTH} characters, like support@example.com`,
    hint: bareAddressProblem,
    problem: bareAddressProblem,
  },
  EmailSendingAccount: {
    type: 'string',
    description: 'Only DEVELOPER, so that the block of a pool’s template can be pasted.',
    values: ['DEVELOPER'],
    expected: 'DEVELOPER or absent: a configuration set has no effect on COGNITO_DEFAULT',
  },
  Preflight: {
    type: 'string',
    description: 'What findings of the checks of SES do: ENFORCE (default) fails, WARN reports, SKIP asks SES nothing.',
    values: ['ENFORCE', 'WARN', 'SKIP'],
    expected: 'ENFORCE, WARN or SKIP',
  },
  AllowSandbox: {
    type: 'flag',
    description: 'true accepts an SES account that is still in the sandbox. Default false.',
    values: ['true', 'false'],
    expected: FLAG,
  },
  OnDelete: {
    type: 'string',
    description: 'RESTORE (default) puts back what was there; RETAIN leaves the settings to the pool.',
    values: ['RESTORE', 'RETAIN'],
    expected: 'RESTORE or RETAIN',
  },
  Heal: {
    type: 'string',
    description:
      'When the pool’s owner removes the settings: AUTO (default) puts them back, NOTIFY reports, "OFF" does neither (without quotes YAML makes false of it, which is taken as OFF).',
    values: ['AUTO', 'NOTIFY', 'OFF'],
    aliases: { false: 'OFF' },
    expected: 'AUTO, NOTIFY or OFF',
  },
  Takeover: {
    type: 'flag',
    description: 'true lays this binding over another stack’s. Default false.',
    values: ['true', 'false'],
    expected: FLAG,
  },
  Nonce: { type: 'any', description: 'Any string, ignored: change it to apply the binding again.', expected: 'any string' },
  ServiceToken: { type: 'any', description: 'CloudFormation’s own: the ARN of the function.', expected: 'the ARN of the function' },
  ServiceTimeout: { type: 'any', description: 'CloudFormation’s own: seconds to wait for an answer.', expected: 'seconds' },
} as const satisfies Readonly<Record<string, Property>>

export type Name = keyof typeof PROPERTIES
export const NAMES = Object.keys(PROPERTIES) as readonly Name[]

export type Preflight = 'ENFORCE' | 'WARN' | 'SKIP'

/** The members of EmailConfiguration that a binding may declare. */
const MEMBERS = ['ConfigurationSet', 'SourceArn', 'From', 'ReplyToEmailAddress'] as const satisfies readonly Name[]

/** What a resource of type Custom::CognitoSesBinding says. */
export type Binding = {
  readonly userPoolIds: readonly string[]
  /** A subset of ConfigurationSet, SourceArn, From and ReplyToEmailAddress. */
  readonly declared: EmailConfiguration
  readonly preflight: Preflight
  readonly allowSandbox: boolean
  readonly onDelete: Claim['OnDelete']
  readonly heal: Claim['Heal']
  readonly takeover: boolean
}

/** A value as the table has it: CloudFormation passes a boolean as text, and an alias stands for its value. */
const asWritten = (property: Property, value: unknown): unknown => {
  const isBoolean = typeof value === 'boolean' && (property.type === 'flag' || property.aliases !== undefined)
  const text = isBoolean ? `${value}` : value
  return Object.entries(property.aliases ?? {}).find(([word]) => word === text)?.[1] ?? text
}

const CONTROL = /\p{Cc}/u

const problemOf = (name: Name, value: Json): string | undefined => {
  const property: Property = PROPERTIES[name]
  const wrong = (got: unknown, hint?: string) => `Expected ${name} to be ${property.expected}; got ${shown(got)}.${hint ? ` ${hint}` : ''}`
  const one = (given: unknown): string | undefined => {
    const text = asWritten(property, given)
    if (typeof text !== 'string')
      return wrong(text, Array.isArray(text) && name === 'UserPoolId' ? 'Use UserPoolIds for a list.' : undefined)
    if (text === '') return wrong(text, 'Leave the property out (AWS::NoValue) when there is nothing to say.')
    if (text.length > (property.maxLength ?? 4096)) return wrong(text, `It has ${text.length} characters.`)
    if (CONTROL.test(text)) return wrong(text, 'It has control characters; remove them.')
    const isOfShape = new RegExp(property.pattern ?? '').test(text) && (property.values?.includes(text) ?? true)
    if (!isOfShape) return wrong(text, property.hint?.(text))
    const problem = property.problem?.(text)
    return problem === undefined ? undefined : wrong(text, problem)
  }
  if (property.type === 'any') return undefined
  if (property.type !== 'list') return one(value)
  if (!Array.isArray(value)) return wrong(value, typeof value === 'string' ? `Write it as a list, or use UserPoolId.` : undefined)
  const items: readonly Json[] = value
  if (items.length === 0) return wrong(value, 'The list is empty.')
  if (items.length > (property.maxItems ?? Infinity)) return wrong(`${items.length} items`, 'Use several bindings.')
  const twice = items.find((item, index) => items.indexOf(item) !== index)
  if (twice !== undefined) return wrong(twice, 'It stands in the list twice; remove one.')
  return items.map(one).find((problem) => problem !== undefined)
}

/** What a pool's template has around the members that stand here. */
const isBlock = (name: string): boolean => /^emailconfiguration(?:type)?$/i.test(name)

const unknownProperty = (name: string): string => {
  if (isBlock(name))
    return `Unknown property ${shown(name)}; its members stand directly among the properties: write ${MEMBERS.join(', ')} beside UserPoolId.`
  const meant = nearest(name, NAMES)
  return `Unknown property ${shown(name)}; ${meant === undefined ? 'remove it.' : `did you mean ${meant}?`}`
}

const given = (properties: JsonObject, name: string): boolean => properties[name] !== undefined && properties[name] !== null

const problemsOf = (properties: JsonObject): string[] => {
  const unknown = Object.keys(properties)
    .filter((name) => !Object.hasOwn(PROPERTIES, name))
    .map(unknownProperty)
  const wrong = NAMES.filter((name) => given(properties, name)).flatMap((name) => problemOf(name, properties[name] ?? null) ?? [])
  const pools = (['UserPoolId', 'UserPoolIds'] as const).filter((name) => given(properties, name))
  const missing = [
    ...(pools.length === 0 ? ['UserPoolId is missing: name the user pool by UserPoolId, or several by UserPoolIds.'] : []),
    ...(pools.length === 2 ? ['UserPoolId and UserPoolIds are both given: leave one of them out.'] : []),
    ...(given(properties, 'ConfigurationSet') ? [] : ['ConfigurationSet is missing: give the name of the SES configuration set.']),
  ]
  return [...unknown, ...missing, ...wrong]
}

/** What the properties declare, or everything that is wrong with them. */
export const parseProperties = (properties: unknown): { readonly ok: true; readonly binding: Binding } | Refusal => {
  if (!isObject(properties)) return refusal('InvalidRequest', 'The event has no ResourceProperties.')
  const problems = problemsOf(properties)
  if (problems.length > 0) return refusal('InvalidRequest', problems.join(' '))
  const declared = MEMBERS.filter((name) => given(properties, name))
  const written = (name: Name): unknown => asWritten(PROPERTIES[name], properties[name])
  const choice = <T extends string>(name: Name, otherwise: T): T => (given(properties, name) ? written(name) : otherwise) as T
  return {
    ok: true,
    binding: {
      userPoolIds: wellFormedPoolIds(properties),
      declared: Object.fromEntries(declared.map((name) => [name, properties[name]])),
      preflight: choice('Preflight', 'ENFORCE'),
      allowSandbox: written('AllowSandbox') === 'true',
      onDelete: choice('OnDelete', 'RESTORE'),
      heal: choice('Heal', 'AUTO'),
      takeover: written('Takeover') === 'true',
    },
  }
}

/** The pools that properties name, as far as they can be read: a Delete judges nothing. */
export const wellFormedPoolIds = (properties: unknown): string[] => {
  if (!isObject(properties)) return []
  const named: readonly unknown[] = [properties['UserPoolId'], properties['UserPoolIds']].flat()
  return [...new Set(named.filter((id): id is string => typeof id === 'string' && isUserPoolId(id)))]
}

/** What properties say of OnDelete, whatever else is in them; undefined when it is neither RESTORE nor RETAIN nor absent. */
export const onDeleteOf = (properties: unknown): Claim['OnDelete'] | undefined => {
  const value = isObject(properties) ? properties['OnDelete'] : undefined
  if (value === undefined || value === null) return 'RESTORE'
  return value === 'RESTORE' || value === 'RETAIN' ? value : undefined
}
