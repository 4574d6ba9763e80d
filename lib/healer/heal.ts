// Drift of one pool: noticed, put back, or left alone with a reason.
import { type Refusal, refusal, ServiceError } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { isHeld } from '../lease.ts'
import { memberNames } from '../pool/layers.ts'
import type { Observed } from '../pool/observe.ts'
import type { Plan } from '../pool/plan.ts'
import { type Admission, reconcile } from '../pool/reconcile.ts'
import { type PoolRecord, readPoolRecord } from '../pool/record.ts'
import { findingsOf as judgeFacts } from '../preflight/checks.ts'
import { type FactFinder, factFinder } from '../preflight/facts.ts'
import { readItemOf, save } from '../table/items.ts'
import { type Decision, decide } from './decide.ts'

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
  'read-no-endpoint',
])

/** What became of a pool. `busy`: another operation works on it, look again later. `unknown`: we have no record of it. */
export type Healed = 'asDeclared' | 'healed' | 'contested' | 'notify' | 'off' | 'blocked' | 'refused' | 'gone' | 'busy' | 'unknown'

/** Says in the record why the pool is left alone. @returns false when the record has moved since it was judged */
const recordReason = async (work: PoolWork, judged: PoolRecord, why: string): Promise<boolean> => {
  if (judged.Unhealed === why) return true
  const { table, clock } = work.ports
  const { Revision, Lease: _, ...rest } = judged
  return (await save(table, clock, { ...rest, Unhealed: why }, Revision, work.signal)) !== undefined
}

/** Why a heal would make it worse, if it would. @throws ServiceError when SES could not be asked */
export const wouldNotSend = async (
  { userPoolId, pool }: Observed,
  { desired, claims }: Plan,
  finder: FactFinder,
  work: PoolWork,
): Promise<string | undefined> => {
  const facts = await finder.gather(desired)
  const { region, account, partition } = work
  const declared = memberNames(...claims.map(({ Declared }) => Declared))
  const findings = judgeFacts(
    { userPoolId, emailConfiguration: desired, pool, region, account, partition, allowSandbox: true, declared },
    facts,
  )
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
export const heal = async (userPoolId: string, item: JsonObject | undefined, work: PoolWork): Promise<Healed> => {
  const { ses, table, clock } = work.ports
  const at = new Date(clock.now()).toISOString()
  const finder = factFinder(ses, clock, work.signal, work.region)
  for (let isFresh = false; ; isFresh = true) {
    const found = isFresh ? await readItemOf(table, clock, userPoolId, work.signal) : item
    if (!found) return 'unknown'
    const read = readPoolRecord(found, table.name)
    if (!read.ok) throw new ServiceError('dynamodb:GetItem', read.code, read.message)
    let judged = read.record
    let decision: Decision = { kind: 'asDeclared' }
    const judge: Admission = async (seen, next) => {
      judged = seen.record ?? judged
      decision = decide(seen, next, at)
      const harm = decision.kind === 'heal' ? await wouldNotSend(seen, next, finder, work) : undefined
      if (harm !== undefined) decision = { kind: 'refused', why: `refused: ${harm}` }
      return 'why' in decision ? { refusal: refusal('InvalidRequest', decision.why), warnings: [] } : { warnings: [] }
    }
    const result = await reconcile(userPoolId, { kind: 'heal', at }, judge, work)
    if (result.ok) return result.wrote ? 'healed' : 'asDeclared'
    const { code, message } = result
    if (code === 'ResourceConflict') return 'busy'
    if (PASSING.has(code)) throw new ServiceError('cognito-idp:UpdateUserPool', code, message)
    const { kind, why } = leftAlone(decision, result)
    if (kind === 'off') return 'off'
    const record = 'why' in decision ? judged : await settledRecord(work, userPoolId)
    if (!record || (await recordReason(work, record, why))) {
      work.log(kind === 'gone' ? 'info' : 'warn', `user pool ${userPoolId} is left alone, ${why}`)
      return kind
    }
    if (isFresh) return 'busy'
  }
}

/** The record after an attempt that Cognito refused: ours no more. Undefined when somebody else has it by now. */
const settledRecord = async (work: PoolWork, userPoolId: string): Promise<PoolRecord | undefined> => {
  const { table, clock } = work.ports
  const item = await readItemOf(table, clock, userPoolId, work.signal)
  const read = item && readPoolRecord(item, table.name)
  if (!read?.ok || isHeld(read.record.Lease, work.lease, clock.now())) return undefined
  return read.record
}

/** What to say of a pool that was left alone: the decision, or why Cognito did not take what was decided. */
const leftAlone = (decision: Decision, { code, message }: Refusal): { readonly kind: Healed; readonly why: string } => {
  if ('why' in decision) return decision
  const kind = code === 'NotFound' ? 'gone' : 'refused'
  return { kind, why: `${kind}: ${message}` }
}
