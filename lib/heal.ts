// Drift of one pool: noticed, put back, or left alone with a reason. Careful first: a healer that fights an owner does more harm than drift.
import { type Claim, claimsOf, type PoolRecord, readPoolRecord, recentHeals } from './claims.ts'
import { type EmailConfiguration, sameMember } from './email-configuration.ts'
import { refusal, ServiceError } from './errors.ts'
import { readItemOf, save } from './items.ts'
import { child, type JsonObject } from './json.ts'
import { factFinder, judge as judgeFacts } from './preflight.ts'
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
  /** Neither heals nor reports. */
  | { readonly kind: 'off' }

/** The most careful claim of a pool wins. */
const modeOf = (claims: readonly Claim[]): Claim['Heal'] =>
  (['OFF', 'NOTIFY'] as const).find((mode) => claims.some(({ Heal }) => Heal === mode)) ?? 'AUTO'

/** Whether a declared member is gone, as after an owner's update that did not know of it: back at base, absent, or bare COGNITO_DEFAULT. */
const isClobbered = (name: string, live: EmailConfiguration, record: PoolRecord): boolean =>
  live[name] === undefined ||
  sameMember(name, live, record.Base) ||
  sameMember(name, live, record.Applied) ||
  (name === 'EmailSendingAccount' && live[name] === 'COGNITO_DEFAULT')

const CONTESTED = 'contested: '

/** What to do about what stands live, against the saved base. Pure. */
export const decide = ({ record, live, differing, pool }: Omit<Look, 'desired' | 'userPoolId'>, at: string): Decision => {
  if (!record || differing.length === 0) return { kind: 'asDeclared' }
  const mode = modeOf(claimsOf(record))
  if (mode === 'OFF' || child(pool, 'UserPoolTags')?.[OFF_TAG.key] === OFF_TAG.value) return { kind: 'off' }
  const isContested = record.Unhealed?.startsWith(CONTESTED)
  if (isContested) return { kind: 'contested', why: record.Unhealed ?? '' }
  const meant = differing.filter((name) => !isClobbered(name, live, record))
  if (meant.length > 0) return { kind: 'contested', why: `${CONTESTED}somebody set ${meant.join(', ')} to another value` }
  if (mode === 'NOTIFY') return { kind: 'notify', why: `notify: ${differing.join(', ')} not as declared` }
  const heals = recentHeals(record, at).length
  if (heals >= HEALS_A_DAY)
    return { kind: 'contested', why: `${CONTESTED}${differing.join(', ')} wiped again after ${heals} heals in 24 hours` }
  return { kind: 'heal' }
}

/** What became of a pool. `busy`: another operation holds it, look again later. `unknown`: we have no record of it. */
export type Healed = 'asDeclared' | 'healed' | 'contested' | 'notify' | 'off' | 'blocked' | 'refused' | 'gone' | 'busy' | 'unknown'

/** Says in the record why the pool is left alone, or takes that away. A record that moved meanwhile is looked at another time. */
const mark = async (run: Run, userPoolId: string, item: JsonObject, why: string): Promise<void> => {
  if (item['Unhealed'] === why) return
  const { table, clock } = run.ports
  const stored = await readItemOf(table, clock, userPoolId, run.signal)
  const read = stored && readPoolRecord(stored, table.name)
  if (!read?.ok || read.record.Lease) return
  const { Revision, ...rest } = read.record
  await save(table, clock, { ...rest, Unhealed: why }, Revision, run.signal)
}

export type Own = { readonly account: string | undefined; readonly partition: string | undefined }

/** Why a heal would make it worse, if it would. @throws ServiceError when SES could not be asked */
const worse = async ({ userPoolId, desired, pool }: Look, run: Run, own: Own): Promise<string | undefined> => {
  const { ses, clock } = run.ports
  const facts = await factFinder(ses, clock, run.signal, run.region).gather(desired)
  const findings = judgeFacts({ userPoolId, emailConfiguration: desired, pool, region: run.region, ...own, allowSandbox: true }, facts)
  const unread = findings.find(({ check }) => check === 'read-throttled' || check === 'read-failed')
  if (unread) throw new ServiceError('ses:Get*', unread.code, unread.message)
  const messages = findings.filter(({ check }) => WORSE.has(check)).map(({ message }) => message)
  return messages.length > 0 ? messages.join(' ') : undefined
}

/**
 * Looks at one pool and puts back what its claims say, if that is what should be done. `item` is the pool's record as it was read.
 * @throws ServiceError when AWS could not be asked, or did not do what was asked
 */
export const heal = async (userPoolId: string, item: JsonObject | undefined, run: Run, own: Own): Promise<Healed> => {
  if (!item) return 'unknown'
  const at = new Date(run.ports.clock.now()).toISOString()
  let decision: Decision | undefined
  const judge: Judge = async (look) => {
    decision = decide(look, at)
    const why = decision.kind === 'heal' ? await worse(look, run, own) : 'why' in decision ? decision.why : undefined
    return why === undefined && decision.kind !== 'off'
      ? { warnings: [] }
      : { refusal: refusal('InvalidRequest', why ?? 'off'), warnings: [] }
  }
  const result = await reconcile(userPoolId, { kind: 'heal', at }, judge, run, { item, isCurrent: Promise.resolve(true) })
  if (result.ok) return result.wrote ? 'healed' : 'asDeclared'
  const { code, message } = result
  if (code === 'ResourceConflict') return 'busy'
  if (code === 'Throttling' || code === 'InternalFailure' || code === 'NotStabilized')
    throw new ServiceError('cognito-idp:UpdateUserPool', code, message)
  const kind = (decision as Decision | undefined)?.kind
  if (kind === 'off') return 'off'
  const isSaid = kind === 'contested' || kind === 'notify'
  const healed = isSaid ? kind : code === 'NotFound' ? 'gone' : kind === undefined ? 'blocked' : 'refused'
  const why = isSaid ? message : `${healed}: ${message}`
  await mark(run, userPoolId, item, why)
  run.log(healed === 'gone' ? 'info' : 'warn', `user pool ${userPoolId} is left alone, ${why}`)
  return healed
}
