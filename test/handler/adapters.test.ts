// The adapters in which bytes do not matter: what they ask, and what they make of the answers.

import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetDedicatedIpPoolCommand,
  GetEmailIdentityCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { mockClient } from 'aws-sdk-client-mock'
import { dynamoTable } from '../../handler/aws/dynamodb.ts'
import { sesReader } from '../../handler/aws/ses.ts'

const { signal } = new AbortController()

const named = (name: string, httpStatusCode: number) => Object.assign(new Error(`it said ${name}`), { name, $metadata: { httpStatusCode } })

describe('the table', () => {
  const dynamo = mockClient(DynamoDBClient)
  beforeEach(() => void dynamo.reset())
  const table = dynamoTable('us-east-1', 'bindings')

  test('is read strongly consistent', async () => {
    dynamo.on(GetItemCommand).resolves({ Item: { UserPoolId: { S: 'p' }, Revision: { N: '7' }, Claims: { L: [] } } })
    expect(await table.read('p', signal)).toEqual({ UserPoolId: 'p', Revision: 7, Claims: [] })
    expect(dynamo.call(0).args[0].input).toMatchObject({ TableName: 'bindings', ConsistentRead: true })
  })

  test('takes a new item only where there is none, and a later one only over the revision that was read', async () => {
    dynamo.on(PutItemCommand).resolves({}).on(DeleteItemCommand).resolves({})
    await table.put({ UserPoolId: 'p', Revision: 1 }, undefined, signal)
    await table.put({ UserPoolId: 'p', Revision: 2 }, 1, signal)
    await table.remove('p', 2, signal)
    expect(dynamo.commandCalls(PutItemCommand).map((call) => call.args[0].input.ConditionExpression)).toEqual([
      'attribute_not_exists(UserPoolId)',
      'Revision = :seen',
    ])
    expect(dynamo.commandCalls(DeleteItemCommand)[0]?.args[0].input).toMatchObject({
      ConditionExpression: 'Revision = :seen',
      ExpressionAttributeValues: { ':seen': { N: '2' } },
    })
  })

  test('says false when somebody else was first, and throws what else went wrong under the action’s name', async () => {
    dynamo
      .on(PutItemCommand)
      .rejectsOnce(named('ConditionalCheckFailedException', 400))
      .rejectsOnce(named('ResourceNotFoundException', 400))
    expect(await table.put({ UserPoolId: 'p', Revision: 1 }, undefined, signal)).toBe(false)
    await expect(table.put({ UserPoolId: 'p', Revision: 1 }, undefined, signal)).rejects.toMatchObject({
      action: 'dynamodb:PutItem',
      code: 'ResourceNotFoundException',
      status: 400,
    })
  })
})

describe('SES', () => {
  const mail = mockClient(SESv2Client)
  beforeEach(() => void mail.reset())
  const ses = sesReader()

  test('what is not found is undefined, and an empty list is an empty list', async () => {
    mail
      .on(GetConfigurationSetCommand)
      .rejects(named('NotFoundException', 404))
      .on(GetConfigurationSetEventDestinationsCommand)
      .resolves({})
    expect(await ses.getConfigurationSet('us-east-1', 'mail', signal)).toBeUndefined()
    expect(await ses.getEventDestinations('us-east-1', 'mail', signal)).toEqual([])
  })

  test('a pool of IPs is unwrapped, and a denial keeps its name', async () => {
    mail.on(GetDedicatedIpPoolCommand).resolves({ DedicatedIpPool: { PoolName: 'ips', ScalingMode: 'MANAGED' } })
    mail.on(GetEmailIdentityCommand).rejects(named('AccessDeniedException', 403))
    expect(await ses.getDedicatedIpPool('us-east-1', 'ips', signal)).toMatchObject({ ScalingMode: 'MANAGED' })
    await expect(ses.getEmailIdentity('us-east-1', 'example.com', signal)).rejects.toMatchObject({
      action: 'ses:GetEmailIdentity',
      code: 'AccessDeniedException',
      status: 403,
    })
  })

  test('an aborted call rejects with the signal’s own reason', async () => {
    const aborted = AbortSignal.abort(new Error('the time ran out'))
    await expect(ses.getAccount('us-east-1', aborted)).rejects.toThrow('the time ran out')
  })
})
