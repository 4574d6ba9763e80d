// What a Delete puts back, and what it does not: a sender that the service takes no more, another claim's set that is gone.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { ACCOUNT, REGION, SENDER } from '../driver.ts'
import { closeStages, OWN, OWNED, openStage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let stage: Awaited<ReturnType<typeof openVirtualStage>>
let id: string
beforeEach(async () => {
  stage = await openVirtualStage()
  id = stage.aws.createUserPool(OWNED)
})
afterEach(closeStages)

const wish = (more: JsonObject = {}): JsonObject => ({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...more })
const refuseSender = (sourceArn: unknown, code: string, message: string) =>
  stage.aws.fault(({ action, request }) =>
    action === 'UpdateUserPool' && (request['EmailConfiguration'] as JsonObject)['From'] === sourceArn
      ? { error: { code, message } }
      : undefined,
  )

test.each([
  ['InvalidParameterException', 'Email address is not verified. The following identities failed the check: example.com'],
  ['InvalidEmailRoleAccessPolicyException', 'Cognito is not allowed to use your email identity'],
  ['NotAuthorizedException', `User is not authorized to use arn:aws:ses:us-east-1:123456789012:identity/example.com`],
  ['SomethingNewException', 'No.'],
])(
  'a Delete whose base has a sender that is refused for good (%s) keeps the live sender, and says which was refused',
  async (code, message) => {
    const binding = stage.resource()
    await binding.create(wish())
    refuseSender(OWN['From'], code, message)
    const { answer } = await binding.delete(wish())
    expect(answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual({ EmailSendingAccount: 'DEVELOPER', ...SENDER })
    expect(await stage.poolRecord(id)).toBeUndefined()
    expect(stage.lines('WARN').join()).toMatch(
      /does not let user pool .* go back to SourceArn [^ ]+example\.com, From owner@example\.com: .* only ConfigurationSet and ReplyToEmailAddress went back\./,
    )
  },
)

test('a refused sender without From is named by its SourceArn alone', async () => {
  const { From: _, ...own } = OWN
  stage.ownerSets(id, own)
  const binding = stage.resource()
  await binding.create(wish())
  refuseSender(undefined, 'SomethingNewException', 'No.')
  expect((await binding.delete(wish())).answer?.Status).toBe('SUCCESS')
  expect(stage.lines('WARN').join()).toContain(`go back to SourceArn ${own['SourceArn']}: No.`)
})

test.each(['ConcurrentModificationException', 'UserImportInProgressException', 'InvalidSmsRoleTrustRelationshipException'])(
  'a Delete waits for what passes (%s), and puts the sender back',
  async (code) => {
    const binding = stage.resource()
    await binding.create(wish())
    stage.aws.fault(({ action, count }) =>
      action === 'UpdateUserPool' && count === 1 ? { error: { code, message: 'Not now.' } } : undefined,
    )
    expect((await binding.delete(wish())).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual(OWN)
    expect(stage.lines('WARN')).toEqual([])
  },
)

test('a Create whose own sender is refused is FAILED: only the way back may keep the sender that the pool has', async () => {
  refuseSender(SENDER.From, 'SomethingNewException', 'No.')
  expect((await stage.resource().create(wish())).answer?.Reason).toMatch(/^InvalidRequest: .*SomethingNewException.*No\./)
  expect(stage.email(id)).toEqual(OWN)
})

test('a Delete that the function’s role may not carry out is FAILED: trying again can help', async () => {
  const binding = stage.resource()
  await binding.create(wish())
  refuseSender(OWN['From'], 'AccessDeniedException', 'not authorized to perform: cognito-idp:UpdateUserPool')
  expect((await binding.delete(wish())).answer?.Reason).toMatch(/^AccessDenied: /)
})

test('a Delete with RETAIN of a pool that its owner put on COGNITO_DEFAULT is not stuck on an identity that is gone: the pool stays there', async () => {
  const retained = wish({ OnDelete: 'RETAIN' })
  const binding = stage.resource()
  await binding.create(retained)
  stage.ownerSets(id, { EmailSendingAccount: 'COGNITO_DEFAULT' })
  refuseSender(SENDER.From, 'InvalidParameterException', 'Email address is not verified.')
  expect((await binding.delete(retained)).answer?.Status).toBe('SUCCESS')
  expect(stage.email(id)).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
  expect(stage.lines('WARN').join()).toContain('The pool keeps the sender that it has; only ReplyToEmailAddress went back.')
  expect(await stage.poolRecord(id)).toBeUndefined()
})

test('a Delete whose way back is to another claim’s sender, which is refused, keeps the live one; that claim’s set is put back', async () => {
  await stage.resource('below').create(wish({ From: 'below@example.com', ConfigurationSet: 'other' }))
  const top = stage.resource('top')
  await top.create(wish({ Takeover: 'true' }))
  refuseSender('below@example.com', 'SomethingNewException', 'No.')
  expect((await top.delete(wish())).answer?.Status).toBe('SUCCESS')
  expect(stage.email(id)).toEqual({ EmailSendingAccount: 'DEVELOPER', ...SENDER, ConfigurationSet: 'other' })
})

describe('the healer, when a sender is refused', () => {
  const sweep = () =>
    stage.lambda.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', account: ACCOUNT, region: REGION, detail: {} })

  test('that a binding declares, leaves the pool alone: half of what is declared is no heal', async () => {
    await stage.resource().create(wish())
    stage.ownerSets(id, OWN)
    refuseSender(SENDER.From, 'SomethingNewException', 'No.')
    await sweep()
    expect(stage.email(id)).toEqual(OWN)
    expect(await stage.poolRecord(id)).toMatchObject({ Unhealed: { Kind: 'refused', Why: expect.stringContaining('No.') } })
  })

  test('that a Delete which died was putting back, keeps the live one and ends the Delete', async () => {
    const binding = stage.resource()
    await binding.create(wish())
    stage.aws.fault(({ action, count }) => (action === 'UpdateUserPool' && count === 1 ? 'hang' : undefined))
    expect((await binding.delete(wish(), { context: { remainingMs: 5_000 } })).answer?.Status).toBe('FAILED')
    refuseSender(OWN['From'], 'SomethingNewException', 'No.')
    await stage.passTime(60_000)
    await sweep()
    expect(stage.email(id)).toEqual({ EmailSendingAccount: 'DEVELOPER', ...SENDER })
    expect(await stage.poolRecord(id)).toBeUndefined()
  })
})

test('another claim’s set that SES does not have any more is not put back; the log and the record say why', async () => {
  await stage.resource('below').create(wish())
  const top = stage.resource('top')
  await top.create(wish({ ConfigurationSet: 'other', Takeover: 'true' }))
  stage.aws.ses.removeConfigurationSet('mail')
  expect((await top.delete(wish({ ConfigurationSet: 'other' }))).answer?.Status).toBe('SUCCESS')
  expect(stage.email(id)).toEqual({ EmailSendingAccount: 'DEVELOPER', ...SENDER })
  expect(await stage.poolRecord(id)).toMatchObject({
    Unhealed: { Kind: 'refused', Why: expect.stringContaining('Configuration set mail') },
  })
  expect(stage.lines('WARN').join()).toContain('Configuration set mail does not exist any more')
})

test.each([
  ['that exists', undefined],
  ['when SES cannot be asked', { error: { code: 'AccessDeniedException', message: 'no', status: 403 } }],
] as const)('another claim’s set is put back %s', async (_, fault) => {
  await stage.resource('below').create(wish())
  const top = stage.resource('top')
  await top.create(wish({ ConfigurationSet: 'other', Takeover: 'true' }))
  stage.aws.fault(({ action }) => (action === 'GetConfigurationSet' ? fault : undefined))
  await top.delete(wish({ ConfigurationSet: 'other' }))
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
})

test('a provider with AllowTakeover false refuses a takeover, and the sentence names the parameter', async () => {
  const strict = await openStage({}, { ALLOW_TAKEOVER: 'false' })
  const pool = strict.aws.createUserPool(OWNED)
  const declared = { ...wish(), UserPoolId: pool }
  expect((await strict.resource('below').create(declared)).answer?.Status).toBe('SUCCESS')
  const { answer } = await strict.resource('top').create({ ...declared, Takeover: 'true' })
  expect(answer?.Reason).toMatch(/^ResourceConflict: .*below.*AllowTakeover/)
})
