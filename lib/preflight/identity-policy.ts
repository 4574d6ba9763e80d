// Whether the policies of an SES identity keep Cognito from sending mail for a pool.
import { child, isObject, type JsonObject, text } from '../json.ts'

/** What is known of a mail that Cognito will send; a condition on anything else cannot be judged. */
export type Sending = {
  /** The pool's Region, account and partition. */
  readonly region: string
  readonly account: string | undefined
  readonly partition: string | undefined
  readonly poolArn: string | undefined
  readonly roleArn: string | undefined
  readonly fromAddress: string | undefined
}

export type Denial = {
  readonly policy: string
  readonly statement: string
  readonly verdict: 'denies' | 'may deny'
  /** What to change, so that it spares Cognito. */
  readonly exempt: string
}

export type Exclusion = {
  readonly policy: string
  readonly statement: string
  readonly keys: string
  /** What to change, so that it does not leave this mail out. */
  readonly holds: string
}

/** Cognito sends with this role of the pool's own account (Cognito developer guide, "using service-linked roles"). */
const ROLE = 'AWSServiceRoleForAmazonCognitoIdpEmailService'

export const cognitoRoleArn = (partition: string, account: string): string =>
  `arn:${partition}:iam::${account}:role/aws-service-role/email.cognito-idp.amazonaws.com/${ROLE}`

/** Documented two ways (Cognito developer guide, "using service-linked roles"; SES developer guide, "sending authorization policy examples"), and met with a Region. */
const COGNITO = /^(?:email\.)?cognito-idp(?:\.([a-z0-9-]+))?\.amazonaws\.[a-z.]{2,12}$/

/** What the service-linked role of Cognito does (AmazonCognitoIdpEmailServiceRolePolicy, 2019). */
const SENDS = ['ses:sendemail', 'ses:sendrawemail']

type Statement = JsonObject & { readonly policy: string; readonly name: string }

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

const strings = (value: unknown): readonly string[] => list(value).map(String)

/** A policy as it reads; empty where it is no policy. */
const parsed = (document: unknown): JsonObject => {
  try {
    const body: unknown = JSON.parse(String(document))
    return isObject(body) ? body : {}
  } catch {
    return {}
  }
}

const statementsOf = (policies: JsonObject): readonly Statement[] =>
  Object.entries(policies).flatMap(([policy, document]) =>
    list(parsed(document)['Statement'])
      .filter(isObject)
      .map((statement, index) => ({ ...statement, policy, name: text(statement, 'Sid') ?? `${index + 1}` })),
  )

/** `*` and `?` as in IAM, in time linear in the text for each `*`. */
const globs = (pattern: string, value: string): boolean => {
  let [at, of, star, mark] = [0, 0, -1, 0]
  while (of < value.length) {
    if (pattern[at] === '*') {
      star = at
      mark = of
      at += 1
    } else if (pattern[at] === '?' || pattern[at] === value[of]) {
      at += 1
      of += 1
    } else if (star >= 0) {
      at = star + 1
      mark += 1
      of = mark
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}

const principals = (value: unknown): readonly string[] => (isObject(value) ? Object.values(value).flatMap(strings) : strings(value))

/** Whether a principal is Cognito where the pool is: the service, or the role that it sends with, as itself or in a session. */
const isCognito = (name: string, { region, account, partition, roleArn }: Sending): boolean => {
  const service = COGNITO.exec(name)
  if (service) return service[1] === undefined || service[1] === region
  return account !== undefined && (name === roleArn || name.startsWith(`arn:${partition}:sts::${account}:assumed-role/${ROLE}/`))
}

/** Whether a principal is the account itself, which stands for everyone in it. */
const isOwnAccount = (name: string, { account, partition }: Sending): boolean =>
  account !== undefined && (name === account || name === `arn:${partition}:iam::${account}:root`)

const isForCognito = (statement: Statement, sending: Sending): boolean =>
  principals(statement['Principal']).some((name) => isCognito(name, sending))

const meetsCognito = (statement: Statement, sending: Sending): boolean => {
  const spared = statement['NotPrincipal']
  if (spared !== undefined) return !principals(spared).some((name) => name === '*' || isCognito(name, sending))
  return principals(statement['Principal']).some((name) => name === '*' || isCognito(name, sending) || isOwnAccount(name, sending))
}

const meetsSending = (statement: Statement): boolean => {
  const named = (value: unknown, action: string): boolean => strings(value).some((pattern) => globs(pattern.toLowerCase(), action))
  if (statement['NotAction'] !== undefined) return SENDS.some((action) => !named(statement['NotAction'], action))
  return SENDS.some((action) => named(statement['Action'], action))
}

type Comparison = (pattern: string, value: string) => boolean

const OPERATORS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['stringequals', (pattern, value) => pattern === value],
  ['stringequalsignorecase', (pattern, value) => pattern.toLowerCase() === value.toLowerCase()],
  ['stringlike', globs],
  ['arnequals', globs],
  ['arnlike', globs],
  ['bool', (pattern, value) => pattern.toLowerCase() === value],
])

/** The value that a condition key has when Cognito sends this mail; undefined when that is not known. */
const knownValue = (key: string, { account, poolArn, roleArn, fromAddress }: Sending): string | undefined => {
  const known: ReadonlyMap<string, string | undefined> = new Map([
    ['aws:sourceaccount', account],
    ['aws:sourcearn', poolArn],
    ['aws:principalarn', roleArn],
    ['aws:principalaccount', account],
    ['aws:principaltype', 'AssumedRole'],
    ['ses:fromaddress', fromAddress],
    // Cognito calls SES over TLS.
    ['aws:securetransport', 'true'],
  ])
  return known.get(key.toLowerCase())
}

type Line = {
  readonly key: string
  readonly isNegative: boolean
  readonly holds: boolean
  /** What turns it over. */
  readonly change: string
}

/** One line of a Condition; undefined when its operator or key is not one that we can judge. */
const lineOf = (operator: string, key: string, values: readonly string[], sending: Sending): Line | undefined => {
  const name = operator.toLowerCase()
  const compare = OPERATORS.get(name.replace('ifexists', '').replace('not', ''))
  const value = knownValue(key, sending)
  if (!compare || value === undefined) return undefined
  const isNegative = name.includes('not')
  const isNamed = values.some((pattern) => compare(pattern, value))
  const change = isNamed ? `take ${value} out of ${key}` : `let ${key} hold ${value}`
  return { key, isNegative, holds: isNamed !== isNegative, change }
}

type Lines = readonly (Line | undefined)[]

const conditionOf = (statement: Statement, sending: Sending): Lines =>
  Object.entries(child(statement, 'Condition') ?? {}).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {}).map(([key, values]) => lineOf(operator, key, strings(values), sending)),
  )

/** How a statement that denies Cognito is made to spare it; no line of it fails. */
const exemption = (statement: Statement, lines: Lines, sending: Sending): string => {
  const role = sending.roleArn ?? `the role ${ROLE} of the pool’s account`
  if (statement['NotPrincipal'] !== undefined) return `add ${role} to NotPrincipal of that statement`
  const exception = lines.find((line) => line?.isNegative)
  if (exception) return `${exception.change} in that statement`
  if (isForCognito(statement, sending)) return 'take Amazon Cognito out of Principal of that statement'
  return `add to that statement the condition ArnNotEquals, aws:PrincipalArn ${role}`
}

const failingOf = (lines: Lines): readonly Line[] => lines.filter((line) => line !== undefined).filter(({ holds }) => !holds)

/** The statements that deny Cognito to send this mail; `may deny` where a condition cannot be judged. */
export const denials = (policies: JsonObject, sending: Sending): readonly Denial[] =>
  statementsOf(policies)
    .filter((statement) => statement['Effect'] === 'Deny' && meetsCognito(statement, sending) && meetsSending(statement))
    .map((statement) => ({ statement, lines: conditionOf(statement, sending) }))
    .filter(({ lines }) => failingOf(lines).length === 0)
    .map(({ statement, lines }) => ({
      policy: statement.policy,
      statement: statement.name,
      verdict: lines.every((line) => line !== undefined) ? 'denies' : 'may deny',
      exempt: exemption(statement, lines, sending),
    }))

/** The statement that lets Cognito send, but not this mail, when no other one lets it. A policy is not needed, so none at all is fine. */
export const exclusion = (policies: JsonObject, sending: Sending): Exclusion | undefined => {
  const allows = statementsOf(policies)
    .filter((statement) => statement['Effect'] === 'Allow' && isForCognito(statement, sending) && meetsSending(statement))
    .map((statement) => ({ statement, failing: failingOf(conditionOf(statement, sending)) }))
  const first = allows[0]
  if (!first || !allows.every(({ failing }) => failing.length > 0)) return undefined
  return {
    policy: first.statement.policy,
    statement: first.statement.name,
    keys: first.failing.map(({ key }) => key).join(', '),
    holds: first.failing.map(({ change }) => change).join(', and '),
  }
}
