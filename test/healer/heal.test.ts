// It stays bound: what the owner wiped comes back, what somebody meant is left alone, and both are told.
import { beforeEach, describe, expect, test } from '@jest/globals'
import { child, type JsonObject, without } from '../../lib/json.ts'
import { IN_DOUBT_MS } from '../../lib/timing.ts'
import { ACCOUNT, IDENTITY, REGION, resource, SENDER } from '../driver.ts'
import type { Lambda } from '../lambda.ts'
import type { LocalAws } from '../local-aws/index.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let aws: LocalAws
let lambda: Lambda
let passTime: (ms: number) => Promise<void>

beforeEach(async () => {
  ;({ aws, lambda, passTime } = await openVirtualStage())
})

const stack = (name = 'mail') => resource(aws, (event, context) => lambda.invoke(event, context), name)
const email = (id: string): JsonObject => child(aws.userPool(id), 'EmailConfiguration') ?? {}
const count = (action: string): number => aws.calls.filter((call) => call.action === action).length
const record = async (id: string) => (await aws.records()).find((item) => item['UserPoolId'] === id)
const metrics = () => lambda.log.filter((line) => line['_aws'] !== undefined).at(-1)
const owner = (id: string, configuration: JsonObject, other: JsonObject = {}) =>
  aws.changeUserPool(id, (pool) => ({ ...pool, ...other, EmailConfiguration: configuration }))

const message = (userPoolId: string, change: JsonObject = {}) =>
  JSON.stringify({
    source: 'aws.cognito-idp',
    'detail-type': 'AWS API Call via CloudTrail',
    account: ACCOUNT,
    region: REGION,
    detail: { eventName: 'UpdateUserPool', requestParameters: { userPoolId } },
    ...change,
  })
const batch = (...bodies: readonly string[]) => ({
  Records: bodies.map((body, index) => ({ messageId: `m${index}`, eventSource: 'aws:sqs', body })),
})
const schedule = { source: 'aws.events', 'detail-type': 'Scheduled Event', account: ACCOUNT, region: REGION, detail: {} }
const queue = (...bodies: readonly string[]) => lambda.invoke(batch(...bodies))
const sweep = (remainingMs = 30_000) => lambda.invoke(schedule, { remainingMs })

const WIPED = { EmailSendingAccount: 'COGNITO_DEFAULT' }
const bound = async (extra: JsonObject = {}, pool: JsonObject = {}) => {
  const id = aws.createUserPool({ Name: 'people', ...pool })
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...extra }
  expect((await stack(`stack-${id}`).create(properties)).answer?.Status).toBe('SUCCESS')
  aws.clearCalls()
  return { id, properties, attached: email(id) }
}

test('an owner’s update wipes the set; a record of it arrives; the set is back, the owner’s other changes stand, and it is counted', async () => {
  const { id, attached } = await bound()
  owner(id, { ...WIPED, ReplyToEmailAddress: 'owner@example.com' }, { MfaConfiguration: 'OPTIONAL' })
  expect((await queue(message(id))).result).toEqual({ batchItemFailures: [] })
  expect(email(id)).toEqual({ ...attached, ReplyToEmailAddress: 'owner@example.com' })
  expect(aws.userPool(id)['MfaConfiguration']).toBe('OPTIONAL')
  expect(metrics()).toMatchObject({
    Healed: 1,
    Contested: 0,
    Pools: 1,
    _aws: { CloudWatchMetrics: [{ Namespace: 'CognitoSesBinding', Dimensions: [[]] }] },
  })
})

test('what the owner wished for meanwhile is what stands after the Delete', async () => {
  const { id, properties } = await bound()
  const wish = { ...WIPED, ReplyToEmailAddress: 'owner@example.com' }
  owner(id, wish)
  await sweep()
  await stack(`stack-${id}`).delete(properties)
  expect(email(id)).toEqual(wish)
})

test('another set is somebody’s wish: contested, nothing is written, the metric and the log line are out, the record says why', async () => {
  const { id, attached } = await bound()
  owner(id, { ...attached, ConfigurationSet: 'other' })
  const before = await record(id)
  await queue(message(id))
  expect(count('UpdateUserPool')).toBe(0)
  expect(metrics()).toMatchObject({ Healed: 0, Contested: 1 })
  expect(lambda.log.filter((line) => line['level'] === 'WARN').map((line) => line['message'])).toEqual([
    expect.stringMatching(/left alone, contested: somebody set ConfigurationSet/),
  ])
  expect(without((await record(id)) ?? {}, ['Unhealed', 'Revision'])).toEqual(without(before ?? {}, ['Revision']))
  expect(await record(id)).toMatchObject({ Unhealed: { Kind: 'contested', Why: expect.any(String), At: expect.any(String) } })
})

test('a contested pool stays so when it is wiped later, and ends to be so when live is as applied again', async () => {
  const { id, attached } = await bound()
  owner(id, { ...attached, ConfigurationSet: 'other' })
  await sweep()
  owner(id, WIPED)
  await sweep()
  expect(email(id)).toEqual(WIPED)
  expect(metrics()).toMatchObject({ Contested: 1 })
  owner(id, attached)
  await sweep()
  expect(await record(id)).not.toHaveProperty('Unhealed')
  owner(id, WIPED)
  await sweep()
  expect(email(id)).toEqual(attached)
})

test('the next Update of the binding ends a contest', async () => {
  const { id, properties, attached } = await bound()
  owner(id, { ...attached, ConfigurationSet: 'other' })
  await sweep()
  await stack(`stack-${id}`).update({ ...properties, Nonce: '1' }, properties)
  expect(email(id)).toEqual(attached)
  expect(await record(id)).not.toHaveProperty('Unhealed')
})

test('three heals in 24 hours, then contested: never a war', async () => {
  const { id } = await bound()
  for (let turn = 0; turn < 5; turn += 1) {
    owner(id, WIPED)
    await sweep()
  }
  expect(count('UpdateUserPool')).toBe(3)
  expect(email(id)).toEqual(WIPED)
  expect(await record(id)).toMatchObject({
    Unhealed: { Kind: 'contested', Why: expect.stringMatching(/wiped again after 3 heals/), At: expect.any(String) },
    HealHistory: [expect.any(String), expect.any(String), expect.any(String)],
  })
})

test.each([
  ['Heal NOTIFY reports and writes nothing', { Heal: 'NOTIFY' }, {}, 1],
  ['Heal OFF looks away', { Heal: 'OFF' }, {}, 0],
  ['Heal: OFF without quotes, which YAML makes false, looks away', { Heal: 'false' }, {}, 0],
  ...['off', 'OFF', 'Off', 'false', 'False'].map(
    (value) =>
      [`a pool tagged cognito-ses-binding: ${value} is never healed`, {}, { UserPoolTags: { 'cognito-ses-binding': value } }, 0] as const,
  ),
])('%s', async (_, extra, pool, contested) => {
  const { id } = await bound(extra as JsonObject, pool as JsonObject)
  owner(id, WIPED)
  await sweep()
  expect(email(id)).toEqual(WIPED)
  expect(count('UpdateUserPool')).toBe(0)
  expect(metrics()).toMatchObject({ Healed: 0, Contested: contested })
})

test('of two claims the more careful one decides', async () => {
  const { id, properties } = await bound()
  await stack('second').create({ ...properties, ConfigurationSet: 'mail-2', Takeover: 'true', Heal: 'NOTIFY' })
  owner(id, WIPED)
  aws.clearCalls()
  await sweep()
  expect(count('UpdateUserPool')).toBe(0)
})

test.each<[string, () => void]>([
  ['the set is gone', () => aws.ses.removeConfigurationSet('mail')],
  ['sending is off for the set', () => aws.ses.putConfigurationSet('mail', { SendingOptions: { SendingEnabled: false } })],
  ['the identity is gone', () => aws.ses.removeIdentity('example.com')],
  ['the account is shut down', () => aws.ses.setAccount({ EnforcementStatus: 'SHUTDOWN' })],
  ['sending is off for the account', () => aws.ses.setAccount({ SendingEnabled: false })],
  [
    'the identity is not verified any more',
    () => aws.ses.putIdentity('example.com', { VerifiedForSendingStatus: false, VerificationStatus: 'FAILED' }),
  ],
])('no heal where it would make it worse: %s', async (_, breaks) => {
  const { id } = await bound()
  owner(id, WIPED)
  breaks()
  await sweep()
  expect(count('UpdateUserPool')).toBe(0)
  expect(metrics()).toMatchObject({ Healed: 0, Refused: 1 })
  expect(await record(id)).toMatchObject({ Unhealed: { Kind: 'refused', Why: expect.any(String), At: expect.any(String) } })
})

test.each<[string, JsonObject, () => void, () => void]>([
  [
    'the set is left only in the pool’s own Region, where nobody sends',
    { SourceArn: IDENTITY.replace(REGION, 'eu-west-1') },
    () => {
      aws.ses.putIdentity('example.com', {}, 'eu-west-1')
      aws.ses.putConfigurationSet('mail', {}, 'eu-west-1')
    },
    () => aws.ses.removeConfigurationSet('mail', 'eu-west-1'),
  ],
  [
    'the address is gone, and only its domain is left',
    { SourceArn: `${IDENTITY.replace('example.com', 'no-reply@example.com')}` },
    () => aws.ses.putIdentity('no-reply@example.com'),
    () => aws.ses.removeIdentity('no-reply@example.com'),
  ],
])('no heal where it would make it worse: %s', async (_, sender, makes, breaks) => {
  makes()
  const { id } = await bound(sender)
  owner(id, WIPED)
  breaks()
  await sweep()
  expect(count('UpdateUserPool')).toBe(0)
  expect(metrics()).toMatchObject({ Healed: 0, Refused: 1 })
})

test('a heal that Cognito takes without a change is no success: it failed, and the message goes back to the queue', async () => {
  const { id } = await bound()
  owner(id, WIPED)
  aws.afterUpdate = (_, before) => before
  expect((await queue(message(id))).result).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
  expect(metrics()).toMatchObject({ Healed: 0, Refused: 0, Failed: 1 })
})

test('a pool whose claims nothing gives a sender is blocked: nothing is written, the record says so', async () => {
  const { id } = await bound({}, { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: IDENTITY, From: 'a@example.com' } })
  const plain = { UserPoolId: id, ConfigurationSet: 'mail' }
  const properties = { ...plain, ...SENDER }
  await stack(`stack-${id}`).update(plain, properties)
  owner(id, WIPED)
  aws.clearCalls()
  await sweep()
  expect(count('UpdateUserPool')).toBe(0)
  expect(await record(id)).toMatchObject({ Unhealed: { Kind: 'blocked', Why: expect.any(String), At: expect.any(String) } })
})

test('a pool that is gone: the record says so, nothing else', async () => {
  const { id } = await bound()
  aws.removeUserPool(id)
  expect((await sweep()).error).toBeUndefined()
  expect(await record(id)).toMatchObject({ Unhealed: { Kind: 'gone', Why: expect.any(String), At: expect.any(String) } })
})

test('a binding that moves while the healer looks at its pool is not called contested', async () => {
  const { id, properties } = await bound()
  const wish = { ...properties, ConfigurationSet: 'mail-2' }
  // The record has been read by then, and says that the pool should have the old set.
  aws.fault(async ({ action, count: nth }) => {
    if (action === 'DescribeUserPool' && nth === 1) await stack(`stack-${id}`).update(wish, properties)
    return undefined
  })
  await sweep()
  expect(email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
  expect(await record(id)).not.toHaveProperty('Unhealed')
  expect(metrics()).toMatchObject({ Contested: 0, Pools: 1 })
})

test('what an operation that died left on the record does not hide why the pool is left alone', async () => {
  const { id, attached } = await bound()
  const past = '2026-01-01T00:00:00.000Z'
  await aws.table.put({ ...((await aws.table.read(id)) ?? {}), Lease: { Event: 'x', Invocation: 'x', StartedAt: past, Until: past } })
  owner(id, { ...attached, ConfigurationSet: 'other' })
  await sweep()
  expect(await record(id)).toMatchObject({ Unhealed: { Kind: 'contested', Why: expect.any(String), At: expect.any(String) } })
  expect(await record(id)).not.toHaveProperty('Lease')
})

test('a Delete that died is finished; with email MFA turned on meanwhile the pool keeps its sender', async () => {
  const { id, properties, attached } = await bound()
  const release = aws.fault(({ action }) => (action === 'UpdateUserPool' ? 'hang' : undefined))
  expect((await stack(`stack-${id}`).delete(properties, { context: { remainingMs: 1_500 } })).answer?.Status).toBe('FAILED')
  release()
  await passTime(IN_DOUBT_MS)
  aws.setHiddenState(id, { mfa: { EmailMfaConfiguration: { Message: 'Your code is {####}' } } })
  await sweep()
  expect(email(id)).toEqual(without(attached, ['ConfigurationSet']))
  expect(await record(id)).toBeUndefined()
})

test('a Delete that died is not finished over a value that its owner may have set again since: contested', async () => {
  const { id, properties, attached } = await bound({ OnDelete: 'RETAIN' })
  owner(id, { ...attached, ConfigurationSet: 'other' })
  const release = aws.fault(({ action }) => (action === 'UpdateUserPool' ? 'hang' : undefined))
  expect((await stack(`stack-${id}`).delete(properties, { context: { remainingMs: 1_500 } })).answer?.Status).toBe('FAILED')
  release()
  await passTime(IN_DOUBT_MS)
  await sweep()
  expect(email(id)).toEqual({ ...attached, ConfigurationSet: 'other' })
  expect(await record(id)).toMatchObject({ Unhealed: { Kind: 'contested', Why: expect.stringMatching(/^somebody set ConfigurationSet/) } })
  expect((await stack(`stack-${id}`).delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(email(id)).toEqual(attached)
  expect(await record(id)).toBeUndefined()
})

describe('the queue', () => {
  test('a batch of ten records of one pool costs one DescribeUserPool', async () => {
    const { id } = await bound()
    await queue(...Array.from({ length: 10 }, () => message(id)))
    expect(count('DescribeUserPool')).toBe(1)
  })

  test('forged and malformed records are dropped and logged, without a call to Cognito', async () => {
    const { id } = await bound()
    const forged = [
      'not JSON',
      '7',
      '{}',
      message(id, { account: '999999999999' }),
      message(id, { region: 'eu-west-1' }),
      message('../../etc'),
      message(id, { detail: { eventName: 'DeleteUserPool', requestParameters: { userPoolId: id } } }),
      message(id, { detail: { eventName: 'UpdateUserPool' } }),
    ]
    expect((await queue(...forged)).result).toEqual({ batchItemFailures: [] })
    expect(count('DescribeUserPool')).toBe(0)
    expect(lambda.log.filter((line) => String(line['message']).includes('dropped'))).toHaveLength(forged.length)
  })

  test.each<[string, JsonObject]>([
    ['null', { requestParameters: null }],
    ['told as omitted', { requestParameters: { omitted: true, originalSize: 111_480, reason: 'requestParameters too large' } }],
    ['hidden', { requestParameters: { userPoolId: 'HIDDEN_DUE_TO_SECURITY_REASONS' } }],
  ])('a record whose parameters CloudTrail left out (%s) is logged as such, not as somebody else’s', async (_, parameters) => {
    const { id } = await bound()
    const ours = message(id, { detail: { eventName: 'UpdateUserPool', ...parameters } })
    expect((await queue(ours, message(id, { account: '999999999999' }))).result).toEqual({ batchItemFailures: [] })
    expect(lambda.log.filter(({ messageId }) => messageId !== undefined).map((line) => line['message'])).toEqual([
      expect.stringMatching(/does not name its user pool, as when CloudTrail left the parameters out: dropped; the next sweep/),
      expect.stringMatching(/no record of UpdateUserPool in this account and Region/),
    ])
    expect(count('DescribeUserPool')).toBe(0)
  })

  test('a pool without a record is nobody’s business', async () => {
    const id = aws.createUserPool({ Name: 'stranger' })
    expect((await queue(message(id))).result).toEqual({ batchItemFailures: [] })
    expect(count('DescribeUserPool')).toBe(0)
  })

  test('an error of AWS sends that record back, alone; the others are done', async () => {
    const [one, two] = [await bound(), await bound()]
    owner(one.id, WIPED)
    owner(two.id, WIPED)
    aws.fault(({ action, request }) =>
      action === 'DescribeUserPool' && request['UserPoolId'] === one.id
        ? { error: { code: 'AccessDeniedException', message: 'no', status: 400 } }
        : undefined,
    )
    expect((await queue(message(one.id), message(two.id), message(one.id))).result).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm2' }],
    })
    expect(email(two.id)).toEqual(two.attached)
  })

  test('a pool that another operation holds goes back', async () => {
    const { id } = await bound()
    const item = (await aws.table.read(id)) ?? {}
    await aws.table.put({
      ...item,
      Lease: { Event: 'x', Invocation: 'x', StartedAt: '2026-01-01T00:00:00.000Z', Until: '2999-01-01T00:00:00.000Z' },
    })
    expect((await queue(message(id))).result).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
  })
})

describe('the sweep', () => {
  test('costs one DescribeUserPool a pool and a page of the table', async () => {
    await bound()
    await bound()
    aws.clearCalls()
    await sweep()
    expect([count('DescribeUserPool'), count('Scan'), count('UpdateUserPool')]).toEqual([2, 1, 0])
  })

  test('that runs out of time saves its place, and the next one goes on from there', async () => {
    for (let index = 0; index < 5; index += 1) await bound()
    aws.clearCalls()
    const release = aws.fault(({ action, count: nth }) => (action === 'DescribeUserPool' && nth > 3 ? 'hang' : undefined))
    expect((await sweep(2_000)).error).toBeUndefined()
    release()
    const done = aws.calls
      .filter((call) => call.action === 'DescribeUserPool' && call.status === 200)
      .map((call) => call.request['UserPoolId'])
    expect(done).toHaveLength(3)
    expect(await aws.table.read('sweep')).toMatchObject({ After: expect.stringMatching(/^us-east-1_/) })
    aws.clearCalls()
    await sweep()
    const next = aws.calls.filter((call) => call.action === 'DescribeUserPool').map((call) => call.request['UserPoolId'])
    expect(next).toHaveLength(2)
    expect(new Set([...done, ...next]).size).toBe(5)
    expect(await aws.table.read('sweep')).not.toHaveProperty('After')
  })

  test('reads a page of the table again when that was throttled', async () => {
    const { id, attached } = await bound()
    owner(id, WIPED)
    aws.fault(({ action, count: nth }) =>
      action === 'Scan' && nth === 1 ? { error: { code: 'ProvisionedThroughputExceededException', message: 'slow down' } } : undefined,
    )
    expect((await sweep()).error).toBeUndefined()
    expect(email(id)).toEqual(attached)
  })

  test('twice at once writes each pool once', async () => {
    const { id, attached } = await bound()
    owner(id, WIPED)
    await Promise.all([sweep(), sweep()])
    expect(count('UpdateUserPool')).toBe(1)
    expect(email(id)).toEqual(attached)
  })
})
