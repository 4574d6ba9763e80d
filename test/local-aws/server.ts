// The one HTTP server in front of all doubles: reads a request, and spells what becomes of it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDispatch, type DispatchOptions } from './dispatch.ts'
import type { Incoming, Reply } from './service.ts'
import { recordWire } from './wire-record.ts'

export type ServerOptions = Omit<DispatchOptions, 'wait' | 'record'>

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

export const startServer = async (options: ServerOptions): Promise<LocalServer> => {
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
  const dispatch = createDispatch({ ...options, wait, record: recordWire })

  const serve = async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    const reply = await dispatch(incoming)
    if (reply === 'none') return
    if (reply === 'reset') {
      response.socket?.destroy()
      return
    }
    const unknown = `No double for ${incoming.method} ${incoming.url.pathname}`
    send(response, reply ?? { status: 404, headers: { 'content-type': 'text/plain' }, body: unknown })
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
