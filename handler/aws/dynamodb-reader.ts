// Strong reads of the one DynamoDB table. In a file of its own, so that a program that only reads has no write in it.
import { DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { JsonObject } from '../../lib/json.ts'
import type { TableReader } from '../../lib/ports.ts'
import { calling } from './service-error.ts'

const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true }

/** The SDK's own retries are off: the core has its own. */
export const dynamoClient = (region: string): DynamoDBClient => new DynamoDBClient({ region, maxAttempts: 1, requestHandler: TIMEOUTS })

/** Reads of the table `name`. */
export const tableReader = (client: DynamoDBClient, name: string): TableReader => ({
  name,
  read: (key, signal) =>
    calling('dynamodb:GetItem', signal, async () => {
      const command = new GetItemCommand({ TableName: name, Key: { UserPoolId: { S: key } }, ConsistentRead: true })
      const { Item } = await client.send(command, { abortSignal: signal })
      return Item && (unmarshall(Item) as JsonObject)
    }),
  scan: (after, signal) =>
    calling('dynamodb:Scan', signal, async () => {
      const start = after === undefined ? {} : { ExclusiveStartKey: { UserPoolId: { S: after } } }
      const command = new ScanCommand({ TableName: name, ConsistentRead: true, ...start })
      const { Items = [], LastEvaluatedKey } = await client.send(command, { abortSignal: signal })
      return { items: Items.map((item) => unmarshall(item) as JsonObject), next: LastEvaluatedKey?.['UserPoolId']?.S }
    }),
})
