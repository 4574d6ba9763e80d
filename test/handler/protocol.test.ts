// CloudFormation's protocol for custom resources, rule by rule. Where each is known from stands in docs/evidence.md.
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../handler/clock.ts'
import { type Allowed, responseTarget } from '../../handler/response-target.ts'
import { physicalResourceId } from '../../lib/binding/record.ts'
import { type Data, MAX_BYTES, responseBody } from '../../lib/binding/response.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ACCOUNT, IDENTITY, REGION, SENDER, type Sent, stackArn } from '../driver.ts'
import { FUNCTION_ARN } from '../lambda.ts'
import type { Fault } from '../local-aws/faults.ts'
import { answerId, closeStages, everyTime, OWN, OWNED, openStage, PLAIN, pauseAt, rawAnswers, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

const bound = async (stage: Stage, extra: JsonObject = {}) => {
  const id = stage.aws.createUserPool(PLAIN)
  const mail = stage.resource()
  const wish: JsonObject = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...extra }
  const created = await mail.create(wish)
  return { id, mail, wish, created }
}

const KEYS = [
  'ConfigurationSet',
  'EmailSendingAccount',
  'EventDestinations',
  'From',
  'Max24HourSend',
  'ReplyToEmailAddress',
  'SendingPoolName',
  'SourceArn',
  'UserPoolIds',
  'Warnings',
]

test('the answer is one PUT of JSON for one request, to the ResponseURL as it came', async () => {
  const stage = await openStage()
  const { created } = await bound(stage)
  expect(created.count).toBe(1)
  expect(stage.count('PutObject')).toBe(1)
  expect(stage.aws.refusedAnswers(answerId(created.event))).toEqual([])
})

test('Status is SUCCESS or FAILED, and a FAILED has a Reason', async () => {
  const stage = await openStage()
  const { created, mail, wish } = await bound(stage)
  expect(created.answer?.Status).toBe('SUCCESS')
  expect(created.answer).not.toHaveProperty('Reason')
  const { answer } = await mail.update({ ...wish, ConfigurationSet: 'no-such-set' }, wish)
  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/\S/) })
  expect(answer).not.toHaveProperty('Data')
})

describe('the body is at most 4,096 bytes', () => {
  const to = {
    StackId: stackArn('s'.repeat(128)),
    RequestId: '7ac1f3b2-0000-4000-8000-000000000003',
    LogicalResourceId: 'L'.repeat(255),
    PhysicalResourceId: physicalResourceId({ StackId: '', LogicalResourceId: '' }),
  }
  const empty = Object.fromEntries(KEYS.map((key) => [key, ''])) as Data
  const read = (body: string) => JSON.parse(body) as { readonly Reason: string; readonly Data: Data }
  const success = (data: Partial<Data>, warnings: readonly string[] = []) => {
    const body = responseBody(to, { status: 'SUCCESS', data: { ...empty, ...data }, warnings }, 'stream')
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BYTES)
    return read(body).Data
  }
  const ids = Array.from({ length: 100 }, (_, index) => `us-east-1_AbCdEf${String(index).padStart(3, '0')}`).join()
  const warnings = Array.from({ length: 60 }, (_, index) => `warning ${index} ${'–'.repeat(20)}`)

  test('first Warnings lose whole lines, from the end; everything else is whole', () => {
    const data = success({ UserPoolIds: ids, EventDestinations: 'events' }, warnings)
    const lines = data.Warnings.split('\n')
    expect(lines.length).toBeGreaterThan(1)
    expect(lines).toEqual(warnings.slice(0, lines.length))
    expect(data).toMatchObject({ UserPoolIds: ids, EventDestinations: 'events' })
  })

  test.each<[string, Partial<Data>, readonly (keyof Data)[]]>([
    ['EventDestinations goes first', { EventDestinations: 'e'.repeat(2_000), UserPoolIds: ids }, ['EventDestinations']],
    [
      'then UserPoolIds',
      { EventDestinations: 'e'.repeat(1_000), UserPoolIds: ids, ReplyToEmailAddress: 'r'.repeat(900), From: 'f'.repeat(900) },
      ['EventDestinations', 'UserPoolIds'],
    ],
    [
      'then ReplyToEmailAddress',
      { EventDestinations: 'e', UserPoolIds: 'u', ReplyToEmailAddress: 'ö'.repeat(900), From: 'ö'.repeat(900) },
      ['EventDestinations', 'UserPoolIds', 'ReplyToEmailAddress'],
    ],
    [
      'then From',
      { EventDestinations: 'e', UserPoolIds: 'u', ReplyToEmailAddress: 'r', From: '"'.repeat(998), SourceArn: 's'.repeat(1_500) },
      ['EventDestinations', 'UserPoolIds', 'ReplyToEmailAddress', 'From'],
    ],
  ])('%s, each with a warning; a value is whole or empty', (_, given, gone) => {
    const data = success(given, warnings)
    const expected = { ...empty, ...given, ...Object.fromEntries(gone.map((key) => [key, ''])) }
    expect({ ...data, Warnings: '' }).toEqual(expected)
    for (const key of gone) expect(data.Warnings).toMatch(new RegExp(`^${key} is empty here`, 'm'))
  })

  test.each(['x', 'ö', '"', '\u001b', '\ud83d\ude80', '\ud83d'])(
    'a Reason of many %j is cut on a character’s boundary, keeps its head, and points to the log stream',
    (character) => {
      const body = responseBody(
        to,
        { status: 'FAILED', code: 'NotFound', message: `Head ${character.repeat(5_000)}` },
        '2026/11/24/[$LATEST]abc',
      )
      const { Reason } = read(body)
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BYTES)
      expect(Reason).toMatch(/^NotFound: Head /)
      expect(Reason.isWellFormed()).toBe(true)
      if (character !== '\u001b') {
        expect(Buffer.byteLength(body)).toBeGreaterThan(MAX_BYTES - 8)
        expect(Reason).toContain('2026/11/24/[$LATEST]abc')
      }
    },
  )

  test('over HTTP: 100 bad pools are told as far as they fit', async () => {
    const stage = await openStage()
    stage.aws.fault(everyTime('DescribeUserPool', { error: { code: 'AccessDeniedException', message: 'ö'.repeat(300) } }))
    const mail = stage.resource('s'.repeat(128), 'L'.repeat(255))
    const sent = await mail.create({ UserPoolIds: ids.split(','), ConfigurationSet: 'mail' }, { context: { remainingMs: 1_500 } })
    expect(sent.answer?.Status).toBe('FAILED')
    const [raw = ''] = rawAnswers(stage.aws, sent.event)
    expect(Buffer.byteLength(raw)).toBeGreaterThan(MAX_BYTES - 8)
    expect(sent.answer?.Reason).toContain('[$LATEST]local')
  })
})

test('the log is JSON, line by line, also when a dozen pools are worked on at once: Node has nothing to warn about', async () => {
  const stage = await openStage()
  const ids = Array.from({ length: 12 }, () => stage.aws.createUserPool(PLAIN))
  const { answer } = await stage.resource().create({ UserPoolIds: ids, ConfigurationSet: 'mail', ...SENDER })
  expect(answer?.Status).toBe('SUCCESS')
  expect(stage.lambda.log.length).toBeGreaterThan(12)
  expect(stage.lambda.log.filter((line) => line['message'] === undefined)).toEqual([])
})

describe('the physical ID', () => {
  test('is of the stack and the logical ID and of nothing else, short, and the same in every answer', async () => {
    const stage = await openStage()
    const { mail, wish, created } = await bound(stage)
    const id = physicalResourceId({ StackId: stackArn('mail'), LogicalResourceId: 'Binding' })
    expect(id).toMatch(/^cognito-ses-binding-[0-9a-f]{16}$/)
    const another = stage.aws.createUserPool(PLAIN)
    const updated = await mail.update({ ...wish, UserPoolId: another }, wish)
    const deleted = await mail.delete(wish)
    expect([created, updated, deleted].map(({ answer }) => [answer?.Status, answer?.PhysicalResourceId])).toEqual([
      ['SUCCESS', id],
      ['SUCCESS', id],
      ['SUCCESS', id],
    ])
  })

  test('of a Create is ours, whatever stands in the event', async () => {
    const stage = await openVirtualStage()
    const mail = stage.resource()
    const { answer } = await mail.create({}, { extra: { PhysicalResourceId: 'made-up' } })
    expect(answer?.PhysicalResourceId).toMatch(/^cognito-ses-binding-[0-9a-f]{16}$/)
  })

  test('of a FAILED Create is that of the Create that would have worked', async () => {
    const stage = await openStage()
    const { answer } = await stage.resource().create({ Wrong: 'property' })
    expect(answer).toMatchObject({
      Status: 'FAILED',
      PhysicalResourceId: physicalResourceId({ StackId: stackArn('mail'), LogicalResourceId: 'Binding' }),
    })
  })

  test.each(['Update', 'Delete'])('that a %s came with is the one that its answer has, FAILED ones too', async (type) => {
    const stage = await openStage()
    const { mail, wish } = await bound(stage)
    const physical = 'an-old-id-of-somebody'
    const options = { physicalResourceId: physical, properties: wish, old: wish }
    stage.aws.fault(everyTime('DescribeUserPool', { error: { code: 'AccessDeniedException', message: 'no' } }))
    const { answer } = await mail.send(mail.event(type, { ...options, properties: { ...wish, Nonce: '2' } }))
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: physical })
  })
})

test('StackId, RequestId and LogicalResourceId come back verbatim', async () => {
  const stage = await openStage()
  const mail = stage.resource('Mail-Ünïcode', 'Binding "quoted" \\ é')
  const RequestId = 'not even a UUID: é'
  const { answer, event } = await mail.create({ Wrong: 'property' }, { extra: { RequestId } })
  expect(answer).toMatchObject({ StackId: event['StackId'], RequestId, LogicalResourceId: 'Binding "quoted" \\ é' })
})

test('a Delete with an ID that CloudFormation made up, of a binding that never was, succeeds', async () => {
  const stage = await openStage()
  const { answer } = await stage.resource().delete({ UserPoolId: 'us-east-1_Never', ConfigurationSet: 'mail' })
  expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'mail-Binding-1ABCDEFGHIJK' })
})

test('a failed Update is followed by one with old and new swapped; it converges although the first did half of its work', async () => {
  const stage = await openVirtualStage()
  const { mail, wish, id } = await bound(stage)
  const before = stage.email(id)
  const half = { ...without(wish), UserPoolIds: [id, 'us-east-1_Nowhere'], ConfigurationSet: 'mail-2' }
  expect((await mail.update(half, wish)).answer?.Status).toBe('FAILED')
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
  expect((await mail.update(wish, half)).answer?.Status).toBe('SUCCESS')
  expect(stage.email(id)).toEqual(before)
})
const without = ({ UserPoolId: _, ...rest }: JsonObject): JsonObject => rest

test('ServiceToken and ServiceTimeout may stand among the properties; any other unknown one may not', async () => {
  const stage = await openStage()
  const { mail, created, wish } = await bound(stage, { ServiceTimeout: '300' })
  expect(created.answer?.Status).toBe('SUCCESS')
  expect((await mail.update({ ...wish, ServiceTimeOut: '300' }, wish)).answer?.Reason).toMatch(
    /^InvalidRequest: .*ServiceTimeOut.*ServiceTimeout/,
  )
})

describe('an answer comes before the time is over', () => {
  const TIME = 1_500
  /** Every call, and the verbs that cannot do without it. */
  const CALLS: readonly (readonly [string, readonly string[]])[] = [
    ...['GetItem', 'PutItem', 'DescribeUserPool', 'UpdateUserPool'].map((action) => [action, ['Create', 'Update', 'Delete']] as const),
    ...['GetConfigurationSet', 'GetConfigurationSetEventDestinations', 'GetAccount', 'GetEmailIdentity'].map(
      (action) => [action, ['Create', 'Update']] as const,
    ),
    ['DeleteItem', ['Delete']],
  ]

  const answered = async ({ now }: Stage, sent: Promise<Sent>): Promise<Sent> => {
    const startedAt = now()
    const result = await sent
    expect(now() - startedAt).toBeLessThan(TIME)
    return result
  }

  test.each(CALLS)(
    'when %s hangs on each of %j: FAILED, says that the time ran out, and a Delete can still give the pool back',
    async (action, verbs) => {
      const stages = await Promise.all(verbs.map(() => openVirtualStage()))
      await Promise.all(
        verbs.map(async (type, index) => {
          const stage = stages[index]
          if (!stage) return
          const id = stage.aws.createUserPool(PLAIN)
          const mail = stage.resource()
          const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
          if (type !== 'Create') await mail.create(wish)
          stage.aws.clearCalls()
          const mend = stage.aws.fault(everyTime(action, 'hang'))
          const event = mail.event(type, { properties: { ...wish, ConfigurationSet: type === 'Update' ? 'mail-2' : 'mail' }, old: wish })
          const { answer, count, invoked } = await answered(stage, mail.send(event, { remainingMs: TIME }))
          expect(invoked.error).toBeUndefined()
          expect(count).toBe(1)
          expect([type, answer?.Status, answer?.Reason]).toEqual([type, 'FAILED', expect.stringMatching(/time ran out/)])
          mend()
          expect((await mail.delete(wish)).answer?.Status).toBe('SUCCESS')
          expect(stage.email(id)).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
        }),
      )
    },
  )

  test('when the record of the binding vanishes while it works', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    stage.aws.fault(({ action, count }) => {
      if (action !== 'DescribeUserPool' || count > 1) return undefined
      return stage.aws.records().then(async (records) => {
        for (const { UserPoolId: key } of records) await stage.aws.table.remove(String(key))
        return undefined
      })
    })
    const { count } = await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
    expect(count).toBe(1)
  })

  test('when the record of the binding is another event’s in the meantime', async () => {
    const stage = await openVirtualStage()
    const { mail, wish } = await bound(stage)
    stage.aws.fault(({ action, count }) => {
      if (action !== 'DescribeUserPool' || count > 1) return undefined
      return stage.bindingRecord().then(async (record) => {
        const Lease = { Event: 'another', Invocation: 'another', StartedAt: '2026-01-01T00:00:00Z', Until: '2026-01-01T00:01:00Z' }
        await stage.aws.table.put({ ...record, Lease, Revision: Number(record?.['Revision']) + 1 })
        return undefined
      })
    })
    const { count } = await mail.update({ ...wish, ConfigurationSet: 'mail-2' }, wish, { context: { remainingMs: 4_000 } })
    expect(count).toBe(1)
  })
})

test('an event that was signed before the newest one handled is late: FAILED superseded, no effect', async () => {
  const stage = await openStage()
  const { mail, wish, id } = await bound(stage)
  const { answer } = await mail.update({ ...wish, ConfigurationSet: 'mail-2' }, wish, { signedAt: Date.now() - 60_000 })
  expect(answer?.Reason).toMatch(/^ResourceConflict: .*superseded/)
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
})

test('the PUT has an empty content type and its length in bytes, and is not chunked', async () => {
  const stage = await openStage()
  const { created } = await bound(stage, { From: 'Zoë <no-reply@example.com>' })
  // The local bucket refuses any other content type, as the URLs that sign it do.
  const [answer] = stage.aws.answers(answerId(created.event))
  const [refused] = stage.aws.refusedAnswers(answerId(created.event))
  expect(refused).toBeUndefined()
  expect(created.answer?.Status === 'SUCCESS' ? created.answer.Data?.['From'] : created.answer?.Reason).toContain('Zoë')
  expect(answer?.headers['content-type']).toBe('')
  expect(answer?.headers['content-length']).toBe(String(Buffer.byteLength(answer?.raw ?? '')))
  expect(answer?.headers['transfer-encoding']).toBeUndefined()
  expect(answer?.raw.length).toBeLessThan(Buffer.byteLength(answer?.raw ?? ''))
})

describe('Lambda delivers at least once', () => {
  test.each<[string, Fault, boolean]>([
    ['403', { error: { code: 'AccessDenied', message: '', status: 403 } }, true],
    ['500', { error: { code: 'InternalError', message: '', status: 500 } }, true],
    ['503', { error: { code: 'SlowDown', message: '', status: 503 } }, true],
    ['304', { error: { code: 'NotModified', message: '', status: 304 } }, true],
    ['a broken connection', 'reset', true],
    ['a broken connection after it was taken', 'resetAfter', true],
  ])('a PUT that meets %s is sent again until it is taken', async (_, fault) => {
    const stage = await openStage()
    stage.aws.fault(({ action, count }) => (action === 'PutObject' && count < 3 ? fault : undefined))
    const { created } = await bound(stage)
    expect(created.invoked.error).toBeUndefined()
    expect(created.answer?.Status).toBe('SUCCESS')
    expect(stage.count('PutObject')).toBe(3)
    expect(stage.count('UpdateUserPool')).toBe(1)
  })

  test('a PUT that never arrives makes the handler throw, so that Lambda delivers the event again; then the stored answer goes out', async () => {
    const stage = await openStage()
    const mend = stage.aws.fault(everyTime('PutObject', 'reset'))
    const id = stage.aws.createUserPool(PLAIN)
    const mail = stage.resource()
    const first = await mail.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }, { context: { remainingMs: 2_000 } })
    expect(first.invoked.error).toMatch(/could not be delivered/)
    mend()
    stage.aws.clearCalls()
    expect((await mail.send(first.event)).answer?.Status).toBe('SUCCESS')
    expect(stage.aws.calls.map(({ service }) => service).filter((service) => service === 'cognito')).toEqual([])
  })

  test('the answer is stored before it is sent', async () => {
    const stage = await openStage()
    const id = stage.aws.createUserPool(PLAIN)
    const mail = stage.resource()
    const held = pauseAt(stage.aws, ({ action }) => action === 'PutObject')
    const creating = mail.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
    await held.reached
    const record = await stage.bindingRecord()
    held.release()
    const [raw] = rawAnswers(stage.aws, (await creating).event)
    expect(record).toMatchObject({ Answers: [{ Body: raw }], Answered: [id] })
    expect(record?.['Lease']).toBeUndefined()
  })

  test('the lease of a dead process ends with its deadline: another event of the binding waits for that', async () => {
    const stage = await openVirtualStage()
    const { mail, wish, id } = await bound(stage)
    const victim = await stage.newLambda()
    const held = pauseAt(stage.aws, ({ action }) => action === 'UpdateUserPool')
    const dead = stage
      .resource('mail', 'Binding', victim)
      .update({ ...wish, ConfigurationSet: 'mail-2' }, wish, { context: { remainingMs: 2_000 } })
    await Promise.all([expect(dead).rejects.toThrow('the process died'), held.reached.then(() => victim.kill())])
    const [lease] = (await stage.aws.records()).flatMap(({ Lease }) => (Lease ? [Lease as JsonObject] : []))
    const deleted = await mail.delete(wish)
    held.release('hang')
    expect(deleted.answer?.Status).toBe('SUCCESS')
    expect(stage.now()).toBeGreaterThanOrEqual(Date.parse(String(lease?.['Until'])))
    expect(stage.email(id)).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
    expect(await stage.poolRecord(id)).toBeUndefined()
  })

  test.each(['of the binding', 'of the pool'])(
    'while the lease %s is another event’s, ResourceConflict is the answer when the own time runs short',
    async (lease) => {
      const stage = await openVirtualStage()
      const { wish, id } = await bound(stage)
      const victim = await stage.newLambda()
      const held = pauseAt(stage.aws, ({ action }) => action === 'UpdateUserPool')
      const dead = stage
        .resource('mail', 'Binding', victim)
        .update({ ...wish, ConfigurationSet: 'mail-2' }, wish, { context: { remainingMs: 60_000 } })
      await Promise.all([expect(dead).rejects.toThrow('the process died'), held.reached.then(() => victim.kill())])
      held.release('hang')

      const before = stage.aws.userPool(id)
      const waiting = lease === 'of the pool' ? stage.resource('shop') : stage.resource('mail')
      const startedAt = stage.now()
      const { answer } = await waiting.create({ ...wish, Takeover: 'true' }, { context: { remainingMs: 1_500 } })
      expect(stage.now() - startedAt).toBeLessThan(1_500)
      expect(answer?.Reason).toMatch(/^ResourceConflict: Another operation on .* was still running when the time ran out/)
      expect(stage.aws.userPool(id)).toEqual(before)
    },
  )
})

test.each(['true', 'false', true, false])('booleans come as strings, and as %j too', async (flag) => {
  const stage = await openStage()
  stage.aws.ses.setAccount({ ProductionAccessEnabled: false })
  const { created } = await bound(stage, { AllowSandbox: flag })
  expect(created.answer?.Status).toBe(String(flag) === 'true' ? 'SUCCESS' : 'FAILED')
})

describe('Data', () => {
  test.each<[string, JsonObject]>([
    ['of a plain binding', {}],
    ['under SKIP, which asks SES nothing', { Preflight: 'SKIP' }],
  ])('%s has all its keys, as flat strings, on Create and on Update', async (_, extra) => {
    const stage = await openStage()
    const { mail, wish, created } = await bound(stage, extra)
    const updated = await mail.update({ ...wish, Nonce: '2' }, wish)
    for (const { answer } of [created, updated]) {
      expect(Object.keys(answer?.Data ?? {}).sort()).toEqual(KEYS)
      expect(Object.values(answer?.Data ?? {}).map((value) => typeof value)).toEqual(KEYS.map(() => 'string'))
    }
    const [asked] = Object.keys(extra).length > 0 ? [''] : ['events']
    expect(updated.answer?.Data).toMatchObject({
      ConfigurationSet: 'mail',
      SourceArn: IDENTITY,
      From: SENDER.From,
      EventDestinations: asked,
    })
  })
})

describe('a ResponseURL may lead to CloudFormation’s bucket of the function’s own Region, and nowhere else', () => {
  const inAws: Allowed = { region: 'eu-west-1', urlSuffix: 'amazonaws.com', responseHosts: [] }
  const inChina: Allowed = { region: 'cn-north-1', urlSuffix: 'amazonaws.com.cn', responseHosts: [] }
  const bucket = 'cloudformation-custom-resource-response-euwest1'
  const local: Allowed = {
    ...inAws,
    responseHosts: ['127.0.0.1:4566', 'localhost:4566', '[::1]:4566', '10.0.0.1:4566', 'sink.example:443'],
  }
  const sigV2 = '?AWSAccessKeyId=AKIAEXAMPLE&Expires=1483303003&Signature=abc%3D'

  test.each<[string, Allowed]>([
    // The real event of 2017, and the newer forms.
    [
      `https://${bucket}.s3-eu-west-1.amazonaws.com/arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3Astack/a/b%7CBinding%7Cc${sigV2}`,
      inAws,
    ],
    [`https://${bucket}.s3.eu-west-1.amazonaws.com/x`, inAws],
    [`https://${bucket}.s3.amazonaws.com/x`, inAws],
    [`https://${bucket}.s3.eu-west-1.amazonaws.com:443/x`, inAws],
    ['https://cloudformation-custom-resource-storage-euwest1.s3.eu-west-1.amazonaws.com/x', inAws],
    ['https://cloudformation-custom-resource-response-useast1.s3-us-east-1.amazonaws.com/x', { ...inAws, region: 'us-east-1' }],
    ['https://cloudformation-custom-resource-response-usgovwest1.s3.us-gov-west-1.amazonaws.com/x', { ...inAws, region: 'us-gov-west-1' }],
    ['https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn/x', inChina],
    ['http://127.0.0.1:4566/x', local],
    ['http://localhost:4566/x', local],
    ['http://[::1]:4566/x', local],
    ['https://10.0.0.1:4566/x', local],
    ['https://sink.example/x', local],
  ])('%s is allowed', (url, allowed) => {
    expect(responseTarget(url, allowed, systemClock)).toBeDefined()
  })

  test.each<[string, unknown, Allowed]>([
    ['a suffix of somebody else', `https://${bucket}.s3.eu-west-1.amazonaws.com.evil.example/x`, inAws],
    ['a name that only contains the bucket’s', `https://evil-${bucket}.s3.eu-west-1.amazonaws.com/x`, inAws],
    ['a name that only begins like the bucket’s', `https://${bucket}-evil.s3.eu-west-1.amazonaws.com/x`, inAws],
    ['no bucket at all', 'https://s3.eu-west-1.amazonaws.com/x', inAws],
    ['the bucket in the path', `https://s3.eu-west-1.amazonaws.com/${bucket}/x`, inAws],
    ['a suffix without a dot before it', `https://${bucket}.s3.evilamazonaws.com/x`, inAws],
    ['user info', `https://user@${bucket}.s3.eu-west-1.amazonaws.com/x`, inAws],
    ['user info and a password', `https://${bucket}.s3.eu-west-1.amazonaws.com:x@evil.example/x`, inAws],
    ['http', `http://${bucket}.s3.eu-west-1.amazonaws.com/x`, inAws],
    ['another port', `https://${bucket}.s3.eu-west-1.amazonaws.com:8443/x`, inAws],
    ['another Region’s bucket', 'https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/x', inAws],
    ['another partition’s suffix', `https://${bucket}.s3.eu-west-1.amazonaws.com.cn/x`, inAws],
    [
      'this partition’s suffix in another',
      'https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com/x',
      inChina,
    ],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data', inAws],
    ['loopback that RESPONSE_HOSTS does not name', 'http://127.0.0.1:4566/x', inAws],
    ['another port of loopback', 'http://127.0.0.1:4567/x', local],
    ['http to a host of RESPONSE_HOSTS that is not loopback', 'http://10.0.0.1:4566/x', local],
    ['user info for a host of RESPONSE_HOSTS', 'http://user@127.0.0.1:4566/x', local],
    ['another scheme', `ftp://${bucket}.s3.eu-west-1.amazonaws.com/x`, inAws],
    ['a file', 'file:///etc/passwd', inAws],
    ['nothing that is a URL', 'not a URL', inAws],
    ['an empty one', '', inAws],
    ['no text', { href: `https://${bucket}.s3.eu-west-1.amazonaws.com/x` }, inAws],
  ])('%s is refused', (_, url, allowed) => {
    expect(responseTarget(url, allowed, systemClock)).toBeUndefined()
  })

  test('with any other, nothing is called, the handler throws, and one line says so without the URL', async () => {
    const stage = await openStage()
    let connections = 0
    const elsewhere = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const address = elsewhere.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const mail = stage.resource()
    const event = mail.event('Create', { properties: { UserPoolId: 'us-east-1_Any', ConfigurationSet: 'mail' } })
    const { error } = await stage.lambda.invoke({ ...event, ResponseURL: `http://127.0.0.1:${port}/secret-path?secret=query` })
    await new Promise((resolve) => elsewhere.close(resolve))
    expect(error).toBe('the ResponseURL is not allowed')
    expect(connections).toBe(0)
    expect(stage.aws.calls).toEqual([])
    expect(stage.lines('ERROR')).toHaveLength(1)
    expect(stage.logText()).not.toMatch(/secret|127\.0\.0\.1/)
  })
})

describe('the ResponseURL is a credential: it is in no log and in no error', () => {
  test('whatever happens to an event', async () => {
    const stage = await openStage()
    const { mail, wish, id, created } = await bound(stage)
    const events = [created.event]
    const keep = async (sent: Promise<Sent>) => {
      const { event, invoked } = await sent
      events.push(event)
      expect(invoked.error ?? '').not.toMatch(/X-Amz|response\//)
    }
    await keep(mail.update({ ...wish, Nope: '1' }, wish))
    await keep(mail.update({ ...wish, ConfigurationSet: 'no-such-set' }, wish))
    await keep(mail.send(mail.event('Rotate', { properties: wish })))
    await keep(mail.send({ ...mail.event('Delete', { properties: wish }), StackId: 'arn:aws:cloudformation:eu-west-1:1:stack/a/b' }))
    const mends = [
      stage.aws.fault(({ action, count }) => (action === 'PutObject' && count < 2 ? 'reset' : undefined)),
      stage.aws.fault(everyTime('PutObject', { error: { code: 'AccessDenied', message: 'Access Denied', status: 403 } })),
    ]
    await keep(mail.update({ ...wish, Nonce: '2' }, wish, { context: { remainingMs: 1_400 } }))
    for (const mend of mends) mend()
    stage.aws.fault(everyTime('UpdateUserPool', 'hang'))
    await keep(mail.update({ ...wish, ConfigurationSet: 'mail-2' }, wish, { context: { remainingMs: 1_400 } }))
    stage.aws.removeUserPool(id)
    await keep(mail.delete(wish))

    const log = stage.logText()
    expect(log.length).toBeGreaterThan(1_000)
    for (const event of events) {
      const url = new URL(String(event['ResponseURL']))
      for (const secret of [url.host, answerId(event), url.search, String(url.searchParams.get('X-Amz-Signature'))])
        expect(log).not.toContain(secret)
    }
    expect(log).not.toMatch(/X-Amz-|AKIA/)
  })

  test('because it is wrapped at the door: it prints as [redacted]', () => {
    const allowed: Allowed = { region: REGION, urlSuffix: 'amazonaws.com', responseHosts: ['127.0.0.1:1'] }
    const target = responseTarget('http://127.0.0.1:1/secret?X-Amz-Date=20261123T101500Z', allowed, systemClock)
    expect(JSON.stringify({ target })).toBe('{"target":"[redacted]"}')
    expect(inspect({ target })).toBe('{ target: [redacted] }')
    expect(target?.signedAt).toBe('20261123T101500Z')
  })
})

describe('a Reason', () => {
  test('begins with an error code of CloudFormation’s own resource handlers', async () => {
    const stage = await openStage()
    const { mail, wish } = await bound(stage)
    const { answer } = await mail.update({ ...wish, UserPoolId: 'us-east-1_Nowhere' }, wish)
    expect(answer?.Reason).toMatch(/^NotFound: .*us-east-1_Nowhere/)
  })

  test('has no control characters, whatever a service or a template says', async () => {
    const stage = await openStage()
    const { mail, wish } = await bound(stage)
    stage.aws.fault(
      everyTime('UpdateUserPool', {
        error: { code: 'InvalidParameterException', message: 'red \u001b[31malert\u0007\r\n\u0000\u009b end' },
      }),
    )
    const reasons = [
      (await mail.update({ ...wish, ConfigurationSet: 'mail-2' }, wish)).answer?.Reason,
      (await mail.update({ ...wish, ConfigurationSet: '\u001b[31m' }, wish)).answer?.Reason,
      (await mail.update({ ...wish, 'Nope\u001b\u0085': '\u0007' }, wish)).answer?.Reason,
    ]
    for (const reason of reasons) {
      expect(reason).toMatch(/^InvalidRequest: /)
      expect(reason).not.toMatch(/\p{Cc}/u)
    }
  })

  test('and Data have none either, whatever the pool’s owner has put in its settings', async () => {
    const stage = await openStage()
    const id = stage.aws.createUserPool({
      ...OWNED,
      // ReplyToEmailAddress cannot hold any: the service's model has a pattern for it.
      EmailConfiguration: { ...OWN, From: '\u001b[31mred\u0007 <a@example.com>' },
    })
    const { answer } = await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', Preflight: 'WARN' })
    expect(answer?.Status).toBe('SUCCESS')
    expect(answer?.Data?.['From']).toMatch(/red.*@example\.com/)
    for (const value of Object.values(answer?.Data ?? {})) expect(value.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})

describe('what is not ours', () => {
  const FOREIGN: readonly (readonly [string, string])[] = [
    ['account', `arn:aws:cloudformation:${REGION}:999999999999:stack/mail/1`],
    ['Region', `arn:aws:cloudformation:eu-west-1:${ACCOUNT}:stack/mail/1`],
    ['partition', `arn:aws-cn:cloudformation:${REGION}:${ACCOUNT}:stack/mail/1`],
    ['kind', 'mail'],
  ]
  test.each(FOREIGN)('a stack of another %s is FAILED, its Delete a SUCCESS; nothing is done', async (_, StackId) => {
    const stage = await openStage()
    const { mail, wish } = await bound(stage)
    stage.aws.clearCalls()
    for (const [type, status] of [
      ['Create', 'FAILED'],
      ['Update', 'FAILED'],
      ['Delete', 'SUCCESS'],
    ] as const) {
      const { answer } = await mail.send(mail.event(type, { properties: wish, old: wish, extra: { StackId } }))
      expect(answer).toMatchObject({ Status: status, StackId })
      if (status === 'FAILED') expect(answer?.Reason).toMatch(/^InvalidRequest: .*account, Region and partition/)
    }
    expect(stage.aws.calls.map(({ service }) => service)).toEqual(['response', 'response', 'response'])
  })

  test('where Lambda does not say who the function is, the ServiceToken does', async () => {
    const stage = await openStage()
    const id = stage.aws.createUserPool(OWNED)
    const context = { invokedFunctionArn: '' }
    const mail = stage.resource()
    const wish = { UserPoolId: id, ConfigurationSet: 'mail' }
    expect((await mail.create(wish, { context })).answer?.Status).toBe('SUCCESS')
    const ServiceToken = FUNCTION_ARN.replace(ACCOUNT, '999999999999')
    const foreign = { ServiceToken, ResourceProperties: { ...wish, ServiceToken, Nonce: '2' } }
    const { answer } = await mail.send(mail.event('Update', { old: wish, extra: foreign }), context)
    expect(answer?.Reason).toMatch(/^InvalidRequest: .*999999999999/)
  })

  test('a pool whose ID names another Region is looked up here: a replica is bound', async () => {
    const stage = await openStage()
    const id = stage.aws.createUserPool({ ...OWNED, Id: 'eu-west-1_Replica01' })
    const { answer } = await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail' })
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { UserPoolIds: 'eu-west-1_Replica01' } })
  })

  test('a pool whose ID names another Region and that has no replica here is NotFound, naming the Region to bind it in', async () => {
    const stage = await openStage()
    const { answer } = await stage.resource().create({ UserPoolId: 'eu-west-1_Elsewhere', ConfigurationSet: 'mail' })
    expect(answer?.Reason).toMatch(/^NotFound: .*eu-west-1_Elsewhere in us-east-1.*bind it from a stack in eu-west-1/)
  })

  test('an event that is none of ours makes the handler throw, and the log says what was expected', async () => {
    const stage = await openStage()
    for (const event of [undefined, null, 'text', [], {}, { Records: 'none' }, { RequestType: 'Create' }]) {
      expect((await stage.lambda.invoke(event)).error).toBeDefined()
    }
    expect(stage.lines('ERROR').join()).toMatch(/expected one of CloudFormation/)
    expect(stage.aws.calls).toEqual([])
  })

  test('a RequestType that nobody knows is FAILED and does nothing', async () => {
    const stage = await openStage()
    const mail = stage.resource()
    const { answer } = await mail.send(mail.event('Rotate', { properties: { UserPoolId: 'us-east-1_Any', ConfigurationSet: 'mail' } }))
    expect(answer?.Reason).toMatch(/^InvalidRequest: .*Create, Update or Delete; got "Rotate"/)
    expect(stage.aws.calls.map(({ service }) => service)).toEqual(['response'])
  })
})
