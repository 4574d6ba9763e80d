// ResourceProperties → what a binding declares, with every error of a property; one table for the parser and for the schema.
import { parseMailbox } from '../email-address.ts'
import { type Refusal, refusal } from '../errors.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { EmailConfiguration } from '../pool/layers.ts'
import type { Claim } from '../pool/record.ts'

type Property = {
  readonly type: 'string' | 'list' | 'flag' | 'any'
  readonly description: string
  readonly pattern?: RegExp
  readonly maxLength?: number
  readonly values?: readonly string[]
  readonly maxItems?: number
  /** What a right value is: completes `Expected NAME to be …`. */
  readonly expected: string
  /** Says more about a certain wrong value, or undefined. */
  readonly hint?: (value: string) => string | undefined
}

/** `<region>_<id>`; the service's own pattern is [\w-]+_[0-9a-zA-Z]+ of at most 55 (UserPoolIdType). */
const USER_POOL_ID = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}_[0-9A-Za-z]{1,55}$/

const FLAG = 'true or false'

const userPoolHint = (value: string): string | undefined =>
  /^arn:/.test(value) ? `An ARN is given; use its last part, the ID: ${value.split('/').at(-1)}.` : undefined

/** The service's limit of StringType and of an RFC 5322 line. */
const ADDRESS_LENGTH = 998

const mailboxHint = (value: string): string | undefined => {
  const mailbox = parseMailbox(value)
  return 'problem' in mailbox ? `The value is wrong: ${mailbox.problem}.` : undefined
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
    pattern: /^[A-Za-z0-9_-]{1,64}$/,
    expected: 'the name of an SES configuration set: 1 to 64 letters, digits, _ and -',
    hint: (value) => (/^arn:/.test(value) ? `An ARN is given; use the name in it: ${value.split('/').at(-1)}.` : undefined),
  },
  SourceArn: {
    type: 'string',
    description: 'The ARN of the verified SES identity that sends. Required while the pool is on COGNITO_DEFAULT.',
    pattern: /^arn:aws[a-z-]*:ses:[a-z]{2}(?:-[a-z]+)+-\d{1,2}:\d{12}:identity\/[^\s/]+$/,
    maxLength: 2048,
    expected: 'the ARN of an SES identity, like arn:aws:ses:us-east-1:111122223333:identity/example.com',
  },
  From: {
    type: 'string',
    description: 'The sender that people see: one address, with a display name or without.',
    maxLength: ADDRESS_LENGTH,
    expected: `one e-mail address of at most ${ADDRESS_LENGTH} characters`,
    hint: mailboxHint,
  },
  ReplyToEmailAddress: {
    type: 'string',
    description: 'Where answers go: one address.',
    maxLength: ADDRESS_LENGTH,
    expected: `one e-mail address of at most ${ADDRESS_LENGTH} characters`,
    hint: mailboxHint,
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
    description: 'When the pool’s owner removes the settings: AUTO (default) puts them back, NOTIFY reports, OFF looks away.',
    values: ['AUTO', 'NOTIFY', 'OFF'],
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

type Name = keyof typeof PROPERTIES
const NAMES = Object.keys(PROPERTIES) as readonly Name[]

export type Preflight = 'ENFORCE' | 'WARN' | 'SKIP'

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

/** A value for an error message: without control characters, at most 80 characters. */
export const shown = (value: unknown): string => {
  const printable = (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).toWellFormed().replace(/\p{Cc}+/gu, ' ')
  const cut = [...printable.slice(0, 200)]
  return `"${cut.length > 80 ? `${cut.slice(0, 77).join('')}…` : cut.join('')}"`
}

/** The least number of insertions, deletions and replacements that make one word of the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The name that is nearest; one that begins like the word, or the other way round, is nearer than any other. */
export const nearest = (unknown: string, names: readonly string[]): string => {
  const word = unknown.slice(0, 64).toLowerCase()
  const score = (name: string): number => {
    const known = name.toLowerCase()
    return distance(word, known) - (word.length > 2 && (known.startsWith(word) || word.startsWith(known)) ? 100 : 0)
  }
  return names.reduce((best, name) => (score(name) < score(best) ? name : best))
}

const CONTROL = /\p{Cc}/u

const problemOf = (name: Name, value: Json): string | undefined => {
  const property: Property = PROPERTIES[name]
  const wrong = (got: unknown, hint?: string) => `Expected ${name} to be ${property.expected}; got ${shown(got)}.${hint ? ` ${hint}` : ''}`
  const one = (text: unknown): string | undefined => {
    if (typeof text === 'boolean' && property.type === 'flag') return undefined
    if (typeof text !== 'string')
      return wrong(text, Array.isArray(text) && name === 'UserPoolId' ? 'Use UserPoolIds for a list.' : undefined)
    if (text === '') return wrong(text, 'Leave the property out (AWS::NoValue) when there is nothing to say.')
    if (text.length > (property.maxLength ?? 4096)) return wrong(text, `It has ${text.length} characters.`)
    if (CONTROL.test(text)) return wrong(text, 'It has control characters; remove them.')
    const hint = property.hint?.(text)
    const matches = (property.pattern?.test(text) ?? true) && (property.values?.includes(text) ?? true)
    const isRight = property.pattern || property.values ? matches : hint === undefined
    return isRight ? undefined : wrong(text, hint)
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

const given = (properties: JsonObject, name: string): boolean => properties[name] !== undefined && properties[name] !== null

const problemsOf = (properties: JsonObject): string[] => {
  const unknown = Object.keys(properties)
    .filter((name) => !Object.hasOwn(PROPERTIES, name))
    .map((name) => `Unknown property ${shown(name)}; did you mean ${nearest(name, NAMES)}?`)
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
  const declared = ['ConfigurationSet', 'SourceArn', 'From', 'ReplyToEmailAddress'].filter((name) => given(properties, name))
  const choice = <T extends string>(name: Name, otherwise: T): T => (given(properties, name) ? String(properties[name]) : otherwise) as T
  return {
    ok: true,
    binding: {
      userPoolIds: wellFormedPoolIds(properties),
      declared: Object.fromEntries(declared.map((name) => [name, properties[name]])),
      preflight: choice('Preflight', 'ENFORCE'),
      allowSandbox: choice<'true' | 'false'>('AllowSandbox', 'false') === 'true',
      onDelete: choice('OnDelete', 'RESTORE'),
      heal: choice('Heal', 'AUTO'),
      takeover: choice<'true' | 'false'>('Takeover', 'false') === 'true',
    },
  }
}

/** The pools that properties name, as far as they can be read: a Delete judges nothing. */
export const wellFormedPoolIds = (properties: unknown): string[] => {
  if (!isObject(properties)) return []
  const named: readonly unknown[] = [properties['UserPoolId'], properties['UserPoolIds']].flat()
  return [...new Set(named.filter((id): id is string => typeof id === 'string' && USER_POOL_ID.test(id)))]
}

/** What properties say of OnDelete, whatever else is in them; undefined when it is neither RESTORE nor RETAIN nor absent. */
export const onDeleteOf = (properties: unknown): Claim['OnDelete'] | undefined => {
  const value = isObject(properties) ? properties['OnDelete'] : undefined
  if (value === undefined || value === null) return 'RESTORE'
  return value === 'RESTORE' || value === 'RETAIN' ? value : undefined
}

/** The properties as JSON Schema (draft-07), for editors and cfn-lint. */
export const propertySchema = (): JsonObject => {
  const one = (property: Property): JsonObject => ({
    type: 'string',
    ...(property.pattern ? { pattern: property.pattern.source } : {}),
    ...(property.maxLength ? { maxLength: property.maxLength } : {}),
    ...(property.values ? { enum: property.values } : {}),
  })
  const schemaOf = (property: Property): JsonObject => {
    if (property.type === 'any') return { description: property.description }
    if (property.type === 'flag') return { description: property.description, enum: ['true', 'false', true, false] }
    if (property.type === 'string') return { description: property.description, ...one(property) }
    return {
      description: property.description,
      type: 'array',
      items: one(property),
      minItems: 1,
      maxItems: property.maxItems,
      uniqueItems: true,
    }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Properties of Custom::CognitoSesBinding',
    type: 'object',
    properties: Object.fromEntries(NAMES.map((name) => [name, schemaOf(PROPERTIES[name])])),
    required: ['ServiceToken', 'ConfigurationSet'],
    oneOf: [{ required: ['UserPoolId'] }, { required: ['UserPoolIds'] }],
    additionalProperties: false,
  }
}
