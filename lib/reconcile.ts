// The story: one pool is observed, planned, written and verified. Every event does the same; only what it wants differs.
import { refusesDefault, refusesTemplate, senderKept, templateCut, waitAfter, withSenderKept } from './after-refusal.ts'
import { type Change, claimsOf, concerns, type PoolRecord, plan, readPoolRecord, stackName, writeAhead } from './claims.ts'
import { differingMembers, type EmailConfiguration, withMembersOf } from './email-configuration.ts'
import { type Refusal, refusal, refusedForSure, ServiceError } from './errors.ts'
import { isHeld, readItemOf, save, untilNextLook } from './items.ts'
import type { JsonObject } from './json.ts'
import { forget, letGo, settle } from './pool-item.ts'
import type { Run } from './run.ts'
import { explain } from './service-errors.ts'
import { type Echo, lostSettings, updateRequest } from './user-pool.ts'
import { describe, emailConfigurationOf, failure, kept, lostRefusal, report, seenWarnings, verify } from './verify.ts'

/** What there is to judge before a pool is written. */
export type Look = {
  readonly userPoolId: string
  readonly pool: JsonObject
  readonly live: EmailConfiguration
  readonly desired: EmailConfiguration
  /** The members that are not as desired. */
  readonly differing: readonly string[]
  /** Why the claims have no effect, when nothing gives the pool a sender. */
  readonly blocked: string | undefined
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
  /** The pool as it was before an update that took effect, or whose outcome was never learned. */
  let unclear: JsonObject | undefined
  let failures = 0
  let wasHeld = false
  const release = async (): Promise<void> => {
    if (held) await letGo(run, held, before?.record, unclear !== undefined)
    held = undefined
  }
  /** What is refused still finishes what a dead invocation began: its intention must not stay. The healer finishes nothing that it may not heal. */
  const refuse = async (refused: Refusal, record: PoolRecord | undefined): Promise<Refusal> => {
    const found = before ? before.record : record
    await release()
    if (found?.Intended && change.kind !== 'heal') await reconcile(userPoolId, { kind: 'finish' }, noJudge, run)
    return refused
  }
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
        wasHeld = true
        continue
      }
      if (wasHeld) run.waitingFor.delete(userPoolId)
      wasHeld = false
      const isConcerned = change.kind !== 'detach' || concerns(record, change.owner)
      const readAt = clock.now()
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
      const landed = landedBy(record, live, run)
      if (landed > readAt) {
        await clock.sleep(Math.max(0, landed - clock.now()), run.signal)
        continue
      }

      // Plan.
      const planned = plan(userPoolId, record, live, change)
      if (!planned.ok) return await refuse(planned, record)
      const next = keepSender ? withSenderKept(planned, live) : planned
      const verdict = await judge({
        userPoolId,
        pool,
        live,
        desired: next.desired,
        differing: next.differing,
        blocked: next.blocked,
        record,
      })
      if (verdict.refusal) return await refuse(verdict.refusal, record)
      const warnings = [...next.warnings, ...verdict.warnings, ...(keepSender ? [senderKept(userPoolId)] : [])]
      if (next.differing.length > 0) await userPools.updateTurn(run.signal)
      await run.ready
      await run.stillMine()
      if (next.differing.length === 0) {
        const state = { base: next.base, claims: next.claims, asked: next.desired, applied: live }
        if (!(await settle(run, userPoolId, record, state))) continue
        held = undefined
        const lost = unclear ? lostSettings(unclear, pool, echo) : []
        return lostRefusal(userPoolId, lost) ?? done(userPoolId, live, unclear !== undefined, warnings)
      }

      // Apply: what we are about to do is on record before it is done.
      before ??= { record }
      const aheadAt = clock.now()
      const at = new Date(aheadAt).toISOString()
      const draft = writeAhead(userPoolId, record, live, next, run.lease, at)
      held = await save(table, clock, draft, record?.Revision, run.signal, run.stillMine)
      if (!held) {
        before = undefined
        continue
      }
      if (clock.now() - readAt > FRESH_MS || clock.now() - aheadAt > PROMPT_MS) continue
      const request = updateRequest(userPoolId, pool, next.send, echo)
      try {
        await userPools.update(request, run.signal)
      } catch (error) {
        const isOpen = !refusedForSure(error)
        if (isOpen) unclear = pool
        run.signal.throwIfAborted()
        if (!(error instanceof ServiceError)) throw error
        if (!echo.onlyTheTemplateInUse && refusesTemplate(error)) echo = { onlyTheTemplateInUse: true }
        else if (!keepSender && refusesDefault(error, next, live)) keepSender = true
        else {
          const wait = waitAfter(error, failures, run)
          failures += 1
          if (wait === undefined) return explain(error, { ...site, request })
          run.waitingFor.set(userPoolId, explain(error, { ...site, request }))
          await clock.sleep(isOpen ? Math.max(wait, LANDING_MS) : wait, run.signal)
        }
        continue
      }
      unclear = pool // Until it is verified nobody may take the record back.

      // Verify.
      const seen = await verify(run, userPoolId, pool, next.send, echo)
      const after = emailConfigurationOf(seen.pool)
      // What somebody changed at the same moment is theirs: next to what we sent, the next event sees that.
      const applied = withMembersOf(after, next.send, seen.changed)
      const notTaken = seen.notTaken.filter((name) => !seen.changed.includes(name))
      const state = { base: next.base, claims: next.claims, asked: withMembersOf(next.desired, after, notTaken), applied }
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
    await release()
  }
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

/** A copy of a pool that was asked for longer ago is not written back: an owner's write in between would be lost. */
const FRESH_MS = 3_000

/** An update is sent within this time after it was written ahead, or not at all: others count from there when it can no longer land. */
const PROMPT_MS = 1_000

/**
 * An update whose outcome was never learned may take effect this long after it was written ahead: inferred, no source bounds it.
 * Until then nothing that is read of the pool is believed: neither that the update was lost nor that a later one will stand.
 */
const LANDING_MS = PROMPT_MS + 2_000

/** When another invocation's unfinished write that does not show yet can no longer land. What was asked for before may not have it. */
const landedBy = (record: PoolRecord | undefined, live: EmailConfiguration, run: Run): number => {
  const intended = record?.Intended
  if (!intended || record.Lease?.Invocation === run.lease.Invocation) return 0
  const shows = differingMembers(intended.EmailConfiguration, live).length === 0
  return shows ? 0 : Date.parse(intended.At) + LANDING_MS
}
