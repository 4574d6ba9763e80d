// The bundle tells its events apart: a queue's batch, the schedule, an operator's event, and what is none.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, SENDER, stackArn } from '../driver.ts'
import { closeStages, openStage, PLAIN, type Stage } from '../stage.ts'

let stage: Stage
let id: string
beforeEach(async () => {
  stage = await openStage()
  id = stage.aws.createUserPool(PLAIN)
  expect((await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })).answer?.Status).toBe('SUCCESS')
})
afterEach(closeStages)

const origin = { account: ACCOUNT, region: REGION }
const body = () =>
  JSON.stringify({ ...origin, source: 'aws.cognito-idp', detail: { eventName: 'UpdateUserPool', requestParameters: { userPoolId: id } } })

test.each([
  [
    'a record of an update from the queue',
    () => ({ Records: [{ messageId: 'm0', eventSource: 'aws:sqs', body: body() }] }),
    { batchItemFailures: [] },
  ],
  ['the schedule', () => ({ ...origin, source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }), null],
])('%s heals a pool whose set was wiped, and its metrics are one line of the log', async (_, event, result) => {
  const attached = stage.email(id)
  stage.ownerSets(id, { EmailSendingAccount: 'COGNITO_DEFAULT' })
  expect((await stage.lambda.invoke(event())).result).toEqual(result)
  expect(stage.email(id)).toEqual(attached)
  expect(stage.lambda.log.filter((line) => line['_aws'] !== undefined)).toMatchObject([{ Healed: 1, Pools: 1 }])
})

test('an operator’s Release takes the claim off', async () => {
  const { result } = await stage.lambda.invoke({ Operation: 'Release', StackId: stackArn('mail') })
  expect(result).toMatchObject({ Released: [{ UserPoolId: id }], Failed: [] })
  expect(stage.email(id)).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
})

test('anything else is no event: a clear line in the log and a thrown exception', async () => {
  expect((await stage.lambda.invoke({ hello: 'world' })).error).toBe('unknown event')
  expect(stage.lambda.log.at(-1)).toMatchObject({
    level: 'ERROR',
    message: expect.stringMatching(/this is no event for cognito-ses-binding/),
  })
})
