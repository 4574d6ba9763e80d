// The one HTTP server in front of all doubles: reads a request, finds its service, records the call, and lets faults happen.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../../lib/json.ts'
import { courseOf, type Fault, type Faults } from './faults.ts'
import type { ApiError } from './outcome.ts'
import { type Incoming, type Reply, type Service, type ServiceName, signedRegion } from './service.ts'
import { recordWire } from './wire-record.ts'

/** A call as the server saw it. `status` and `endedAt` stay undefined when no answer was given. */
export type Call = {
  readonly service: ServiceName
  readonly action: string
  /** The Region that the request was signed for. */
  readonly region: string | undefined
  readonly request: JsonObject
  readonly startedAt: number
  endedAt: number | undefined
  status: number | undefined
  error: ApiError | undefined
  fault: Fault | undefined
}

export type ServerOptions = {
  readonly services: readonly Service[]
  readonly faults: Faults
  readonly calls: Call[]
  readonly latencyMs: number
  readonly now: () => number
}

export type LocalServer = { readonly host: string; readonly close: () => Promise<void> }

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const send = (response: ServerResponse, reply: Reply): void => {
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(Buffer.byteLength(reply.body)) })
  response.end(reply.body)
}

export const startServer = async ({ services, faults, calls, latencyMs, now }: ServerOptions): Promise<LocalServer> => {
  const timers = new Set<NodeJS.Timeout>()
  /** Never settles when the server is closed first: what is late then stays undone. */
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        resolve()
      }, ms)
      timers.add(timer)
    })

  const serve = async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    for (const service of services) {
      const found = service.recognise(incoming)
      if (!found) continue
      const { action, request } = found
      const call: Call = {
        ...{ service: service.name, action, region: signedRegion(incoming.headers), request, startedAt: now() },
        ...{ endedAt: undefined, status: undefined, error: undefined, fault: undefined },
      }
      calls.push(call)
      call.fault = await faults.next(call)
      const course = courseOf(call.fault)
      if (latencyMs + course.waitMs > 0) await wait(latencyMs + course.waitMs)
      const own = course.effect ? await found.perform() : undefined
      const reply = typeof course.answer === 'object' ? service.errorReply(course.answer.error) : own
      recordWire({ service: service.name, action, incoming, request, reply, isFault: reply !== own })
      if (course.answer === 'none') return
      if (course.answer === 'reset') {
        response.socket?.destroy()
        return
      }
      if (!reply) return
      Object.assign(call, { endedAt: now(), status: reply.status, error: reply.error })
      return send(response, reply)
    }
    send(response, {
      status: 404,
      headers: { 'content-type': 'text/plain' },
      body: `No double for ${incoming.method} ${incoming.url.pathname}`,
    })
  }

  const server = createServer((request, response) => {
    // A caller that goes away in the middle of its request is a caller's right.
    response.on('error', () => undefined)
    readBody(request).then(
      (body) =>
        serve(
          { method: request.method ?? 'GET', url: new URL(request.url ?? '/', 'http://local'), headers: request.headers, body },
          response,
        ).catch((error: unknown) => send(response, { status: 500, headers: {}, body: `The local AWS failed: ${String(error)}` })),
      () => undefined,
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer)
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
