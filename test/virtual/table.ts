// The table in memory: items as the port has them, put and removed under the conditions that the port promises.
import { type JsonObject, text } from '../../lib/json.ts'
import type { TableDouble } from '../local-aws/index.ts'
import { type ApiError, done, type Outcome, refused } from '../local-aws/outcome.ts'
import { parseObject, type Reply, replyOf } from '../local-aws/service.ts'

const TARGET = 'DynamoDB.'
const PAGE = 100

const errorReply = (error: ApiError): Reply => ({ status: error.status, headers: {}, body: JSON.stringify(error), error })
const bodyReply = (body: JsonObject): Reply => ({ status: 200, headers: {}, body: JSON.stringify(body) })

const copy = (item: JsonObject): JsonObject => JSON.parse(JSON.stringify(item))

/** A request is `Key: { UserPoolId }` or `Item`, and `Seen`: the revision that must stand there, or none. */
export const createVirtualTable = (): TableDouble => {
  const items = new Map<string, JsonObject>()
  const keyOf = (request: JsonObject): string => {
    const holder = request['Item'] ?? request['Key']
    return text((holder ?? {}) as JsonObject, 'UserPoolId') ?? ''
  }
  const conditionally = (request: JsonObject, write: () => void): Outcome => {
    if (items.get(keyOf(request))?.['Revision'] !== request['Seen']) {
      return refused('ConditionalCheckFailedException', 'The conditional request failed')
    }
    write()
    return done()
  }
  const scan = (after: string | undefined): Outcome => {
    const keys = [...items.keys()].sort().filter((key) => after === undefined || key > after)
    const page = keys.slice(0, PAGE)
    const found: JsonObject[] = page.map((key) => items.get(key) ?? {})
    return done({ Items: found, ...(keys.length > PAGE ? { Next: page.at(-1) } : {}) })
  }
  const ACTIONS: Readonly<Record<string, (request: JsonObject) => Outcome>> = {
    GetItem: (request) => done({ ...(items.has(keyOf(request)) ? { Item: items.get(keyOf(request)) } : {}) }),
    PutItem: (request) => conditionally(request, () => items.set(keyOf(request), copy(request['Item'] as JsonObject))),
    DeleteItem: (request) => conditionally(request, () => items.delete(keyOf(request))),
    Scan: (request) => scan(text(request, 'After')),
  }
  return {
    service: {
      name: 'dynamodb',
      errorReply,
      recognise: ({ headers, body }) => {
        const target = String(headers['x-amz-target'] ?? '')
        if (!target.startsWith(TARGET)) return undefined
        const action = target.slice(TARGET.length)
        const request = parseObject(body) ?? {}
        const act = ACTIONS[action] ?? (() => refused('UnknownOperationException', action))
        return { action, request, perform: () => replyOf(act(request), bodyReply, errorReply) }
      },
    },
    table: {
      read: async (key) => {
        const item = items.get(key)
        return item && copy(item)
      },
      put: async (item) => {
        items.set(String(item['UserPoolId']), copy(item))
      },
      remove: async (key) => {
        items.delete(key)
      },
    },
    records: async () => [...items.values()].map(copy),
  }
}
