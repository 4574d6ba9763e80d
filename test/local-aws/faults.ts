// What can go wrong on the way to a service or back, as rules that a test lays over the calls.
import type { JsonObject } from '../../lib/json.ts'
import type { ApiError } from './outcome.ts'
import type { ServiceName } from './service.ts'

export type Fault =
  /** No effect; this error is answered. */
  | { readonly error: ErrorAnswer }
  /** The effect happens; this error is answered. */
  | { readonly errorAfter: ErrorAnswer }
  /** The effect and the answer come this much later. */
  | { readonly delayMs: number }
  /** Never answers; the effect happens this much later. */
  | { readonly late: number }
  /** No effect, never answers. */
  | 'hang'
  /** The effect happens, never answers. */
  | 'hangAfter'
  /** No effect; the connection breaks. */
  | 'reset'
  /** The effect happens; the connection breaks. */
  | 'resetAfter'

/** `status` is 400 unless told. */
export type ErrorAnswer = { readonly code: string; readonly message: string; readonly status?: number }

/** What a rule sees of a call. Both numbers count from 1, and from when the rule was laid. */
export type FaultCall = {
  readonly service: ServiceName
  readonly action: string
  /** The Region that the request was signed for. */
  readonly region: string | undefined
  readonly request: JsonObject
  /** The nth call of this action. */
  readonly count: number
  /** The nth call of all. */
  readonly index: number
}

/** A rule may give a promise: so a test holds a call back until it lets go, and needs no clock. */
export type FaultRule = (call: FaultCall) => Fault | undefined | Promise<Fault | undefined>

/** What the server does with a call: wait, perform it or not, and answer in one of four ways. */
export type Course = {
  readonly waitMs: number
  readonly effect: boolean
  readonly answer: 'own' | 'none' | 'reset' | { readonly error: ApiError }
}

const withStatus = ({ code, message, status = 400 }: ErrorAnswer): { readonly error: ApiError } => ({ error: { code, message, status } })

const PLAIN_COURSES = {
  hang: { waitMs: 0, effect: false, answer: 'none' },
  hangAfter: { waitMs: 0, effect: true, answer: 'none' },
  reset: { waitMs: 0, effect: false, answer: 'reset' },
  resetAfter: { waitMs: 0, effect: true, answer: 'reset' },
} as const satisfies Record<Extract<Fault, string>, Course>

export const courseOf = (fault: Fault | undefined): Course => {
  if (fault === undefined) return { waitMs: 0, effect: true, answer: 'own' }
  if (typeof fault === 'string') return PLAIN_COURSES[fault]
  if ('error' in fault) return { waitMs: 0, effect: false, answer: withStatus(fault.error) }
  if ('errorAfter' in fault) return { waitMs: 0, effect: true, answer: withStatus(fault.errorAfter) }
  if ('delayMs' in fault) return { waitMs: fault.delayMs, effect: true, answer: 'own' }
  return { waitMs: fault.late, effect: true, answer: 'none' }
}

export type Faults = {
  readonly lay: (rule: FaultRule) => () => void
  readonly next: (call: Pick<FaultCall, 'service' | 'action' | 'region' | 'request'>) => Promise<Fault | undefined>
}

/** Every rule counts every call; of the rules that want a fault, the one laid first has its way. */
export const createFaults = (): Faults => {
  const laid = new Map<symbol, { readonly rule: FaultRule; index: number; readonly counts: Map<string, number> }>()
  return {
    lay: (rule) => {
      const key = Symbol('fault')
      laid.set(key, { rule, index: 0, counts: new Map() })
      return () => {
        laid.delete(key)
      }
    },
    next: async (call) => {
      const name = `${call.service}:${call.action}`
      // All rules see the call before any is awaited, so that a rule that holds a call back does not disturb the counts.
      const wishes = [...laid.values()].map((entry) => {
        const count = (entry.counts.get(name) ?? 0) + 1
        entry.counts.set(name, count)
        entry.index += 1
        return entry.rule({ ...call, count, index: entry.index })
      })
      return (await Promise.all(wishes)).find((fault) => fault !== undefined)
    },
  }
}
