// Calls AWS, or what plays it, in the raw: a signed request out, the very bytes back. An SDK would drop what it does not know.
import { createHash, createHmac } from 'node:crypto'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { parseXml, type XmlNode } from './xml.ts'

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string | undefined }

/** Emulators take any key. One of twelve digits would be an account of its own in ministack. */
export const TEST_CREDENTIALS: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

export type Site = {
  readonly region: string
  readonly credentials: Credentials
  /** Where a service is, without a slash at the end. */
  readonly endpoint: (service: Service) => string
}

export type Service = 'cloudformation' | 'cognito-idp' | 'dynamodb' | 'email' | 'events' | 'lambda' | 's3' | 'sqs' | 'sts'

/** The name under which a request is signed, where it is not the endpoint's. */
const SIGNING_NAMES: Readonly<Partial<Record<Service, string>>> = { email: 'ses' }

export type Answer = { readonly status: number; readonly body: string }

/** What a service said no with. */
export class CallError extends Error {
  readonly status: number
  readonly body: string
  constructor(call: string, { status, body }: Answer) {
    super(`${call}: ${status} ${body.slice(0, 500)}`)
    this.status = status
    this.body = body
  }
}

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()

/** Signature version 4 over all headers given (Reference for signing, "Create a signed AWS API request"). */
const signed = (url: URL, method: string, headers: Readonly<Record<string, string>>, body: string, service: Service, site: Site) => {
  const { region, credentials } = site
  const time = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '')
  const name = SIGNING_NAMES[service] ?? service
  const all: Readonly<Record<string, string>> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': time,
    ...(credentials.sessionToken ? { 'x-amz-security-token': credentials.sessionToken } : {}),
  }
  const names = Object.keys(all).sort()
  const list = names.join(';')
  const query = [...url.searchParams].map((pair) => pair.map(encodeURIComponent).join('=')).sort()
  // All services but S3 want the path encoded once more.
  const path = service === 's3' ? url.pathname : url.pathname.split('/').map(encodeURIComponent).join('/')
  const canonical = [method, path, query.join('&'), ...names.map((header) => `${header}:${all[header]}`), '', list, sha256(body)].join('\n')
  const scope = `${time.slice(0, 8)}/${region}/${name}/aws4_request`
  const key = [time.slice(0, 8), region, name, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`)
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`
  const { host: _host, ...sent } = all
  return { ...sent, authorization }
}

/** Waits between attempts when an account's quota is used up. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** One request; a throttled one is sent again, up to five times. */
export const call = async (
  site: Site,
  service: Service,
  {
    method = 'POST',
    path = '/',
    headers = {},
    body = '',
  }: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> => {
  const url = new URL(`${site.endpoint(service)}${path}`)
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch(url, {
      method,
      headers: { ...signed(url, method, headers, body, service, site), connection: 'close' },
      ...(method === 'GET' ? {} : { body }),
    })
    const answer = { status: response.status, body: await response.text() }
    if (attempt === 5 || !/TooManyRequests|Throttling/.test(answer.body) || answer.status < 400) return answer
    await pause(2 ** attempt * 300)
  }
}

const parsed = (body: string): JsonObject => {
  const value: unknown = body === '' ? {} : JSON.parse(body)
  if (!isObject(value)) throw new Error(`Expected a JSON object, got ${body.slice(0, 200)}`)
  return value
}

const checked = (what: string, answer: Answer): Answer => {
  if (answer.status >= 300) throw new CallError(what, answer)
  return answer
}

const TARGETS = {
  'cognito-idp': { prefix: 'AWSCognitoIdentityProviderService', version: '1.1' },
  dynamodb: { prefix: 'DynamoDB_20120810', version: '1.0' },
  events: { prefix: 'AWSEvents', version: '1.1' },
  sqs: { prefix: 'AmazonSQS', version: '1.0' },
} as const

/** A call of a service with the AWS JSON protocol. @throws CallError */
export const jsonCall = async (site: Site, service: keyof typeof TARGETS, action: string, request: JsonObject): Promise<JsonObject> => {
  const { prefix, version } = TARGETS[service]
  const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': `${prefix}.${action}` }
  return parsed(checked(action, await call(site, service, { headers, body: JSON.stringify(request) })).body)
}

/** Invokes a function and waits for it; what it gives back. @throws CallError also when the function threw */
export const invoke = async (site: Site, name: string, event: JsonObject): Promise<string> => {
  const path = `/2015-03-31/functions/${name}/invocations`
  const answer = checked('Invoke', await call(site, 'lambda', { path, body: JSON.stringify(event) }))
  if (answer.body.includes('errorMessage')) throw new CallError('Invoke', answer)
  return answer.body
}

/** A call of SES v2. @throws CallError */
export const sesCall = async (
  site: Site,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  request?: JsonObject,
): Promise<JsonObject> => {
  const body = request ? JSON.stringify(request) : ''
  const answer = await call(site, 'email', { method, path: `/v2/email/${path}`, headers: { 'content-type': 'application/json' }, body })
  return parsed(checked(`${method} ${path}`, answer).body)
}

/** A call of a service with the AWS query protocol; the XML of its answer. @throws CallError */
export const queryCall = async (
  site: Site,
  service: 'cloudformation' | 'sts',
  action: string,
  request: Readonly<Record<string, string>>,
): Promise<XmlNode> => {
  const version = service === 'sts' ? '2011-06-15' : '2010-05-15'
  const body = new URLSearchParams({ Action: action, Version: version, ...request }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  return parseXml(checked(action, await call(site, service, { headers, body })).body)
}
