// One CloudFormation request over all its pools, from the event to the body of its answer.

import { type Refusal, ServiceError } from '../errors.ts'
import type { Invocation, PoolWork } from '../invocation.ts'
import { isObject, text } from '../json.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { refusalFor } from '../pool/cognito-errors.ts'
import type { Operation } from '../pool/plan.ts'
import { type Admission, admitAll, type Reconciled, reconcile } from '../pool/reconcile.ts'
import type { Log } from '../ports.ts'
import { summary } from '../preflight/checks.ts'
import type { Facts } from '../preflight/facts.ts'
import { tableRefusalFor } from '../table/errors.ts'
import { admissionOf, fingerprintOf } from './admission.ts'
import { failuresOf, notReached, timeRanOut } from './failures.ts'
import { type Binding, onDeleteOf, parseProperties, wellFormedPoolIds } from './properties.ts'
import { isAnotherBindings, physicalResourceId, type Success } from './record.ts'
import { effectiveData, type Outcome, type ResponseIds, responseBody } from './response.ts'
import { closeSession, type EventOfBinding, openSession, type Session, unlessStored } from './session.ts'

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

const responseIdsOf = (request: Request): ResponseIds => ({
  StackId: request.owner.StackId,
  RequestId: request.requestId,
  LogicalResourceId: request.owner.LogicalResourceId,
  PhysicalResourceId: (request.type === 'Create' ? undefined : request.physicalResourceId) ?? physicalResourceId(request.owner),
})

/** The body of the answer to a request that is not served at all. */
export const responseTo = (request: Request, outcome: Outcome): string => responseBody(responseIdsOf(request), outcome, request.logStream)

const failed = ({ code, message }: Refusal): Outcome => ({ status: 'FAILED', code, message })

const refusalForAny = (error: unknown, { ports, region }: Invocation, userPoolId: string): Refusal => {
  if (!(error instanceof ServiceError)) throw error
  return error.action.startsWith('dynamodb:') ? tableRefusalFor(error, ports.table.name) : refusalFor(error, { userPoolId, region })
}

/**
 * Serves one request.
 * @returns the body of the answer, stored before it is given, or undefined when another delivery of the same event answers
 */
export const serve = async (request: Request, invocation: Invocation): Promise<string | undefined> => {
  const fail = (refused: Refusal): string => responseTo(request, failed(refused))
  if (request.type === 'Delete' && isAnotherBindings(request.physicalResourceId, request.owner)) {
    invocation.log('info', `Delete of ${request.physicalResourceId}: not this binding's ID, nothing done`)
    return responseTo(request, { status: 'SUCCESS' })
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
    const { outcome, success } = await applyToPools(request, binding, pools, opened.session, { ...invocation, waitingFor: new Map() })
    const answer = responseTo(request, outcome)
    const lost = (error: unknown) =>
      fail(error instanceof ServiceError ? tableRefusalFor(error, invocation.ports.table.name) : timeRanOut(pools.length, pools))
    return await closeSession(request, opened.session, invocation, answer, success, (error) =>
      outcome.status === 'FAILED' ? answer : lost(error),
    )
  } catch (error) {
    const refused = invocation.signal.aborted ? timeRanOut(0, pools) : refusalForAny(error, invocation, '')
    return unlessStored(request, invocation, fail(refused))
  }
}

type Served = { readonly outcome: Outcome; readonly success?: Success | undefined }

/** Attaches and detaches: the pools of the properties first, and only when all of them are done, those that are left. */
const applyToPools = async (
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
  const pass = reconcileAll(pooled)
  const detach = (id: string): Operation => ({
    kind: 'detach',
    owner: request.owner,
    onDelete: onDeleteOf(request.properties),
    answered: record?.Answered.includes(id) ?? false,
  })
  if (!binding) {
    const all = [...new Set([...pools, ...before])]
    const results = await pass(all, detach, admitAll)
    logWarnings(log, results)
    const short = failuresOf(all, results, signal.aborted)
    return short ? { outcome: failed(short) } : { outcome: { status: 'SUCCESS' }, success: { pools: [], fingerprint: undefined } }
  }

  const wish = fingerprintOf(binding)
  const facts = new Map<string, Facts>()
  const isReplay = (id: string): boolean =>
    request.type === 'Update' && (record?.Wishes.includes(wish) ?? false) && (record?.Answered.includes(id) ?? false)
  const attach = (id: string): Operation => ({
    kind: 'attach',
    claim: { ...request.owner, Declared: binding.declared, OnDelete: binding.onDelete, Heal: binding.heal },
    takeover: binding.takeover,
    formerSet: request.type === 'Update' && oldPools.includes(id) ? oldSet : undefined,
  })
  const attached = await pass(pools, attach, admissionOf(binding, isReplay, pooled, facts))
  const left = before.filter((id) => !pools.includes(id))
  const detached = attached.every((result) => result.ok) ? await pass(left, detach, admitAll) : []
  const results = [...attached, ...detached]
  logWarnings(log, results)
  const short = failuresOf([...pools, ...left], results, signal.aborted)
  if (short) return { outcome: failed(short) }

  const [first] = attached
  const firstFacts = facts.get(pools[0] ?? '')
  const data = {
    ...effectiveData(first?.ok ? first.emailConfiguration : {}),
    UserPoolIds: pools.join(),
    ...(firstFacts ? summary(firstFacts) : { SendingPoolName: '', EventDestinations: '', Max24HourSend: '' }),
  }
  const warnings = [...new Set(results.flatMap((result) => (result.ok ? result.warnings : [])))]
  return { outcome: { status: 'SUCCESS', data, warnings }, success: { pools, fingerprint: wish } }
}

/** Reconciles pools side by side; one that cannot be done does not stop the others. */
const reconcileAll =
  (work: PoolWork) =>
  (ids: readonly string[], changeOf: (id: string) => Operation, judge: Admission): Promise<readonly (Reconciled | Refusal)[]> =>
    mapConcurrently(ids, POOLS_AT_ONCE, async (id) => {
      try {
        return await reconcile(id, changeOf(id), judge, work)
      } catch (error) {
        if (work.signal.aborted) return work.waitingFor.get(id) ?? notReached(id)
        return refusalForAny(error, work, id)
      }
    })

const logWarnings = (log: Log, results: readonly (Reconciled | Refusal)[]): void => {
  for (const result of results) {
    if (result.ok) for (const warning of result.warnings) log('warn', warning)
    else log('error', `${result.code}: ${result.message}`)
  }
}
