// What the function counts trips the alarm that the runbook explains: through the bundle, on the local AWS.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { ACCOUNT, REGION, SENDER } from '../driver.ts'
import { closeStages, openStage, type Stage } from '../stage.ts'
import { at, byDefault, resource, resourceNames } from './template.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(closeStages)

const SWEEP = { source: 'aws.events', 'detail-type': 'Scheduled Event', account: ACCOUNT, region: REGION, detail: {} }

/** The alarms of the provider that a line in CloudWatch's embedded metric format trips: of its namespace and metrics, over the threshold. */
const tripped = (line: JsonObject): readonly string[] => {
  const written = (at(line as never, '_aws', 'CloudWatchMetrics', 0) ?? {}) as never
  const names = (at(written, 'Metrics') ?? []) as readonly { readonly Name: string }[]
  return resourceNames(byDefault).filter((name) => {
    if (at(byDefault, 'Resources', name, 'Type') !== 'AWS::CloudWatch::Alarm') return false
    const { Namespace, MetricName, Threshold } = resource(byDefault, name)
    const isWritten = Namespace === at(written, 'Namespace') && names.some(({ Name }) => Name === MetricName)
    return isWritten && Number(line[String(MetricName)]) > Number(Threshold)
  })
}

const afterSweep = async (): Promise<readonly string[]> => {
  await stage.lambda.invoke(SWEEP)
  return tripped(stage.lambda.log.filter((line) => line['_aws'] !== undefined).at(-1) ?? {})
}

const bound = async (extra: JsonObject = {}): Promise<string> => {
  const id = stage.aws.createUserPool({ Name: 'people' })
  expect((await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...extra })).answer?.Status).toBe('SUCCESS')
  return id
}
const WIPED = { EmailSendingAccount: 'COGNITO_DEFAULT' }

test('a pool as declared, and one that is healed, trip none', async () => {
  const id = await bound()
  expect(await afterSweep()).toEqual([])
  stage.ownerSets(id, WIPED)
  expect(await afterSweep()).toEqual([])
})

test('another set that somebody chose trips ContestedAlarm, in each sweep again', async () => {
  const id = await bound()
  stage.ownerSets(id, { ...stage.email(id), ConfigurationSet: 'theirs' })
  expect(await afterSweep()).toEqual(['ContestedAlarm'])
  expect(await afterSweep()).toEqual(['ContestedAlarm'])
})

test('drift that a binding only wants to hear of trips ContestedAlarm', async () => {
  const id = await bound({ Heal: 'NOTIFY' })
  stage.ownerSets(id, WIPED)
  expect(await afterSweep()).toEqual(['ContestedAlarm'])
})

test('a wiped pool whose set is gone trips RefusedAlarm, in each sweep again', async () => {
  const id = await bound()
  stage.ownerSets(id, WIPED)
  stage.aws.ses.removeConfigurationSet('mail')
  expect(await afterSweep()).toEqual(['RefusedAlarm'])
  expect(await afterSweep()).toEqual(['RefusedAlarm'])
})

test('a pool that Cognito does not let us look at trips FailedAlarm', async () => {
  await bound()
  stage.aws.fault(({ action }) =>
    action === 'DescribeUserPool' ? { error: { code: 'AccessDeniedException', message: 'no', status: 400 } } : undefined,
  )
  expect(await afterSweep()).toEqual(['FailedAlarm'])
})

test('a pool as declared whose set is gone trips BrokenAlarm, in each sweep again', async () => {
  await bound()
  stage.aws.ses.removeConfigurationSet('mail')
  expect(await afterSweep()).toEqual(['BrokenAlarm'])
  expect(await afterSweep()).toEqual(['BrokenAlarm'])
})

test('a pool that another operation works on counts as not looked at', async () => {
  const id = await bound()
  const Lease = { Event: 'x', Invocation: 'x', StartedAt: '2026-01-01T00:00:00.000Z', Until: '2999-01-01T00:00:00.000Z' }
  await stage.aws.table.put({ ...(await stage.aws.table.read(id)), Lease })
  expect(await afterSweep()).toEqual(['FailedAlarm'])
})

test('what the function does not know makes it throw, which Lambda counts in Errors: ErrorAlarm', async () => {
  expect((await stage.lambda.invoke({ hello: 'world' })).error).toBeDefined()
  expect(resource(byDefault, 'ErrorAlarm')).toMatchObject({ Namespace: 'AWS/Lambda', MetricName: 'Errors' })
})

test('a record that cannot be handled goes back each time, and after five times to the dead letters: DeadLetterAlarm', async () => {
  const id = await bound()
  stage.aws.fault(({ action }) =>
    action === 'DescribeUserPool' ? { error: { code: 'AccessDeniedException', message: 'no', status: 400 } } : undefined,
  )
  const detail = { eventName: 'UpdateUserPool', requestParameters: { userPoolId: id } }
  const batch = { Records: [{ messageId: 'm0', body: JSON.stringify({ account: ACCOUNT, region: REGION, detail }) }] }
  const attempts = Number(at(resource(byDefault, 'DriftQueue'), 'RedrivePolicy', 'maxReceiveCount'))
  expect(attempts).toBe(5)
  for (let attempt = 0; attempt < attempts; attempt += 1)
    expect((await stage.lambda.invoke(batch)).result).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
  expect(resource(byDefault, 'DeadLetterAlarm')['Dimensions']).toEqual([
    { Name: 'QueueName', Value: { 'Fn::GetAtt': ['DriftDeadLetterQueue', 'QueueName'] } },
  ])
})
