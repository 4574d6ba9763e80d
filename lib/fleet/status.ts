// How one pool stands: what it sends with, who bound it, what became of that, and why its mail may not arrive. Pure, from one reading.
import type { Arn } from '../arn.ts'
import type { Refusal } from '../errors.ts'
import { type Decision, decide } from '../healer/decide.ts'
import { child, type Json, type JsonObject, text } from '../json.ts'
import { type EmailConfiguration, memberNames } from '../pool/layers.ts'
import { plan } from '../pool/plan.ts'
import { type Claim, claimsOf, type PoolRecord, stackName } from '../pool/record.ts'
import { emailConfigurationOf } from '../pool/verify.ts'
import { findingsOf } from '../preflight/checks.ts'
import { type Facts, valueIn } from '../preflight/facts.ts'
import { parseSourceArn } from '../preflight/source-arn.ts'

/** The most urgent first. */
export const STATES = ['unread', 'contested', 'blocked', 'drifted', 'changing', 'default', 'external', 'unbound', 'bound'] as const
export type State = (typeof STATES)[number]

/** A pool as it was listed, or named by whoever asks. */
export type Listed = Pick<PoolStatus, 'region' | 'id' | 'name' | 'replicas'>

/** One reading of a pool: its record first, then the pool. */
export type Reading = Omit<Arn, 'resource'> & {
  readonly ok: true
  readonly userPoolId: string
  readonly pool: JsonObject
  /** A refusal where the record could not be read: then nobody knows who bound the pool. */
  readonly recorded: { readonly ok: true; readonly record: PoolRecord | undefined } | Refusal
  /** Milliseconds since 1970. */
  readonly readAt: number
}

/** A member of EmailConfiguration that is not as it should be; null is absent. */
export type Change = { readonly member: string; readonly live: Json; readonly wanted: Json }

type Finding = { readonly id: string; readonly level: 'error' | 'warning'; readonly message: string }

/** A pool as everybody gets it, in a table or in JSON: infra/cli.schema.json. Adding members is no breaking change. */
export type PoolStatus = {
  readonly region: string
  readonly id: string
  readonly name: string
  readonly replicas: readonly string[]
  readonly state: State
  /** COGNITO_DEFAULT, CustomEmailSender, or the SES identity. */
  readonly sender: string
  readonly email: EmailConfiguration | null
  readonly configurationSet: { readonly name: string; readonly from: 'pool' | 'identity' } | null
  /** The last lies on top. Null where the record could not be read. */
  readonly bindings: readonly ReturnType<typeof bindingOf>[] | null
  /** The operation that works on the pool now: since when, and until when at the latest (ISO 8601). */
  readonly changing: { readonly since: string; readonly until: string } | null
  readonly drift: readonly Change[]
  readonly findings: readonly Finding[]
  readonly lastModified: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A claim, as everybody gets it. */
export const bindingOf = ({ StackId, LogicalResourceId, Declared, OnDelete, Heal }: Claim) => {
  const [stack, stackId, logicalId] = [stackName(StackId), StackId, LogicalResourceId]
  return { stack, stackId, logicalId, declared: Declared, onDelete: OnDelete, heal: Heal }
}

/** The members `names`, as they are and as they should be. */
export const changesOf = (names: readonly string[], live: EmailConfiguration, wanted: EmailConfiguration): Change[] =>
  names.map((member) => ({ member, live: live[member] ?? null, wanted: wanted[member] ?? null }))

const isOnDeveloper = (email: EmailConfiguration): boolean => email['EmailSendingAccount'] === 'DEVELOPER'

/** Whether there is anything to ask SES about. */
export const asksSes = (email: EmailConfiguration): boolean => isOnDeveloper(email) || email['ConfigurationSet'] !== undefined

/** What stands live, with the set that mail really goes through: the pool's own, or its identity's default. */
export const withEffectiveSet = (email: EmailConfiguration, facts: Facts | undefined): EmailConfiguration => {
  const byDefault = text(valueIn(facts?.identity), 'ConfigurationSetName')
  const isBare = isOnDeveloper(email) && email['ConfigurationSet'] === undefined && byDefault !== undefined
  return isBare ? { ...email, ConfigurationSet: byDefault } : email
}

/** Whether another operation works on the pool. */
export const isLeased = ({ Lease }: PoolRecord, now: number): boolean => Lease !== undefined && Date.parse(Lease.Until) >= now

const refusalIn = ({ code, message }: Refusal): PoolStatus['error'] => ({ code, message })

/**
 * How a pool stands.
 * @param reading a refusal where the pool could not be described
 * @param facts what SES says of {@link withEffectiveSet}; undefined where SES was not asked
 */
export const statusOf = (listed: Listed, reading: Reading | Refusal, facts: Facts | undefined): PoolStatus => {
  if (!reading.ok) return { ...listed, ...UNREAD, error: refusalIn(reading) }
  const { pool, recorded } = reading
  const live = emailConfigurationOf(pool)
  const set = text(withEffectiveSet(live, facts), 'ConfigurationSet')
  const isCustom = child(child(pool, 'LambdaConfig'), 'CustomEmailSender') !== undefined
  const record = recorded.ok ? recorded.record : undefined
  const claimed = claimedState(reading, record)
  const unclaimed = isCustom ? 'external' : isOnDeveloper(live) ? 'unbound' : 'default'
  const identity = parseSourceArn(text(live, 'SourceArn'))?.identity ?? '?'
  const changed = pool['LastModifiedDate']
  return {
    ...listed,
    name: text(pool, 'Name') ?? listed.name,
    state: recorded.ok ? (claimed?.state ?? unclaimed) : 'unread',
    sender: isCustom ? 'CustomEmailSender' : isOnDeveloper(live) ? identity : 'COGNITO_DEFAULT',
    email: live,
    configurationSet: set === undefined ? null : { name: set, from: live['ConfigurationSet'] === undefined ? 'identity' : 'pool' },
    bindings: recorded.ok ? claimsOf(record).map(bindingOf) : null,
    changing: claimed?.changing ?? null,
    drift: claimed?.drift ?? [],
    findings: [
      ...cognitoFailure(reading),
      ...(claimed?.findings ?? []),
      ...(isCustom ? [] : senderFindings(reading.userPoolId, live, set, claimed !== undefined)),
      ...preflightFindings(reading, facts, set),
    ],
    lastModified: typeof changed === 'number' ? new Date(changed * 1_000).toISOString() : null,
    error: recorded.ok ? null : refusalIn(recorded),
  }
}

const UNKNOWN = { email: null, configurationSet: null, bindings: null, changing: null, lastModified: null } as const
const UNREAD = { ...UNKNOWN, state: 'unread', sender: '?', drift: [], findings: [] } as const

type Drift = Exclude<Decision, { readonly kind: 'asDeclared' }>

type Claimed = Pick<PoolStatus, 'state' | 'drift' | 'findings'> & Partial<Pick<PoolStatus, 'changing'>>

/** What the claims on a pool have come to; undefined where there are none. */
const claimedState = ({ userPoolId, pool, readAt }: Reading, record: PoolRecord | undefined): Claimed | undefined => {
  if (record?.Lease && isLeased(record, readAt)) {
    const { StartedAt: since, Until: until } = record.Lease
    return { state: 'changing', changing: { since, until }, drift: [], findings: [] }
  }
  if (!record || claimsOf(record).length === 0) return undefined
  const [live, at] = [emailConfigurationOf(pool), new Date(readAt).toISOString()]
  const planned = plan(userPoolId, record, live, { kind: 'heal', at })
  // Only what attaches a claim is refused.
  if (!planned.ok) throw new Error(planned.message)
  const decision = decide({ record, pool, live }, planned, at)
  if (decision.kind === 'asDeclared') return { state: 'bound', drift: [], findings: [] }
  const state = decision.kind === 'contested' || decision.kind === 'blocked' ? decision.kind : 'drifted'
  const message = driftSentence(userPoolId, record, decision, planned.changes)
  return { state, drift: changesOf(planned.changes, live, planned.desired), findings: [{ id: state, level: 'error', message }] }
}

/** Why the healer left a pool alone, as its record says it. */
const unhealed = ({ Unhealed }: PoolRecord): string => {
  if (Unhealed === undefined) return ''
  const { Kind, Why, At } = Unhealed
  return ` The healer left it alone${At === undefined ? '' : ` on ${At.slice(0, 10)}`}, ${Kind}: ${Why.replace(/\.?$/, '.')}`
}

const driftSentence = (userPoolId: string, record: PoolRecord, decision: Drift, changes: readonly string[]): string => {
  const top = claimsOf(record)
    .map(({ StackId }) => stackName(StackId))
    .at(-1)
  const what = `User pool ${userPoolId} has ${changes.join(', ')} not as stack ${top} declares`
  switch (decision.kind) {
    case 'heal':
      return `${what}; the next sweep puts it back, and where that is long over the function's log says why not.${unhealed(record)}`
    case 'notify':
      return `${what}; nobody puts it back (Heal is NOTIFY).`
    case 'off':
      return `${what}; nobody puts it back (Heal is OFF, or the pool's tag says so).`
    case 'contested':
      return `${what}, and the healer leaves it alone, contested: ${decision.why}; let binding and pool say the same, then apply the binding again (Nonce).`
    case 'blocked':
      return decision.why
  }
}

const cognitoFailure = ({ userPoolId, pool }: Reading): readonly Finding[] => {
  const failure = text(pool, 'EmailConfigurationFailure')
  if (failure === undefined) return []
  const message = `Amazon Cognito says that it cannot send for user pool ${userPoolId}: ${failure.replace(/\.$/, '')}.`
  return [{ id: 'cognito-failure', level: 'error', message }]
}

/** @param isBound then its binding says what it should be, and the finding of its state what became of that */
const senderFindings = (id: string, live: EmailConfiguration, set: string | undefined, isBound: boolean): readonly Finding[] => {
  const warning = (check: string, message: string): readonly Finding[] => [{ id: check, level: 'warning', message }]
  if (!isOnDeveloper(live)) {
    return warning(
      'cognito-default',
      `User pool ${id} sends with COGNITO_DEFAULT: at most 50 mails a day for all such pools of the account together, from an address of Amazon's, and Amazon Cognito reports success for those it drops${isBound ? '' : '; bind it to an SES identity'}.`,
    )
  }
  if (set !== undefined) return []
  const message = `Mail of user pool ${id} goes through no configuration set, so bounces and complaints show nowhere${isBound ? '' : '; bind it to one'}.`
  return warning('no-configuration-set', message)
}

/** Rows about a wish, not about what stands; and reads that failed, which are told once for all pools, as the caller's. */
const NOT_OF_THE_LIVE = /^(?:identity-default-set|read|detail)-/

/** Pre-flight on what stands live with the set that mail really goes through, in the Lambda's words. */
const preflightFindings = (reading: Reading, facts: Facts | undefined, set: string | undefined): readonly Finding[] => {
  if (!facts) return []
  const emailConfiguration = withEffectiveSet(emailConfigurationOf(reading.pool), facts)
  return findingsOf({ ...reading, emailConfiguration, allowSandbox: false, declared: memberNames(emailConfiguration) }, facts)
    .filter(({ check }) => !NOT_OF_THE_LIVE.test(check) && (check !== 'custom-email-sender' || set !== undefined))
    .map(({ check, level, message }) => ({ id: check, level, message }))
}

const URGENT: ReadonlySet<State> = new Set(['contested', 'blocked', 'drifted', 'default'])

/** Whether somebody should look: what --exit-code answers 2 for. */
export const needsAttention = ({ state, findings }: PoolStatus): boolean =>
  URGENT.has(state) || findings.some(({ level }) => level === 'error')
