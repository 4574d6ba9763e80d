// The story: one pool is observed, planned, written and verified. Every event does the same; only what it wants differs.
import { type Refusal, refusedForSure, ServiceError } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { save } from '../table/items.ts'
import { FRESH_MS, PROMPT_MS } from '../timing.ts'
import { explain, type Site } from './cognito-errors.ts'
import type { EmailConfiguration } from './email-configuration.ts'
import { forget, type Hold, letGo, settle, stateAfter, writeAhead } from './hold.ts'
import { FIRST_TRY, nextTry, senderKept, type Tries, templateRemarks, withSenderKept } from './next-try.ts'
import { type Observed, observe } from './observe.ts'
import { type Change, type Plan, plan } from './plan.ts'
import { lostSettings, updateRequest } from './settings.ts'
import { emailConfigurationOf, failure, kept, lostRefusal, report, seenWarnings, verify } from './verify.ts'

/** Says no to a plan, or what to warn of: pre-flight for a request, the healer's care for a heal. */
export type Judge = (seen: Observed, next: Plan) => Promise<{ readonly refusal?: Refusal; readonly warnings: readonly string[] }>

/** Pre-flight is not asked: nothing new is wished for. */
export const noJudge: Judge = async () => ({ warnings: [] })

export type Done = {
  readonly ok: true
  readonly userPoolId: string
  /** What the pool has now. Empty when nothing was looked at. */
  readonly emailConfiguration: EmailConfiguration
  readonly wrote: boolean
  readonly warnings: readonly string[]
}

/** Makes one pool what its claims say. */
export const reconcile = async (userPoolId: string, change: Change, judge: Judge, work: PoolWork): Promise<Done | Refusal> => {
  const { table, clock, userPools } = work.ports
  const site = { userPoolId, region: work.region }
  const done = (emailConfiguration: EmailConfiguration, wrote: boolean, warnings: readonly string[]): Done => ({
    ok: true,
    userPoolId,
    emailConfiguration,
    wrote,
    warnings,
  })
  let tries: Tries = FIRST_TRY
  let hold: Hold | undefined
  /** The pool as it was before an update of ours that took effect, or may have. */
  let sent: JsonObject | undefined
  const release = async (): Promise<void> => {
    if (hold) await letGo(work, hold, sent !== undefined)
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
        if (!seen.record || (await forget(work, seen.record, change))) return done({}, false, [])
        continue
      }
      const { record, pool, live, readAt } = seen

      // Plan.
      const next = await decide(seen, change, judge, tries)
      if (!next.ok) {
        // What is refused still finishes what a dead invocation began. The healer finishes nothing that it may not heal.
        const found = hold ? hold.before : record
        await release()
        if (found?.Intended && change.kind !== 'heal') await reconcile(userPoolId, { kind: 'finish' }, noJudge, work)
        return next
      }
      if (next.differing.length > 0) await userPools.updateTurn(work.signal)
      if (next.differing.length === 0) {
        const state = { base: next.base, claims: next.claims, asked: next.desired, applied: live }
        if (!(await settle(work, userPoolId, record, state))) continue
        hold = undefined
        const lost = sent ? lostSettings(sent, pool, tries.echo) : []
        return lostRefusal(userPoolId, lost) ?? done(live, sent !== undefined, next.warnings)
      }

      // Apply: what we are about to do is on record before it is done.
      const aheadAt = clock.now()
      const draft = writeAhead(userPoolId, record, live, next, work.lease, new Date(aheadAt).toISOString())
      const ahead = await save(table, clock, draft, record?.Revision, work.signal)
      hold = ahead && { ahead, before: hold ? hold.before : record }
      if (!hold || clock.now() - readAt > FRESH_MS || clock.now() - aheadAt > PROMPT_MS) continue
      const request = updateRequest(userPoolId, pool, next.send, tries.echo)
      const earlier = sent
      sent = pool
      const error = await send(work, request)
      if (error) {
        if (refusedForSure(error)) sent = earlier
        work.signal.throwIfAborted()
        const again = nextTry(error, tries, next, live, clock)
        const said = explain(error, { ...site, request })
        if (!again) return said
        tries = again.tries
        if (again.wait !== undefined) {
          work.waitingFor.set(userPoolId, said)
          await clock.sleep(again.wait, work.signal)
        }
        continue
      }

      // Verify.
      const found = await verify(work, userPoolId, pool, next.send, tries.echo)
      const after = emailConfigurationOf(found.pool)
      const isMine = await settle(work, userPoolId, hold.ahead, stateAfter(next, found, after))
      hold = undefined
      if (!isMine) continue
      report(work, userPoolId, pool, found)
      const remarks = [...next.warnings, ...seenWarnings(userPoolId, found), ...templateRemarks(userPoolId, tries)]
      if (change.kind === 'detach') return done(after, true, [...remarks, ...found.notTaken.map((name) => kept(userPoolId, name))])
      return failure(userPoolId, found) ?? done(after, true, remarks)
    }
  } finally {
    await release()
  }
}

const noSuchPool = (site: Site): Refusal =>
  explain(new ServiceError('cognito-idp:DescribeUserPool', 'ResourceNotFoundException', '', 400), site)

/** The plan for what was seen, unless the claims or the judge say no. */
const decide = async (seen: Observed, change: Change, judge: Judge, tries: Tries): Promise<Plan | Refusal> => {
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
