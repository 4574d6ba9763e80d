// The ports of one invocation: every call takes its time, and can fail, hang, take effect late, or kill the process.
import { isDefinite, ServiceError } from '../../lib/errors.ts'
import { type JsonObject, text } from '../../lib/json.ts'
import type { Clock, Item, Ports } from '../../lib/ports.ts'
import { between, chance, type Random } from './random.ts'
import type { Entry, Scheduler } from './scheduler.ts'
import type { Fault, Port } from './steps.ts'
import { describedPool, type Pool, poolOf, updatePool, type World } from './world.ts'

export type CallKind = Exclude<Port, 'any'>

/** One process that serves one event. */
export type Process = {
  readonly id: string
  readonly random: Random
  readonly faults: readonly Fault[]
  readonly startedAt: number
  readonly deadline: number
  state: 'running' | 'over' | 'dead'
  /** When it gave its answer away. */
  answeringAt: number | undefined
  /** When a call of the table last came to nothing. */
  tableFailedAt: number | undefined
  readonly counts: Map<Port, number>
  /** Effects that are on their way to a service. */
  readonly underway: Set<Entry>
  readonly die: () => void
}

/** Who watches what takes effect. */
export type Watch<P> = {
  readonly began: (process: P, kind: CallKind) => void
  readonly described: (process: P, pool: Pool) => void
  /** An UpdateUserPool is sent. @returns what to call when it takes effect */
  readonly updating: (process: P, userPoolId: string) => (pool: Pool, before: Pick<Pool, 'settings' | 'email'>) => void
  /** An UpdateUserPool was refused for sure: it had no effect. */
  readonly refused: (process: P, userPoolId: string) => void
  readonly put: (process: P, key: string, before: Item | undefined, after: Item | undefined) => void
  /** The process has ended, by itself. */
  readonly ended: (process: P) => void
}

export type Stage<P> = {
  readonly scheduler: Scheduler
  readonly world: World
  readonly watch: Watch<P>
  readonly trace: ((line: string) => void) | undefined
}

/** Items on a page of the table: few, so that a sweep turns pages. */
const PAGE = 2

/** As the product assumes (LANDING_MS): a write whose answer is lost takes effect this long after it was sent. */
const LATEST_MS = 2_000

type Errors = { readonly throttled: string; readonly refused: readonly [string, string]; readonly unclear: string }

const ERRORS: Readonly<Record<'cognito-idp' | 'dynamodb' | 'ses', Errors>> = {
  'cognito-idp': {
    throttled: 'TooManyRequestsException',
    refused: ['AccessDeniedException', 'ConcurrentModificationException'],
    unclear: 'InternalErrorException',
  },
  dynamodb: {
    throttled: 'ProvisionedThroughputExceededException',
    refused: ['AccessDeniedException', 'ResourceNotFoundException'],
    unclear: 'InternalServerError',
  },
  ses: { throttled: 'TooManyRequestsException', refused: ['AccessDeniedException', 'BadRequestException'], unclear: 'InternalFailure' },
}

type Service = keyof typeof ERRORS

export const faultFor = (process: Process, kind: CallKind): Fault | undefined => {
  const count = (port: Port): number => {
    const nth = process.counts.get(port) ?? 0
    process.counts.set(port, nth + 1)
    return nth
  }
  const [any, own] = [count('any'), count(kind)]
  return process.faults.find(({ port, nth, times }) => {
    const at = port === 'any' ? any : port === kind ? own : -1
    return at >= nth && at < nth + times
  })
}

export const latency = ({ random }: Process): number => (chance(random, 0.04) ? between(random, 300, 2_500) : between(random, 4, 120))

/** The clock of a process: a dead one is never woken. */
export const clockOf = (scheduler: Scheduler, process: Process): Clock => ({
  now: scheduler.now,
  random: process.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        entry.run = undefined
        reject(signal?.reason)
      }
      const entry = scheduler.at(scheduler.now() + ms, () => {
        signal?.removeEventListener('abort', onAbort)
        if (process.state !== 'dead') resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
})

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

const attempt = <T>(effect: () => T): Outcome<T> => {
  try {
    return { value: effect() }
  } catch (error) {
    return { error }
  }
}

const short = (value: unknown): string =>
  JSON.stringify(value ?? null)
    .replaceAll('"', '')
    .replaceAll('arn:aws:ses:us-east-1:123456789012:identity/', '')

/** An item on one line. */
const itemText = ({ UserPoolId, Base, Asked, Applied, Claims, Intended, Lease, Pools, Answers, Answered }: Item): string =>
  UserPoolId.startsWith('binding#')
    ? `${UserPoolId} pools ${short(Pools)} answered ${short(Answered)} answers ${Array.isArray(Answers) ? Answers.length : 0} ${Lease ? 'leased' : 'free'}`
    : `${UserPoolId} base ${short(Base)} asked ${short(Asked)} applied ${short(Applied)} claims ${short(Claims)} intended ${short(Intended)} ${Lease ? 'leased' : 'free'}`

export const portsOf = <P extends Process>(stage: Stage<P>, process: P): Ports => {
  const { scheduler, world, watch, trace } = stage

  const call = <T>(kind: CallKind, service: Service, name: string, effect: () => T, signal: AbortSignal, detail = ''): Promise<T> =>
    new Promise((resolve, reject) => {
      if (process.state === 'dead') return
      watch.began(process, kind)
      if (signal.aborted) return reject(signal.reason)
      const fault = faultFor(process, kind)?.fault
      const begunAt = scheduler.now()
      const took = fault === 'slow' ? between(process.random, 2_000, 20_000) : latency(process)
      const within = Math.min(LATEST_MS, Math.floor(process.random() * took))
      // A write may land after its answer should have come.
      const isWrite = kind === 'update' || kind === 'put' || kind === 'remove'
      const late = isWrite ? between(process.random, Math.min(LATEST_MS, took), LATEST_MS) : within
      const isUnanswered = chance(process.random, 0.5)
      const other = chance(process.random, 0.5) ? 1 : 0
      const lands = chance(process.random, 0.5)
      const action = `${service}:${name}`
      const errors = ERRORS[service]
      trace?.(`${process.id} ${name} ${detail}${fault ? ` ✗ ${fault}` : ''}`)

      const isTable = service === 'dynamodb'
      const settle = (outcome: Outcome<T>): void => {
        signal.removeEventListener('abort', onAbort)
        if (process.state === 'dead') return
        if (isTable && 'error' in outcome) process.tableFailedAt = scheduler.now()
        if ('value' in outcome) resolve(outcome.value)
        else reject(outcome.error)
      }
      let outcome: Outcome<T> | undefined
      let landing: Entry | undefined
      let answer: Entry | undefined
      const land = (after: number, then?: () => void): void => {
        const entry = scheduler.at(begunAt + after, () => {
          process.underway.delete(entry)
          outcome = attempt(effect)
          then?.()
        })
        landing = entry
        process.underway.add(entry)
      }
      const respond = (after: number, what: () => Outcome<T>): void => {
        answer = scheduler.at(begunAt + after, () => settle(what()))
      }
      const onAbort = (): void => {
        if (answer) answer.run = undefined
        if (landing && !lands && !fault?.startsWith('late')) landing.run = undefined
        if (isTable) process.tableFailedAt = scheduler.now()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })

      const definite = (code: string): Outcome<T> => ({ error: new ServiceError(action, code, 'refused by the simulation', 400) })
      const unclear = (): Outcome<T> => ({
        error: isUnanswered
          ? new ServiceError(action, 'ECONNRESET', 'no answer')
          : new ServiceError(action, errors.unclear, 'an internal error', 500),
      })
      switch (fault) {
        case undefined:
        case 'slow':
          land(within)
          return respond(took, () => outcome ?? unclear())
        case 'throttle':
          return respond(took, () => definite(errors.throttled))
        case 'refuse':
          return respond(took, () => definite(errors.refused[other]))
        case 'fail-before':
          return respond(took, unclear)
        case 'fail-after':
          land(within)
          return respond(took, unclear)
        case 'hang-before':
          return
        case 'hang-after':
          return land(within)
        case 'late':
          land(late)
          return respond(took, unclear)
        case 'late-hang':
          return land(late)
        case 'die-before':
          return process.die()
        case 'die-after':
          return land(within, process.die)
        case 'die-late': {
          process.die()
          const entry = scheduler.at(begunAt + late, () => attempt(effect))
          landing = entry
        }
      }
    })

  const put = (item: Item, seen: number | undefined): boolean => {
    const before = world.table.get(item.UserPoolId)
    if (before?.Revision !== seen) return false
    world.table.set(item.UserPoolId, item)
    watch.put(process, item.UserPoolId, before, item)
    return true
  }
  const remove = (key: string, seen: number): boolean => {
    const before = world.table.get(key)
    if (before?.Revision !== seen) return false
    world.table.delete(key)
    watch.put(process, key, before, undefined)
    return true
  }
  const page = (after: string | undefined): Awaited<ReturnType<Ports['table']['scan']>> => {
    const keys = [...world.table.keys()].sort()
    const start = after === undefined ? 0 : keys.findIndex((key) => key > after)
    const chosen = start < 0 ? [] : keys.slice(start, start + PAGE)
    const items = chosen.flatMap((key) => world.table.get(key) ?? [])
    return { items, next: start >= 0 && start + PAGE < keys.length ? chosen.at(-1) : undefined }
  }
  const ses = <T>(name: string, answer: () => T) => {
    return (...parameters: readonly (string | AbortSignal)[]): Promise<T> => {
      const signal = parameters.at(-1)
      if (!(signal instanceof AbortSignal)) throw new Error('a port needs a signal')
      return call('ses', 'ses', name, answer, signal)
    }
  }
  const clock = clockOf(scheduler, process)
  return {
    clock,
    userPools: {
      describe: (id, signal) =>
        call(
          'describe',
          'cognito-idp',
          'DescribeUserPool',
          () => {
            const pool = poolOf(world, id)
            watch.described(process, pool)
            return describedPool(pool)
          },
          signal,
          id,
        ),
      getMfaConfig: async () => ({}),
      updateTurn: async (signal) => {
        if (chance(process.random, 0.1)) await clock.sleep(between(process.random, 1, 900), signal)
      },
      update: (request, signal) => {
        const id = text(request, 'UserPoolId') ?? ''
        const landed = watch.updating(process, id)
        return call(
          'update',
          'cognito-idp',
          'UpdateUserPool',
          () => {
            const { settings, email } = poolOf(world, text(request, 'UserPoolId'))
            const pool = updatePool(world, request)
            pool.ours = pool.email
            trace?.(`${process.id} … UpdateUserPool took effect: ${JSON.stringify(pool.email)}`)
            landed(pool, { settings, email })
          },
          signal,
          trace ? JSON.stringify(request['EmailConfiguration']) : '',
        ).catch((error: unknown) => {
          if (isDefinite(error)) watch.refused(process, id)
          throw error
        })
      },
    },
    table: {
      name: 'bindings',
      read: (key, signal) => call<JsonObject | undefined>('read', 'dynamodb', 'GetItem', () => world.table.get(key), signal, key),
      put: (item, seen, signal) => call('put', 'dynamodb', 'PutItem', () => put(item, seen), signal, trace ? itemText(item) : ''),
      scan: (after, signal) => call('scan', 'dynamodb', 'Scan', () => page(after), signal, after),
      remove: (key, seen, signal) => call('remove', 'dynamodb', 'DeleteItem', () => remove(key, seen), signal, key),
    },
    ses: {
      getAccount: ses('GetAccount', () => ({
        ProductionAccessEnabled: true,
        SendingEnabled: true,
        EnforcementStatus: 'HEALTHY',
        SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 0 },
      })),
      getConfigurationSet: ses('GetConfigurationSet', () => ({ SendingOptions: { SendingEnabled: world.pausedSince === undefined } })),
      getEventDestinations: ses('GetConfigurationSetEventDestinations', () => [
        { Name: 'events', Enabled: true, MatchingEventTypes: ['BOUNCE'] },
      ]),
      getEmailIdentity: ses('GetEmailIdentity', () => ({ VerifiedForSendingStatus: true, VerificationStatus: 'SUCCESS' })),
      getDedicatedIpPool: ses('GetDedicatedIpPool', () => ({})),
    },
  }
}
