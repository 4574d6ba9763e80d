// The story: one pool is observed, planned, written and verified. Every event does the same; only what it wants differs.
import { isDefinite, type Refusal, ServiceError } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { save } from '../table/items.ts'
import { COPY_VALID_MS, SEND_WITHIN_MS } from '../timing.ts'
import { refusalFor, type Site } from './cognito-errors.ts'
import { commit, drop, type Hold, release, stateAfter, writeAhead } from './hold.ts'
import type { EmailConfiguration } from './layers.ts'
import { type Attempts, FIRST_ATTEMPT, nextAttempt, senderKept, templateRemarks, withSenderKept } from './next-attempt.ts'
import { type Observed, observe } from './observe.ts'
import { type Operation, type Plan, plan } from './plan.ts'
import { changedSettings, updateRequest } from './settings.ts'
import { emailConfigurationOf, failure, lostRefusal, notRestored, report, seenWarnings, verify } from './verify.ts'

/** Says no to a plan, or what to warn of: pre-flight for a request, the healer's care for a heal. */
export type Admission = (seen: Observed, next: Plan) => Promise<{ readonly refusal?: Refusal; readonly warnings: readonly string[] }>

/** Pre-flight is not asked: nothing new is wished for. */
export const admitAll: Admission = async () => ({ warnings: [] })

export type Reconciled = {
  readonly ok: true
  readonly userPoolId: string
  /** What the pool has now. Empty when nothing was looked at. */
  readonly emailConfiguration: EmailConfiguration
  readonly wrote: boolean
  readonly warnings: readonly string[]
}

/** Makes one pool what its claims say. */
export const reconcile = async (userPoolId: string, change: Operation, judge: Admission, work: PoolWork): Promise<Reconciled | Refusal> => {
  const { table, clock, userPools } = work.ports
  const site = { userPoolId, region: work.region }
  const done = (emailConfiguration: EmailConfiguration, wrote: boolean, warnings: readonly string[]): Reconciled => ({
    ok: true,
    userPoolId,
    emailConfiguration,
    wrote,
    warnings,
  })
  let tries: Attempts = FIRST_ATTEMPT
  let hold: Hold | undefined
  /** The pool as it was before an update of ours that took effect, or may have. */
  let sent: JsonObject | undefined
  const releaseHold = async (): Promise<void> => {
    if (hold) await release(work, hold, sent !== undefined)
    hold = undefined
  }
  try {
    for (;;) {
      // Observe.
      const seen = await observe(work, userPoolId, change)
      if ('ok' in seen) return seen
      if (seen.kind === 'unconcerned') return done({}, false, [])
      if (seen.kind === 'gone') {
        if (change.kind !== 'detach') return noSuchPool(site)
        if (!seen.record || (await drop(work, seen.record, change))) return done({}, false, [])
        continue
      }
      const { record, pool, live, readAt } = seen

      // Plan.
      const next = await decide(seen, change, judge, tries)
      if (!next.ok) {
        // What is refused still finishes what a dead invocation began. The healer finishes nothing that it may not heal.
        const found = hold ? hold.before : record
        await releaseHold()
        if (found?.Intended && change.kind !== 'heal') await reconcile(userPoolId, { kind: 'finish' }, admitAll, work)
        return next
      }
      if (next.changes.length > 0) await userPools.updateTurn(work.signal)
      if (next.changes.length === 0) {
        const state = { base: next.base, claims: next.claims, asked: next.desired, applied: live }
        if (!(await commit(work, userPoolId, record, state))) continue
        hold = undefined
        const lost = sent ? changedSettings(sent, pool, tries.options) : []
        return lostRefusal(userPoolId, lost) ?? done(live, sent !== undefined, next.warnings)
      }

      // Apply: what we are about to do is on record before it is done.
      const aheadAt = clock.now()
      const draft = writeAhead(userPoolId, record, live, next, work.lease, new Date(aheadAt).toISOString())
      const ahead = await save(table, clock, draft, record?.Revision, work.signal)
      hold = ahead && { ahead, before: hold ? hold.before : record }
      if (!hold || clock.now() - readAt > COPY_VALID_MS || clock.now() - aheadAt > SEND_WITHIN_MS) continue
      const request = updateRequest(userPoolId, pool, next.toSend, tries.options)
      const earlier = sent
      sent = pool
      const error = await send(work, request)
      if (error) {
        if (isDefinite(error)) sent = earlier
        work.signal.throwIfAborted()
        const again = nextAttempt(error, tries, next, live, clock)
        const said = refusalFor(error, { ...site, request })
        if (!again) return said
        tries = again.tries
        if (again.wait !== undefined) {
          work.waitingFor.set(userPoolId, said)
          await clock.sleep(again.wait, work.signal)
        }
        continue
      }

      // Verify.
      const found = await verify(work, userPoolId, pool, next.toSend, tries.options)
      const after = emailConfigurationOf(found.pool)
      const isMine = await commit(work, userPoolId, hold.ahead, stateAfter(next, found, after))
      hold = undefined
      if (!isMine) continue
      report(work, userPoolId, pool, found)
      const remarks = [...next.warnings, ...seenWarnings(userPoolId, found), ...templateRemarks(userPoolId, tries)]
      if (change.kind === 'detach') return done(after, true, [...remarks, ...found.ignored.map((name) => notRestored(userPoolId, name))])
      return failure(userPoolId, found) ?? done(after, true, remarks)
    }
  } finally {
    await releaseHold()
  }
}

const noSuchPool = (site: Site): Refusal =>
  refusalFor(new ServiceError('cognito-idp:DescribeUserPool', 'ResourceNotFoundException', '', 400), site)

/** The plan for what was seen, unless the claims or the judge say no. */
const decide = async (seen: Observed, change: Operation, judge: Admission, tries: Attempts): Promise<Plan | Refusal> => {
  const planned = plan(seen.userPoolId, seen.record, seen.live, change)
  if (!planned.ok) return planned
  const next = tries.keepsSender ? withSenderKept(planned, seen.live) : planned
  const { refusal, warnings } = await judge(seen, next)
  const remarks = tries.keepsSender ? [senderKept(seen.userPoolId)] : []
  return refusal ?? { ...next, warnings: [...next.warnings, ...warnings, ...remarks] }
}

/** Sends the update, once. @returns the error that the service gave, if it gave one */
const send = async (work: PoolWork, request: JsonObject): Promise<ServiceError | undefined> => {
  try {
    await work.ports.userPools.update(request, work.signal)
    return undefined
  } catch (error) {
    if (error instanceof ServiceError) return error
    throw error
  }
}
