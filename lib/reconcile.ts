// The story: one pool is observed, planned, written and verified. Every event does the same; only what it wants differs.
import {
  type Change,
  claimsOf,
  concerns,
  type Lease,
  type Plan,
  type PoolRecord,
  plan,
  readPoolRecord,
  sameRecord,
  settled,
  stackName,
  writeAhead,
} from './claims.ts'
import { differingMembers, type EmailConfiguration, type ReadBack, readBack, withMembersOf } from './email-configuration.ts'
import { isDenied, isNotFound, isThrottled, type Refusal, refusal, refusedForSure, ServiceError } from './errors.ts'
import { isHeld, readItemOf, remove, save, untilNextLook } from './items.ts'
import { child, type JsonObject } from './json.ts'
import type { Log, Ports } from './ports.ts'
import { backoff, retrying } from './retry.ts'
import { explain } from './service-errors.ts'
import { type Difference, type Echo, lostSettings, settingsCount, updateRequest } from './user-pool.ts'

/** One invocation's work: what it may use, and for how long. */
export type Run = {
  readonly ports: Ports
  /** Ends all work, before the Lambda's time is over. */
  readonly signal: AbortSignal
  /** Half a second later: by then leases have been given up. */
  readonly closing: AbortSignal
  readonly lease: Lease
  readonly region: string
  readonly log: Log
  /** Resolves when the binding has recorded its pools; nothing is written to a pool before. */
  readonly ready: Promise<unknown>
  /** @throws Superseded when another delivery has taken the binding over */
  readonly stillMine: () => Promise<void>
  /** What each pool that is not done yet is waiting for, should the time run out. */
  readonly waitingFor: Map<string, Refusal>
}

/** What there is to judge before a pool is written. */
export type Look = {
  readonly userPoolId: string
  readonly pool: JsonObject
  readonly live: EmailConfiguration
  readonly desired: EmailConfiguration
  /** The members that are not as desired. */
  readonly differing: readonly string[]
  readonly record: PoolRecord | undefined
}

/** Says no, or what to warn of: pre-flight for a request, the healer's care for a heal. */
export type Judge = (look: Look) => Promise<{ readonly refusal?: Refusal; readonly warnings: readonly string[] }>

export type Done = {
  readonly ok: true
  readonly userPoolId: string
  /** What the pool has now. Empty when nothing was looked at. */
  readonly emailConfiguration: EmailConfiguration
  readonly wrote: boolean
  readonly warnings: readonly string[]
}

const done = (userPoolId: string, emailConfiguration: EmailConfiguration, wrote: boolean, warnings: readonly string[]): Done => ({
  ok: true,
  userPoolId,
  emailConfiguration,
  wrote,
  warnings,
})

const emailConfigurationOf = (pool: JsonObject): EmailConfiguration => child(pool, 'EmailConfiguration') ?? {}

/** The pool's item where it has been read already, and whether it still stood so when the binding was known to be ours. */
export type First = { readonly item: JsonObject | undefined; readonly isCurrent: Promise<boolean> }

/** Makes one pool what its claims say. */
export const reconcile = async (userPoolId: string, change: Change, judge: Judge, run: Run, first?: First): Promise<Done | Refusal> => {
  const { table, clock, userPools } = run.ports
  const site = { userPoolId, region: run.region }
  let ahead = first
  let echo: Echo = {}
  let keepSender = false
  let before: { readonly record: PoolRecord | undefined } | undefined
  let held: PoolRecord | undefined
  /** The pool as it was before an update whose outcome was never learned, and when that update was sent. */
  let unclear: { readonly pool: JsonObject; readonly at: number } | undefined
  let failures = 0
  try {
    for (;;) {
      // Observe: the record first, then the pool; nobody of us writes in between without the record's revision moving.
      const [stored, isCurrent] = ahead
        ? [ahead, ahead.isCurrent]
        : [{ item: await readItemOf(table, clock, userPoolId, run.signal) }, true]
      ahead = undefined
      const read = stored.item && readPoolRecord(stored.item, table.name)
      if (read && !read.ok) return read
      const record = read?.record
      if (record?.Lease && isHeld(record.Lease, run.lease, clock.now())) {
        run.waitingFor.set(userPoolId, busy(userPoolId, record))
        if (change.kind === 'heal') return busy(userPoolId, record)
        await run.ready // An event that is no longer ours to serve must not wait here.
        await clock.sleep(untilNextLook(record.Lease, clock), run.signal)
        continue
      }
      const isConcerned = change.kind !== 'detach' || concerns(record, change.owner)
      const pool = isConcerned ? await describe(run, userPoolId) : undefined
      if (!(await isCurrent)) continue
      if (!isConcerned) return done(userPoolId, {}, false, [])
      if (!pool && change.kind === 'detach') {
        await run.ready
        if (!record || (await forget(run, record, change))) return done(userPoolId, {}, false, [])
        continue
      }
      if (!pool) return explain(new ServiceError('cognito-idp:DescribeUserPool', 'ResourceNotFoundException', '', 400), site)
      const live = emailConfigurationOf(pool)

      // Plan.
      const planned = plan(userPoolId, record, live, change)
      if (!planned.ok) return await refusing(userPoolId, planned, record, run)
      const next = keepSender ? withSenderKept(planned, live) : planned
      const foreignLanding = mayStillLand(record, live, next, run)
      if (foreignLanding > 0) {
        await clock.sleep(foreignLanding, run.signal)
        continue
      }
      const verdict = await judge({ userPoolId, pool, live, desired: next.desired, differing: next.differing, record })
      if (verdict.refusal) return await refusing(userPoolId, verdict.refusal, record, run)
      const warnings = [...next.warnings, ...verdict.warnings, ...(keepSender ? [senderKept(userPoolId)] : [])]
      await run.ready
      await run.stillMine()
      if (next.differing.length === 0) {
        if (unclear && unclear.at + LANDING_MS > clock.now()) {
          await clock.sleep(unclear.at + LANDING_MS - clock.now(), run.signal)
          continue
        }
        const state = { base: next.base, claims: next.claims, asked: next.desired, applied: live }
        if (!(await settle(run, userPoolId, record, state))) continue
        held = undefined
        const lost = unclear ? lostSettings(unclear.pool, pool, echo) : []
        return lostRefusal(userPoolId, lost) ?? done(userPoolId, live, unclear !== undefined, warnings)
      }

      // Apply: what we are about to do is on record before it is done.
      before ??= { record }
      const at = new Date(clock.now()).toISOString()
      held = await save(table, clock, writeAhead(userPoolId, record, live, next, run.lease, at), record?.Revision, run.signal)
      if (!held) {
        before = undefined
        continue
      }
      const request = updateRequest(userPoolId, pool, next.send, echo)
      const sentAt = clock.now()
      try {
        await userPools.update(request, run.signal)
      } catch (error) {
        if (!refusedForSure(error)) unclear = { pool, at: sentAt }
        run.signal.throwIfAborted()
        if (!(error instanceof ServiceError)) throw error
        if (!echo.onlyTheTemplateInUse && refusesTemplate(error)) echo = { onlyTheTemplateInUse: true }
        else if (!keepSender && change.kind === 'detach' && refusesDefault(error, next, live)) keepSender = true
        else {
          const wait = waitAfter(error, failures, run)
          failures += 1
          if (wait === undefined) return explain(error, { ...site, request })
          run.waitingFor.set(userPoolId, explain(error, { ...site, request }))
          await clock.sleep(wait, run.signal)
        }
        continue
      }
      const landing = unclear ? unclear.at + LANDING_MS - clock.now() : 0
      unclear = { pool, at: sentAt } // Written; until it is verified nobody may take the record back.
      // An earlier attempt may still take effect, over this one: look when it no longer can.
      if (landing > 0) await clock.sleep(landing, run.signal)

      // Verify.
      const seen = await verify(run, userPoolId, pool, next.send, echo)
      const after = emailConfigurationOf(seen.pool)
      // What somebody changed at the same moment is theirs: next to what we sent, the next event sees that.
      const applied = withMembersOf(after, next.send, seen.changed)
      const state = { base: next.base, claims: next.claims, asked: withMembersOf(next.desired, after, seen.notTaken), applied }
      const isMine = await settle(run, userPoolId, held, state)
      held = undefined
      before = undefined
      if (!isMine) continue
      report(run, userPoolId, pool, seen)
      const remarks = [...warnings, ...seenWarnings(userPoolId, seen), ...(echo.onlyTheTemplateInUse ? [templateCut(userPoolId)] : [])]
      if (change.kind === 'detach')
        return done(userPoolId, after, true, [...remarks, ...seen.notTaken.map((name) => kept(userPoolId, name))])
      return failure(userPoolId, seen) ?? done(userPoolId, after, true, remarks)
    }
  } finally {
    if (held) await letGo(run, held, before?.record, unclear !== undefined)
  }
}

/** What is refused still finishes what a dead invocation began: the intention must not stay. */
const refusing = async (userPoolId: string, refused: Refusal, record: PoolRecord | undefined, run: Run): Promise<Refusal> => {
  if (record?.Intended) await reconcile(userPoolId, { kind: 'finish' }, noJudge, run)
  return refused
}

/** Pre-flight is not asked: nothing new is wished for. */
export const noJudge: Judge = async () => ({ warnings: [] })

const busy = (userPoolId: string, record: PoolRecord): Refusal => {
  const others = claimsOf(record).map((claim) => stackName(claim.StackId))
  const who = others.length > 0 ? ` (bound by ${[...new Set(others)].join(', ')})` : ''
  return refusal(
    'ResourceConflict',
    `Another operation on user pool ${userPoolId}${who} was still running when the time ran out. Try again when it is over.`,
  )
}

const describe = async (run: Run, userPoolId: string): Promise<JsonObject | undefined> => {
  const read = () => run.ports.userPools.describe(userPoolId, run.signal)
  try {
    return await retrying(run.ports.clock, run.signal, read, (error) =>
      run.waitingFor.set(userPoolId, explain(error, { userPoolId, region: run.region })),
    )
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** An update whose outcome was never learned may take effect this long after it was begun. Inferred: no source bounds it. */
const LANDING_MS = 3_000

/** Milliseconds to wait for another invocation's unfinished write that does not show yet and that we do not want. */
const mayStillLand = (record: PoolRecord | undefined, live: EmailConfiguration, next: Plan, run: Run): number => {
  const intended = record?.Intended
  if (!intended || record.Lease?.Invocation === run.lease.Invocation) return 0
  const isUnwanted = differingMembers(intended.EmailConfiguration, next.desired).length > 0
  const shows = differingMembers(intended.EmailConfiguration, live).length === 0
  return isUnwanted && !shows ? Date.parse(intended.At) + LANDING_MS - run.ports.clock.now() : 0
}

/** Records a state that nobody has to finish: without lease and intention. False when somebody else was first. */
const settle = async (
  run: Run,
  userPoolId: string,
  record: PoolRecord | undefined,
  state: Parameters<typeof settled>[2],
): Promise<boolean> => {
  const { table, clock } = run.ports
  const rest = settled(userPoolId, record, state)
  if (!rest) return !record || (await remove(table, clock, userPoolId, record.Revision, run.signal))
  if (record && sameRecord(rest, record)) return true
  return (await save(table, clock, rest, record?.Revision, run.signal)) !== undefined
}

/** The pool is gone: the claim goes, and the record with the last one. */
const forget = (run: Run, record: PoolRecord, change: Change & { kind: 'detach' }): Promise<boolean> => {
  const next = plan(record.UserPoolId, record, record.Applied, change)
  const claims = next.ok ? next.claims : []
  return settle(run, record.UserPoolId, record, { base: record.Base, claims, asked: record.Asked, applied: record.Applied })
}

/** Gives the lease up. When every attempt was refused for sure the record goes back to what it was; else the intention stays, for whoever comes next. */
const letGo = async (run: Run, held: PoolRecord, before: PoolRecord | undefined, unclear: boolean): Promise<void> => {
  const { table, clock } = run.ports
  const { Lease: _lease, Revision: _revision, ...rest } = unclear ? held : (before ?? held)
  try {
    if (!unclear && !before) await remove(table, clock, held.UserPoolId, held.Revision, run.closing)
    else await save(table, clock, rest, held.Revision, run.closing)
  } catch (error) {
    // It ends by itself with the invocation's deadline; the answer matters more.
    run.log('warn', `the lease on user pool ${held.UserPoolId} could not be given up`, { error: String(error) })
  }
}

/** Attempts for errors that often pass, by name. Throttles and imports are waited out while there is time. */
const ATTEMPTS: Readonly<Record<string, number>> = {
  ConcurrentModificationException: 6,
  InvalidSmsRoleTrustRelationshipException: 3,
  InvalidSmsRoleAccessPolicyException: 3,
  UserImportInProgressException: Infinity,
}

const TEMPLATE = /EmailMessageByLink|EmailSubjectByLink|VerificationMessageTemplate/

const refusesTemplate = (error: ServiceError): boolean => error.code === 'InvalidParameterException' && TEMPLATE.test(error.message)

/** Whether the service refuses the way back to COGNITO_DEFAULT: with email MFA or email OTP the pool needs a sender. */
const refusesDefault = (error: ServiceError, next: Plan, live: EmailConfiguration): boolean =>
  refusedForSure(error) &&
  !isThrottled(error) &&
  !isDenied(error) &&
  !isNotFound(error) &&
  ATTEMPTS[error.code] === undefined &&
  next.desired['EmailSendingAccount'] !== 'DEVELOPER' &&
  live['EmailSendingAccount'] === 'DEVELOPER'

/** Only ConfigurationSet and ReplyToEmailAddress go back to base. */
const withSenderKept = (next: Plan, live: EmailConfiguration): Plan => {
  const desired = withMembersOf(live, next.desired, ['ConfigurationSet', 'ReplyToEmailAddress'])
  return { ...next, desired, send: desired, differing: differingMembers(live, desired) }
}

const senderKept = (userPoolId: string): string =>
  `Amazon Cognito does not let user pool ${userPoolId} go back to COGNITO_DEFAULT (email MFA and email OTP need a sender of the pool’s own), so it keeps its sender; ConfigurationSet and ReplyToEmailAddress were put back.`

const kept = (userPoolId: string, name: string): string =>
  `Amazon Cognito kept ${name} of user pool ${userPoolId} although it was to be put back.`

const templateCut = (userPoolId: string): string =>
  `Amazon Cognito refused VerificationMessageTemplate of user pool ${userPoolId} as it describes it; only the texts that DefaultEmailOption uses were sent.`

/** Milliseconds until the pool is read again for another attempt; undefined when there is no point in one. */
const waitAfter = (error: ServiceError, failures: number, run: Run): number | undefined => {
  const { clock } = run.ports
  const attempts = isThrottled(error) ? Infinity : (ATTEMPTS[error.code] ?? (refusedForSure(error) ? 1 : 5))
  if (failures + 1 >= attempts) return undefined
  return error.code === 'UserImportInProgressException' ? 5_000 : backoff(failures, clock)
}

type Seen = ReadBack & { readonly pool: JsonObject; readonly lost: readonly Difference[] }

const compare = (before: JsonObject, sent: EmailConfiguration, after: JsonObject, echo: Echo): Seen => ({
  ...readBack(emailConfigurationOf(before), sent, emailConfigurationOf(after)),
  pool: after,
  lost: lostSettings(before, after, echo),
})

/** Reads the pool again, and once more a second later when something is not as sent. */
const verify = async (run: Run, userPoolId: string, before: JsonObject, sent: EmailConfiguration, echo: Echo): Promise<Seen> => {
  const look = async () => {
    const after = await describe(run, userPoolId)
    // Removed the moment after it was written: nothing is left to differ.
    return after ? compare(before, sent, after, echo) : { pool: before, lost: [], notTaken: [], respelled: [], changed: [] }
  }
  const seen = await look()
  if ([seen.lost, seen.notTaken, seen.respelled, seen.changed].every((found) => found.length === 0)) return seen
  await run.ports.clock.sleep(1_000, run.signal)
  return look()
}

const lostRefusal = (userPoolId: string, lost: readonly Difference[]): Refusal | undefined =>
  lost.length === 0
    ? undefined
    : refusal(
        'NotStabilized',
        `After the update of user pool ${userPoolId} these settings differ from before: ${lost.map(({ setting }) => setting).join(', ')}. They were sent unchanged; either somebody changed them at the same moment or Amazon Cognito did not keep them. The log has the values before and after; set them again if nobody meant it.`,
      )

const failure = (userPoolId: string, { lost, notTaken }: Seen): Refusal | undefined =>
  lostRefusal(userPoolId, lost) ??
  (notTaken.length === 0
    ? undefined
    : refusal(
        'NotStabilized',
        `Amazon Cognito accepted the update of user pool ${userPoolId}, but ${notTaken.join(', ')} did not change. Try again; if it stays so, look at the user pool’s email settings in the console.`,
      ))

const seenWarnings = (userPoolId: string, { respelled, changed }: Seen): string[] => [
  ...respelled.map((name) => `Amazon Cognito stored ${name} of user pool ${userPoolId} in another spelling than it was sent.`),
  ...(changed.length > 0 ? [`Somebody else changed ${changed.join(', ')} of user pool ${userPoolId} at the moment of this update.`] : []),
]

const report = (run: Run, userPoolId: string, before: JsonObject, seen: Seen): void => {
  const [live, after] = [emailConfigurationOf(before), emailConfigurationOf(seen.pool)]
  const changed = differingMembers(live, after).map((setting) => ({ setting, before: live[setting], after: after[setting] }))
  const untouched = settingsCount(before) - seen.lost.length
  run.log('info', `user pool ${userPoolId}: EmailConfiguration written, ${untouched} other settings untouched`, { changed })
  if (seen.lost.length > 0) run.log('error', `user pool ${userPoolId}: settings differ after the update`, { lost: [...seen.lost] })
}
