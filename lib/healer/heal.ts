// Drift of one pool: noticed, put back, or left alone with a reason.
import { type Refusal, refusal } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { holderOf } from '../lease.ts'
import { type EmailConfiguration, memberNames } from '../pool/layers.ts'
import { type Admission, reconcile } from '../pool/reconcile.ts'
import { claimsOf, type PoolRecord, readPoolRecord } from '../pool/record.ts'
import { findingsOf } from '../preflight/checks.ts'
import type { FactFinder } from '../preflight/facts.ts'
import { readItemOf, save } from '../table/items.ts'
import { type Decision, decide } from './decide.ts'

/** Findings of pre-flight that a heal would make worse: a set or an identity that cannot send is no better than what stands there. */
const CANNOT_SEND: ReadonlySet<string> = new Set([
  'configuration-set-missing',
  'configuration-set-elsewhere',
  'configuration-set-sending-off',
  'identity-missing',
  'identity-inherits',
  'identity-unverified',
  'account-shut-down',
  'account-sending-off',
  'read-no-endpoint',
])

/** Findings that say that SES could not be read. */
const UNREAD: ReadonlySet<string> = new Set(['read-denied', 'read-throttled', 'read-failed'])

/**
 * What became of a pool. `broken`: as declared, but SES says that it cannot send. `busy`: another operation works on it, look again later.
 * `failed`: it could not be looked at. `unknown`: we have no record of it.
 */
export type Healed =
  | 'asDeclared'
  | 'broken'
  | 'healed'
  | 'contested'
  | 'notify'
  | 'off'
  | 'blocked'
  | 'refused'
  | 'gone'
  | 'busy'
  | 'failed'
  | 'unknown'

/** The refusal by which the healer stops a reconcile: with what it decided, and the record that it judged. */
type LeftAlone = Refusal & { readonly kind: Exclude<Decision['kind'], 'asDeclared' | 'heal'> | 'refused'; readonly judged: PoolRecord }

const isLeftAlone = (refused: Refusal): refused is LeftAlone => 'judged' in refused

type Health = { readonly cannotSend?: string; readonly unread?: Refusal }

/** What SES says of a set and an identity. */
const healthOf = async (
  userPoolId: string,
  emailConfiguration: EmailConfiguration,
  pool: JsonObject,
  finder: FactFinder,
  { region, account, partition }: PoolWork,
): Promise<Health> => {
  const facts = await finder.gather(emailConfiguration)
  const declared = memberNames(emailConfiguration)
  const findings = findingsOf({ userPoolId, emailConfiguration, pool, region, account, partition, allowSandbox: true, declared }, facts)
  const unread = findings.find(({ check }) => UNREAD.has(check))
  const messages = findings.filter(({ check }) => CANNOT_SEND.has(check)).map(({ message }) => message)
  return {
    ...(messages.length > 0 ? { cannotSend: messages.join(' ') } : {}),
    ...(unread ? { unread: refusal(unread.code, unread.message) } : {}),
  }
}

/** The `Preflight` of the topmost claim. Records of 0.1 have none: the default. */
const preflightOf = (record: PoolRecord | undefined) => claimsOf(record).at(-1)?.Preflight ?? 'ENFORCE'

/** Admits a heal that is needed and does not make things worse. Refuses everything else with a reason. */
const admitHeal =
  (finder: FactFinder, at: string, work: PoolWork): Admission =>
  async (observed, next) => {
    const { record, userPoolId, pool } = observed
    const decision = decide(observed, next, at)
    const leave = (kind: LeftAlone['kind'], why: string) => ({
      refusal: { ...refusal('InvalidRequest', why), kind, judged: record },
      warnings: [],
    })
    if ('why' in decision) return leave(decision.kind, decision.why)
    if (decision.kind === 'asDeclared' || preflightOf(record) !== 'ENFORCE') return { warnings: [] }
    const { cannotSend, unread } = await healthOf(userPoolId, next.desired, pool, finder, work)
    if (unread && unread.code !== 'AccessDenied') return { refusal: unread, warnings: [] }
    const why = cannotSend ?? unread?.message
    return why === undefined ? { warnings: [] } : leave('refused', why)
  }

/** Says in the record why the pool is left alone. @returns false when the record has moved since it was judged */
const recordReason = async (work: PoolWork, judged: PoolRecord, kind: string, why: string, at: string): Promise<boolean> => {
  if (judged.Unhealed?.Kind === kind && judged.Unhealed.Why === why) return true
  const { table, clock } = work.ports
  const { Revision, Lease: _, ...rest } = judged
  return (await save(table, clock, { ...rest, Unhealed: { Kind: kind, Why: why, At: at } }, Revision, work.signal)) !== undefined
}

/** Refusals after which the next look may do better. */
const PASSING: ReadonlySet<string> = new Set(['Throttling', 'InternalFailure', 'NotStabilized'])

/**
 * Looks at one pool and puts back what its claims say, if that is what should be done.
 * @param item the pool's record as it was read, maybe a while ago
 * @param finder shared by all pools of a sweep: SES is asked once for each set and identity
 * @throws ServiceError when Cognito or the table could not be asked
 */
export const heal = async (userPoolId: string, item: JsonObject | undefined, finder: FactFinder, work: PoolWork): Promise<Healed> => {
  const { table, clock } = work.ports
  const at = new Date(clock.now()).toISOString()
  for (let isFresh = false; ; isFresh = true) {
    const found = isFresh ? await readItemOf(table, clock, userPoolId, work.signal) : item
    if (!found) return 'unknown'
    const read = readPoolRecord(found, table.name)
    if (!read.ok) return failed(work, userPoolId, read)
    const result = await reconcile(userPoolId, { kind: 'heal', at }, admitHeal(finder, at, work), work)
    if (result.ok) return result.wrote ? 'healed' : asDeclared(userPoolId, read.record, result.emailConfiguration, finder, work)
    if (result.code === 'ResourceConflict') return 'busy'
    if (PASSING.has(result.code)) return failed(work, userPoolId, result)
    const kind = isLeftAlone(result) ? result.kind : result.code === 'NotFound' ? 'gone' : 'refused'
    if (kind === 'off') return 'off'
    const judged = isLeftAlone(result) ? result.judged : await committedRecord(work, userPoolId)
    if (!judged || (await recordReason(work, judged, kind, result.message, at))) {
      work.log(kind === 'gone' ? 'info' : 'warn', `user pool ${userPoolId} is left alone, ${kind}: ${result.message}`)
      return kind
    }
    if (isFresh) return 'busy'
  }
}

const failed = (work: PoolWork, userPoolId: string, { code, message }: Refusal): 'failed' => {
  work.log('error', `user pool ${userPoolId} could not be looked at: ${code}: ${message}`)
  return 'failed'
}

/** A pool that is as declared may still not send: its set or its identity is gone, or cannot. */
const asDeclared = async (
  userPoolId: string,
  record: PoolRecord,
  live: EmailConfiguration,
  finder: FactFinder,
  work: PoolWork,
): Promise<'asDeclared' | 'broken'> => {
  if (preflightOf(record) === 'SKIP') return 'asDeclared'
  const { cannotSend } = await healthOf(userPoolId, live, {}, finder, work)
  if (cannotSend === undefined) return 'asDeclared'
  work.log('warn', `user pool ${userPoolId} is as declared and cannot send: ${cannotSend}`)
  return 'broken'
}

/** The record after an attempt that Cognito refused, when our lease has been given up. Undefined when somebody else holds it by now. */
const committedRecord = async (work: PoolWork, userPoolId: string): Promise<PoolRecord | undefined> => {
  const { table, clock } = work.ports
  const item = await readItemOf(table, clock, userPoolId, work.signal)
  const read = item && readPoolRecord(item, table.name)
  if (!read?.ok || holderOf(read.record.Lease, work.lease, clock.now()) === 'another') return undefined
  return read.record
}
