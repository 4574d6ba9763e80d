// What a Delete puts back, and what it does not: a sender that the service takes no more, another claim's set that is gone.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { SENDER } from '../driver.ts'
import { closeStages, OWN, OWNED, openStage, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let stage: Stage
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
      /does not let user pool .* go back to SourceArn [^ ]+example\.com, From owner@example\.com: /,
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
