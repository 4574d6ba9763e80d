// A stage on which nothing happens by itself: every call of every process waits until it is let through, in an order that the search chooses.
// Calls take no time; time passes only when no call waits and no timer is due. A timer belongs to its process, and dies with it.
import { createHash } from 'node:crypto'
import type { Environment, LambdaContext } from '../../handler/invocation.ts'
import { isDefinite, ServiceError } from '../../lib/errors.ts'
import { type JsonObject, text } from '../../lib/json.ts'
import type { Clock, Item, Ports } from '../../lib/ports.ts'
import type { CallKind } from './calls.ts'
import type { Invocation, Request } from './lambda.ts'
import type { Oracle } from './oracle.ts'
import { hashed, seeded } from './random.ts'
import { describedPool, poolOf, updatePool, type World } from './world.ts'

/** As the product assumes (IN_DOUBT_MS): a write without an answer takes effect this long after it was sent, or never. */
const LATEST_MS = 2_000
/** An answer that is too slow for FRESH_MS and LANDED_MS. */
const SLOW_MS = 3_500

const READ_FAULTS = ['die', 'throttle', 'fail', 'slow-answer', 'hang'] as const
const WRITE_FAULTS = [
  'die-before',
  'die-after',
  'die-late',
  'throttle',
  'refuse',
  'fail-before',
  'fail-after',
  'late',
  'slow',
  'slow-answer',
  'hang-before',
  'hang-after',
  'hang-late',
] as const
const ANSWER_FAULTS = ['die-before', 'die-after', 'fail-before', 'fail-after'] as const
export type FaultName = (typeof READ_FAULTS | typeof WRITE_FAULTS | typeof ANSWER_FAULTS)[number]

/** Something that can happen next. */
export type Action = { readonly name: string; readonly run: () => void }

type Waiting = {
  readonly name: string
  readonly detail: string
  readonly faults: readonly FaultName[]
  readonly go: (fault?: FaultName) => void
}
type Actor = Invocation & { history: string; readonly waiting: Set<Waiting> }
type Timer = { readonly at: number; readonly actor: Actor | undefined; readonly name: string; readonly fire: () => void }
/** An effect, or a beginning, that comes at any moment until `latest`. */
type Underway = { readonly name: string; readonly latest: number; readonly detail: string; readonly land: () => void }

export type Launched = {
  readonly id: string
  readonly request: Request | undefined
  readonly operator?: string
  readonly handle: (actor: Actor, context: LambdaContext, environment: Environment, put: PutAnswer) => Promise<unknown>
  readonly done: (result: unknown) => void
  /** It died, or its handler threw. */
  readonly failed: () => void
}
type PutAnswer = (body: string, deadline: number) => Promise<void>

export type StageOptions = {
  readonly world: World
  readonly oracle: () => Oracle
  readonly start: number
  readonly seconds: number
  readonly violated: (rule: string, what: string) => void
  readonly trace: ((line: string) => void) | undefined
}

const digestOf = (value: unknown): string => createHash('md5').update(JSON.stringify(value)).digest('base64')
const byKey = (table: ReadonlyMap<string, Item>) => [...table].sort(([a], [b]) => (a < b ? -1 : 1))
const SERVICES = {
  'cognito-idp': { throttled: 'TooManyRequestsException', unclear: 'InternalErrorException' },
  dynamodb: { throttled: 'ProvisionedThroughputExceededException', unclear: 'InternalServerError' },
}

export const createStage = ({ world, oracle, start, seconds, violated, trace }: StageOptions) => {
  const actors: Actor[] = []
  let timers: Timer[] = []
  const underway = new Set<Underway>()
  let now = start
  let faultsLeft = 0

  const note = (actor: Actor, what: unknown): void => {
    actor.history = digestOf([actor.history, now - start, what])
  }
  const timer = (at: number, actor: Actor | undefined, name: string, fire: () => void): Timer => {
    const one = { at: Math.max(now, at), actor, name, fire }
    timers.push(one)
    return one
  }
  const drop = (one: Timer): void => {
    timers = timers.filter((other) => other !== one)
  }
  const soon = (name: string, latest: number, detail: string, land: () => void): void => {
    const one: Underway = {
      name,
      latest,
      detail,
      land: () => {
        underway.delete(one)
        land()
      },
    }
    underway.add(one)
  }

  const clockOf = (actor: Actor): Clock => ({
    now: () => now,
    random: actor.random,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = () => {
          drop(one)
          reject(signal?.reason)
        }
        const one = timer(now + ms, actor, `${actor.id} wakes`, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
  })

  const call = <T>(
    actor: Actor,
    kind: CallKind,
    service: keyof typeof SERVICES,
    name: string,
    effect: () => T,
    signal: AbortSignal,
    detail: string,
    sending = '',
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      if (actor.state === 'dead') return
      oracle().began(actor, kind)
      if (signal.aborted) return reject(signal.reason)
      const begunAt = now
      const action = `${service}:${name}`
      const isWrite = kind === 'put' || kind === 'update' || kind === 'remove'
      let isOpen = true
      const close = (): boolean => {
        const wasOpen = isOpen && actor.state !== 'dead'
        isOpen = false
        signal.removeEventListener('abort', onAbort)
        return wasOpen
      }
      const give = (outcome: { readonly value: T } | { readonly error: ServiceError }): void => {
        if (!close()) return
        note(actor, [name, outcome, 'error' in outcome ? outcome.error.code : ''])
        if (service === 'dynamodb' && 'error' in outcome) actor.tableFailedAt = now
        if ('value' in outcome) resolve(outcome.value)
        else reject(outcome.error)
      }
      const attempt = (): { readonly value: T } | { readonly error: ServiceError } => {
        try {
          return { value: effect() }
        } catch (error) {
          if (error instanceof ServiceError) return { error }
          throw error
        }
      }
      const fails = (code: string, status: number) => give({ error: new ServiceError(action, code, 'a fault of the search', status) })
      const onAbort = (): void => {
        actor.waiting.delete(waiting)
        if (!close()) return
        note(actor, [name, 'aborted'])
        if (service === 'dynamodb') actor.tableFailedAt = now
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const late = (then?: (outcome: ReturnType<typeof attempt>) => void) =>
        soon(`${actor.id} ${name} takes effect`, begunAt + LATEST_MS, `${detail}${sending}${then ? ' answered' : ''}`, () => {
          const outcome = attempt()
          then?.(outcome)
        })
      const gone = () => die(actor)
      const unclear = () => fails(SERVICES[service].unclear, 500)
      const ways: Readonly<Record<FaultName | 'well', () => void>> = {
        well: () => give(attempt()),
        throttle: () => fails(SERVICES[service].throttled, 400),
        refuse: () => fails('AccessDeniedException', 400),
        fail: unclear,
        'fail-before': unclear,
        'fail-after': () => [attempt(), unclear()],
        late: () => [late(), unclear()],
        slow: () => late(give),
        'slow-answer': () => {
          const outcome = attempt()
          note(actor, ['slow', name, outcome])
          timer(now + SLOW_MS, actor, `${actor.id} hears of ${name}`, () => give(outcome))
        },
        hang: () => undefined,
        'hang-before': () => undefined,
        'hang-after': attempt,
        'hang-late': late,
        die: gone,
        'die-before': gone,
        'die-after': () => [attempt(), gone()],
        'die-late': () => [late(), gone()],
      }
      const go = (fault?: FaultName): void => {
        actor.waiting.delete(waiting)
        trace?.(`${actor.id} ${name} ${detail}${fault ? ` ✗ ${fault}` : ''}`)
        ways[fault ?? 'well']()
      }
      const waiting: Waiting = { name, detail: `${detail}${sending}`, faults: isWrite ? WRITE_FAULTS : READ_FAULTS, go }
      // A read beside a put of the same process happens first: what it brings is the oldest that it can be.
      const isBeside = kind === 'read' && [...actor.waiting].some(({ name: other }) => other === 'PutItem')
      actor.waiting.add(waiting)
      if (isBeside) go()
    })

  const put = (actor: Actor, item: Item, seen: number | undefined): boolean => {
    const before = world.table.get(item.UserPoolId)
    if (before?.Revision !== seen) return false
    world.table.set(item.UserPoolId, item)
    oracle().put(actor, item.UserPoolId, before, item)
    return true
  }
  const remove = (actor: Actor, key: string, seen: number): boolean => {
    const before = world.table.get(key)
    if (before?.Revision !== seen) return false
    world.table.delete(key)
    oracle().put(actor, key, before, undefined)
    return true
  }

  const portsOf = (actor: Actor): Ports => ({
    clock: clockOf(actor),
    userPools: {
      describe: (id, signal) =>
        call(
          actor,
          'describe',
          'cognito-idp',
          'DescribeUserPool',
          () => {
            const pool = poolOf(world, id)
            oracle().described(actor, pool)
            return describedPool(pool)
          },
          signal,
          id,
        ),
      getMfaConfig: async () => ({}),
      updateTurn: async () => undefined,
      update: (request, signal) => {
        const id = text(request, 'UserPoolId') ?? ''
        const sending = oracle().sendingState(actor, id)
        const landed = oracle().updating(actor, id)
        const effect = () => {
          const { settings, email } = poolOf(world, id)
          const pool = updatePool(world, request)
          pool.ours = pool.email
          trace?.(`${actor.id} … UpdateUserPool took effect: ${JSON.stringify(pool.email)}`)
          landed(pool, { settings, email })
        }
        const detail = JSON.stringify(request['EmailConfiguration'])
        return call(actor, 'update', 'cognito-idp', 'UpdateUserPool', effect, signal, detail, digestOf([request, sending])).catch(
          (error: unknown) => {
            if (isDefinite(error)) oracle().refused(actor, id)
            throw error
          },
        )
      },
    },
    table: {
      name: 'bindings',
      read: (key, signal) => call<JsonObject | undefined>(actor, 'read', 'dynamodb', 'GetItem', () => world.table.get(key), signal, key),
      put: (item, seen, signal) =>
        call(actor, 'put', 'dynamodb', 'PutItem', () => put(actor, item, seen), signal, `${JSON.stringify(item)} over ${seen}`),
      scan: (after, signal) =>
        call(
          actor,
          'scan',
          'dynamodb',
          'Scan',
          () => ({
            items: byKey(world.table).flatMap(([key, item]) => (after === undefined || key > after ? [item] : [])),
            next: undefined,
          }),
          signal,
          '',
        ),
      remove: (key, seen, signal) =>
        call(actor, 'remove', 'dynamodb', 'DeleteItem', () => remove(actor, key, seen), signal, `${key} at ${seen}`),
    },
    // What SES says never changes here: its calls commute with all others, and need no order.
    ses: {
      getAccount: async () => ({
        ProductionAccessEnabled: true,
        SendingEnabled: true,
        EnforcementStatus: 'HEALTHY',
        SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 0 },
      }),
      getConfigurationSet: async () => ({ SendingOptions: { SendingEnabled: true } }),
      getEventDestinations: async () => [{ Name: 'events', Enabled: true, MatchingEventTypes: ['BOUNCE'] }],
      getEmailIdentity: async () => ({ VerifiedForSendingStatus: true, VerificationStatus: 'SUCCESS' }),
      getDedicatedIpPool: async () => ({}),
    },
  })

  const answerOf =
    (actor: Actor): PutAnswer =>
    (body, deadline) =>
      new Promise((resolve, reject) => {
        if (actor.answeringAt !== undefined) violated('one answer', `${actor.id} answers twice`)
        if (now > deadline) violated('in time', `${actor.id} answers too late`)
        actor.answeringAt = now
        const arrive = () => {
          if (!actor.request) return
          actor.request.arrived(body)
          oracle().answered(actor, actor.request, body)
        }
        const waiting: Waiting = {
          name: 'answers',
          detail: body,
          faults: ANSWER_FAULTS,
          go: (fault) => {
            actor.waiting.delete(waiting)
            trace?.(`${actor.id} answers ${body}${fault ? ` ✗ ${fault}` : ''}`)
            if (fault === undefined || fault.endsWith('after')) arrive()
            if (fault?.startsWith('die')) return die(actor)
            note(actor, ['answer', fault])
            if (fault) reject(new Error('the answer could not be delivered'))
            else resolve()
          },
        }
        actor.waiting.add(waiting)
      })

  const failures = new Map<Actor, () => void>()
  const end = (actor: Actor, state: 'over' | 'dead'): boolean => {
    if (actor.state !== 'running') return false
    actor.state = state
    actor.waiting.clear()
    timers = timers.filter((one) => one.actor !== actor)
    return true
  }
  const die = (actor: Actor): void => {
    trace?.(`${actor.id} dies`)
    if (end(actor, 'dead')) failures.get(actor)?.()
  }

  const launch = ({ id, request, operator, handle, done, failed }: Launched): void => {
    trace?.(`${id} starts`)
    const actor: Actor = {
      id,
      request,
      operator,
      faults: [],
      random: seeded(hashed(world.setting.seed, id)),
      startedAt: now,
      deadline: now + seconds * 1_000,
      state: 'running',
      answeringAt: undefined,
      tableFailedAt: undefined,
      counts: new Map(),
      underway: new Set(),
      die: () => die(actor),
      history: '',
      waiting: new Set(),
    }
    actors.push(actor)
    failures.set(actor, failed)
    timer(actor.deadline, actor, `${id} is out of time`, () => {
      violated('in time', `${id} outlived its time`)
      die(actor)
    })
    const context: LambdaContext = {
      awsRequestId: id,
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:cognito-ses-binding',
      logStreamName: `log-${id}`,
      getRemainingTimeInMillis: () => actor.deadline - now,
    }
    const environment: Environment = {
      ports: portsOf(actor),
      region: 'us-east-1',
      nonce: () => id,
      allowTakeover: true,
      log: () => (level, message, fields) => {
        if (message === 'unexpected error') violated('no surprise', `${id}: ${JSON.stringify(fields)}`)
        trace?.(`${id} log ${level}: ${message}${fields?.['error'] ? ` (${fields['error']})` : ''}`)
      },
    }
    handle(actor, context, environment, answerOf(actor)).then(
      (result) => {
        if (!end(actor, 'over')) return
        oracle().ended(actor)
        done(result)
      },
      (error: unknown) => {
        if (!end(actor, 'over')) return
        oracle().ended(actor)
        trace?.(`${id} throws ${error}`)
        failed()
      },
    )
  }

  const nextTimer = (): number => timers.reduce((least, { at }) => Math.min(least, at), Infinity)

  /** What can happen now. Moves time on when nothing else can. Empty when all is over. */
  const actions = (): readonly Action[] => {
    for (;;) {
      const list: Action[] = []
      for (const actor of actors)
        for (const one of actor.waiting) {
          list.push({ name: `${actor.id} ${one.name}`, run: () => one.go() })
          if (faultsLeft > 0)
            for (const fault of one.faults)
              list.push({
                name: `${actor.id} ${one.name} ✗ ${fault}`,
                run: () => {
                  faultsLeft -= 1
                  one.go(fault)
                },
              })
        }
      for (const one of timers)
        if (one.at <= now)
          list.push({
            name: one.name,
            run: () => {
              drop(one)
              if (one.actor) note(one.actor, one.name)
              one.fire()
            },
          })
      const isIdle = list.length === 0
      for (const one of underway) list.push({ name: one.name, run: one.land })
      if (!isIdle) return list
      const next = nextTimer()
      if (next === Infinity) return list
      const pass = () => {
        now = next
      }
      if (underway.size > 0) {
        if ([...underway].every(({ latest }) => latest >= next)) list.push({ name: 'time passes', run: pass })
        return list
      }
      pass()
    }
  }

  /** All that what comes depends on. */
  const state = (more: unknown): string => {
    const running = actors.filter((one) => one.state === 'running')
    return digestOf([
      now,
      faultsLeft,
      byKey(world.table),
      world.pools,
      running.map((one) => [one.id, one.history, [...one.waiting].map(({ name, detail }) => [name, detail])]),
      timers.map(({ at, name }) => `${at} ${name}`).sort(),
      [...underway].map(({ name, latest, detail }) => `${latest} ${name} ${detail}`).sort(),
      oracle().state(running),
      more,
    ])
  }

  return {
    now: () => now,
    launch,
    soon,
    sleep: (ms: number, name: string): Promise<void> => new Promise((resolve) => void timer(now + ms, undefined, name, resolve)),
    after: (ms: number, name: string, run: () => void): void => void timer(now + ms, undefined, name, run),
    actions,
    state,
    allowFaults: (count: number): void => {
      faultsLeft = count
    },
  }
}

export type Stage = ReturnType<typeof createStage>
