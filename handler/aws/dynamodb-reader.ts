// Strong reads of the one DynamoDB table. In a file of its own, so that a program that only reads has no write in it.
import { DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { JsonObject } from '../../lib/json.ts'
import type { TableReader } from '../../lib/ports.ts'
import { clientSettings } from './client-settings.ts'
import { rawJson } from './raw-json.ts'
import { calling } from './service-error.ts'

/** DynamoDB in one Region. */
export const dynamoClient = (region: string): DynamoDBClient =>
  new DynamoDBClient({ region, ...clientSettings(5_000), protocol: rawJson('1.0', 'DynamoDB_20120810') })

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
