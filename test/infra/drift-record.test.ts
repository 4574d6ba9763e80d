// What the rule leaves of a CloudTrail record is enough for the function, and no more.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { ACCOUNT, REGION, SENDER } from '../driver.ts'
import { closeStages, openStage, type Stage } from '../stage.ts'
import { at, byDefault, type JsonMap, mapAt, resource } from './template.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(closeStages)

/** A record as CloudTrail writes it, with what must not be kept. */
const recordOf = (userPoolId: string, userIdentity: JsonMap): JsonMap => ({
  ...{ version: '0', id: '11111111-2222-3333-4444-555555555555', time: '2026-11-23T10:15:00Z', resources: [] },
  ...{ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.cognito-idp', account: ACCOUNT, region: REGION },
  detail: {
    ...{ eventVersion: '1.11', eventSource: 'cognito-idp.amazonaws.com', eventName: 'UpdateUserPool', eventID: 'e-1' },
    ...{ sourceIPAddress: '203.0.113.7', userAgent: 'someone’s laptop', userIdentity },
    requestParameters: { userPoolId, emailConfiguration: { from: 'secret@example.com' }, lambdaConfig: { preSignUp: 'arn:of:theirs' } },
  },
})

/** As EventBridge fills an input template: each placeholder with what its path finds. What finds nothing is empty. */
const transformed = (record: JsonMap): string => {
  const { InputPathsMap, InputTemplate } = mapAt(resource(byDefault, 'PoolUpdateRule'), 'Targets', 0, 'InputTransformer')
  return String(InputTemplate).replace(/<(\w+)>/g, (_, name) =>
    String(at(record, ...String(at(InputPathsMap, name)).split('.').slice(1)) ?? ''),
  )
}

test.each([
  { identity: { type: 'AssumedRole', arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/ada`, accessKeyId: 'ASIASECRET' }, by: 'a role' },
  { identity: { type: 'AWSService', invokedBy: 'cloudformation.amazonaws.com' }, by: 'an identity without an ARN' },
])('a pool that $by wiped is healed from it', async ({ identity }) => {
  const id = stage.aws.createUserPool({ Name: 'people' })
  expect((await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })).answer?.Status).toBe('SUCCESS')
  const attached = stage.email(id)
  stage.aws.changeUserPool(id, (pool: JsonObject) => ({ ...pool, EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' } }))

  const body = transformed(recordOf(id, identity))
  expect((await stage.lambda.invoke({ Records: [{ messageId: 'm0', eventSource: 'aws:sqs', body }] })).result).toEqual({
    batchItemFailures: [],
  })
  expect(stage.email(id)).toEqual(attached)
  for (const kept of ['secret@example.com', 'arn:of:theirs', '203.0.113.7', 'laptop', 'ASIASECRET']) expect(body).not.toContain(kept)
})
