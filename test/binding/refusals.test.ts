// What people meet most, through the bundle: the right sentence in the stack's events, and nothing written.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { SENDER } from '../driver.ts'
import { closeStages, openStage, type Stage } from '../stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(closeStages)

const create = async (properties: JsonObject = {}, pool: JsonObject = {}) => {
  const UserPoolId = stage.aws.createUserPool({ Name: 'people', ...pool })
  return (await stage.resource().create({ UserPoolId, ConfigurationSet: 'mail', ...SENDER, ...properties })).answer
}

describe('pre-flight refuses before anything is written', () => {
  test.each<[string, RegExp, () => void, JsonObject?]>([
    ['a set that does not exist', /^NotFound: Configuration set gone does not exist/, () => undefined, { ConfigurationSet: 'gone' }],
    [
      'a set that exists only in the pool’s Region',
      /^NotFound: Configuration set mail exists in us-east-1 but not in Amazon SES in eu-west-1/,
      () => stage.aws.ses.putIdentity('example.com', {}, 'eu-west-1'),
      { SourceArn: 'arn:aws:ses:eu-west-1:123456789012:identity/example.com' },
    ],
    [
      'a set whose sending is off',
      /^InvalidRequest: Sending is off for configuration set mail/,
      () => stage.aws.ses.putConfigurationSet('mail', { SendingOptions: { SendingEnabled: false } }),
    ],
    [
      'an account whose sending is off',
      /^InvalidRequest: Sending is off for this account/,
      () => stage.aws.ses.setAccount({ SendingEnabled: false }),
    ],
    [
      'an account that is shut down',
      /^InvalidRequest: .*has shut down sending/,
      () => stage.aws.ses.setAccount({ EnforcementStatus: 'SHUTDOWN' }),
    ],
    [
      'an identity that does not exist',
      /^NotFound: Identity example\.com .*does not exist/,
      () => stage.aws.ses.removeIdentity('example.com'),
    ],
    [
      'an identity that is not verified',
      /^InvalidRequest: Identity example\.com is not verified/,
      () => stage.aws.ses.putIdentity('example.com', { VerifiedForSendingStatus: false, VerificationStatus: 'PENDING' }),
    ],
    [
      'an address that only inherits from its domain, and names the ARN to use',
      /^NotFound: .*set SourceArn to arn:aws:ses:us-east-1:123456789012:identity\/example\.com and From/,
      () => undefined,
      { SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/no-reply@example.com' },
    ],
    [
      'a From outside the identity',
      /^InvalidRequest: From .*other\.example.* is not an address that identity example\.com covers/,
      () => undefined,
      { From: 'a@other.example' },
    ],
    ['the sandbox', /^InvalidRequest: This account is in the sandbox/, () => stage.aws.ses.setAccount({ ProductionAccessEnabled: false })],
    [
      'an identity of another account',
      /^InvalidRequest: .*is of account 999999999999/,
      () => undefined,
      { SourceArn: 'arn:aws:ses:us-east-1:999999999999:identity/example.com' },
    ],
  ])('%s', async (_, sentence, breaks, properties = {}) => {
    breaks()
    const answer = await create(properties)
    expect([answer?.Status, answer?.Reason]).toEqual(['FAILED', expect.stringMatching(sentence)])
    expect(stage.count('UpdateUserPool')).toBe(0)
  })

  test('AllowSandbox accepts the sandbox; WARN reports what ENFORCE refuses; SKIP asks SES nothing', async () => {
    stage.aws.ses.setAccount({ ProductionAccessEnabled: false })
    expect((await create({ AllowSandbox: 'true' }))?.Status).toBe('SUCCESS')
    expect(await create({ Preflight: 'WARN' })).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: expect.stringContaining('sandbox') } })
    stage.aws.clearCalls()
    expect(await create({ Preflight: 'SKIP' })).toMatchObject({
      Status: 'SUCCESS',
      Data: { SendingPoolName: '', Max24HourSend: '', EventDestinations: '' },
    })
    expect(stage.aws.calls.filter((call) => call.service === 'ses')).toEqual([])
  })
})

describe('what stands live and nobody declared', () => {
  test.each(['Hotel (staging) <no-reply@example.com>', 'no-reply@example.com <no-reply@example.com>', '[x] <no-reply@example.com>'])(
    'a From %s only warns; declared again it is refused',
    async (From) => {
      const live = { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', ...SENDER, From } }
      expect(await create({ SourceArn: undefined, From: undefined }, live)).toMatchObject({
        Status: 'SUCCESS',
        Data: { From, Warnings: expect.stringMatching(/^From of user pool .* is not one email address/m) },
      })
      expect((await create({ From }, live))?.Reason).toMatch(/^InvalidRequest: Expected From to be one e-mail address/)
    },
  )

  test('a From that a declared SourceArn does not cover is refused', async () => {
    stage.aws.ses.putIdentity('other.example')
    const answer = await create(
      { SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/other.example', From: undefined },
      { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', ...SENDER } },
    )
    expect(answer?.Reason).toMatch(/^InvalidRequest: From .* is not an address that identity other\.example covers/)
  })
})

test('beside an address identity a From in another case is written, and warned of until the two are the same', async () => {
  stage.aws.ses.putIdentity('sender@EXAMPLE.com')
  const SourceArn = 'arn:aws:ses:us-east-1:123456789012:identity/sender@EXAMPLE.com'
  const live = { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn, From: 'sender@example.com' } }
  const kept = await create({ SourceArn: undefined, From: undefined }, live)
  expect(kept?.Data).toMatchObject({ From: 'sender@example.com', Warnings: expect.stringContaining('differ in upper and lower case') })
  const written = await create({ SourceArn: undefined, From: 'sender@EXAMPLE.com' }, live)
  expect(written?.Data).toMatchObject({ From: 'sender@EXAMPLE.com', Warnings: expect.not.stringContaining('upper and lower case') })
})

test('a denial of another action than ours is about that action', async () => {
  const message =
    'User: arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/sms'
  stage.aws.fault((call) =>
    call.action === 'UpdateUserPool' ? { error: { code: 'AccessDeniedException', message, status: 400 } } : undefined,
  )
  const { Reason } = (await create()) ?? {}
  expect(Reason).toMatch(/^AccessDenied: .*iam:PassRole.* SmsRoleArns/)
  expect(Reason).not.toMatch(/role call cognito-idp:UpdateUserPool/)
})

describe('a permission that the role lacks is named', () => {
  test.each([
    ['DescribeUserPool', 'cognito-idp:DescribeUserPool'],
    ['UpdateUserPool', 'cognito-idp:UpdateUserPool'],
    ['GetItem', 'dynamodb:GetItem'],
    ['PutItem', 'dynamodb:PutItem'],
    ['GetConfigurationSet', 'ses:GetConfigurationSet'],
    ['GetEmailIdentity', 'ses:GetEmailIdentity'],
    ['GetAccount', 'ses:GetAccount'],
  ])('%s', async (action, named) => {
    stage.aws.fault((call) =>
      call.action === action ? { error: { code: 'AccessDeniedException', message: 'User is not authorized', status: 400 } } : undefined,
    )
    const answer = await create()
    expect(answer?.Reason).toMatch(new RegExp(`^AccessDenied: .*${named}`))
    expect(stage.aws.calls.filter((call) => call.action === 'UpdateUserPool' && call.status === 200)).toEqual([])
  })

  test('GetConfigurationSetEventDestinations only feeds warnings, so its denial is one', async () => {
    stage.aws.fault((call) =>
      call.action === 'GetConfigurationSetEventDestinations'
        ? { error: { code: 'AccessDeniedException', message: 'no', status: 403 } }
        : undefined,
    )
    expect(await create()).toMatchObject({
      Status: 'SUCCESS',
      Data: { Warnings: expect.stringContaining('ses:GetConfigurationSetEventDestinations') },
    })
  })
})
