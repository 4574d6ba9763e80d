// The items of the function's table, as plain JSON.
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { JsonObject } from '../../lib/json.ts'
import { jsonCall, type Site } from './signed-call.ts'

/** Every item of the table, read strongly. */
export const recordsOf = async (site: Site, table: string): Promise<JsonObject[]> => {
  const found: JsonObject[] = []
  for (let start: JsonObject | undefined, more = true; more; more = start !== undefined) {
    const page = await jsonCall(site, 'dynamodb', 'Scan', {
      TableName: table,
      ConsistentRead: true,
      ...(start ? { ExclusiveStartKey: start } : {}),
    })
    const items = page['Items'] as unknown as Parameters<typeof unmarshall>[0][]
    found.push(...items.map((item) => unmarshall(item) as JsonObject))
    start = page['LastEvaluatedKey'] as JsonObject | undefined
  }
  return found
}
