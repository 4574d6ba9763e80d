// DynamoDB: dynalite, handed each request in process, so that faults reach it like any other service; or another one, by HTTP.
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import dynalite from 'dynalite'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { ApiError } from './outcome.ts'
import { type Incoming, parseObject, type Reply, type Service } from './service.ts'

const TARGET = 'DynamoDB_20120810.'
const PROTOCOL = 'application/x-amz-json-1.0'

/** Raw access for tests: neither recorded as calls nor touched by faults. */
export type Table = {
  readonly read: (key: string) => Promise<JsonObject | undefined>
  /** Puts the item as it is, whatever stands there. Its key is its `UserPoolId`. */
  readonly put: (item: JsonObject) => Promise<void>
  readonly remove: (key: string) => Promise<void>
}

const errorReply = (error: ApiError): Reply => ({
  status: error.status,
  headers: { 'content-type': PROTOCOL },
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${error.code}`, message: error.message }),
  error,
})

const errorOf = (status: number, body: string): ApiError | undefined => {
  if (status < 400) return undefined
  const { __type: type = '', message = '', Message = message } = parseObject(Buffer.from(body)) ?? {}
  return { code: String(type).replace(/^.*#/, ''), message: String(Message), status }
}

const createDispatch = () => {
  const server = dynalite({ createTableMs: 0 })
  return (headers: Incoming['headers'], body: Buffer): Promise<Reply> =>
    new Promise((resolve) => {
      const answered: Record<string, string> = {}
      const response = {
        statusCode: 200,
        setHeader: (name: string, value: unknown) => {
          answered[name.toLowerCase()] = String(value)
        },
        end: (text = '') =>
          resolve({ status: response.statusCode, headers: answered, body: text, error: errorOf(response.statusCode, text) }),
      }
      server.emit('request', Object.assign(Readable.from([body]), { method: 'POST', url: '/', headers }), response)
    })
}

type Dispatch = ReturnType<typeof createDispatch>

/** Another DynamoDB, by HTTP, in which every local AWS has a table of its own: it may have any name there. */
const createForward = (endpoint: string, name: string): Dispatch => {
  const own = `${name}.${randomUUID()}`
  return async (headers, body) => {
    const request = parseObject(body) ?? {}
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: Object.fromEntries(
        ['content-type', 'x-amz-target', 'x-amz-date', 'authorization'].flatMap((header) => {
          const value = headers[header]
          return typeof value === 'string' ? [[header, value]] : []
        }),
      ),
      body: JSON.stringify(request['TableName'] === name ? { ...request, TableName: own } : request),
    })
    const text = await response.text()
    return { status: response.status, headers: { 'content-type': PROTOCOL }, body: text, error: errorOf(response.status, text) }
  }
}

/** dynalite wants to see a signature; it does not check it. */
const SIGNED = {
  'content-type': PROTOCOL,
  authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  'x-amz-date': '20260101T000000Z',
}

export const createDynamoDb = async (TableName: string) => {
  // npm run test:e2e names one that others wrote.
  const { DYNAMODB_ENDPOINT: elsewhere } = process.env
  const dispatch = elsewhere ? createForward(elsewhere, TableName) : createDispatch()
  const ask = async (action: string, request: JsonObject): Promise<JsonObject> => {
    const reply = await dispatch({ ...SIGNED, 'x-amz-target': `${TARGET}${action}` }, Buffer.from(JSON.stringify(request)))
    if (reply.status !== 200) throw new Error(`${action}: ${reply.body}`)
    return parseObject(Buffer.from(reply.body)) ?? {}
  }
  const ready = async (): Promise<void> => {
    const { Table } = await ask('DescribeTable', { TableName })
    if (!isObject(Table) || Table['TableStatus'] !== 'ACTIVE') return ready()
  }
  await ask('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'UserPoolId', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'UserPoolId', KeyType: 'HASH' }],
  })
  await ready()

  const plain = (item: unknown): JsonObject => unmarshall(item as Parameters<typeof unmarshall>[0]) as JsonObject
  const stored = (item: JsonObject): JsonObject => marshall(item, { removeUndefinedValues: true }) as unknown as JsonObject
  const table: Table = {
    read: async (key) => {
      const { Item } = await ask('GetItem', { TableName, Key: stored({ UserPoolId: key }), ConsistentRead: true })
      return Item ? plain(Item) : undefined
    },
    put: async (item) => {
      await ask('PutItem', { TableName, Item: stored(item) })
    },
    remove: async (key) => {
      await ask('DeleteItem', { TableName, Key: stored({ UserPoolId: key }) })
    },
  }
  const records = async (start?: JsonObject): Promise<JsonObject[]> => {
    const { Items = [], LastEvaluatedKey } = await ask('Scan', {
      TableName,
      ConsistentRead: true,
      ...(start && { ExclusiveStartKey: start }),
    })
    const page = (Items as readonly JsonObject[]).map(plain)
    return isObject(LastEvaluatedKey) ? [...page, ...(await records(LastEvaluatedKey))] : page
  }
  const service: Service = {
    name: 'dynamodb',
    errorReply,
    recognise: ({ headers, body }) => {
      const target = String(headers['x-amz-target'] ?? '')
      if (!target.startsWith(TARGET)) return undefined
      return { action: target.slice(TARGET.length), request: parseObject(body) ?? {}, perform: () => dispatch(headers, body) }
    },
  }
  return { service, table, records: () => records() }
}
