// One CloudFormation request over all its pools, from the event to the body of its answer.
import { sideBySide } from '../concurrently.ts'
import { type Refusal, ServiceError } from '../errors.ts'
import type { Invocation, PoolWork } from '../invocation.ts'
import { isObject, text } from '../json.ts'
import { explain } from '../pool/cognito-errors.ts'
import type { Change } from '../pool/plan.ts'
import { type Done, type Judge, noJudge, reconcile } from '../pool/reconcile.ts'
import type { Log } from '../ports.ts'
import type { Facts } from '../preflight/facts.ts'
import { summary } from '../preflight/judge.ts'
import { explainTable } from '../table/errors.ts'
import { type Addressee, answerBody, effectiveData, type Outcome } from './answer.ts'
import { type Binding, onDeleteOf, parseProperties, wellFormedPoolIds } from './properties.ts'
import { isAnotherBindings, physicalResourceId, type Success } from './record.ts'
import { judgeOf, wishOf } from './review.ts'
import { closeSession, type EventOfBinding, openSession, type Session, unlessStored } from './session.ts'
import { outOfTime, shortfall, unfinished } from './shortfall.ts'

export type Request = EventOfBinding & {
  readonly requestId: string
  readonly physicalResourceId: string | undefined
  readonly properties: unknown
  readonly oldProperties: unknown
  /** Where a person finds the whole log of this. */
  readonly logStream: string
}

/** As many pools at once as keep both quotas busy at 100 ms a call; more would only make their copies older. */
const POOLS_AT_ONCE = 12

const addresseeOf = (request: Request): Addressee => ({
  StackId: request.owner.StackId,
  RequestId: request.requestId,
  LogicalResourceId: request.owner.LogicalResourceId,
  PhysicalResourceId: (request.type === 'Create' ? undefined : request.physicalResourceId) ?? physicalResourceId(request.owner),
})

/** The body of the answer to a request that is not served at all. */
export const answerTo = (request: Request, outcome: Outcome): string => answerBody(addresseeOf(request), outcome, request.logStream)

const failed = ({ code, message }: Refusal): Outcome => ({ status: 'FAILED', code, message })

const explainAny = (error: unknown, { ports, region }: Invocation, userPoolId: string): Refusal => {
  if (!(error instanceof ServiceError)) throw error
  return error.action.startsWith('dynamodb:') ? explainTable(error, ports.table.name) : explain(error, { userPoolId, region })
}

/**
 * Serves one request.
 * @returns the body of the answer, stored before it is given, or undefined when another delivery of the same event answers
 */
export const serve = async (request: Request, invocation: Invocation): Promise<string | undefined> => {
  const fail = (refused: Refusal): string => answerTo(request, failed(refused))
  if (request.type === 'Delete' && isAnotherBindings(request.physicalResourceId, request.owner)) {
    invocation.log('info', `Delete of ${request.physicalResourceId}: not this binding's ID, nothing done`)
    return answerTo(request, { status: 'SUCCESS' })
  }
  const parsed = request.type === 'Delete' ? undefined : parseProperties(request.properties)
  if (parsed && !parsed.ok) return fail(parsed)
  const binding = parsed?.binding
  const pools = binding?.userPoolIds ?? wellFormedPoolIds(request.properties)
  try {
    const opened = await openSession(request, pools, invocation)
    if (opened.kind === 'refused') return fail(opened.refusal)
    if (opened.kind === 'answered') {
      if (!opened.isFirstLook) return undefined // By the delivery that we waited for.
      invocation.log('info', `${request.type}: this event was answered before; the same answer again`)
      return opened.body
    }
    const { outcome, success } = await work(request, binding, pools, opened.session, { ...invocation, waitingFor: new Map() })
    const answer = answerTo(request, outcome)
    const lost = (error: unknown) =>
      fail(error instanceof ServiceError ? explainTable(error, invocation.ports.table.name) : outOfTime(pools.length, pools))
    return await closeSession(request, opened.session, invocation, answer, success, (error) =>
      outcome.status === 'FAILED' ? answer : lost(error),
    )
  } catch (error) {
    const refused = invocation.signal.aborted ? outOfTime(0, pools) : explainAny(error, invocation, '')
    return unlessStored(request, invocation, fail(refused))
  }
}

type Served = { readonly outcome: Outcome; readonly success?: Success | undefined }

/** Attaches and detaches: the pools of the properties first, and only when all of them are done, those that are left. */
const work = async (
  request: Request,
  binding: Binding | undefined,
  pools: readonly string[],
  { found: record }: Session,
  pooled: PoolWork,
): Promise<Served> => {
  const { log, signal } = pooled
  const oldPools = wellFormedPoolIds(request.oldProperties)
  const before = [...new Set([...(record?.Pools ?? []), ...oldPools])]
  const oldSet = isObject(request.oldProperties) ? text(request.oldProperties, 'ConfigurationSet') : undefined
  const pass = passOver(pooled)
  const detach = (id: string): Change => ({
    kind: 'detach',
    owner: request.owner,
    onDelete: onDeleteOf(request.properties),
    answered: record?.Answered.includes(id) ?? false,
  })
  if (!binding) {
    const all = [...new Set([...pools, ...before])]
    const results = await pass(all, detach, noJudge)
    logWarnings(log, results)
    const short = shortfall(all, results, signal.aborted)
    return short ? { outcome: failed(short) } : { outcome: { status: 'SUCCESS' }, success: { pools: [], wish: undefined } }
  }

  const wish = wishOf(binding)
  const facts = new Map<string, Facts>()
  const isReplay = (id: string): boolean =>
    request.type === 'Update' && (record?.Wishes.includes(wish) ?? false) && (record?.Answered.includes(id) ?? false)
  const attach = (id: string): Change => ({
    kind: 'attach',
    claim: { ...request.owner, Declared: binding.declared, OnDelete: binding.onDelete, Heal: binding.heal },
    takeover: binding.takeover,
    formerSet: request.type === 'Update' && oldPools.includes(id) ? oldSet : undefined,
  })
  const attached = await pass(pools, attach, judgeOf(binding, isReplay, pooled, facts))
  const left = before.filter((id) => !pools.includes(id))
  const detached = attached.every((result) => result.ok) ? await pass(left, detach, noJudge) : []
  const results = [...attached, ...detached]
  logWarnings(log, results)
  const short = shortfall([...pools, ...left], results, signal.aborted)
  if (short) return { outcome: failed(short) }

  const [first] = attached
  const firstFacts = facts.get(pools[0] ?? '')
  const data = {
    ...effectiveData(first?.ok ? first.emailConfiguration : {}),
    UserPoolIds: pools.join(),
    ...(firstFacts ? summary(firstFacts) : { SendingPoolName: '', EventDestinations: '', Max24HourSend: '' }),
  }
  const warnings = [...new Set(results.flatMap((result) => (result.ok ? result.warnings : [])))]
  return { outcome: { status: 'SUCCESS', data, warnings }, success: { pools, wish } }
}

/** Reconciles pools side by side; one that cannot be done does not stop the others. */
const passOver =
  (work: PoolWork) =>
  (ids: readonly string[], changeOf: (id: string) => Change, judge: Judge): Promise<readonly (Done | Refusal)[]> =>
    sideBySide(ids, POOLS_AT_ONCE, async (id) => {
      try {
        return await reconcile(id, changeOf(id), judge, work)
      } catch (error) {
        if (work.signal.aborted) return work.waitingFor.get(id) ?? unfinished(id)
        return explainAny(error, work, id)
      }
    })

const logWarnings = (log: Log, results: readonly (Done | Refusal)[]): void => {
  for (const result of results) {
    if (result.ok) for (const warning of result.warnings) log('warn', warning)
    else log('error', `${result.code}: ${result.message}`)
  }
}
