// How the clients speak: what a command is given is the JSON that is sent, and its answer is the JSON that came. The SDK's own
// protocols go through a model of every call: they drop what the model does not know, and are a fifth of the bundle.
import { HttpRequest, HttpResponse } from '@smithy/core/transport'
import { isObject, type JsonObject } from '../../lib/json.ts'

type Url = { readonly protocol: string; readonly hostname: string; readonly port?: string | number }
type Endpoint = (Url & { readonly path?: string }) | { readonly url: Url & { readonly pathname: string } }
type Operation = { readonly name: string; readonly traits: unknown }
type Context = { readonly endpoint: () => Promise<Endpoint> }
type Headers = Readonly<Record<string, string>>
type Response = { readonly statusCode: number; readonly headers: Headers; readonly body: unknown }

/** All of a body, whether it is bytes or comes as a stream. */
const bytesOf = async (body: unknown): Promise<Uint8Array> => {
  if (body === undefined) return new Uint8Array()
  if (body instanceof Uint8Array) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const setEndpoint = (request: HttpRequest, endpoint: Endpoint): HttpRequest => {
  const { protocol, hostname, port } = 'url' in endpoint ? endpoint.url : endpoint
  const path = 'url' in endpoint ? endpoint.url.pathname : endpoint.path
  return Object.assign(request, { protocol, hostname, path: path ?? '/', port: port ? Number(port) : undefined })
}

/** As RFC 3986 has it: `encodeURIComponent` leaves !'()* as they are. */
const percentEncoded = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * `/v2/email/identities/{EmailIdentity}` filled in.
 * @throws Error for a member that has no place in the path: nothing that is given may be lost
 */
const pathOf = (template: string, input: JsonObject): string => {
  const unplaced = new Set(Object.keys(input))
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input[name]
    if (typeof value !== 'string' || value === '') throw new Error(`${name} must be a text that is not empty: ${template}`)
    unplaced.delete(name)
    return percentEncoded(value)
  })
  if (unplaced.size > 0) throw new Error(`${[...unplaced].join(', ')} has no place in ${template}`)
  return path
}

const metadataOf = ({ statusCode, headers }: Response) => ({ httpStatusCode: statusCode, requestId: headers['x-amzn-requestid'] })

/** `NameException` of `com.amazonaws#NameException:http://…`. */
const bareName = (name: string): string => name.replace(/[,:].*$/, '').replace(/^.*#/, '')

const objectOf = (text: string): JsonObject => {
  const value: unknown = text === '' ? {} : JSON.parse(text)
  return isObject(value) ? value : {}
}

/** What an answer says of an error, under the names that the SDK gives it. A page of a proxy says nothing but its status. */
const errorOf = (response: Response, text: string, places: readonly ErrorPlace[]): Error => {
  let body: JsonObject = {}
  try {
    body = objectOf(text)
  } catch {
    // No JSON: the name is in a header, or nowhere.
  }
  const named = { type: body['__type'], code: body['code'], header: response.headers['x-amzn-errortype'] }
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
  const name = places.map((place) => named[place]).find(isText) ?? 'Unknown'
  const message = [body['message'], body['Message']].find(isText) ?? 'UnknownError'
  return Object.assign(new Error(message), {
    name: bareName(name),
    $fault: response.statusCode < 500 ? 'client' : 'server',
    $metadata: metadataOf(response),
  })
}

type ErrorPlace = 'type' | 'code' | 'header'

type Dialect = {
  /** Where the name of an error stands, first place first. */
  readonly errorPlaces: readonly ErrorPlace[]
  /** Writes the call into the request. */
  readonly write: (request: HttpRequest, operation: Operation, input: JsonObject) => void
}

const protocolOf = ({ errorPlaces, write }: Dialect) => ({
  getShapeId: () => 'cognito-ses-binding#rawJson',
  getRequestType: () => HttpRequest,
  getResponseType: () => HttpResponse,
  getPayloadCodec: (): never => {
    throw new Error('JSON is sent as it is: there is no codec')
  },
  setSerdeContext: (): void => undefined,
  updateServiceEndpoint: setEndpoint,
  serializeRequest: async (operation: Operation, input: object, { endpoint }: Context): Promise<HttpRequest> => {
    const request = setEndpoint(new HttpRequest({ method: 'POST' }), await endpoint())
    write(request, operation, input as JsonObject)
    return request
  },
  deserializeResponse: async <Output>(_operation: Operation, _context: unknown, response: Response): Promise<Output> => {
    const text = Buffer.from(await bytesOf(response.body)).toString()
    const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]))
    const answer = { ...response, headers }
    if (response.statusCode >= 300) throw errorOf(answer, text, errorPlaces)
    return { ...objectOf(text), $metadata: metadataOf(answer) } as Output
  },
})

/** AWS JSON 1.0 and 1.1: POST / with the call's name in a header. `service` is the first half of that header. */
export const rawJson = (version: '1.0' | '1.1', service: string) =>
  protocolOf({
    errorPlaces: ['type', 'code', 'header'],
    write: (request, { name }, input) => {
      request.headers['content-type'] = `application/x-amz-json-${version}`
      request.headers['x-amz-target'] = `${service}.${name}`
      request.body = JSON.stringify(input)
    },
  })

/** REST JSON for reads: the call's own method and path, and all of the input in the path. */
export const rawRestJson = () =>
  protocolOf({
    errorPlaces: ['header', 'code', 'type'],
    write: (request, { name, traits }, input) => {
      const http: unknown = isObject(traits) ? traits['http'] : undefined
      if (!Array.isArray(http) || http[0] !== 'GET') throw new Error(`${name} is no read over REST`)
      request.method = 'GET'
      request.path = `${request.path.replace(/\/$/, '')}${pathOf(String(http[1]), input)}`
    },
  })
