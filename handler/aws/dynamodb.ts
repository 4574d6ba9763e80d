// The one DynamoDB table: strong reads, and writes only where the revision still is the one that was read.
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import type { JsonObject } from '../../lib/json.ts'
import type { Table } from '../../lib/ports.ts'
import { clientSettings } from './client-settings.ts'
import { rawJson } from './raw-json.ts'
import { calling } from './service-error.ts'

/** @returns false when the condition did not hold */
const conditionally = async (write: () => Promise<unknown>): Promise<boolean> => {
  try {
    await write()
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false
    throw error
  }
}

const stillAt = (seen: number | undefined) =>
  seen === undefined
    ? { ConditionExpression: 'attribute_not_exists(UserPoolId)' }
    : { ConditionExpression: 'Revision = :seen', ExpressionAttributeValues: { ':seen': { N: String(seen) } } }

/** The table `name`. Items are native attributes, so that a person can read them in the console. */
export const dynamoTable = (region: string, name: string): Table => {
  const client = new DynamoDBClient({ region, ...clientSettings(5_000), protocol: rawJson('1.0', 'DynamoDB_20120810') })
  return {
    name,
    read: (key, signal) =>
      calling('dynamodb:GetItem', signal, async () => {
        const command = new GetItemCommand({ TableName: name, Key: { UserPoolId: { S: key } }, ConsistentRead: true })
        const { Item } = await client.send(command, { abortSignal: signal })
        return Item && (unmarshall(Item) as JsonObject)
      }),
    put: (item, seen, signal) =>
      calling('dynamodb:PutItem', signal, () =>
        conditionally(() =>
          client.send(new PutItemCommand({ TableName: name, Item: marshall(item, { removeUndefinedValues: true }), ...stillAt(seen) }), {
            abortSignal: signal,
          }),
        ),
      ),
    scan: (after, signal) =>
      calling('dynamodb:Scan', signal, async () => {
        const start = after === undefined ? {} : { ExclusiveStartKey: { UserPoolId: { S: after } } }
        const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName: name, ConsistentRead: true, ...start }), {
          abortSignal: signal,
        })
        return { items: Items.map((item) => unmarshall(item) as JsonObject), next: LastEvaluatedKey?.['UserPoolId']?.S }
      }),
    remove: (key, seen, signal) =>
      calling('dynamodb:DeleteItem', signal, () =>
        conditionally(() =>
          client.send(new DeleteItemCommand({ TableName: name, Key: { UserPoolId: { S: key } }, ...stillAt(seen) }), {
            abortSignal: signal,
          }),
        ),
      ),
  }
}
