// One CloudFormation request over all its pools, from the binding's record to the answer.
import { type Addressee, answerBody, effectiveData, type Outcome } from './answer.ts'
import {
  answered,
  type BindingRecord,
  begun,
  bindingKey,
  isAnotherBindings,
  isLate,
  physicalResourceId,
  readBindingRecord,
  type StoredAnswer,
  type Success,
  storedAnswer,
} from './binding.ts'
import type { Change, Lease, Owner } from './claims.ts'
import { type Refusal, refusal, ServiceError } from './errors.ts'
import { isHeld, readItemOf, Superseded, save, untilNextLook } from './items.ts'
import { isObject, type JsonObject, text } from './json.ts'
import type { Log, Ports } from './ports.ts'
import { type Facts, summary } from './preflight.ts'
import { type Binding, onDeleteOf, parseProperties, wellFormedPoolIds } from './properties.ts'
import { type Done, type First, type Judge, noJudge, reconcile } from './reconcile.ts'
import type { Run } from './run.ts'
import { explain, explainTable } from './service-errors.ts'
import { outOfTime, shortfall, unfinished } from './shortfall.ts'
import { sideBySide } from './side-by-side.ts'
import { judgeOf, wishOf } from './verdict.ts'

export type Request = {
  readonly type: 'Create' | 'Update' | 'Delete'
  readonly owner: Owner
  readonly requestId: string
  readonly physicalResourceId: string | undefined
  readonly properties: unknown
  readonly oldProperties: unknown
  /** The digest of the whole event: what tells a redelivery from a new request. */
  readonly event: string
  /** X-Amz-Date of the ResponseURL, where it has one. */
  readonly signedAt: string | undefined
}

/** Where a request is served, and until when. */
export type Office = {
  readonly ports: Ports
  readonly log: Log
  readonly region: string
  readonly account: string | undefined
  readonly partition: string | undefined
  readonly logStream: string
  readonly lease: Lease
  readonly signal: AbortSignal
  readonly closing: AbortSignal
}

/** As many pools at once as keep both quotas busy at 100 ms a call; more would only make their copies older. */
const POOLS_AT_ONCE = 12

/** Another event has changed the binding between our look at it and our first write: look again. Nothing has been done. */
class BindingMoved extends Error {}

type Opened = { readonly binding: BindingRecord | undefined; readonly first: { readonly item: JsonObject | undefined } | undefined }

const addresseeOf = (request: Request): Addressee => ({
  StackId: request.owner.StackId,
  RequestId: request.requestId,
  LogicalResourceId: request.owner.LogicalResourceId,
  PhysicalResourceId: (request.type === 'Create' ? undefined : request.physicalResourceId) ?? physicalResourceId(request.owner),
})

/** The body of the answer to a request that is not served at all. */
export const answerTo = (request: Request, outcome: Outcome, logStream: string): string =>
  answerBody(addresseeOf(request), outcome, logStream)

const failed = ({ code, message }: Refusal): Outcome => ({ status: 'FAILED', code, message })

const explainAny = (error: unknown, office: Office, userPoolId: string): Refusal => {
  if (!(error instanceof ServiceError)) throw error
  return error.action.startsWith('dynamodb:')
    ? explainTable(error, office.ports.table.name)
    : explain(error, { userPoolId, region: office.region })
}

/**
 * Serves one request.
 * @returns the body of the answer, stored before it is given, or undefined when another delivery of the same event answers
 */
export const serve = async (request: Request, office: Office): Promise<string | undefined> => {
  const body = (outcome: Outcome) => answerTo(request, outcome, office.logStream)
  if (request.type === 'Delete' && isAnotherBindings(request.physicalResourceId, request.owner)) {
    office.log('info', `Delete of ${request.physicalResourceId}: not this binding's ID, nothing done`)
    return body({ status: 'SUCCESS' })
  }
  const parsed = request.type === 'Delete' ? undefined : parseProperties(request.properties)
  if (parsed && !parsed.ok) return body(failed(parsed))
  const binding = parsed?.binding
  const pools = binding?.userPoolIds ?? wellFormedPoolIds(request.properties)
  let isStart = true
  try {
    for (;;) {
      const opened = await open(request, office, pools, isStart)
      isStart = false
      if (typeof opened === 'string') return opened
      if ('ok' in opened) return body(failed(opened))
      try {
        return await work(request, office, binding, pools, opened, body)
      } catch (error) {
        if (!(error instanceof BindingMoved)) throw error
      }
    }
  } catch (error) {
    if (error instanceof Superseded) return error.bySameEvent ? undefined : body(failed(takenOver(request)))
    const refused = office.signal.aborted ? outOfTime(0, pools) : explainAny(error, office, '')
    return unlessAnswered(request, office, body(failed(refused)), () => isStart)
  }
}

const takenOver = (request: Request): Refusal =>
  refusal(
    'ResourceConflict',
    `This ${request.type} of ${request.owner.LogicalResourceId} is superseded: another operation on it began while it ran, or its record was removed. What it had not done yet was left undone; try again.`,
  )

/**
 * Reads the binding's record, and waits while another event of the binding is served.
 * @param isStart whether the delivery begins here: an answer that is found then is sent again, one that is found later belongs to another delivery
 * @returns a stored answer, a refusal, or what was read. Throws Superseded when another delivery answers.
 */
const open = async (request: Request, office: Office, pools: readonly string[], isStart: boolean): Promise<string | Refusal | Opened> => {
  const { table, clock } = office.ports
  const key = bindingKey(request.owner)
  const [only, ...others] = pools
  for (let isFirstLook = isStart; ; isFirstLook = false) {
    const [item, first] = await Promise.all([
      readItemOf(table, clock, key, office.signal),
      only !== undefined && others.length === 0
        ? readItemOf(table, clock, only, office.signal).then((found) => ({ item: found }))
        : undefined,
    ])
    const read = item && readBindingRecord(item, table.name)
    if (read && !read.ok) return read
    const binding = read?.record
    const stored = storedAnswer(binding, request.event, clock.now())
    if (stored !== undefined && !isFirstLook) throw new Superseded(true)
    if (stored !== undefined) {
      office.log('info', `${request.type}: this event was answered before; the same answer again`)
      return stored.Body
    }
    if (isLate(binding, request.signedAt)) {
      return refusal(
        'ResourceConflict',
        `This ${request.type} of ${request.owner.LogicalResourceId} is superseded: an event that was signed later (${binding?.Newest}) has been handled. Nothing was done.`,
      )
    }
    if (!binding?.Lease || !isHeld(binding.Lease, office.lease, clock.now())) return { binding, first }
    await clock.sleep(untilNextLook(binding.Lease, clock), office.signal).catch((reason: unknown) => {
      if (!office.signal.aborted) throw reason
    })
    if (office.signal.aborted) {
      return refusal(
        'ResourceConflict',
        `Another operation on ${request.owner.LogicalResourceId} was still running when the time ran out. Try again when it is over.`,
      )
    }
  }
}

const work = async (
  request: Request,
  office: Office,
  binding: Binding | undefined,
  pools: readonly string[],
  opened: Opened,
  body: (outcome: Outcome) => string,
): Promise<string | undefined> => {
  const { ports, lease } = office
  const { table, clock } = ports
  const key = bindingKey(request.owner)
  /** When the binding was last known to be ours: a call that took long says so of the time when it began. */
  let lastLook = clock.now()
  const ready = save(
    table,
    clock,
    begun(opened.binding, request.owner, pools, request.signedAt, lease, clock.now()),
    opened.binding?.Revision,
    office.signal,
  ).then((record) => {
    if (!record) throw new BindingMoved()
    return record
  })
  const stop = new AbortController()
  // Whoever writes awaits it; where all has to begin again, nothing waits for anything else.
  ready.catch((error: unknown) => {
    if (error instanceof BindingMoved) stop.abort(error)
  })
  const stillMine = async (): Promise<void> => {
    while (clock.now() - lastLook > 1_000) {
      const lookedAt = clock.now()
      const item = await readItemOf(table, clock, key, office.signal)
      const read = item && readBindingRecord(item, table.name)
      if (read && !read.ok) throw new Superseded(false)
      const held = read?.record.Lease
      if (held) isHeld(held, lease, clock.now()) // Throws when it is a later delivery's.
      if (held?.Invocation !== lease.Invocation) throw new Superseded(storedAnswer(read?.record, request.event, clock.now()) !== undefined)
      lastLook = lookedAt
    }
  }
  const run: Run = {
    ports,
    signal: AbortSignal.any([office.signal, stop.signal]),
    closing: office.closing,
    lease,
    region: office.region,
    log: office.log,
    ready,
    stillMine,
    waitingFor: new Map(),
  }

  const first = firstOf(opened, pools[0], office)

  const pass = async (ids: readonly string[], changeOf: (id: string) => Change, judge: Judge): Promise<readonly (Done | Refusal)[]> =>
    sideBySide(ids, POOLS_AT_ONCE, async (id) => {
      try {
        return await reconcile(id, changeOf(id), judge, run, id === pools[0] ? first : undefined)
      } catch (error) {
        if (error instanceof Superseded || error instanceof BindingMoved) stop.abort(error)
        if (stop.signal.aborted) throw stop.signal.reason
        if (office.signal.aborted) return run.waitingFor.get(id) ?? unfinished(id)
        return explainAny(error, office, id)
      }
    })

  const { outcome, success } = await serveAll(request, office, binding, pools, opened.binding, run, pass)
  const answer = body(outcome)
  const signal = office.signal.aborted ? office.closing : office.signal
  const at = clock.now()
  const isOurs = ({ At, Body }: StoredAnswer): boolean => At === new Date(at).toISOString() && Body === answer
  try {
    const record = await ready
    if (await save(table, clock, answered(record, request.event, answer, success, at), record.Revision, signal)) return answer
    const stored = onRecord(request, office, await readItemOf(table, clock, key, signal))
    return stored === undefined || isOurs(stored) ? answer : undefined
  } catch (error) {
    if (error instanceof Superseded) throw error
    if (error instanceof BindingMoved) throw error
    office.log('error', 'the answer could not be stored', { error: String(error) })
    const lost = error instanceof ServiceError ? explainTable(error, table.name) : outOfTime(pools.length, pools)
    const refused = outcome.status === 'FAILED' ? answer : body(failed(lost))
    return unlessAnswered(request, office, refused, isOurs)
  }
}

/**
 * The pool's item as it was read beside the binding's. Where the binding existed, an event of it may have ended between the two reads:
 * the item is read once more, beside what comes next.
 */
const firstOf = ({ first, binding }: Opened, userPoolId: string | undefined, { ports, signal }: Office): First | undefined => {
  if (!first || userPoolId === undefined) return undefined
  if (!binding) return { item: first.item, isCurrent: Promise.resolve(true) }
  const isCurrent = readItemOf(ports.table, ports.clock, userPoolId, signal).then((item) => item?.['Revision'] === first.item?.['Revision'])
  isCurrent.catch(() => undefined) // Whoever uses the item awaits it.
  return { item: first.item, isCurrent }
}

/**
 * The answer to this event in the binding's item, which is not ours any more. That another event has it is no reason to stay silent.
 * @throws Superseded when a later delivery of this event will answer
 */
const onRecord = (request: Request, office: Office, item: JsonObject | undefined): StoredAnswer | undefined => {
  const { table, clock } = office.ports
  const read = item && readBindingRecord(item, table.name)
  if (!read?.ok) return undefined
  if (read.record.Lease) isHeld(read.record.Lease, office.lease, clock.now())
  return storedAnswer(read.record, request.event, clock.now())
}

/**
 * `refused`, an answer that is on no record, unless the record has one for this event.
 * @param isOurs whether an answer on record is this delivery's to send: it stored that itself, or it has only begun. Else it is silent.
 */
const unlessAnswered = async (
  request: Request,
  office: Office,
  refused: string,
  isOurs: (stored: StoredAnswer) => boolean,
): Promise<string | undefined> => {
  try {
    // One look: an answer matters more than knowing.
    const item = await office.ports.table.read(bindingKey(request.owner), office.closing)
    const stored = onRecord(request, office, item)
    if (stored === undefined) return refused
    return isOurs(stored) ? stored.Body : undefined
  } catch (error) {
    return error instanceof Superseded && error.bySameEvent ? undefined : refused
  }
}

type Pass = (ids: readonly string[], changeOf: (id: string) => Change, judge: Judge) => Promise<readonly (Done | Refusal)[]>
type Served = { readonly outcome: Outcome; readonly success?: Success | undefined }

/** Attaches and detaches: the pools of the properties first, and only when all of them are done, those that are left. */
const serveAll = async (
  request: Request,
  office: Office,
  binding: Binding | undefined,
  pools: readonly string[],
  record: BindingRecord | undefined,
  run: Run,
  pass: Pass,
): Promise<Served> => {
  const before = [...new Set([...(record?.Pools ?? []), ...wellFormedPoolIds(request.oldProperties)])]
  const oldSet = isObject(request.oldProperties) ? text(request.oldProperties, 'ConfigurationSet') : undefined
  const oldPools = wellFormedPoolIds(request.oldProperties)
  const detach = (id: string): Change => ({
    kind: 'detach',
    owner: request.owner,
    onDelete: onDeleteOf(request.properties),
    answered: record?.Answered.includes(id) ?? false,
  })
  if (!binding) {
    const all = [...new Set([...pools, ...before])]
    const results = await pass(all, detach, noJudge)
    logWarnings(office, results)
    const short = shortfall(all, results, office.signal.aborted)
    if (short) return { outcome: failed(short) }
    return { outcome: { status: 'SUCCESS' }, success: { pools: [], wish: undefined } }
  }

  const wish = wishOf(binding)
  const facts = new Map<string, Facts>()
  const judge = judgeOf(request, office, run, binding, record, wish, facts)
  const attach = (id: string): Change => ({
    kind: 'attach',
    claim: { ...request.owner, Declared: binding.declared, OnDelete: binding.onDelete, Heal: binding.heal },
    takeover: binding.takeover,
    formerSet: request.type === 'Update' && oldPools.includes(id) ? oldSet : undefined,
  })
  const attached = await pass(pools, attach, judge)
  const left = before.filter((id) => !pools.includes(id))
  const detached = attached.every((result) => result.ok) ? await pass(left, detach, noJudge) : []
  const results = [...attached, ...detached]
  logWarnings(office, results)
  const short = shortfall([...pools, ...left], results, office.signal.aborted)
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

const logWarnings = (office: Office, results: readonly (Done | Refusal)[]): void => {
  for (const result of results) {
    if (result.ok) for (const warning of result.warnings) office.log('warn', warning)
    else office.log('error', `${result.code}: ${result.message}`)
  }
}
