// The story: one pool is observed, planned, written and verified. Every event does the same; only what it wants differs.
import { isDefinite, type Refusal, ServiceError } from '../errors.ts'
import { invariant } from '../invariant.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { save } from '../table/items.ts'
import { COPY_VALID_MS } from '../timing.ts'
import { refusalFor } from './cognito-errors.ts'
import { commit, draftAhead, drop, type Hold, release, stateAfter } from './hold.ts'
import type { EmailConfiguration } from './layers.ts'
import { type Attempts, FIRST_ATTEMPT, nextAttempt, senderKept, templateRemarks, withSenderKept } from './next-attempt.ts'
import { type Observed, observe } from './observe.ts'
import { type Operation, type Plan, plan } from './plan.ts'
import type { PoolRecord } from './record.ts'
import { readSecondFactors } from './second-factors.ts'
import { saysOnlyWhatWasRead, updateRequest } from './settings.ts'
import { changedSince, failure, logLost, lostRefusal, notRestored, report, type Sent, seenWarnings, verify } from './verify.ts'

/** The answer of an admission: a refusal, or what to warn of, and a smaller plan where not all of it may be carried out. */
export type Verdict = { readonly refusal?: Refusal; readonly warnings: readonly string[]; readonly instead?: Plan }

/** May a plan be carried out? Pre-flight answers for a request, the healer's care for a heal. */
export type Admission = (observed: Observed, plan: Plan) => Promise<Verdict>

/** Nothing new is asked for. */
export const admitAll: Admission = async () => ({ warnings: [] })

export type Reconciled = {
  readonly ok: true
  readonly userPoolId: string
  /** What the pool has now. Empty when nothing was looked at. */
  readonly emailConfiguration: EmailConfiguration
  /** What it had. */
  readonly before: EmailConfiguration
  readonly wrote: boolean
  readonly warnings: readonly string[]
}

type Run = {
  readonly userPoolId: string
  readonly operation: Operation
  readonly admission: Admission
  readonly work: PoolWork
  attempts: Attempts
  /** Our mark on the pool's item, once it is written. */
  hold: Hold | undefined
  /** The pool as it was before an update of ours that took effect, or may have. */
  sent: Sent | undefined
}

/** The pool or its item has moved since it was read: observe again. */
const AGAIN = Symbol('observe again')
type Outcome = Reconciled | Refusal | typeof AGAIN

/**
 * Makes one pool what its claims say.
 * @throws ServiceError when Cognito or the table could not be asked; the signal's reason when the time is over
 */
export const reconcile = async (
  userPoolId: string,
  operation: Operation,
  admission: Admission,
  work: PoolWork,
): Promise<Reconciled | Refusal> => {
  const run: Run = { userPoolId, operation, admission, work, attempts: FIRST_ATTEMPT, hold: undefined, sent: undefined }
  try {
    for (;;) {
      const outcome = await attempt(run)
      if (outcome !== AGAIN) return outcome
    }
  } finally {
    await giveUp(run)
  }
}

const attempt = async (run: Run): Promise<Outcome> => {
  // Observe.
  const observed = await observe(run.work, run.userPoolId, run.operation)
  if ('ok' in observed) return observed
  if (observed.kind !== 'observed') return withNothingThere(run, observed.record)

  // Plan.
  const next = await propose(run, observed)
  if (!next.ok) return refused(run, observed, next)
  if (next.changes.length === 0) return commitAsItIs(run, observed, next)

  // Apply.
  const sent = await apply(run, observed, next)
  if (sent === AGAIN || 'ok' in sent) return sent

  // Verify.
  return conclude(run, observed, next, sent)
}

const reconciled = (
  { userPoolId }: Run,
  emailConfiguration: EmailConfiguration,
  wrote: boolean,
  warnings: readonly string[],
  before = emailConfiguration,
): Reconciled => ({ ok: true, userPoolId, emailConfiguration, before, wrote, warnings })

const giveUp = async (run: Run): Promise<void> => {
  if (run.hold) await release(run.work, run.hold, run.sent !== undefined)
  run.hold = undefined
}

/** There is no such pool, or no such claim: a claim that is to go goes, anything else has no place. */
const withNothingThere = async (run: Run, record: PoolRecord | undefined): Promise<Outcome> => {
  const { userPoolId, operation, work } = run
  if (operation.kind !== 'detach') {
    const gone = new ServiceError('cognito-idp:DescribeUserPool', 'ResourceNotFoundException', '', 400)
    return refusalFor(gone, { userPoolId, region: work.region })
  }
  return !record || (await drop(work, record, operation.owner)) ? reconciled(run, {}, false, []) : AGAIN
}

/** The plan for what was observed, unless the claims or the admission say no. */
const propose = async ({ operation, admission, attempts: { refusedSender } }: Run, observed: Observed): Promise<Plan | Refusal> => {
  const planned = plan(observed.userPoolId, observed.record, observed.live, operation)
  if (!planned.ok) return planned
  const next = refusedSender ? withSenderKept(planned, observed.live) : planned
  const { refusal, warnings, instead = next } = await admission(observed, next)
  const remarks = refusedSender ? [senderKept(observed.userPoolId, refusedSender, observed.live)] : []
  return refusal ?? { ...instead, warnings: [...instead.warnings, ...warnings, ...remarks] }
}

/** An event that is refused still finishes what a dead invocation began. The healer does not: it finishes nothing that it may not heal. */
const refused = async (run: Run, { record }: Observed, refusal: Refusal): Promise<Refusal> => {
  const { userPoolId, operation, work } = run
  const found = run.hold ? run.hold.before : record
  await giveUp(run)
  if (found?.Intended && operation.kind !== 'heal') await reconcile(userPoolId, { kind: 'recover' }, admitAll, work)
  return refusal
}

/** The pool is as it should be: only the record may have to say so. */
const commitAsItIs = async (run: Run, { record, pool, live }: Observed, next: Plan): Promise<Outcome> => {
  const { userPoolId, operation, work, attempts, sent } = run
  const state = { base: next.base, claims: next.claims, asked: next.desired, applied: live, unhealed: next.unhealed }
  if (!(await commit(work, userPoolId, record, state))) return AGAIN
  run.hold = undefined
  const changed = sent ? await changedSince(work, userPoolId, sent, pool, attempts.options) : []
  logLost(work, userPoolId, changed)
  const refusal = operation.kind === 'detach' ? undefined : lostRefusal(userPoolId, changed)
  return refusal ?? reconciled(run, live, sent !== undefined, next.warnings)
}

/** Puts on record what is about to be done, and sends the update, once. */
const apply = async (run: Run, { record, pool, live, readAt }: Observed, next: Plan): Promise<Sent | Refusal | typeof AGAIN> => {
  const { userPoolId, work, attempts } = run
  const { table, clock, userPools } = work.ports
  await userPools.updateTurn(work.signal)
  const draft = draftAhead(userPoolId, record, live, next, work.lease, new Date(clock.now()).toISOString())
  const mark = async (): Promise<void> => {
    const ahead = await save(table, clock, draft, record?.Revision, work.signal)
    run.hold = ahead && { ahead, before: run.hold ? run.hold.before : record }
  }
  const [secondFactors] = await Promise.all([readSecondFactors(work, userPoolId, pool), mark()])
  if (!run.hold || clock.now() - readAt > COPY_VALID_MS) return AGAIN

  const request = updateRequest(userPoolId, pool, next.toSend, attempts.options)
  invariant(saysOnlyWhatWasRead(request, pool), `an update of ${userPoolId} would change more than EmailConfiguration`)
  const earlier = run.sent
  const sent = { pool, secondFactors }
  run.sent = sent
  const error = await errorOf(() => userPools.update(request, work.signal))
  if (!error) return sent
  if (isDefinite(error)) run.sent = earlier
  work.signal.throwIfAborted()
  return anotherWay(run, error, request, next)
}

/** After an update that was refused, or of which nothing is known: another attempt, or the sentence. */
const anotherWay = async (run: Run, error: ServiceError, request: JsonObject, next: Plan): Promise<Refusal | typeof AGAIN> => {
  const { userPoolId, work } = run
  const again = nextAttempt(error, run, next, work.ports.clock)
  const said = refusalFor(error, { userPoolId, region: work.region, request })
  if (!again) return said
  run.attempts = again.attempts
  if (again.wait !== undefined) {
    work.waitingFor.set(userPoolId, said)
    await work.ports.clock.sleep(again.wait, work.signal)
  }
  return AGAIN
}

/** The error that the service gave, if it gave one. */
const errorOf = async (call: () => Promise<void>): Promise<ServiceError | undefined> => {
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof ServiceError) return error
    throw error
  }
}

/** Reads the pool again, and commits what stands there. */
const conclude = async (run: Run, { pool, live }: Observed, next: Plan, sent: Sent): Promise<Outcome> => {
  const { userPoolId, work, attempts, operation, hold } = run
  const found = await verify(work, userPoolId, sent, next.toSend, attempts.options)
  const isOurs = await commit(work, userPoolId, hold?.ahead, stateAfter(next, found))
  run.hold = undefined
  if (!isOurs) return AGAIN
  report(work, userPoolId, pool, found)
  const isDetach = operation.kind === 'detach'
  const kept = isDetach ? found.ignored.map((name) => notRestored(userPoolId, name)) : []
  const warnings = [...next.warnings, ...seenWarnings(userPoolId, found), ...templateRemarks(userPoolId, attempts), ...kept]
  return (isDetach ? undefined : failure(userPoolId, found)) ?? reconciled(run, found.live, true, warnings, live)
}
