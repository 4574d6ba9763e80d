// What went over the wire, kept in a folder for AWS's own validators (test/e2e/botocore.e2e.ts): each exchange once, by its shape.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { type Incoming, parseObject, type Reply, type ServiceName } from './service.ts'

export type Exchange = {
  readonly service: ServiceName
  readonly action: string
  readonly incoming: Incoming
  /** Members of the request, those of the path among them. */
  readonly request: JsonObject
  /** Undefined when nobody answered. */
  readonly reply: Reply | undefined
  /** Whether a test had a fault answered in the service's place. */
  readonly isFault: boolean
}

/** Values that tests make up anew each time look the same; their kind and about their length stay. */
const masked = (value: unknown): unknown => {
  if (typeof value === 'string') return `${value.replace(/[A-Za-z0-9]+/g, 'w').slice(0, 200)}~${Math.ceil(Math.log2(value.length + 1))}`
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1_000 ? value : typeof value
  if (Array.isArray(value)) return value.map(masked)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner)])) : value
}

const save = (folder: string, { service, action, incoming, request, reply, isFault }: Exchange): void => {
  if (service === 'response') return // CloudFormation's bucket has no model.
  const answer = reply && { status: reply.status, headers: reply.headers, body: reply.body }
  const shape = [
    service,
    action,
    masked(request),
    answer?.status,
    reply?.error?.code,
    masked(parseObject(Buffer.from(answer?.body ?? '{}'))),
  ]
  const name = createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 24)
  const agent = String(incoming.headers['user-agent'] ?? '')
  const kept = { service, action, request, answer, isFault, isOfSdk: agent.startsWith('aws-sdk-js/') }
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(kept))
}

/** Keeps each exchange in the folder that the environment variable RECORD_WIRE names; does nothing when there is none. */
export const recordWire = (exchange: Exchange): void => {
  const folder = process.env['RECORD_WIRE']
  if (folder) save(folder, exchange)
}
