// The one DynamoDB table: strong reads, and writes only where the revision still is the one that was read.
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import type { Table } from '../../lib/ports.ts'
import { dynamoClient, tableReader } from './dynamodb-reader.ts'
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
  const client = dynamoClient(region)
  return {
    ...tableReader(client, name),
    put: (item, seen, signal) =>
      calling('dynamodb:PutItem', signal, () =>
        conditionally(() =>
          client.send(new PutItemCommand({ TableName: name, Item: marshall(item, { removeUndefinedValues: true }), ...stillAt(seen) }), {
            abortSignal: signal,
          }),
        ),
      ),
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
