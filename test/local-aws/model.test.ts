// What the services' own models refuse, the local AWS refuses: with the error that the service gives, and nothing is written.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { type LocalAws, startLocalAws } from './index.ts'
import { pathsOfInput } from './model/violations.ts'
import richUserPool from './rich-user-pool.json'
import { updatablePaths } from './sdk-model.ts'

let aws: LocalAws

beforeAll(async () => {
  aws = await startLocalAws()
})
afterAll(() => aws.close())

const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:trigger'
const IDENTITY = 'arn:aws:ses:us-east-1:123456789012:identity/example.com'
const ROLE = 'arn:aws:iam::123456789012:role/cognito-sms'
const long = (length: number): string => 'x'.repeat(length)

const call = async (action: string, request: JsonObject) => {
  const response = await fetch(aws.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` },
    body: JSON.stringify(request),
  })
  const body: unknown = await response.json()
  return { status: response.status, body: isObject(body) ? body : {} }
}

const LONGER = 'Member must have length greater than or equal to'
const SHORTER = 'Member must have length less than or equal to'
const MORE = 'Member must have value greater than or equal to'
const LESS = 'Member must have value less than or equal to'
const PATTERN = 'Member must satisfy regular expression pattern:'
const ENUM = 'Member must satisfy enum value set:'
const REQUIRED = 'Member must not be null'

const email = (members: JsonObject): JsonObject => ({
  EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: IDENTITY, ...members },
})
const password = (members: JsonObject): JsonObject => ({ Policies: { PasswordPolicy: members } })
const factors = (...names: string[]): JsonObject => ({ Policies: { SignInPolicy: { AllowedFirstAuthFactors: names } } })
const lambda = (members: JsonObject): JsonObject => ({ LambdaConfig: members })
const template = (members: JsonObject): JsonObject => ({ VerificationMessageTemplate: members })
const invite = (members: JsonObject): JsonObject => ({ AdminCreateUserConfig: { InviteMessageTemplate: members } })
const sms = (members: JsonObject): JsonObject => ({ SmsConfiguration: { SnsCallerArn: ROLE, ...members } })
const recovery = (...mechanisms: JsonObject[]): JsonObject => ({ AccountRecoverySetting: { RecoveryMechanisms: mechanisms } })
const dcr = (members: JsonObject): JsonObject => ({ DcrConfiguration: members })

/** What is sent, the member that the service names, and the constraint. */
const BROKEN: readonly (readonly [JsonObject, string, string])[] = [
  [{ PoolName: '' }, 'poolName', LONGER],
  [{ PoolName: long(129) }, 'poolName', SHORTER],
  [{ PoolName: 'people!' }, 'poolName', PATTERN],
  [{ DeletionProtection: 'ON' }, 'deletionProtection', ENUM],
  [{ MfaConfiguration: 'MAYBE' }, 'mfaConfiguration', ENUM],
  [{ UserPoolTier: 'GOLD' }, 'userPoolTier', ENUM],
  [{ AutoVerifiedAttributes: ['fax'] }, 'autoVerifiedAttributes', ENUM],
  [{ SmsVerificationMessage: 'no code' }, 'smsVerificationMessage', PATTERN],
  [{ SmsVerificationMessage: `{####}${long(135)}` }, 'smsVerificationMessage', SHORTER],
  [{ SmsAuthenticationMessage: 'no code' }, 'smsAuthenticationMessage', PATTERN],
  [{ EmailVerificationMessage: 'no code' }, 'emailVerificationMessage', PATTERN],
  [{ EmailVerificationMessage: '\u0000{####}' }, 'emailVerificationMessage', PATTERN],
  [{ EmailVerificationMessage: `{####}${long(20_000)}` }, 'emailVerificationMessage', SHORTER],
  [{ EmailVerificationSubject: '' }, 'emailVerificationSubject', LONGER],
  [{ EmailVerificationSubject: long(141) }, 'emailVerificationSubject', SHORTER],
  [template({ SmsMessage: 'no code' }), 'verificationMessageTemplate.smsMessage', PATTERN],
  [template({ EmailMessage: 'no code' }), 'verificationMessageTemplate.emailMessage', PATTERN],
  [template({ EmailSubject: long(141) }), 'verificationMessageTemplate.emailSubject', SHORTER],
  [template({ EmailMessageByLink: 'no link' }), 'verificationMessageTemplate.emailMessageByLink', PATTERN],
  [template({ EmailSubjectByLink: '' }), 'verificationMessageTemplate.emailSubjectByLink', LONGER],
  [template({ DefaultEmailOption: 'CONFIRM' }), 'verificationMessageTemplate.defaultEmailOption', ENUM],
  [
    { UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['name'] } },
    'userAttributeUpdateSettings.attributesRequireVerificationBeforeUpdate',
    ENUM,
  ],
  [password({ MinimumLength: 5 }), 'policies.passwordPolicy.minimumLength', MORE],
  [password({ MinimumLength: 100 }), 'policies.passwordPolicy.minimumLength', LESS],
  [password({ PasswordHistorySize: -1 }), 'policies.passwordPolicy.passwordHistorySize', MORE],
  [password({ PasswordHistorySize: 25 }), 'policies.passwordPolicy.passwordHistorySize', LESS],
  [password({ TemporaryPasswordValidityDays: -1 }), 'policies.passwordPolicy.temporaryPasswordValidityDays', MORE],
  [password({ TemporaryPasswordValidityDays: 366 }), 'policies.passwordPolicy.temporaryPasswordValidityDays', LESS],
  [factors(), 'policies.signInPolicy.allowedFirstAuthFactors', LONGER],
  [factors(...Array(6).fill('PASSWORD')), 'policies.signInPolicy.allowedFirstAuthFactors', SHORTER],
  [factors('PASSWORD', 'SMOKE'), 'policies.signInPolicy.allowedFirstAuthFactors', ENUM],
  [lambda({ PreSignUp: 'arn:aws:lambda' }), 'lambdaConfig.preSignUp', LONGER],
  [lambda({ PostConfirmation: `not an ${ARN}` }), 'lambdaConfig.postConfirmation', PATTERN],
  [lambda({ UserMigration: ARN + long(2048) }), 'lambdaConfig.userMigration', SHORTER],
  [lambda({ KMSKeyID: '11111111-2222-3333-4444-555555555555' }), 'lambdaConfig.kMSKeyID', PATTERN],
  [lambda({ PreTokenGenerationConfig: { LambdaArn: ARN } }), 'lambdaConfig.preTokenGenerationConfig.lambdaVersion', REQUIRED],
  [
    lambda({ PreTokenGenerationConfig: { LambdaArn: ARN, LambdaVersion: 'V9_0' } }),
    'lambdaConfig.preTokenGenerationConfig.lambdaVersion',
    ENUM,
  ],
  [lambda({ CustomSMSSender: { LambdaVersion: 'V1_0' } }), 'lambdaConfig.customSMSSender.lambdaArn', REQUIRED],
  [lambda({ CustomSMSSender: { LambdaVersion: 'V2_0', LambdaArn: ARN } }), 'lambdaConfig.customSMSSender.lambdaVersion', ENUM],
  [lambda({ CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: long(20) } }), 'lambdaConfig.customEmailSender.lambdaArn', PATTERN],
  [lambda({ InboundFederation: {} }), 'lambdaConfig.inboundFederation.lambdaArn', REQUIRED],
  [email({ SourceArn: 'example.com, and some more letters' }), 'emailConfiguration.sourceArn', PATTERN],
  [email({ SourceArn: `${IDENTITY} ` }), 'emailConfiguration.sourceArn', PATTERN],
  [email({ SourceArn: 'arn:a:b::1:c' }), 'emailConfiguration.sourceArn', LONGER],
  [email({ ReplyToEmailAddress: 'Help <help@example.com>' }), 'emailConfiguration.replyToEmailAddress', PATTERN],
  [email({ ReplyToEmailAddress: 'help' }), 'emailConfiguration.replyToEmailAddress', PATTERN],
  [email({ EmailSendingAccount: 'SES' }), 'emailConfiguration.emailSendingAccount', ENUM],
  [email({ From: long(131_073) }), 'emailConfiguration.from', SHORTER],
  [email({ ConfigurationSet: '' }), 'emailConfiguration.configurationSet', LONGER],
  [email({ ConfigurationSet: long(65) }), 'emailConfiguration.configurationSet', SHORTER],
  [email({ ConfigurationSet: 'my set' }), 'emailConfiguration.configurationSet', PATTERN],
  [{ SmsConfiguration: { SnsCallerArn: 'a role' } }, 'smsConfiguration.snsCallerArn', PATTERN],
  [sms({ SnsRegion: 'here' }), 'smsConfiguration.snsRegion', LONGER],
  [sms({ SnsRegion: long(33) }), 'smsConfiguration.snsRegion', SHORTER],
  [sms({ EumsSms: { Region: 'us-east-1' } }), 'smsConfiguration.eumsSms.callerArn', REQUIRED],
  [sms({ EumsSms: { CallerArn: long(20) } }), 'smsConfiguration.eumsSms.callerArn', PATTERN],
  [{ UserPoolTags: { '': 'x' } }, 'userPoolTags', `Map keys must satisfy constraint: [${SHORTER} 128, ${LONGER} 1]`],
  [{ UserPoolTags: { [long(129)]: 'x' } }, 'userPoolTags', 'Map keys must satisfy constraint:'],
  [{ UserPoolTags: { team: long(257) } }, 'userPoolTags', `Map value must satisfy constraint: [${SHORTER} 256, ${LONGER} 0]`],
  [{ AdminCreateUserConfig: { UnusedAccountValidityDays: 366 } }, 'adminCreateUserConfig.unusedAccountValidityDays', LESS],
  [invite({ SMSMessage: 'short' }), 'adminCreateUserConfig.inviteMessageTemplate.sMSMessage', LONGER],
  [invite({ EmailMessage: 'a\u0007bell' }), 'adminCreateUserConfig.inviteMessageTemplate.emailMessage', PATTERN],
  [invite({ EmailSubject: long(141) }), 'adminCreateUserConfig.inviteMessageTemplate.emailSubject', SHORTER],
  [{ UserPoolAddOns: {} }, 'userPoolAddOns.advancedSecurityMode', REQUIRED],
  [{ UserPoolAddOns: { AdvancedSecurityMode: 'ON' } }, 'userPoolAddOns.advancedSecurityMode', ENUM],
  [
    { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT', AdvancedSecurityAdditionalFlows: { CustomAuthMode: 'OFF' } } },
    'userPoolAddOns.advancedSecurityAdditionalFlows.customAuthMode',
    ENUM,
  ],
  [dcr({ EnableStatus: 'On' }), 'dcrConfiguration.enableStatus', ENUM],
  [dcr({ OpenDcrGrantTypes: ['password'] }), 'dcrConfiguration.openDcrGrantTypes', ENUM],
  [dcr({ AuthenticatedGrantTypes: Array(4).fill('code') }), 'dcrConfiguration.authenticatedGrantTypes', SHORTER],
  [dcr({ AllowedScopes: Array(51).fill('openid') }), 'dcrConfiguration.allowedScopes', SHORTER],
  [dcr({ AllowedScopes: ['open id'] }), 'dcrConfiguration.allowedScopes', PATTERN],
  [recovery(), 'accountRecoverySetting.recoveryMechanisms', LONGER],
  [recovery(...Array(3).fill({ Priority: 1, Name: 'verified_email' })), 'accountRecoverySetting.recoveryMechanisms', SHORTER],
  [recovery({ Priority: 1, Name: 'letter' }), 'accountRecoverySetting.recoveryMechanisms.1.member.name', ENUM],
  [
    recovery({ Priority: 1, Name: 'verified_email' }, { Priority: 3, Name: 'admin_only' }),
    'accountRecoverySetting.recoveryMechanisms.2.member.priority',
    LESS,
  ],
  [recovery({ Name: 'verified_email' }), 'accountRecoverySetting.recoveryMechanisms.1.member.priority', REQUIRED],
  [{ KeyConfiguration: { KeyType: 'MY_KEY' } }, 'keyConfiguration.keyType', ENUM],
  [{ KeyConfiguration: { KmsKeyArn: 'alias/my-own-signing-key' } }, 'keyConfiguration.kmsKeyArn', PATTERN],
  [{ IssuerConfiguration: { Type: 'NEW' } }, 'issuerConfiguration.type', ENUM],
  [{ AcrConfiguration: { LEVEL_1: { AcrValue: 'urn:a' } } }, 'acrConfiguration', 'Map keys must satisfy constraint:'],
  [{ AcrConfiguration: { Level1: {} } }, 'acrConfiguration.Level1.member.acrValue', REQUIRED],
  [{ AcrConfiguration: { Level1: { AcrValue: long(65) } } }, 'acrConfiguration.Level1.member.acrValue', SHORTER],
]

const WRONG_TYPES: readonly JsonObject[] = [
  { PoolName: 7 },
  { PoolName: ['people'] },
  { AutoVerifiedAttributes: 'email' },
  { AutoVerifiedAttributes: [true] },
  { EmailConfiguration: 'DEVELOPER' },
  { EmailConfiguration: [] },
  { UserPoolTags: { team: 4711 } },
  { UserPoolTags: [{ Key: 'team', Value: 'identity' }] },
  password({ MinimumLength: '8' }),
  password({ MinimumLength: 8.5 }),
  password({ RequireNumbers: 'true' }),
  { DeviceConfiguration: { ChallengeRequiredOnNewDevice: 1 } },
]

/** A title that names the member and stays short. */
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 90)

describe('an update that the model of Cognito refuses', () => {
  test.each(BROKEN.map(([members, at, constraint]) => [shown(members), members, at, constraint] as const))(
    '%s',
    async (_title, members, at, constraint) => {
      const id = aws.createUserPool({ Name: 'as-it-was' })
      const before = aws.userPool(id)
      const { status, body } = await call('UpdateUserPool', { UserPoolId: id, ...members })
      expect([status, body['__type']]).toEqual([400, 'InvalidParameterException'])
      expect(body['message']).toMatch(/^\d+ validation errors? detected: Value (?:null|'.*') at '/s)
      expect(body['message']).toContain(`at '${at}' failed to satisfy constraint: `)
      expect(body['message']).toContain(constraint)
      expect(aws.userPool(id)).toEqual(before)
    },
  )

  test.each(WRONG_TYPES.map((members) => [shown(members), members] as const))('a value of the wrong type: %s', async (_title, members) => {
    const id = aws.createUserPool({ Name: 'as-it-was' })
    const before = aws.userPool(id)
    const { status, body } = await call('UpdateUserPool', { UserPoolId: id, ...members })
    expect([status, body['__type']]).toEqual([400, 'SerializationException'])
    expect(aws.userPool(id)).toEqual(before)
  })

  test('says all that is wrong, in one sentence', async () => {
    const { body } = await call('UpdateUserPool', {
      UserPoolId: 'us-east-1_AAAAAAAAA',
      PoolName: '!',
      ...email({ ConfigurationSet: 'a b' }),
    })
    expect(body['message']).toBe(
      "2 validation errors detected: Value 'a b' at 'emailConfiguration.configurationSet' failed to satisfy constraint: " +
        "Member must satisfy regular expression pattern: ^[a-zA-Z0-9_-]+$; Value '!' at 'poolName' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+',
    )
  })

  test('is refused before the pool is looked for', async () => {
    const { body } = await call('UpdateUserPool', { UserPoolId: 'nowhere' })
    expect(body).toMatchObject({ __type: 'InvalidParameterException', message: expect.stringContaining("'nowhere' at 'userPoolId'") })
  })
})

describe('what the model allows is taken', () => {
  test.each<readonly [string, JsonObject]>([
    ['the rich pool', { AcrConfiguration: richUserPool.AcrConfiguration, DcrConfiguration: richUserPool.DcrConfiguration }],
    ['the least and the longest', { PoolName: long(128), ...password({ MinimumLength: 99, PasswordHistorySize: 0 }) }],
    [
      'letters outside ASCII in a text',
      { EmailVerificationMessage: '<p>Grüße, 你好 😀 {####}</p>\n', EmailVerificationSubject: 'Überprüfung' },
    ],
    ['a length in characters, not in UTF-16', { EmailVerificationSubject: '😀'.repeat(140) }],
    ['an SMS with a line break around the invitation', invite({ SMSMessage: '{username}\n{####}' })],
    ['no caller of SNS', { SmsConfiguration: { SnsCallerArn: '' } }],
    ['a member that is null, as if it were left out', { PoolName: null, Policies: { PasswordPolicy: { MinimumLength: null } } }],
    [
      'members that no model knows, wherever they stand',
      { Tomorrow: 1, ...password({ Tomorrow: [1] }), ...recovery({ Priority: 1, Name: 'admin_only', Tomorrow: 1 }) },
    ],
  ])('%s', async (_title, members) => {
    const id = aws.createUserPool({ Name: 'people' })
    expect(await call('UpdateUserPool', { UserPoolId: id, ...members })).toEqual({ status: 200, body: {} })
  })
})

test.each([
  ['DescribeUserPool', {}, "Value null at 'userPoolId'"],
  ['DescribeUserPool', { UserPoolId: 'us-east-1' }, "'us-east-1' at 'userPoolId'"],
  ['GetUserPoolMfaConfig', { UserPoolId: long(56) }, 'length less than or equal to 55'],
  ['SetUserPoolMfaConfig', { UserPoolId: 'us-east-1_AAAAAAAAA', MfaConfiguration: 'YES' }, "'YES' at 'mfaConfiguration'"],
  ['CreateUserPool', {}, "Value null at 'poolName'"],
  ['DeleteUserPool', { UserPoolId: '' }, "at 'userPoolId'"],
])('%s of %j is refused too', async (action, request, said) => {
  const { status, body } = await call(action, request)
  expect([status, body['__type'], body['message']]).toEqual([400, 'InvalidParameterException', expect.stringContaining(said)])
})

test('SES refuses by its model with its own error', async () => {
  const post = (path: string, body: JsonObject) => fetch(`${aws.endpoint}/v2/email/${path}`, { method: 'POST', body: JSON.stringify(body) })
  const bad = await post('configuration-sets', { ConfigurationSetName: 'set', DeliveryOptions: { TlsPolicy: 'SOMETIMES' } })
  expect([bad.status, bad.headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException'])
  expect(await bad.text()).toContain("'SOMETIMES' at 'deliveryOptions.tlsPolicy'")
  expect((await post('configuration-sets', { ConfigurationSetName: 'set', DeliveryOptions: { TlsPolicy: 'REQUIRE' } })).status).toBe(200)
})

test('the table and the pinned SDK know the same members of an update', () => {
  const [ours, theirs] = [pathsOfInput('cognito-idp', 'UpdateUserPool'), updatablePaths()]
  expect([...ours].sort()).toEqual([...theirs].sort())
})
