// What becomes of a call: its service recognises it, it is recorded, and it is answered as the faults say. Knows nothing of sockets.
import type { JsonObject } from '../../lib/json.ts'
import { courseOf, type Fault, type Faults } from './faults.ts'
import type { ApiError } from './outcome.ts'
import { type Incoming, type Reply, type Service, type ServiceName, signedRegion } from './service.ts'
import type { Exchange } from './wire-record.ts'

/** A call as it was seen. `status` and `endedAt` stay undefined when no answer was given. */
export type Call = {
  readonly service: ServiceName
  readonly action: string
  /** The Region that the request was signed for. */
  readonly region: string | undefined
  readonly request: JsonObject
  readonly startedAt: number
  /** When it took effect, answered or not. */
  effectAt: number | undefined
  endedAt: number | undefined
  status: number | undefined
  error: ApiError | undefined
  fault: Fault | undefined
}

export type DispatchOptions = {
  readonly services: readonly Service[]
  readonly faults: Faults
  readonly calls: Call[]
  readonly latencyMs: number
  readonly now: () => number
  /** Never settles where what is late then stays undone. */
  readonly wait: (ms: number) => Promise<void>
  /** Hears of every exchange that goes over a wire. */
  readonly record?: (exchange: Exchange) => void
}

/** @returns the reply; `none` when nothing ever comes back, `reset` when the connection breaks; undefined when no service knows the call */
export type Dispatch = (incoming: Incoming) => Promise<Reply | 'none' | 'reset' | undefined>

export const createDispatch =
  ({ services, faults, calls, latencyMs, now, wait, record }: DispatchOptions): Dispatch =>
  async (incoming) => {
    for (const service of services) {
      const found = service.recognise(incoming)
      if (!found) continue
      const { action, request } = found
      const call: Call = {
        ...{ service: service.name, action, region: signedRegion(incoming.headers), request, startedAt: now() },
        ...{ effectAt: undefined, endedAt: undefined, status: undefined, error: undefined, fault: undefined },
      }
      calls.push(call)
      call.fault = await faults.next(call)
      const course = courseOf(call.fault)
      if (latencyMs + course.waitMs > 0) await wait(latencyMs + course.waitMs)
      const own = course.effect ? await found.perform() : undefined
      if (course.effect) call.effectAt = now()
      const reply = typeof course.answer === 'object' ? service.errorReply(course.answer.error) : own
      record?.({ service: service.name, action, incoming, request, reply, isFault: reply !== own })
      if (course.answer === 'none' || course.answer === 'reset') return course.answer
      if (!reply) return 'none'
      Object.assign(call, { endedAt: now(), status: reply.status, error: reply.error })
      return reply
    }
    return undefined
  }
