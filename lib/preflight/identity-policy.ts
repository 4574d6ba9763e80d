// Whether the policies of an SES identity keep Cognito from sending mail for a pool.
import { isObject, type JsonObject, text } from '../json.ts'

/** What is known of a mail that Cognito will send; a condition on anything else cannot be judged. */
export type Sending = {
  readonly account: string | undefined
  readonly poolArn: string | undefined
  readonly fromAddress: string | undefined
}

export type Denial = { readonly policy: string; readonly statement: string; readonly verdict: 'denies' | 'may deny' }

export type Exclusion = { readonly policy: string; readonly statement: string; readonly keys: string }

/** Documented two ways: Cognito developer guide, "using service-linked roles", and SES developer guide, "sending authorization policy examples". */
const COGNITO = ['email.cognito-idp.amazonaws.com', 'cognito-idp.amazonaws.com']

/** What the service-linked role of Cognito does (AmazonCognitoIdpEmailServiceRolePolicy, 2019). */
const SENDS = ['ses:sendemail', 'ses:sendrawemail']

type Statement = JsonObject & { readonly policy: string; readonly name: string }

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

const strings = (value: unknown): readonly string[] => list(value).map(String)

const parsed = (document: unknown): unknown => {
  try {
    return typeof document === 'string' ? JSON.parse(document) : undefined
  } catch {
    return undefined
  }
}

const statementsOf = (policies: JsonObject): readonly Statement[] =>
  Object.entries(policies).flatMap(([policy, document]) => {
    const body = parsed(document)
    const statements = isObject(body) ? list(body['Statement']).filter(isObject) : []
    return statements.map((statement, index) => ({ ...statement, policy, name: text(statement, 'Sid') ?? `${index + 1}` }))
  })

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

const isForCognito = (statement: Statement): boolean => principals(statement['Principal']).some((name) => COGNITO.includes(name))

const meetsCognito = (statement: Statement): boolean => {
  if (statement['NotPrincipal'] === undefined) return isForCognito(statement) || principals(statement['Principal']).includes('*')
  return !principals(statement['NotPrincipal']).some((name) => name === '*' || COGNITO.includes(name))
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

/** Whether one line of a Condition holds; undefined when its operator or key is not one that we can judge. */
const holds = (operator: string, key: string, values: readonly string[], sending: Sending): boolean | undefined => {
  const name = operator.toLowerCase().replace(/ifexists$/, '')
  const compare = OPERATORS.get(name.replace('not', ''))
  const known: ReadonlyMap<string, string | undefined> = new Map([
    ['aws:sourceaccount', sending.account],
    ['aws:sourcearn', sending.poolArn],
    ['ses:fromaddress', sending.fromAddress],
    // Cognito calls SES over TLS.
    ['aws:securetransport', 'true'],
  ])
  const value = known.get(key.toLowerCase())
  if (!compare || value === undefined) return undefined
  return values.some((pattern) => compare(pattern, value)) !== name.includes('not')
}

type Line = { readonly key: string; readonly holds: boolean | undefined }

const conditionOf = (statement: Statement, sending: Sending): readonly Line[] =>
  Object.entries(isObject(statement['Condition']) ? statement['Condition'] : {}).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {}).map(([key, values]) => ({ key, holds: holds(operator, key, strings(values), sending) })),
  )

const isOut = (lines: readonly Line[]): boolean => lines.some((line) => line.holds === false)

/** The statements that deny Cognito to send this mail; `may deny` where a condition cannot be judged. */
export const denials = (policies: JsonObject, sending: Sending): readonly Denial[] =>
  statementsOf(policies)
    .filter((statement) => statement['Effect'] === 'Deny' && meetsCognito(statement) && meetsSending(statement))
    .map((statement) => ({ statement, lines: conditionOf(statement, sending) }))
    .filter(({ lines }) => !isOut(lines))
    .map(({ statement: { policy, name }, lines }) => ({
      policy,
      statement: name,
      verdict: lines.every((line) => line.holds) ? 'denies' : 'may deny',
    }))

/** The statement that lets Cognito send, but not this mail, when no other one lets it. A policy is not needed, so none at all is fine. */
export const exclusion = (policies: JsonObject, sending: Sending): Exclusion | undefined => {
  const allows = statementsOf(policies)
    .filter((statement) => statement['Effect'] === 'Allow' && isForCognito(statement) && meetsSending(statement))
    .map((statement) => ({ statement, lines: conditionOf(statement, sending) }))
  const first = allows[0]
  if (!first || !allows.every(({ lines }) => isOut(lines))) return undefined
  const keys = first.lines.filter((line) => line.holds === false).map((line) => line.key)
  return { policy: first.statement.policy, statement: first.statement.name, keys: keys.join(', ') }
}
