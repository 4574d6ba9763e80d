// Drift of one pool: noticed, put back, or left alone with a reason. Careful first: a healer that fights an owner does more harm than drift.
import { type Claim, claimsOf, type PoolRecord, readPoolRecord, recentHeals } from './claims.ts'
import { desired, type EmailConfiguration, sameMember } from './email-configuration.ts'
import { type Refusal, refusal, ServiceError } from './errors.ts'
import { isHeld, readItemOf, save } from './items.ts'
import { child, type JsonObject } from './json.ts'
import { type FactFinder, factFinder, judge as judgeFacts } from './preflight.ts'
import { type Judge, type Look, reconcile } from './reconcile.ts'
import type { Run } from './run.ts'

/** Heals of a pool in 24 hours; then it is contested. */
export const HEALS_A_DAY = 3

/** A pool with this tag is never healed. */
const OFF_TAG = { key: 'cognito-ses-binding', value: 'off' }

/** Findings of pre-flight that a heal would make worse: a set or an identity that cannot send is no better than what stands there. */
const WORSE: ReadonlySet<string> = new Set([
  'configuration-set-missing',
  'configuration-set-elsewhere',
  'configuration-set-sending-off',
  'identity-missing',
  'identity-inherits',
  'identity-unverified',
  'account-shut-down',
  'account-sending-off',
  'read-denied',
])

export type Decision =
  /** Live is as declared. */
  | { readonly kind: 'asDeclared' }
  /** The settings were wiped, and nobody asked for anything else. */
  | { readonly kind: 'heal' }
  /** Somebody meant what stands there, or wipes it again and again: nothing is written. */
  | { readonly kind: 'contested'; readonly why: string }
  /** Drift that the binding only wants to hear of. */
  | { readonly kind: 'notify'; readonly why: string }
  /** Nothing gives the pool a sender, so there is nothing to put back to. */
  | { readonly kind: 'blocked'; readonly why: string }
  /** The set or the identity cannot send: putting it back would make it worse. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Neither heals nor reports. */
  | { readonly kind: 'off'; readonly why: string }

/** The most careful claim of a pool wins. */
const modeOf = (claims: readonly Claim[]): Claim['Heal'] =>
  (['OFF', 'NOTIFY'] as const).find((mode) => claims.some(({ Heal }) => Heal === mode)) ?? 'AUTO'

/** Whether a member is as an unfinished operation found it, and was what the claims said then. An owner may have set a value of theirs again since. */
const isUnfinished = (name: string, live: EmailConfiguration, record: PoolRecord): boolean => {
  if (!sameMember(name, live, record.Applied)) return false
  if (!record.Intended) return true
  const declared = record.Claims.map(({ Declared }) => Declared)
  const layers = desired(record.Base, declared, live)
  return !layers.blocked && sameMember(name, record.Asked, layers.emailConfiguration)
}

/** Whether a declared member is gone, as after an owner's update that did not know of it: back at base, absent, or bare COGNITO_DEFAULT. */
const isClobbered = (name: string, live: EmailConfiguration, record: PoolRecord): boolean =>
  live[name] === undefined ||
  sameMember(name, live, record.Base) ||
  isUnfinished(name, live, record) ||
  (name === 'EmailSendingAccount' && live[name] === 'COGNITO_DEFAULT')

const CONTESTED = 'contested: '

/** What to do about what stands live, against the saved base. Pure. */
export const decide = ({ record, live, differing, blocked, pool }: Omit<Look, 'desired' | 'userPoolId'>, at: string): Decision => {
  if (!record || (differing.length === 0 && blocked === undefined)) return { kind: 'asDeclared' }
  const mode = modeOf(claimsOf(record))
  if (mode === 'OFF' || child(pool, 'UserPoolTags')?.[OFF_TAG.key] === OFF_TAG.value) return { kind: 'off', why: 'off' }
  const isContested = record.Unhealed?.startsWith(CONTESTED)
  if (isContested) return { kind: 'contested', why: record.Unhealed ?? '' }
  const meant = differing.filter((name) => !isClobbered(name, live, record))
  if (meant.length > 0) return { kind: 'contested', why: `${CONTESTED}somebody set ${meant.join(', ')} to another value` }
  if (blocked !== undefined) return { kind: 'blocked', why: `blocked: ${blocked}` }
  if (mode === 'NOTIFY') return { kind: 'notify', why: `notify: ${differing.join(', ')} not as declared` }
  const heals = recentHeals(record, at).length
  if (heals >= HEALS_A_DAY)
    return { kind: 'contested', why: `${CONTESTED}${differing.join(', ')} wiped again after ${heals} heals in 24 hours` }
  return { kind: 'heal' }
}

/** What became of a pool. `busy`: another operation works on it, look again later. `unknown`: we have no record of it. */
export type Healed = 'asDeclared' | 'healed' | 'contested' | 'notify' | 'off' | 'blocked' | 'refused' | 'gone' | 'busy' | 'unknown'

/** Says in the record why the pool is left alone. @returns false when the record has moved since it was judged */
const mark = async (run: Run, judged: PoolRecord, why: string): Promise<boolean> => {
  if (judged.Unhealed === why) return true
  const { table, clock } = run.ports
  const { Revision, Lease: _, ...rest } = judged
  return (await save(table, clock, { ...rest, Unhealed: why }, Revision, run.signal)) !== undefined
}

export type Own = { readonly account: string | undefined; readonly partition: string | undefined }

/** Why a heal would make it worse, if it would. @throws ServiceError when SES could not be asked */
const worse = async ({ userPoolId, desired, pool }: Look, finder: FactFinder, run: Run, own: Own): Promise<string | undefined> => {
  const facts = await finder.gather(desired)
  const findings = judgeFacts({ userPoolId, emailConfiguration: desired, pool, region: run.region, ...own, allowSandbox: true }, facts)
  const unread = findings.find(({ check }) => check === 'read-throttled' || check === 'read-failed')
  if (unread) throw new ServiceError('ses:Get*', unread.code, unread.message)
  const messages = findings.filter(({ check }) => WORSE.has(check)).map(({ message }) => message)
  return messages.length > 0 ? messages.join(' ') : undefined
}

/** Errors after which the next look may do better. */
const PASSING: ReadonlySet<string> = new Set(['Throttling', 'InternalFailure', 'NotStabilized'])

/**
 * Looks at one pool and puts back what its claims say, if that is what should be done. `item` is the pool's record as it was read, maybe a while ago.
 * @throws ServiceError when AWS could not be asked, or did not do what was asked
 */
export const heal = async (userPoolId: string, item: JsonObject | undefined, run: Run, own: Own): Promise<Healed> => {
  const { ses, table, clock } = run.ports
  const at = new Date(clock.now()).toISOString()
  const finder = factFinder(ses, clock, run.signal, run.region)
  for (let isFresh = false; ; isFresh = true) {
    const found = isFresh ? await readItemOf(table, clock, userPoolId, run.signal) : item
    if (!found) return 'unknown'
    const read = readPoolRecord(found, table.name)
    if (!read.ok) throw new ServiceError('dynamodb:GetItem', read.code, read.message)
    let judged = read.record
    let decision: Decision = { kind: 'asDeclared' }
    const judge: Judge = async (look) => {
      judged = look.record ?? judged
      decision = decide(look, at)
      const harm = decision.kind === 'heal' ? await worse(look, finder, run, own) : undefined
      if (harm !== undefined) decision = { kind: 'refused', why: `refused: ${harm}` }
      return 'why' in decision ? { refusal: refusal('InvalidRequest', decision.why), warnings: [] } : { warnings: [] }
    }
    const result = await reconcile(userPoolId, { kind: 'heal', at }, judge, run, { item: found, isCurrent: Promise.resolve(true) })
    if (result.ok) return result.wrote ? 'healed' : 'asDeclared'
    const { code, message } = result
    if (code === 'ResourceConflict') return 'busy'
    if (PASSING.has(code)) throw new ServiceError('cognito-idp:UpdateUserPool', code, message)
    const { kind, why } = leftAlone(decision, result)
    if (kind === 'off') return 'off'
    const record = 'why' in decision ? judged : await settledRecord(run, userPoolId)
    if (!record || (await mark(run, record, why))) {
      run.log(kind === 'gone' ? 'info' : 'warn', `user pool ${userPoolId} is left alone, ${why}`)
      return kind
    }
    if (isFresh) return 'busy'
  }
}

/** The record after an attempt that Cognito refused: ours no more. Undefined when somebody else has it by now. */
const settledRecord = async (run: Run, userPoolId: string): Promise<PoolRecord | undefined> => {
  const { table, clock } = run.ports
  const item = await readItemOf(table, clock, userPoolId, run.signal)
  const read = item && readPoolRecord(item, table.name)
  if (!read?.ok || (read.record.Lease && isHeld(read.record.Lease, run.lease, clock.now()))) return undefined
  return read.record
}

/** What to say of a pool that was left alone: the decision, or why Cognito did not take what was decided. */
const leftAlone = (decision: Decision, { code, message }: Refusal): { readonly kind: Healed; readonly why: string } => {
  if ('why' in decision) return decision
  const kind = code === 'NotFound' ? 'gone' : 'refused'
  return { kind, why: `${kind}: ${message}` }
}
