// One CloudFormation request over all its pools, from the event to the body of its answer.

import { type Refusal, ServiceError } from '../errors.ts'
import type { Invocation, PoolWork } from '../invocation.ts'
import { isObject, text } from '../json.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import type { Operation } from '../pool/plan.ts'
import { type Admission, type Reconciled, reconcile } from '../pool/reconcile.ts'
import type { Log } from '../ports.ts'
import { summary } from '../preflight/checks.ts'
import type { Facts } from '../preflight/facts.ts'
import { tableRefusalFor } from '../table/errors.ts'
import { admissionOf, admitDetach, answeredPools, wishOf } from './admission.ts'
import { failuresOf, refusalOn, timeRanOut } from './failures.ts'
import { type Binding, onDeleteOf, parseProperties, wellFormedPoolIds } from './properties.ts'
import { type BindingRecord, isAnotherBindings, physicalResourceId, type Success } from './record.ts'
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

/** Why a whole request was cut short, with `done` of its pools done. @throws what neither the deadline nor the table explains */
const refusalForAll = (error: unknown, { ports, signal }: Invocation, pools: readonly string[], done: number): Refusal => {
  if (signal.aborted) return timeRanOut(done, pools)
  if (!(error instanceof ServiceError)) throw error
  return tableRefusalFor(error, ports.table.name)
}

/**
 * Serves one request.
 * @returns the body of the response. It is stored before it is given, so that the same event gets the same one
 */
export const serve = async (request: Request, invocation: Invocation): Promise<string> => {
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
    if (opened.kind === 'refused') return unlessStored(request, invocation, fail(opened.refusal))
    if (opened.kind === 'answered') {
      invocation.log('info', `${request.type}: this event was answered before; the same answer again`)
      return opened.body
    }
    const { session } = opened
    const work = { ...invocation, waitingFor: new Map(), readAhead: opened.readAhead }
    const { outcome, success } = await applyToPools(request, binding, pools, session, work)
    const answer = responseTo(request, outcome)
    const unstored = (error: unknown): string =>
      outcome.status === 'FAILED' ? answer : fail(refusalForAll(error, invocation, pools, pools.length))
    return await closeSession(request, session, invocation, answer, success, unstored)
  } catch (error) {
    return unlessStored(request, invocation, fail(refusalForAll(error, invocation, pools, 0)))
  }
}

type Served = { readonly outcome: Outcome; readonly success?: Success | undefined }

/** Attaches the pools of the properties. When all of them succeeded, detaches those that the binding no longer names. */
const applyToPools = async (
  request: Request,
  binding: Binding | undefined,
  pools: readonly string[],
  { found: record }: Session,
  work: PoolWork,
): Promise<Served> => {
  const before = [...new Set([...(record?.Pools ?? []), ...wellFormedPoolIds(request.oldProperties)])]
  const attached = binding ? await attachAll(request, binding, record, work) : { results: [], facts: undefined }
  const left = [...(binding ? [] : pools), ...before].filter(
    (id, index, all) => !binding?.userPoolIds.includes(id) && all.indexOf(id) === index,
  )
  const detached = attached.results.every(({ ok }) => ok) ? await detachAll(request, left, record, work) : []
  const results = [...attached.results, ...detached]
  logWarnings(work.log, results)
  const short = failuresOf([...(binding ? pools : []), ...left], results, work.signal.aborted)
  if (short) return { outcome: failed(short) }
  if (!binding) return { outcome: { status: 'SUCCESS' }, success: { pools: [], wish: undefined } }

  const [first] = attached.results
  const data = {
    ...effectiveData(first?.ok ? first.emailConfiguration : {}),
    UserPoolIds: pools.join(),
    ...(attached.facts ? summary(attached.facts) : { SendingPoolName: '', EventDestinations: '', Max24HourSend: '' }),
  }
  const warnings = [...new Set(results.flatMap((result) => (result.ok ? result.warnings : [])))]
  return { outcome: { status: 'SUCCESS', data, warnings }, success: { pools, wish: wishOf(binding) } }
}

type Results = readonly (Reconciled | Refusal)[]

const attachAll = async (
  request: Request,
  binding: Binding,
  record: BindingRecord | undefined,
  work: PoolWork,
): Promise<{ readonly results: Results; readonly facts: Facts | undefined }> => {
  const { owner, type, oldProperties } = request
  const { userPoolIds, declared, onDelete, heal, preflight, takeover } = binding
  const [oldPools, oldSet] = [
    wellFormedPoolIds(oldProperties),
    isObject(oldProperties) ? text(oldProperties, 'ConfigurationSet') : undefined,
  ]
  const replayed = new Set(type === 'Update' && record ? answeredPools(record, binding) : [])
  const isReplay = (id: string): boolean => replayed.has(id)
  const attach = (id: string): Operation => ({
    kind: 'attach',
    claim: { ...owner, Declared: declared, OnDelete: onDelete, Heal: heal, Preflight: preflight },
    takeover: takeover ? (work.allowTakeover ? 'yes' : 'forbidden') : 'no',
    formerSet: oldPools.includes(id) ? oldSet : undefined,
  })
  const facts = new Map<string, Facts>()
  const results = await reconcileAll(userPoolIds, attach, admissionOf(binding, isReplay, work, facts), work)
  return { results, facts: facts.get(userPoolIds[0] as string) }
}

const detachAll = (
  { owner, properties }: Request,
  userPoolIds: readonly string[],
  record: BindingRecord | undefined,
  work: PoolWork,
): Promise<Results> => {
  const detach = (id: string): Operation => ({
    kind: 'detach',
    owner,
    onDelete: onDeleteOf(properties),
    answered: record?.Answered.includes(id) ?? false,
  })
  return reconcileAll(userPoolIds, detach, admitDetach(work), work)
}

/** Reconciles pools side by side; one that cannot be done does not stop the others. */
const reconcileAll = (
  userPoolIds: readonly string[],
  operationOn: (userPoolId: string) => Operation,
  admission: Admission,
  work: PoolWork,
): Promise<Results> =>
  mapConcurrently(userPoolIds, POOLS_AT_ONCE, async (id) => {
    try {
      return await reconcile(id, operationOn(id), admission, work)
    } catch (error) {
      return refusalOn(error, id, work)
    }
  })

const logWarnings = (log: Log, results: Results): void => {
  for (const result of results) {
    if (result.ok) for (const warning of result.warnings) log('warn', warning)
    else log('error', `${result.code}: ${result.message}`)
  }
}
