// Why the pool is read and written as raw JSON: the same events through a typed adapter lose what the SDK does not know.

import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  UpdateUserPoolCommand,
  type UpdateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { cognitoUserPools } from '../../handler/aws/cognito.ts'
import { dynamoTable } from '../../handler/aws/dynamodb.ts'
import { sesReader } from '../../handler/aws/ses.ts'
import { systemClock } from '../../handler/clock.ts'
import { handleCloudFormation, isCloudFormationEvent } from '../../handler/cloudformation.ts'
import { responseTarget } from '../../handler/response-target.ts'
import { child, type JsonObject, without } from '../../lib/json.ts'
import type { UserPools } from '../../lib/ports.ts'
import { healthySes, type Invoke, REGION, resource, SENDER } from '../driver.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'

let aws: LocalAws
let environment: NodeJS.ProcessEnv

beforeEach(async () => {
  environment = { ...process.env }
  aws = await startLocalAws()
  healthySes(aws)
  Object.assign(process.env, aws.environment)
})

afterEach(async () => {
  process.env = environment
  await aws.close()
})

/** What most tools do: read with the SDK, write back with the SDK. */
const typedUserPools = (): UserPools => {
  const client = new CognitoIdentityProviderClient({ region: REGION })
  return {
    describe: async (UserPoolId) =>
      ((await client.send(new DescribeUserPoolCommand({ UserPoolId }))).UserPool ?? {}) as unknown as JsonObject,
    getMfaConfig: async () => ({}),
    updateTurn: async () => undefined,
    update: async (request) => {
      await client.send(new UpdateUserPoolCommand(request as unknown as UpdateUserPoolCommandInput))
    },
  }
}

const invokeWith =
  (userPools: UserPools): Invoke =>
  async (event) => {
    const allowed = { region: REGION, urlSuffix: 'amazonaws.com', responseHosts: [new URL(aws.endpoint).host] }
    const target = responseTarget(event['ResponseURL'], allowed, systemClock)
    if (!isCloudFormationEvent(event) || !target) throw new Error('no event')
    const ports = { userPools, ses: sesReader(), table: dynamoTable(REGION, aws.environment['TABLE_NAME'] ?? ''), clock: systemClock }
    await handleCloudFormation(
      event,
      target,
      {},
      { ports, region: REGION, log: () => () => undefined, nonce: () => 'n', allowTakeover: true },
    )
    return { maxRssKb: 0 }
  }

const TOMORROW: JsonObject = {
  ...(rich as JsonObject),
  QuantumConfiguration: { Qubits: 3 },
  Policies: { ...child(rich as JsonObject, 'Policies'), ThoughtPolicy: { MinimumDepth: 7 } },
}
const settings = (id: string) => without(aws.userPool(id), ['LastModifiedDate', 'EmailConfiguration'])

const lifecycle = async (userPools: UserPools) => {
  const id = aws.createUserPool(TOMORROW)
  const before = settings(id)
  const stack = resource(aws, invokeWith(userPools))
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  await stack.create(properties)
  await stack.delete(properties)
  return { before, after: settings(id) }
}

test('through the raw adapter every setting survives, unknown ones included', async () => {
  const { before, after } = await lifecycle(cognitoUserPools(REGION, systemClock))
  expect(after).toEqual(before)
})

test('through a typed adapter the settings that the SDK does not know are gone', async () => {
  const { before, after } = await lifecycle(typedUserPools())
  expect(before).toHaveProperty('QuantumConfiguration')
  expect(after).not.toHaveProperty('QuantumConfiguration')
  expect(child(after, 'Policies')).not.toHaveProperty('ThoughtPolicy')
})

test('an error of the service keeps its name, status and words', async () => {
  const pools = cognitoUserPools(REGION, systemClock)
  const { signal } = new AbortController()
  const id = aws.createUserPool({ Name: 'people' })
  await expect(pools.describe('us-east-1_nowhere', signal)).rejects.toMatchObject({
    action: 'cognito-idp:DescribeUserPool',
    code: 'ResourceNotFoundException',
    status: 400,
  })
  await expect(pools.update({ UserPoolId: id, EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' } }, signal)).rejects.toMatchObject({
    code: 'InvalidParameterException',
    status: 400,
    message: expect.stringMatching(/\w+/),
  })
  aws.fault(() => 'reset')
  await expect(pools.describe(id, signal)).rejects.toMatchObject({ name: 'ServiceError', status: undefined })
})
