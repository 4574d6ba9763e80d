// A thin proxy in front of moto or another emulator: what it does right passes as it is, the rest is put right by a table of corrections.
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { type Call, CORRECTIONS, type Correction, emptyMemory, type Reply } from './corrections.ts'

export type MotoProxy = {
  readonly endpoint: string
  /** Every call of Cognito and SES that came, in order. */
  readonly calls: Call[]
  /** Asked for a configuration set that moto does not have: on AWS a template's set and the API's are the same. */
  lookElsewhere: ((set: string) => Promise<boolean>) | undefined
  readonly close: () => Promise<void>
}

const COGNITO = 'AWSCognitoIdentityProviderService.'

/** The SES v2 routes whose answers are corrected, as in the SDK's model. */
const ROUTES: readonly (readonly [method: string, path: RegExp, action: string])[] = [
  ['GET', /^\/v2\/email\/account$/, 'GetAccount'],
  ['GET', /^\/v2\/email\/configuration-sets\/(?<ConfigurationSetName>[^/]+)$/, 'GetConfigurationSet'],
  ['GET', /^\/v2\/email\/configuration-sets\/(?<ConfigurationSetName>[^/]+)\/event-destinations$/, 'GetConfigurationSetEventDestinations'],
  [
    'POST',
    /^\/v2\/email\/configuration-sets\/(?<ConfigurationSetName>[^/]+)\/event-destinations$/,
    'CreateConfigurationSetEventDestination',
  ],
  ['GET', /^\/v2\/email\/identities\/(?<EmailIdentity>[^/]+)$/, 'GetEmailIdentity'],
]

const parse = (body: string): JsonObject => {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

const recognise = (method: string, path: string, headers: IncomingHttpHeaders, body: string): Call | undefined => {
  const target = String(headers['x-amz-target'] ?? '')
  if (target.startsWith(COGNITO)) return { action: target.slice(COGNITO.length), request: parse(body) }
  for (const [wanted, pattern, action] of ROUTES) {
    const found = method === wanted ? pattern.exec(path) : null
    if (!found) continue
    const named = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)])
    return { action, request: { ...parse(body), ...Object.fromEntries(named) } }
  }
  return undefined
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

type Raw = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

const PASSED_ON = ['content-type', 'x-amzn-errortype', 'x-amzn-requestid'] as const

const asRaw = (reply: Reply, like?: Raw): Raw => ({
  status: reply.status,
  headers: {
    'content-type': 'application/json',
    ...like?.headers,
    ...(typeof reply.body['__type'] === 'string' ? { 'x-amzn-errortype': reply.body['__type'] } : {}),
  },
  body: JSON.stringify(reply.body),
})

/**
 * @param moto where moto, or the other emulator, listens
 * @param corrections what it does otherwise
 * @param poolPrefix what its pool IDs begin with instead of the Region
 */
export const startMotoProxy = async (
  moto: string,
  corrections: readonly Correction[] = CORRECTIONS,
  poolPrefix?: string,
): Promise<MotoProxy> => {
  const toTheirs = (text: string) => (poolPrefix ? text.replace(/"[a-z]{2}(?:-[a-z]+)+-\d_/g, `"${poolPrefix}_`) : text)
  const toOurs = (text: string) => (poolPrefix ? text.replaceAll(`"${poolPrefix}_`, '"us-east-1_') : text)
  const memory = emptyMemory()
  const forward = async (method: string, path: string, headers: IncomingHttpHeaders, body: string): Promise<Raw> => {
    const kept = ['authorization', 'content-type', 'x-amz-target', 'x-amz-date'].flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    })
    const sent = {
      method,
      headers: { ...Object.fromEntries(kept), connection: 'close' },
      ...(method === 'GET' ? {} : { body: toTheirs(body) }),
    }
    const response = await fetch(`${moto}${path}`, sent)
    const passed = PASSED_ON.flatMap((name) => (response.headers.has(name) ? [[name, response.headers.get(name) ?? '']] : []))
    return { status: response.status, headers: Object.fromEntries(passed), body: toOurs(await response.text()) }
  }
  const serve = async (request: IncomingMessage): Promise<Raw> => {
    const [method, path, body] = [request.method ?? 'GET', request.url ?? '/', await readBody(request)]
    const call = recognise(method, path, request.headers, body)
    if (!call) return forward(method, path, request.headers, body)
    proxy.calls.push(call)
    const getSet = async (set: string): Promise<Raw> => {
      const raw = await forward('GET', `/v2/email/configuration-sets/${encodeURIComponent(set)}`, request.headers, '')
      if (raw.status !== 404 || !(await proxy.lookElsewhere?.(set))) return raw
      return asRaw({ status: 200, body: { ConfigurationSetName: set } })
    }
    const ask = async (_action: string, { ConfigurationSetName }: JsonObject): Promise<Reply> => {
      const raw = await getSet(String(ConfigurationSetName))
      return { status: raw.status, body: parse(raw.body) }
    }
    const rows = corrections.filter(({ action }) => action === call.action)
    for (const { instead } of rows) {
      const reply = await instead?.(call, memory, ask)
      if (reply) return asRaw(reply)
    }
    const raw =
      call.action === 'GetConfigurationSet'
        ? await getSet(String(call.request['ConfigurationSetName']))
        : await forward(method, path, request.headers, body)
    if (!rows.some(({ after }) => after)) return raw
    const reply = rows.reduce<Reply>((so, { after }) => after?.(call, so, memory) ?? so, { status: raw.status, body: parse(raw.body) })
    return asRaw(reply, raw)
  }
  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    serve(request).then(
      ({ status, headers, body }) => {
        response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })
        response.end(body)
      },
      (error: unknown) => {
        response.writeHead(502)
        response.end(`The proxy could not ask moto: ${String(error)}`)
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const proxy: MotoProxy = {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    calls: [],
    lookElsewhere: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return proxy
}
