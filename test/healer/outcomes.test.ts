// What became of a pool, as the log, the record and the metrics tell it: every outcome, and what SES is asked for it.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { child, type JsonObject, without } from '../../lib/json.ts'
import { ACCOUNT, IDENTITY, REGION, SENDER } from '../driver.ts'
import type { ErrorAnswer } from '../local-aws/faults.ts'
import { closeStages, everyTime, OWN, OWNED, PLAIN, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let stage: Stage & { readonly passTime: (ms: number) => Promise<void> }
beforeEach(async () => {
  stage = await openVirtualStage()
})
afterEach(closeStages)

const OTHER_IDENTITY = IDENTITY.replace('example.com', 'news.example')
const DAY_MS = 24 * 60 * 60 * 1_000
const WIPED = { EmailSendingAccount: 'COGNITO_DEFAULT' }
const DENIED: ErrorAnswer = { code: 'AccessDeniedException', message: 'not for you', status: 400 }
const DOWN: ErrorAnswer = { code: 'InternalServiceError', message: 'not today', status: 500 }
const THROTTLED: ErrorAnswer = { code: 'TooManyRequestsException', message: 'slow down', status: 429 }

const bound = async (extra: JsonObject = {}, name = 'mail') => {
  const id = stage.aws.createUserPool(PLAIN)
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...extra }
  expect((await stage.resource(name).create(properties)).answer?.Status).toBe('SUCCESS')
  stage.aws.clearCalls()
  return { id, properties, attached: stage.email(id) ?? {} }
}
const sweep = (options?: { readonly remainingMs: number }) => stage.lambda.invoke({ 'detail-type': 'Scheduled Event' }, options)
const queue = (userPoolId: string) => {
  const detail = { eventName: 'UpdateUserPool', requestParameters: { userPoolId } }
  return stage.lambda.invoke({
    Records: [{ messageId: 'm', body: JSON.stringify({ account: ACCOUNT, region: REGION, detail }) }],
  })
}
/** What the last event counted, as it says it: `looked at 1 user pools: 1 healed`. */
const counted = () => stage.lambda.log.findLast((line) => line['_aws'] !== undefined)?.['message']
const asksOfSes = () => stage.aws.calls.filter(({ service }) => service === 'ses').length
const unhealed = async (id: string) => (await stage.poolRecord(id))?.['Unhealed']
/** Something happens between the healer's reading of the record and its reading of the pool. */
const meanwhile = (id: string, happens: (nth: number) => Promise<unknown>) =>
  stage.aws.fault(async ({ action, request, count }) => {
    if (action === 'DescribeUserPool' && request['UserPoolId'] === id) await happens(count)
    return undefined
  })

describe('as declared', () => {
  test('is asked of SES too, and nothing is told but the count', async () => {
    await bound()
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 asDeclared')
    expect(asksOfSes()).toBeGreaterThan(0)
    expect([...stage.lines('WARN'), ...stage.lines('ERROR')]).toEqual([])
  })

  test('but its set and its identity are gone: broken, with a sentence for each, and no word in the record', async () => {
    const { id } = await bound()
    stage.aws.ses.removeConfigurationSet('mail')
    stage.aws.ses.removeIdentity('example.com')
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 broken')
    expect(stage.lines('WARN')).toEqual([
      expect.stringMatching(new RegExp(`^user pool ${id} is as declared and cannot send: Configuration set mail .*\\. .*example\\.com`)),
    ])
    expect(await unhealed(id)).toBeUndefined()
  })

  test('with Preflight SKIP it is as declared whatever SES would say, and SES is not asked', async () => {
    await bound({ Preflight: 'SKIP' })
    stage.aws.ses.removeConfigurationSet('mail')
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 asDeclared')
    expect(asksOfSes()).toBe(0)
  })

  test('the Preflight of the topmost claim decides', async () => {
    const { properties } = await bound()
    await stage.resource('second').create({ ...properties, Takeover: 'true', Preflight: 'SKIP' })
    stage.aws.ses.removeConfigurationSet('mail')
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 asDeclared')
  })

  test.each([
    ['denies it', DENIED],
    ['does not answer', DOWN],
  ])('and SES %s: nobody can say that it is broken', async (_, error) => {
    await bound()
    stage.aws.fault(everyTime('GetConfigurationSet', { error }))
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 asDeclared')
  })
})

describe('wiped', () => {
  test.each(['SKIP', 'WARN'])('with Preflight %s it is healed without a question to SES', async (Preflight) => {
    const { id, attached } = await bound({ Preflight })
    stage.ownerSets(id, WIPED)
    stage.aws.clearCalls()
    stage.aws.fault(({ service }) => (service === 'ses' ? { error: DENIED } : undefined))
    await sweep()
    expect(stage.email(id)).toEqual(attached)
    expect(counted()).toBe('looked at 1 user pools: 1 healed')
  })

  test('a record of 0.1 has no Preflight: as ENFORCE', async () => {
    const { id } = await bound()
    const item = (await stage.poolRecord(id)) ?? {}
    const Claims = (item['Claims'] as readonly JsonObject[]).map((claim) => without(claim, ['Preflight']))
    await stage.aws.table.put({ ...item, Claims })
    stage.ownerSets(id, WIPED)
    stage.aws.ses.removeConfigurationSet('mail')
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 refused')
  })

  test('SES may not be asked: refused, and log and record name the action to grant', async () => {
    const { id } = await bound()
    stage.ownerSets(id, WIPED)
    stage.aws.fault(everyTime('GetConfigurationSet', { error: DENIED }))
    await sweep()
    expect(stage.email(id)).toEqual(WIPED)
    expect(counted()).toBe('looked at 1 user pools: 1 refused')
    expect(await unhealed(id)).toMatchObject({ Kind: 'refused', Why: expect.stringContaining('may not call ses:GetConfigurationSet') })
    expect(stage.lines('WARN')).toEqual([expect.stringMatching(/is left alone, refused: .*ses:GetConfigurationSet/)])
  })

  test('SES may not be asked of the set, and says that the identity is not verified: the record says what is known', async () => {
    const { id } = await bound()
    stage.ownerSets(id, WIPED)
    stage.aws.fault(everyTime('GetConfigurationSet', { error: DENIED }))
    stage.aws.ses.putIdentity('example.com', { VerifiedForSendingStatus: false })
    await sweep()
    expect(await unhealed(id)).toMatchObject({ Kind: 'refused', Why: expect.stringContaining('example.com is not verified') })
  })

  test('SES is down: it could not be looked at, the record keeps no word of it, and the next sweep heals', async () => {
    const { id, attached } = await bound()
    stage.ownerSets(id, WIPED)
    const release = stage.aws.fault(everyTime('GetConfigurationSet', { error: DOWN }))
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 failed')
    expect(stage.lines('ERROR')).toEqual([
      expect.stringMatching(new RegExp(`^user pool ${id} could not be looked at: InternalFailure: Amazon SES .*ses:GetConfigurationSet`)),
    ])
    expect(await unhealed(id)).toBeUndefined()
    release()
    await sweep()
    expect(stage.email(id)).toEqual(attached)
  })

  test('Heal is NOTIFY: the log and the record say which settings, each by name', async () => {
    const { id } = await bound({ Heal: 'NOTIFY' })
    stage.ownerSets(id, WIPED)
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 notify')
    expect(stage.lines('WARN')).toEqual([
      expect.stringMatching(/left alone, notify: EmailSendingAccount, ConfigurationSet, .* not as declared$/),
    ])
    expect(await unhealed(id)).toMatchObject({ Kind: 'notify' })
  })

  test('Heal is OFF: counted, and not a word in the log or the record', async () => {
    const { id } = await bound({ Heal: 'OFF' })
    stage.ownerSets(id, WIPED)
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 off')
    expect(stage.lines('WARN')).toEqual([])
    expect(await unhealed(id)).toBeUndefined()
  })

  test('again and again: the fourth time names what is wiped', async () => {
    const { id } = await bound()
    for (let turn = 0; turn < 4; turn += 1) {
      stage.ownerSets(id, WIPED)
      await sweep()
    }
    expect(counted()).toBe('looked at 1 user pools: 1 contested')
    expect(await unhealed(id)).toMatchObject({ Why: expect.stringMatching(/^EmailSendingAccount, ConfigurationSet, .* wiped again/) })
  })
})

test.each<[string, JsonObject]>([
  ['a sending account that nobody knows yet', { EmailSendingAccount: 'TOMORROW' }],
  ['a set that is called COGNITO_DEFAULT', { ConfigurationSet: 'COGNITO_DEFAULT' }],
])('%s is somebody’s wish: contested', async (_, wish) => {
  const { id, attached } = await bound()
  stage.ownerSets(id, { ...attached, ...wish })
  await sweep()
  expect(await unhealed(id)).toMatchObject({ Kind: 'contested', Why: `somebody set ${Object.keys(wish).join()} to another value` })
})

test('a sender that Cognito did not take back at a Delete is nobody’s wish: a sweep puts it back, once Cognito takes it', async () => {
  const id = stage.aws.createUserPool(OWNED)
  const below = { UserPoolId: id, ConfigurationSet: 'mail' }
  const above = { UserPoolId: id, ConfigurationSet: 'mail-2', SourceArn: OTHER_IDENTITY, From: 'b@news.example', Takeover: 'true' }
  stage.aws.ses.putIdentity('news.example')
  expect((await stage.resource('below').create(below)).answer?.Status).toBe('SUCCESS')
  expect((await stage.resource('above').create(above)).answer?.Status).toBe('SUCCESS')
  const release = stage.aws.fault(({ action, request }) =>
    action === 'UpdateUserPool' && child(request, 'EmailConfiguration')?.['SourceArn'] === IDENTITY
      ? { error: { code: 'InvalidParameterException', message: 'this identity is not for you', status: 400 } }
      : undefined,
  )
  expect((await stage.resource('above').delete(above)).answer?.Status).toBe('SUCCESS')
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail', SourceArn: OTHER_IDENTITY })
  release()
  await sweep()
  expect(stage.email(id)).toEqual({ ...OWN, ConfigurationSet: 'mail' })
})

describe('the record says since when a pool is left alone', () => {
  test('and keeps that day for as long as the reason is the same', async () => {
    const { id, attached } = await bound()
    stage.ownerSets(id, { ...attached, ConfigurationSet: 'theirs' })
    await sweep()
    const first = await stage.poolRecord(id)
    await stage.passTime(DAY_MS)
    await sweep()
    expect(await stage.poolRecord(id)).toEqual(first)
  })

  test('and has the new reason, with its day, when that has changed', async () => {
    const { id } = await bound()
    stage.ownerSets(id, WIPED)
    stage.aws.ses.removeConfigurationSet('mail')
    await sweep()
    expect(await unhealed(id)).toMatchObject({ Why: expect.stringContaining('Configuration set mail') })
    await stage.passTime(DAY_MS)
    stage.aws.ses.putConfigurationSet('mail')
    stage.aws.ses.putIdentity('example.com', { VerifiedForSendingStatus: false })
    await sweep()
    expect(await unhealed(id)).toMatchObject({
      Kind: 'refused',
      Why: expect.stringContaining('example.com is not verified'),
      At: expect.stringContaining(new Date(stage.now()).toISOString().slice(0, 10)),
    })
  })
})

describe('while the healer looks at a pool', () => {
  test('its binding moves: the healer looks once more, and that counts', async () => {
    const { id, properties } = await bound()
    meanwhile(id, async (nth) => nth === 1 && stage.resource().update({ ...properties, ConfigurationSet: 'mail-2' }, properties))
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 asDeclared')
  })

  test('its record moves each time: busy, the message goes back to the queue, and nothing is said of the pool', async () => {
    const { id, attached } = await bound()
    stage.ownerSets(id, { ...attached, ConfigurationSet: 'theirs' })
    meanwhile(id, async (nth) => {
      const item = (await stage.poolRecord(id)) ?? {}
      if (nth < 5) await stage.aws.table.put({ ...item, Revision: Number(item['Revision']) + 1 })
    })
    expect((await queue(id)).result).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] })
    expect(counted()).toBe('looked at 1 user pools: 1 busy')
    expect(stage.lines('WARN')).toEqual([])
    expect(await unhealed(id)).toBeUndefined()
  })

  test('its binding is deleted: it is nobody’s business any more', async () => {
    const { id, properties, attached } = await bound()
    stage.ownerSets(id, { ...attached, ConfigurationSet: 'theirs' })
    meanwhile(id, async (nth) => nth === 1 && stage.resource().delete(properties))
    await queue(id)
    expect(counted()).toBe('looked at 1 user pools: 1 unknown')
    expect(await stage.poolRecord(id)).toBeUndefined()
  })
})

describe('gone', () => {
  test('is information, not a warning', async () => {
    const { id } = await bound()
    stage.aws.removeUserPool(id)
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 gone')
    expect(stage.lines('INFO').filter((line) => line.includes('is left alone, gone: '))).toHaveLength(1)
    expect(stage.lines('WARN')).toEqual([])
  })

  test('and another operation has its record by then: that lease is not taken away', async () => {
    const { id } = await bound()
    stage.aws.removeUserPool(id)
    const Lease = { Event: 'x', Invocation: 'x', StartedAt: '2026-01-01T00:00:00.000Z', Until: '2999-01-01T00:00:00.000Z' }
    meanwhile(id, async () => stage.aws.table.put({ ...(await stage.poolRecord(id)), Lease }))
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 gone')
    expect(await stage.poolRecord(id)).toMatchObject({ Lease })
    expect(await unhealed(id)).toBeUndefined()
  })

  test('and its record too by then: that is no failure', async () => {
    const { id, properties } = await bound()
    stage.aws.removeUserPool(id)
    meanwhile(id, async (nth) => nth === 1 && stage.resource().delete(properties))
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 gone')
  })
})

describe('a failure is in the log, with the pool and the sentence', () => {
  test.each<[string, string, RegExp]>([
    ['Cognito', 'DescribeUserPool', /AccessDenied: .*cognito-idp:DescribeUserPool on user pool us-east-1_\w+/],
    ['the table', 'PutItem', /AccessDenied: dynamodb:PutItem on table .* was denied: not for you/],
  ])('that %s gave', async (_, action, said) => {
    const { id, attached } = await bound()
    const other = await bound({}, 'other')
    stage.ownerSets(id, { ...attached, ConfigurationSet: 'theirs' })
    stage.ownerSets(other.id, WIPED)
    const isOurs = (request: JsonObject) => JSON.stringify(request).includes(id)
    stage.aws.fault((call) => (call.action === action && isOurs(call.request) ? { error: DENIED } : undefined))
    await sweep()
    expect(counted()).toMatch(/^looked at 2 user pools: (?:1 failed, 1 healed|1 healed, 1 failed)$/)
    expect(stage.email(other.id)).toEqual(other.attached)
    expect(stage.lines('ERROR')).toEqual([expect.stringMatching(`^user pool ${id} could not be looked at: ${said.source}`)])
  })

  test('of the record of a pool that the queue names: the message goes back', async () => {
    const { id } = await bound()
    stage.aws.fault(everyTime('GetItem', { error: DENIED }))
    expect((await queue(id)).result).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] })
    expect(counted()).toBe('looked at 1 user pools: 1 failed')
    const line = stage.lambda.log.find(({ level }) => level === 'ERROR')
    expect(line).toMatchObject({
      message: `the record of user pool ${id} could not be read`,
      error: expect.stringContaining('not for you'),
    })
  })

  test('of a record that a newer version wrote', async () => {
    const { id } = await bound()
    await stage.aws.table.put({ ...(await stage.poolRecord(id)), SchemaVersion: 99 })
    await sweep()
    expect(counted()).toBe('looked at 1 user pools: 1 failed')
    expect(stage.lines('ERROR')).toEqual([expect.stringMatching(/could not be looked at: InternalFailure: .*newer version/)])
  })
})

describe('a sweep', () => {
  const cursor = () => stage.poolRecord('sweep')

  test('counts every pool, and says so in one line', async () => {
    for (let index = 0; index < 5; index += 1) await bound({}, `mail-${index}`)
    await sweep()
    expect(counted()).toBe('looked at 5 user pools: 5 asDeclared')
  })

  test('that begins while another runs looks at nothing, and says why', async () => {
    const { id } = await bound()
    let second: Awaited<ReturnType<typeof sweep>> | undefined
    meanwhile(id, async () => {
      second = await sweep()
    })
    await sweep()
    expect(second?.error).toBeUndefined()
    expect(stage.lines('INFO').filter((line) => line.includes('another sweep runs'))).toHaveLength(1)
    expect(stage.lambda.log.filter((line) => line['_aws'] !== undefined)).toHaveLength(1)
  })

  test('that runs out of time says where the next one goes on', async () => {
    for (let index = 0; index < 5; index += 1) await bound({}, `mail-${index}`)
    stage.aws.fault(({ action, count }) => (action === 'DescribeUserPool' && count > 3 ? 'hang' : undefined))
    await sweep({ remainingMs: 2_000 })
    expect(stage.lines('INFO')).toContain(`the sweep stops here and the next one goes on after ${(await cursor())?.['After']}`)
    expect(counted()).toBe('looked at 3 user pools: 3 asDeclared')
  })

  test.each(['GetConfigurationSet', 'DescribeUserPool', 'Scan'])(
    'in which %s is throttled to the end, so that it gets nowhere, counts as a failure: an alarm watches that',
    async (action) => {
      const { id } = await bound()
      stage.ownerSets(id, WIPED)
      stage.aws.fault(everyTime(action, { error: THROTTLED }))
      expect((await sweep()).error).toBeUndefined()
      expect(counted()).toBe('looked at 1 user pools: 1 failed')
    },
  )

  test('that fails throws, gives its lease up, and keeps the place where it began', async () => {
    await bound()
    await stage.aws.table.put({ UserPoolId: 'sweep', Revision: 1, After: 'us-east-1_Before000' })
    const release = stage.aws.fault(everyTime('Scan', { error: DENIED }))
    expect((await sweep()).error).toContain('not for you')
    expect(await cursor()).toMatchObject({ After: 'us-east-1_Before000' })
    expect(await cursor()).not.toHaveProperty('Lease')
    release()
    await sweep()
    expect(await cursor()).not.toHaveProperty('After')
  })
})
