// The provider's own stack on the engine: its outputs, a table that outlives it, an update under live bindings, and drift.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { child, type JsonObject } from '../../lib/json.ts'
import { consumerTemplate } from './deployed-target.ts'
import { ACCOUNT, REGION } from './engine.ts'
import { type EngineTarget, engineTarget } from './engine-target.ts'
import { eventually } from './eventually.ts'
import { deployProvider } from './provider-stack.ts'
import { recordsOf } from './records.ts'
import { invoke, jsonCall, queryCall } from './signed-call.ts'
import { still } from './target.ts'

const TIMEOUT_MS = 60_000
const WELL_KNOWN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:cognito-ses-binding`

let target: EngineTarget
beforeAll(async () => {
  target = await engineTarget()
}, TIMEOUT_MS)
afterAll(() => target?.close(), TIMEOUT_MS)

const story = (name: string, tell: () => Promise<void>) => test(name, tell, TIMEOUT_MS)
const email = async (id: string): Promise<JsonObject | undefined> => child(await target.pool(id), 'EmailConfiguration')
const providerName = () => target.provider.id.split('/')[1] ?? ''
const bound = async (stackName: string, more: JsonObject = {}) => {
  const [id, set] = [await target.createPool({ PoolName: 'people' }), await target.createSet()]
  const before = await target.pool(id)
  const properties = { UserPoolId: id, ConfigurationSet: set, SourceArn: target.identity, From: target.from, ...more }
  const stack = target.stack(stackName)
  expect(await stack.deploy({ Binding: properties })).toMatchObject({ ok: true, reasons: [] })
  return { id, set, before, properties, stack, attached: await email(id) }
}

story('it answers with the well-known ServiceToken and with the name of its table', async () => {
  expect(target.provider.outputs).toEqual({ ServiceToken: WELL_KNOWN, TableName: expect.stringMatching(/./) })
  expect(await target.records()).toEqual([])
})

story('a template may import the ServiceToken; the provider cannot be deleted then', async () => {
  const [id, ConfigurationSet] = [await target.createPool({ PoolName: 'people' }), await target.createSet()]
  const before = await target.pool(id)
  const template = consumerTemplate({ Binding: { UserPoolId: id, ConfigurationSet, SourceArn: target.identity, From: target.from } }, '')
  const text = JSON.stringify(template).replace(
    '"ServiceToken":""',
    '"ServiceToken":{"Fn::ImportValue":"cognito-ses-binding-ServiceToken"}',
  )
  expect((await target.stacks.deploy('imports', { body: JSON.parse(text) })).status).toBe('CREATE_COMPLETE')
  expect(await email(id)).toMatchObject({ ConfigurationSet })
  await expect(queryCall(target.site, 'cloudformation', 'DeleteStack', { StackName: providerName() })).rejects.toThrow(
    /imports|in use|Export/,
  )
  expect((await target.stacks.remove('imports')).status).toBe('DELETE_COMPLETE')
  expect(still(await target.pool(id))).toEqual(still(before))
})

story('an update of the provider’s stack leaves bindings and their records alone', async () => {
  const { id, before, attached, stack, properties } = await bound('through-an-update')
  const records = await target.records()
  await deployProvider(target.stacks, providerName(), target.templateUrl, { LogRetentionDays: '30', Dashboard: 'true' })
  expect(await target.records()).toEqual(records)
  expect(await email(id)).toEqual(attached)
  expect(await stack.deploy({ Binding: { ...properties, ReplyToEmailAddress: 'help@example.com' } })).toMatchObject({ ok: true })
  expect(await stack.remove()).toMatchObject({ ok: true })
  expect(still(await target.pool(id))).toEqual(still(before))
})

story('a record that a newer provider wrote stops the stack, and is left as it is', async () => {
  const { id, before, stack, properties, attached } = await bound('downgraded')
  const keyed = { TableName: target.provider.outputs['TableName'] ?? '', Key: { UserPoolId: { S: id } } }
  const setVersion = (version: number) =>
    jsonCall(target.site, 'dynamodb', 'UpdateItem', {
      ...keyed,
      UpdateExpression: 'SET SchemaVersion = :version',
      ExpressionAttributeValues: { ':version': { N: String(version) } },
    })
  await setVersion(99)
  const { ok, reasons } = await stack.deploy({ Binding: { ...properties, Nonce: '2' } })
  expect({ ok, reasons }).toEqual({
    ok: false,
    reasons: [expect.stringContaining('was written by a newer version of cognito-ses-binding')],
  })
  expect(await email(id)).toEqual(attached)
  await setVersion(1)
  expect(await stack.remove()).toMatchObject({ ok: true, reasons: [] })
  expect(still(await target.pool(id))).toEqual(still(before))
})

describe('drift', () => {
  const record = (userPoolId: string, by: string): JsonObject => ({
    version: '0',
    id: '11111111-2222-3333-4444-555555555555',
    ...{ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.cognito-idp', account: ACCOUNT, region: REGION },
    time: '2026-11-23T10:15:00Z',
    resources: [],
    detail: {
      ...{ eventSource: 'cognito-idp.amazonaws.com', eventName: 'UpdateUserPool', requestParameters: { userPoolId } },
      userIdentity: { type: 'AssumedRole', sessionContext: { sessionIssuer: { type: 'Role', arn: by } } },
    },
  })
  const queueUrl = async () => (await target.stacks.resources(providerName()))['DriftQueue'] ?? ''
  const waiting = async () => {
    const { Attributes } = await jsonCall(target.site, 'sqs', 'GetQueueAttributes', { QueueUrl: await queueUrl(), AttributeNames: ['All'] })
    const { ApproximateNumberOfMessages: now, ApproximateNumberOfMessagesDelayed: later } = Attributes as JsonObject
    return Number(now) + Number(later)
  }
  const OWNER = `arn:aws:iam::${ACCOUNT}:role/deployer`

  story('a record in the queue heals the pool that its owner wiped', async () => {
    const { id, before, attached, stack } = await bound('healed-by-record')
    await target.ownerSets(id, { EmailConfiguration: child(before, 'EmailConfiguration') ?? {} })
    expect((await email(id))?.['ConfigurationSet']).toBeUndefined()
    // At once: the queue's own two minutes are for deployments that are under way. A string, because ministack 1.4 takes the number 0 for
    // none given.
    await jsonCall(target.site, 'sqs', 'SendMessage', {
      QueueUrl: await queueUrl(),
      MessageBody: JSON.stringify(record(id, OWNER)),
      DelaySeconds: '0',
    })
    expect(
      await eventually(
        () => email(id),
        (now) => now?.['ConfigurationSet'] !== undefined,
      ),
    ).toEqual(attached)
    expect(await eventually(waiting, (count) => count === 0)).toBe(0)
    expect(await stack.remove()).toMatchObject({ ok: true })
    expect(still(await target.pool(id))).toEqual(still(before))
  })

  story('the sweep heals it without a record', async () => {
    const { id, before, attached, stack } = await bound('healed-by-sweep')
    await target.ownerSets(id, { EmailConfiguration: child(before, 'EmailConfiguration') ?? {} })
    await invoke(target.site, 'cognito-ses-binding', {
      ...{ version: '0', id: '11111111-2222-3333-4444-555555555555', source: 'aws.events', account: ACCOUNT, region: REGION },
      ...{ 'detail-type': 'Scheduled Event', time: '2026-11-23T10:15:00Z', resources: [], detail: {} },
    })
    expect(await email(id)).toEqual(attached)
    expect(await stack.remove()).toMatchObject({ ok: true })
    expect(still(await target.pool(id))).toEqual(still(before))
  })

  story('the rule sends the owner’s update to the queue, and none of ours', async () => {
    const put = async (by: string) => {
      const { detail, source, ...event } = record('us-east-1_abc', by)
      const entry = { Source: source, DetailType: event['detail-type'], Detail: JSON.stringify(detail) }
      await jsonCall(target.site, 'events', 'PutEvents', { Entries: [entry] })
    }
    const before = await waiting()
    const role = (await target.stacks.resources(providerName()))['Role'] ?? ''
    await put(`arn:aws:iam::${ACCOUNT}:role/${role}`)
    await put(OWNER)
    // Of the two only the later came, and it waits out its delay.
    expect(await eventually(waiting, (count) => count > before)).toBe(before + 1)
  })

  story('what the rule sends is as much of the record as is needed, and heals the pool', async () => {
    const { id, before, attached, stack } = await bound('healed-by-rule')
    await target.ownerSets(id, { EmailConfiguration: child(before, 'EmailConfiguration') ?? {} })
    // Without the delay, and to a queue that nobody reads: what came is looked at, and then handed to the function as its queue would.
    const { QueueUrl } = await jsonCall(target.site, 'sqs', 'CreateQueue', { QueueName: 'looked-at' })
    const { Rules } = await jsonCall(target.site, 'events', 'ListRules', {})
    const Rule = (Rules as JsonObject[]).map(({ Name }) => String(Name)).find((name) => name.includes('PoolUpdateRule'))
    const { Targets } = await jsonCall(target.site, 'events', 'ListTargetsByRule', { Rule: Rule ?? '' })
    const Arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:looked-at`
    await jsonCall(target.site, 'events', 'PutTargets', {
      Rule: Rule ?? '',
      Targets: [{ ...(Targets as JsonObject[])[0], Id: 'looked-at', Arn }],
    })
    const { detail, source, ...event } = record(id, OWNER)
    const Detail = JSON.stringify({ ...(detail as JsonObject), eventID: 'e-1', sourceIPAddress: '203.0.113.7' })
    await jsonCall(target.site, 'events', 'PutEvents', {
      Entries: [{ Source: source ?? '', DetailType: event['detail-type'] ?? '', Detail }],
    })
    const receive = async () =>
      (await jsonCall(target.site, 'sqs', 'ReceiveMessage', { QueueUrl: QueueUrl ?? '' }))['Messages'] as JsonObject[]
    const [message] = await eventually(receive, (messages) => messages?.length > 0)
    expect(JSON.parse(String(message?.['Body']))).toEqual({
      account: ACCOUNT,
      region: REGION,
      detail: { eventName: 'UpdateUserPool', eventID: 'e-1', requestParameters: { userPoolId: id }, userIdentity: { arn: '' } },
    })
    await invoke(target.site, 'cognito-ses-binding', { Records: [{ messageId: 'm', body: message?.['Body'] ?? '' }] })
    expect(await email(id)).toEqual(attached)
    await jsonCall(target.site, 'events', 'RemoveTargets', { Rule: Rule ?? '', Ids: ['looked-at'] })
    expect(await stack.remove()).toMatchObject({ ok: true })
  })
})

describe('a provider that goes on with the table of an earlier one', () => {
  const [TableName, name] = ['records-of-before', 'second-installation']

  beforeAll(async () => {
    expect((await target.stacks.remove(providerName())).status).toBe('DELETE_COMPLETE')
    await jsonCall(target.site, 'dynamodb', 'CreateTable', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'UserPoolId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'UserPoolId', KeyType: 'HASH' }],
    })
  }, TIMEOUT_MS)

  story('knows what was there before it', async () => {
    const first = await deployProvider(target.stacks, name, target.templateUrl, { TableName })
    expect(first.outputs).toMatchObject({ ServiceToken: WELL_KNOWN, TableName })
    const { id, before, stack } = await bound('outlives-the-provider')
    expect((await target.stacks.remove(name)).status).toBe('DELETE_COMPLETE')
    expect((await recordsOf(target.site, TableName)).map(({ UserPoolId }) => UserPoolId)).toContain(id)

    await deployProvider(target.stacks, name, target.templateUrl, { TableName })
    expect(await stack.remove()).toMatchObject({ ok: true, reasons: [] })
    expect(still(await target.pool(id))).toEqual(still(before))
  })

  story('deploys with every parameter given, too', async () => {
    const state = await deployProvider(target.stacks, name, target.templateUrl, {
      TableName,
      RequirePoolTag: 'true',
      SmsRoleArns: `arn:aws:iam::${ACCOUNT}:role/cognito-sms`,
      KmsKeyArns: `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`,
      KmsKeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-666666666666`,
      AllowTakeover: 'false',
      AdditionalPolicyArns: 'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess',
      Architecture: 'x86_64',
      Timeout: '600',
      DriftDetection: 'DISABLED',
      SweepSchedule: 'rate(6 hours)',
      AlarmTopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:alarms`,
      Dashboard: 'true',
      LogRetentionDays: '30',
      PermissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/boundary`,
      ReservedConcurrency: '10',
    })
    expect(state.status).toBe('UPDATE_COMPLETE')
    const { id, before, stack } = await bound('with-every-parameter')
    expect(await stack.remove()).toMatchObject({ ok: true, reasons: [] })
    expect(still(await target.pool(id))).toEqual(still(before))
  })
})
