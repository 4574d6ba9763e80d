// The embedded local AWS: what tests may rely on when they drive the function over HTTP.
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolCommand,
  type UpdateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  CreateConfigurationSetCommand,
  CreateConfigurationSetEventDestinationCommand,
  CreateDedicatedIpPoolCommand,
  CreateEmailIdentityCommand,
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetDedicatedIpPoolCommand,
  GetEmailIdentityCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type JsonObject, without } from '../../lib/json.ts'
import { DESCRIBE_ONLY } from './cognito/members.ts'
import { at } from './cognito/paths.ts'
import type { Fault } from './faults.ts'
import { type LocalAws, type LocalAwsOptions, startLocalAws } from './index.ts'
import richUserPool from './rich-user-pool.json'
import { describedMembers, describeOnlyMembers, updatableMembers, updatablePaths } from './sdk-model.ts'

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const SOURCE_ARN = 'arn:aws:ses:us-east-1:123456789012:identity/example.com'
const DEVELOPER = { EmailSendingAccount: 'DEVELOPER', SourceArn: SOURCE_ARN, From: 'a@example.com' } as const

let aws: LocalAws
let cognito: CognitoIdentityProviderClient
let ses: SESv2Client
let dynamoDb: DynamoDBClient

const start = async (options?: LocalAwsOptions): Promise<void> => {
  aws = await startLocalAws(options)
  const shared = { endpoint: aws.endpoint, region: aws.region, credentials, maxAttempts: 1 }
  cognito = new CognitoIdentityProviderClient(shared)
  ses = new SESv2Client(shared)
  dynamoDb = new DynamoDBClient(shared)
}

const stop = async (): Promise<void> => {
  for (const client of [cognito, ses, dynamoDb]) client.destroy()
  await aws.close()
}

const restart = async (options: LocalAwsOptions): Promise<void> => {
  await stop()
  await start(options)
}

beforeEach(() => start())
afterEach(() => stop())

/** A call with exactly these members: the SDK would drop what it does not know. */
const raw = async (action: string, request: JsonObject): Promise<{ status: number; body: JsonObject }> => {
  const response = await fetch(aws.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` },
    body: JSON.stringify(request),
  })
  return { status: response.status, body: (await response.json()) as JsonObject }
}

/** The pool as it would be sent back with nothing changed. */
const echoOf = (pool: JsonObject): JsonObject => {
  const { UnusedAccountValidityDays: _, ...AdminCreateUserConfig } = pool['AdminCreateUserConfig'] as JsonObject
  const tags = Object.entries((pool['UserPoolTags'] ?? {}) as JsonObject).filter(([name]) => !name.startsWith('aws:'))
  return {
    ...without(pool, DESCRIBE_ONLY),
    AdminCreateUserConfig,
    UserPoolTags: Object.fromEntries(tags),
    UserPoolId: pool['Id'],
    PoolName: pool['Name'],
  }
}

const still = (pool: JsonObject): JsonObject => without(pool, ['LastModifiedDate'])

const update = (UserPoolId: string, members: Partial<UpdateUserPoolCommandInput> = {}) =>
  cognito.send(new UpdateUserPoolCommand({ UserPoolId, ...members }))

describe('user pools', () => {
  test('a pool that was made with a name alone has the defaults, by the SDK too', async () => {
    const { UserPool } = await cognito.send(new CreateUserPoolCommand({ PoolName: 'plain' }))
    expect(UserPool?.Id).toMatch(/^us-east-1_[0-9A-Za-z]{9}$/)
    const described = await cognito.send(new DescribeUserPoolCommand({ UserPoolId: UserPool?.Id }))
    expect(described.UserPool).toEqual(UserPool)
    expect(described.UserPool).toMatchObject({
      Name: 'plain',
      Arn: `arn:aws:cognito-idp:us-east-1:123456789012:userpool/${UserPool?.Id}`,
      MfaConfiguration: 'OFF',
      EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
    })
    expect(described.UserPool?.CreationDate).toBeInstanceOf(Date)
    expect(described.UserPool?.SchemaAttributes).toHaveLength(20)
  })

  test('CreateUserPool keeps what only it can set', async () => {
    const { UserPool } = await cognito.send(
      new CreateUserPoolCommand({
        PoolName: 'made',
        UsernameAttributes: ['email'],
        UsernameConfiguration: { CaseSensitive: true },
        Schema: [{ Name: 'tenant', AttributeDataType: 'String' }],
        AdminCreateUserConfig: { UnusedAccountValidityDays: 21 },
      }),
    )
    expect(UserPool).toMatchObject({ UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: true } })
    expect(UserPool?.SchemaAttributes?.map(({ Name }) => Name)).toContain('custom:tenant')
    expect(UserPool?.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays).toBe(21)
  })

  test('a pool is given back as it was put, with members that no SDK knows', async () => {
    const id = aws.createUserPool({ Id: 'eu-west-1_Replica01', Tomorrow: { Deep: [1, { Er: null }] } })
    expect(id).toBe('eu-west-1_Replica01')
    const { body } = await raw('DescribeUserPool', { UserPoolId: id })
    expect(body['UserPool']).toMatchObject({ Id: id, Tomorrow: { Deep: [1, { Er: null }] } })
    expect((body['UserPool'] as JsonObject)['Arn']).toContain(':us-east-1:')
  })

  test('what userPool gives is a copy', () => {
    const id = aws.createUserPool({ Name: 'mine', UserPoolTags: { a: '1' } })
    Object.assign(aws.userPool(id)['UserPoolTags'] as object, { a: '2' })
    expect(aws.userPool(id)['UserPoolTags']).toEqual({ a: '1' })
  })

  test.each(['reset', 'keep'] as const)('a full echo changes nothing but LastModifiedDate (world: %s)', async (world) => {
    await restart({ world })
    const id = aws.createUserPool({ ...richUserPool, Tomorrow: { Setting: true } })
    const before = aws.userPool(id)
    expect(await raw('UpdateUserPool', echoOf(before))).toEqual({ status: 200, body: {} })
    const after = aws.userPool(id)
    expect(still(after)).toEqual(still(before))
    expect(after['LastModifiedDate']).toBeGreaterThan(before['LastModifiedDate'] as number)
  })

  test('in the world that resets, what is omitted goes to its default, and what no update can set stays', async () => {
    const id = aws.createUserPool({ ...richUserPool, Tomorrow: 1 })
    const before = aws.userPool(id)
    await update(id, { AutoVerifiedAttributes: ['email'] })
    const after = aws.userPool(id)
    expect(after).toMatchObject({ AutoVerifiedAttributes: ['email'], MfaConfiguration: 'OFF', LambdaConfig: {}, Name: 'rich-pool' })
    expect(after['EmailConfiguration']).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
    for (const gone of ['Tomorrow', 'DeviceConfiguration', 'SmsConfiguration', 'KeyConfiguration']) expect(after).not.toHaveProperty(gone)
    for (const name of DESCRIBE_ONLY.filter((member) => member !== 'LastModifiedDate')) expect(after[name]).toEqual(before[name])
    expect(after['UserPoolTags']).toEqual({ 'aws:servicecatalog:applicationName': 'sign-in' })
  })

  test('in the world that keeps, what is omitted stays', async () => {
    await restart({ world: 'keep' })
    const id = aws.createUserPool({ ...richUserPool, Tomorrow: 1 })
    const before = aws.userPool(id)
    await update(id, { MfaConfiguration: 'OFF' })
    expect(still(aws.userPool(id))).toEqual({ ...still(before), MfaConfiguration: 'OFF' })
  })

  test.each([
    ['replace', { ...DEVELOPER }],
    ['keep', { ...DEVELOPER, ReplyToEmailAddress: 'help@example.com' }],
  ] as const)('an EmailConfiguration that is sent does: %s', async (emailMembers, expected) => {
    await restart({ emailMembers })
    const id = aws.createUserPool(richUserPool)
    await update(id, { EmailConfiguration: DEVELOPER })
    expect(aws.userPool(id)['EmailConfiguration']).toEqual(expected)
  })

  test('PoolName renames the pool', async () => {
    const id = aws.createUserPool({ Name: 'old' })
    await update(id, { PoolName: 'new' })
    expect(aws.userPool(id)['Name']).toBe('new')
  })

  test('of two members that hold one setting, the one left out follows', async () => {
    const id = aws.createUserPool(richUserPool)
    await update(id, { EmailVerificationMessage: 'New {####}', Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 9 } } })
    const after = aws.userPool(id)
    expect(at(after, ['VerificationMessageTemplate', 'EmailMessage'])).toBe('New {####}')
    expect(at(after, ['AdminCreateUserConfig', 'UnusedAccountValidityDays'])).toBe(9)
  })

  test('the owner can change a pool behind our back, and remove it', async () => {
    const id = aws.createUserPool({ Name: 'theirs' })
    const before = aws.userPool(id)
    aws.changeUserPool(id, (pool) => ({ ...pool, MfaConfiguration: 'ON', Name: undefined }))
    expect(aws.userPool(id)).toMatchObject({ MfaConfiguration: 'ON' })
    expect(aws.userPool(id)).not.toHaveProperty('Name')
    expect(aws.userPool(id)['LastModifiedDate']).toBeGreaterThan(before['LastModifiedDate'] as number)
    aws.removeUserPool(id)
    await expect(cognito.send(new DescribeUserPoolCommand({ UserPoolId: id }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `User pool ${id} does not exist.`,
    })
  })

  test('LastModifiedDate moves with every write, also within one millisecond', async () => {
    await restart({ now: () => 1_760_000_000_456 })
    const id = aws.createUserPool({})
    await update(id)
    await update(id)
    expect(aws.userPool(id)).toMatchObject({ CreationDate: 1760000000.456, LastModifiedDate: 1760000000.458 })
  })

  test('an odd service can store something other than what was asked', async () => {
    const id = aws.createUserPool({ Name: 'odd', DeletionProtection: 'ACTIVE' })
    aws.afterUpdate = (pool, before) => ({
      ...pool,
      EmailConfiguration: { ...(pool['EmailConfiguration'] as JsonObject), From: '"A" <a@EXAMPLE.com>' },
      DeletionProtection: before['DeletionProtection'],
    })
    await update(id, { EmailConfiguration: DEVELOPER, DeletionProtection: 'INACTIVE' })
    expect(aws.userPool(id)).toMatchObject({
      EmailConfiguration: { SourceArn: SOURCE_ARN, From: '"A" <a@EXAMPLE.com>' },
      DeletionProtection: 'ACTIVE',
    })
  })

  test('any pool of a plain shape survives its own echo in both worlds', async () => {
    const member = fc.string({ minLength: 1, maxLength: 12 }).map((name) => `X${name}`)
    const pool = fc.dictionary(
      member,
      fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null),
    )
    for (const world of ['reset', 'keep'] as const) {
      await restart({ world })
      await fc.assert(
        fc.asyncProperty(pool, async (unknown) => {
          const id = aws.createUserPool(unknown as JsonObject)
          const before = aws.userPool(id)
          expect((await raw('UpdateUserPool', echoOf(before))).status).toBe(200)
          expect(still(aws.userPool(id))).toEqual(still(before))
        }),
        { numRuns: 25 },
      )
    }
  })

  test('DeleteUserPool removes a pool that is not protected', async () => {
    const id = aws.createUserPool({ DeletionProtection: 'ACTIVE' })
    await expect(cognito.send(new DeleteUserPoolCommand({ UserPoolId: id }))).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await update(id, {})
    await cognito.send(new DeleteUserPoolCommand({ UserPoolId: id }))
    expect(() => aws.userPool(id)).toThrow(id)
  })
})

describe('what Cognito refuses', () => {
  const lambdaArn = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`
  const refusals: ReadonlyArray<readonly [string, JsonObject, string, RegExp]> = [
    ...DESCRIBE_ONLY.map(
      (name) => [`the describe-only ${name}`, { [name]: 'x' }, 'InvalidParameterException', new RegExp(`\\b${name}\\b`)] as const,
    ),
    ['an unknown MfaConfiguration', { MfaConfiguration: 'MAYBE' }, 'InvalidParameterException', /'MAYBE' at 'mfaConfiguration'/],
    ['a long PoolName', { PoolName: 'x'.repeat(129) }, 'InvalidParameterException', /poolName/],
    [
      'an ARN for a ConfigurationSet',
      { EmailConfiguration: { ...DEVELOPER, ConfigurationSet: 'arn:aws:ses:us-east-1:123456789012:configuration-set/a' } },
      ...(['InvalidParameterException', /configurationSet/] as const),
    ],
    [
      'a ReplyToEmailAddress with a name',
      { EmailConfiguration: { ...DEVELOPER, ReplyToEmailAddress: 'Support <support@example.com>' } },
      ...(['InvalidParameterException', /'emailConfiguration\.replyToEmailAddress' failed to satisfy constraint/] as const),
    ],
    [
      'a SourceArn with a character that is not in its pattern',
      { EmailConfiguration: { ...DEVELOPER, SourceArn: SOURCE_ARN.replace('example.com', "o'hara@example.com") } },
      ...(['InvalidParameterException', /sourceArn/] as const),
    ],
    [
      'a SourceArn that is too long',
      { EmailConfiguration: { ...DEVELOPER, SourceArn: `${SOURCE_ARN}${'x'.repeat(2_000)}` } },
      ...(['InvalidParameterException', /sourceArn.* length less than or equal to 2048/] as const),
    ],
    [
      'DEVELOPER without a SourceArn',
      { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' } },
      'InvalidParameterException',
      /SourceArn/,
    ],
    [
      'a From on the default sender',
      { EmailConfiguration: { From: 'a@example.com' } },
      ...(['InvalidParameterException', /Cannot configure From email address/] as const),
    ],
    [
      "another account's identity",
      { EmailConfiguration: { ...DEVELOPER, SourceArn: SOURCE_ARN.replace('123456789012', '999999999999') } },
      ...(['NotAuthorizedException', /does not belong to your account/] as const),
    ],
    [
      'both settings for temporary passwords',
      {
        AdminCreateUserConfig: { UnusedAccountValidityDays: 7 },
        Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 7 } },
      },
      ...(['InvalidParameterException', /^Please use TemporaryPasswordValidityDays in PasswordPolicy instead of/] as const),
    ],
    [
      'a verification message that differs from its template',
      { EmailVerificationMessage: 'a {####}', VerificationMessageTemplate: { EmailMessage: 'b {####}' } },
      ...(['InvalidParameterException', /EmailVerificationMessage/] as const),
    ],
    [
      'two triggers for token generation',
      {
        LambdaConfig: {
          PreTokenGeneration: lambdaArn('one'),
          PreTokenGenerationConfig: { LambdaVersion: 'V1_0', LambdaArn: lambdaArn('another') },
        },
      },
      ...(['InvalidParameterException', /PreTokenGeneration/] as const),
    ],
    ['a system tag', { UserPoolTags: { 'aws:a': 'b' } }, 'UserPoolTaggingException', /aws:/],
  ]

  test.each(refusals)('%s', async (_title, members, code, message) => {
    const id = aws.createUserPool({ Name: 'as-it-was' })
    const before = aws.userPool(id)
    const { status, body } = await raw('UpdateUserPool', { UserPoolId: id, ...members })
    expect({ status, code: body['__type'] }).toEqual({ status: 400, code })
    expect(body['message']).toMatch(message)
    expect(aws.userPool(id)).toEqual(before)
  })

  test('a member that nobody knows is accepted', async () => {
    const id = aws.createUserPool({})
    expect(await raw('UpdateUserPool', { UserPoolId: id, Tomorrow: { a: 1 } })).toMatchObject({ status: 200 })
    expect(aws.userPool(id)).toMatchObject({ Tomorrow: { a: 1 } })
  })

  test('the default sender, while the pool has e-mail MFA or e-mail sign-in', async () => {
    const words = 'Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT'
    const factor = { UserPoolId: aws.createUserPool({}), EmailMfaConfiguration: { Subject: 'code', Message: '{####}' } }
    await expect(cognito.send(new SetUserPoolMfaConfigCommand(factor))).rejects.toMatchObject({ message: words })
    await update(factor.UserPoolId, { EmailConfiguration: DEVELOPER })
    await cognito.send(new SetUserPoolMfaConfigCommand({ ...factor, MfaConfiguration: 'OPTIONAL' }))
    expect(await cognito.send(new GetUserPoolMfaConfigCommand({ UserPoolId: factor.UserPoolId }))).toMatchObject({
      EmailMfaConfiguration: { Subject: 'code' },
      MfaConfiguration: 'OPTIONAL',
    })
    await expect(update(factor.UserPoolId, { EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' } })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: words,
    })
    await expect(update(factor.UserPoolId)).rejects.toMatchObject({ message: words })
    const otp: Partial<UpdateUserPoolCommandInput> = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } } }
    const other = aws.createUserPool({ EmailConfiguration: DEVELOPER })
    await update(other, { ...otp, EmailConfiguration: DEVELOPER })
    await expect(update(other, otp)).rejects.toMatchObject({ message: words })
  })

  test('an identity that SES knows as unverified, and none that it does not know', async () => {
    const id = aws.createUserPool({})
    await update(id, { EmailConfiguration: DEVELOPER })
    aws.ses.putIdentity('example.com', { VerifiedForSendingStatus: false })
    await expect(update(id, { EmailConfiguration: DEVELOPER })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Cognito received the following error from Amazon SES when attempting to send email: Email address is not verified. The following identities failed the check in region US-EAST-1: ${SOURCE_ARN}`,
    })
  })

  test('an update while users are imported, and one that echoes a deleted SMS role', async () => {
    const id = aws.createUserPool({})
    const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/gone' }
    aws.setHiddenState(id, { userImportInProgress: true })
    await expect(update(id)).rejects.toMatchObject({ name: 'UserImportInProgressException' })
    aws.setHiddenState(id, { userImportInProgress: false, smsRoleDeleted: true })
    await update(id)
    await expect(update(id, { SmsConfiguration })).rejects.toMatchObject({ name: 'InvalidSmsRoleTrustRelationshipException' })
  })

  test('more calls than the quota, reads and writes each by themselves', async () => {
    let time = 1_000_000
    await restart({ quotaPerSecond: 3, now: () => time })
    const id = aws.createUserPool({})
    const outcomes = async (send: () => Promise<unknown>, count: number): Promise<string[]> => {
      const settled = await Promise.allSettled(Array.from({ length: count }, send))
      return settled.map((result) => (result.status === 'fulfilled' ? 'ok' : String(result.reason.name))).sort()
    }
    const describe = () => cognito.send(new DescribeUserPoolCommand({ UserPoolId: id }))
    expect(await outcomes(describe, 4)).toEqual(['TooManyRequestsException', 'ok', 'ok', 'ok'])
    expect(await outcomes(() => update(id), 4)).toEqual(['TooManyRequestsException', 'ok', 'ok', 'ok'])
    time += 334
    expect(await outcomes(describe, 2)).toEqual(['TooManyRequestsException', 'ok'])
    time += 60_000
    expect(await outcomes(describe, 4)).toEqual(['TooManyRequestsException', 'ok', 'ok', 'ok'])
  })
})

describe('SES', () => {
  test('an account is healthy unless told', async () => {
    expect(await ses.send(new GetAccountCommand())).toMatchObject({
      ProductionAccessEnabled: true,
      SendingEnabled: true,
      EnforcementStatus: 'HEALTHY',
      SendQuota: { Max24HourSend: 50000, MaxSendRate: 14, SentLast24Hours: 120 },
    })
    aws.ses.setAccount({ ProductionAccessEnabled: false })
    expect(await ses.send(new GetAccountCommand())).toMatchObject({ ProductionAccessEnabled: false, SendingEnabled: true })
  })

  test('a set, its destinations, an identity and a pool of addresses are there as they were put', async () => {
    aws.ses.putConfigurationSet('news', { DeliveryOptions: { SendingPoolName: 'warm' }, Tomorrow: 1 })
    aws.ses.putEventDestinations('news', [{ Name: 'all', Enabled: true, MatchingEventTypes: ['BOUNCE'] }])
    aws.ses.putIdentity('Example.COM', { ConfigurationSetName: 'other' })
    aws.ses.putDedicatedIpPool('warm', { ScalingMode: 'MANAGED' })
    const ConfigurationSetName = 'news'
    expect(await ses.send(new GetConfigurationSetCommand({ ConfigurationSetName }))).toMatchObject({
      ConfigurationSetName,
      DeliveryOptions: { SendingPoolName: 'warm' },
      SendingOptions: { SendingEnabled: true },
    })
    expect(await ses.send(new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName }))).toMatchObject({
      EventDestinations: [{ Name: 'all', Enabled: true, MatchingEventTypes: ['BOUNCE'] }],
    })
    expect(await ses.send(new GetEmailIdentityCommand({ EmailIdentity: 'example.com' }))).toMatchObject({
      IdentityType: 'DOMAIN',
      VerifiedForSendingStatus: true,
      ConfigurationSetName: 'other',
    })
    expect(await ses.send(new GetDedicatedIpPoolCommand({ PoolName: 'warm' }))).toMatchObject({
      DedicatedIpPool: { PoolName: 'warm', ScalingMode: 'MANAGED' },
    })
  })

  test('what is not there is a NotFoundException with status 404', async () => {
    const missing = { name: 'NotFoundException', $metadata: { httpStatusCode: 404 } }
    await expect(ses.send(new GetConfigurationSetCommand({ ConfigurationSetName: 'no' }))).rejects.toMatchObject({
      ...missing,
      message: 'Configuration set <no> does not exist.',
    })
    await expect(ses.send(new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: 'no' }))).rejects.toMatchObject(missing)
    await expect(ses.send(new GetEmailIdentityCommand({ EmailIdentity: 'no@example.com' }))).rejects.toMatchObject(missing)
    await expect(ses.send(new GetDedicatedIpPoolCommand({ PoolName: 'no' }))).rejects.toMatchObject(missing)
  })

  test('an address is found as it is written, a domain in any case', async () => {
    aws.ses.putIdentity('Ann@Example.com')
    aws.ses.putIdentity('Example.com')
    const get = (EmailIdentity: string) => ses.send(new GetEmailIdentityCommand({ EmailIdentity }))
    expect(await get('Ann@Example.com')).toMatchObject({ IdentityType: 'EMAIL_ADDRESS' })
    await expect(get('Ann@example.com')).rejects.toMatchObject({ name: 'NotFoundException' })
    expect(await get('EXAMPLE.com')).toMatchObject({ IdentityType: 'DOMAIN' })
  })

  test('each Region is its own, by what the request was signed for', async () => {
    aws.ses.putConfigurationSet('news', {}, 'eu-west-1')
    const command = new GetConfigurationSetCommand({ ConfigurationSetName: 'news' })
    await expect(ses.send(command)).rejects.toMatchObject({ name: 'NotFoundException' })
    const abroad = new SESv2Client({ endpoint: aws.endpoint, region: 'eu-west-1', credentials })
    expect(await abroad.send(command)).toMatchObject({ ConfigurationSetName: 'news' })
    abroad.destroy()
    expect(aws.calls.map(({ region }) => region)).toEqual(['us-east-1', 'eu-west-1'])
  })

  test('the SDK can create what it reads', async () => {
    const ConfigurationSetName = 'made'
    await ses.send(new CreateConfigurationSetCommand({ ConfigurationSetName, SendingOptions: { SendingEnabled: false } }))
    await ses.send(
      new CreateConfigurationSetEventDestinationCommand({
        ConfigurationSetName,
        EventDestinationName: 'bus',
        EventDestination: { Enabled: true, MatchingEventTypes: ['BOUNCE'] },
      }),
    )
    await ses.send(new CreateEmailIdentityCommand({ EmailIdentity: 'made.example.com' }))
    await ses.send(new CreateDedicatedIpPoolCommand({ PoolName: 'made' }))
    expect(await ses.send(new GetConfigurationSetCommand({ ConfigurationSetName }))).toMatchObject({
      SendingOptions: { SendingEnabled: false },
    })
    expect((await ses.send(new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName }))).EventDestinations).toEqual([
      { Name: 'bus', Enabled: true, MatchingEventTypes: ['BOUNCE'] },
    ])
    expect(await ses.send(new GetEmailIdentityCommand({ EmailIdentity: 'made.example.com' }))).toMatchObject({
      VerifiedForSendingStatus: false,
      VerificationStatus: 'PENDING',
    })
    await expect(ses.send(new CreateConfigurationSetCommand({ ConfigurationSetName }))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
    })
  })
})

describe('DynamoDB', () => {
  test('what a client puts, a test reads, and the other way round', async () => {
    const TableName = aws.environment['TABLE_NAME']
    await dynamoDb.send(new PutItemCommand({ TableName, Item: { UserPoolId: { S: 'a' }, Claims: { L: [{ M: { n: { N: '1.5' } } }] } } }))
    expect(await aws.table.read('a')).toEqual({ UserPoolId: 'a', Claims: [{ n: 1.5 }] })
    await aws.table.put({ UserPoolId: 'b', Deep: { Null: null, List: ['x'] } })
    const { Item } = await dynamoDb.send(new GetItemCommand({ TableName, Key: { UserPoolId: { S: 'b' } }, ConsistentRead: true }))
    expect(Item).toEqual({ UserPoolId: { S: 'b' }, Deep: { M: { Null: { NULL: true }, List: { L: [{ S: 'x' }] } } } })
    expect((await aws.records()).map((item) => item['UserPoolId']).sort()).toEqual(['a', 'b'])
    await aws.table.remove('a')
    expect(await aws.table.read('a')).toBeUndefined()
  })

  test('a condition that does not hold is the error that the SDK knows', async () => {
    await aws.table.put({ UserPoolId: 'a', Revision: 1 })
    const put = new PutItemCommand({
      ...{ TableName: aws.environment['TABLE_NAME'], Item: { UserPoolId: { S: 'a' } } },
      ConditionExpression: 'attribute_not_exists(UserPoolId)',
    })
    await expect(dynamoDb.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    expect(aws.calls).toMatchObject([
      { service: 'dynamodb', action: 'PutItem', status: 400, error: { code: 'ConditionalCheckFailedException' } },
    ])
  })
})

describe('the response bucket', () => {
  type Put = { readonly headers?: Record<string, string>; readonly chunked?: boolean }
  /** A PUT by node:http, which sends no header of its own accord that S3 would mind. */
  const put = (url: string, body: string, { headers = {}, chunked = false }: Put = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const length = chunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const agent = new Agent({ keepAlive: false })
      const request = httpRequest(url, { method: 'PUT', agent, headers: { ...length, ...headers } }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      })
      request.on('error', reject)
      if (chunked) request.write(body)
      request.end(chunked ? undefined : body)
    })

  /** A PUT with no header but Host; no client of Node's can be brought to send one. */
  const bare = (url: string): Promise<number> => {
    const { hostname, port, pathname, search, host } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`))
    return new Promise((resolve, reject) => {
      socket.once('data', (data) => {
        socket.destroy()
        resolve(Number(data.toString().split(' ')[1]))
      })
      socket.once('error', reject)
    })
  }

  test('an answer is kept, parsed and raw, and told to whoever waits for it', async () => {
    const { url, id } = aws.responseUrl()
    const waiting = aws.waitForAnswer(id)
    const raw = '{ "Status": "SUCCESS", "Reason": "ü" }'
    expect(await put(url, raw, { headers: { 'content-type': '' } })).toBe(200)
    expect(await waiting).toMatchObject({ raw, body: { Status: 'SUCCESS', Reason: 'ü' } })
    expect(await aws.waitForAnswer(id)).toEqual(await waiting)
    expect(aws.refusedAnswers(id)).toEqual([])
  })

  test('a second answer is kept beside the first', async () => {
    const { url, id } = aws.responseUrl()
    const second = aws.waitForAnswer(id, 2)
    expect(await put(url, '{"a":1}')).toBe(200)
    expect(await put(url, '{"a":2}')).toBe(200)
    expect(await second).toMatchObject({ body: { a: 2 } })
    expect(aws.answers(id).map(({ body }) => body)).toEqual([{ a: 1 }, { a: 2 }])
  })

  test('a URL carries the time when it was signed', () => {
    const { url } = aws.responseUrl({ signedAt: Date.UTC(2026, 10, 23, 12, 30, 45) })
    expect(new URL(url).searchParams.get('X-Amz-Date')).toBe('20261123T123045Z')
    expect(url).not.toBe(aws.responseUrl().url)
  })

  const refusals: ReadonlyArray<readonly [string, number, string, (url: string) => Promise<number>]> = [
    ['a content type', 403, 'SignatureDoesNotMatch', (url) => put(url, '{}', { headers: { 'content-type': 'application/json' } })],
    ['another query', 403, 'SignatureDoesNotMatch', (url) => put(url.replace(/Signature=\w/, 'Signature=-'), '{}')],
    ['a chunked body', 400, 'NotImplemented', (url) => put(url, '{}', { chunked: true })],
    ['more than 4,096 bytes', 400, 'EntityTooLarge', (url) => put(url, JSON.stringify({ a: `${'ü'.repeat(2044)}x` }))],
    ['a body of unknown length', 411, 'MissingContentLength', (url) => bare(url)],
    ['what is no JSON', 400, 'InvalidRequest', (url) => put(url, 'hello')],
    ['an empty body', 400, 'InvalidRequest', (url) => put(url, '')],
  ]
  test.each(refusals)('refuses %s', async (_title, status, code, send) => {
    const { url, id } = aws.responseUrl()
    expect(await send(url)).toBe(status)
    expect(aws.answers(id)).toEqual([])
    expect(aws.refusedAnswers(id)).toMatchObject([{ error: { code, status } }])
  })

  test('takes exactly 4,096 bytes', async () => {
    const body = JSON.stringify({ a: 'x'.repeat(4088) })
    expect(Buffer.byteLength(body)).toBe(4096)
    expect(await put(aws.responseUrl().url, body)).toBe(200)
  })

  test('refuses an id that nobody was given', async () => {
    expect(await put(`${aws.endpoint}/response/made-up?X-Amz-Date=1`, '{}')).toBe(403)
    expect(aws.refusedAnswers('made-up')).toMatchObject([{ error: { code: 'AccessDenied' } }])
  })
})

describe('faults', () => {
  const onUpdate = (fault: Fault) => aws.fault(({ action }) => (action === 'UpdateUserPool' ? fault : undefined))
  const boom = { code: 'InternalErrorException', message: 'boom', status: 500 }
  const nameOf = (id: string) => aws.userPool(id)['Name']

  test('an error comes before the effect, or after it', async () => {
    const id = aws.createUserPool({ Name: 'old' })
    const off = onUpdate({ error: { code: 'ConcurrentModificationException', message: 'busy' } })
    await expect(update(id, { PoolName: 'new' })).rejects.toMatchObject({ name: 'ConcurrentModificationException', message: 'busy' })
    expect(nameOf(id)).toBe('old')
    off()
    onUpdate({ errorAfter: boom })
    await expect(update(id, { PoolName: 'new' })).rejects.toMatchObject({
      name: 'InternalErrorException',
      $metadata: { httpStatusCode: 500 },
    })
    expect(nameOf(id)).toBe('new')
  })

  test.each([
    ['reset', 'old'],
    ['resetAfter', 'new'],
  ] as const)('%s breaks the connection; the pool is the %s one', async (fault, name) => {
    const id = aws.createUserPool({ Name: 'old' })
    onUpdate(fault)
    await expect(update(id, { PoolName: 'new' })).rejects.toThrow('socket hang up')
    expect(nameOf(id)).toBe(name)
    expect(aws.calls).toMatchObject([{ action: 'UpdateUserPool', status: undefined, endedAt: undefined, fault }])
  })

  /** Resolves when the call has had its fault: a rule sees every later call, so a second one is the sign. */
  const afterNextCall = async (id: string): Promise<void> => {
    await cognito.send(new DescribeUserPoolCommand({ UserPoolId: id }))
  }

  test.each([
    ['hang', 'old'],
    ['hangAfter', 'new'],
  ] as const)('%s never answers; the pool is the %s one; close ends it', async (fault, name) => {
    const id = aws.createUserPool({ Name: 'old' })
    const arrived = new Promise<void>((resolve) => {
      aws.fault(({ action }) => {
        if (action !== 'UpdateUserPool') return undefined
        resolve()
        return fault
      })
    })
    const hanging = update(id, { PoolName: 'new' }).catch((error: unknown) => error)
    await arrived
    await afterNextCall(id)
    expect(nameOf(id)).toBe(name)
    expect(aws.calls[0]).toMatchObject({ action: 'UpdateUserPool', status: undefined })
    await restart({})
    expect(String(await hanging)).toContain('socket hang up')
  })

  test('late has its effect when nobody waits any more', async () => {
    const id = aws.createUserPool({ Name: 'old' })
    const done = new Promise<void>((resolve) => {
      aws.afterUpdate = (pool) => {
        resolve()
        return pool
      }
    })
    const gone = new AbortController()
    aws.fault(({ action }) => {
      if (action !== 'UpdateUserPool') return undefined
      gone.abort()
      return { late: 5 }
    })
    const command = new UpdateUserPoolCommand({ UserPoolId: id, PoolName: 'new' })
    await expect(cognito.send(command, { abortSignal: gone.signal })).rejects.toMatchObject({ name: 'AbortError' })
    await done
    await afterNextCall(id)
    expect(nameOf(id)).toBe('new')
  })

  test('a rule can hold a call back until the test lets go', async () => {
    const id = aws.createUserPool({ Name: 'old' })
    let letGo = (_fault: Fault | undefined): void => undefined
    const held = new Promise<Fault | undefined>((resolve) => {
      letGo = resolve
    })
    const off = aws.fault(({ action }) => (action === 'UpdateUserPool' ? held : undefined))
    const updating = update(id, { PoolName: 'new' })
    await afterNextCall(id)
    expect(nameOf(id)).toBe('old')
    letGo({ delayMs: 1 })
    off()
    await updating
    expect(nameOf(id)).toBe('new')
  })

  test('a rule counts the calls of its action, and all calls, from when it was laid', async () => {
    const id = aws.createUserPool({})
    await afterNextCall(id)
    const seen: Array<readonly [string, number, number]> = []
    const off = aws.fault(({ action, count, index }) => {
      seen.push([action, count, index])
      return undefined
    })
    await afterNextCall(id)
    await update(id)
    await afterNextCall(id)
    off()
    await afterNextCall(id)
    expect(seen).toEqual([
      ['DescribeUserPool', 1, 1],
      ['UpdateUserPool', 1, 2],
      ['DescribeUserPool', 2, 3],
    ])
  })

  test('every service can fail, in its own way of saying so', async () => {
    const { url, id } = aws.responseUrl()
    aws.fault(({ service }) =>
      service === 'cognito' ? undefined : { error: { code: 'SlowDown', message: 'Reduce your request rate.', status: 503 } },
    )
    await expect(ses.send(new GetAccountCommand())).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } })
    const get = new GetItemCommand({ TableName: aws.environment['TABLE_NAME'], Key: { UserPoolId: { S: 'a' } } })
    await expect(dynamoDb.send(get)).rejects.toMatchObject({ name: 'SlowDown', message: 'Reduce your request rate.' })
    const response = await fetch(url, { method: 'PUT', body: '{}', headers: { 'content-type': '' } })
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('<Code>SlowDown</Code>')])
    expect(aws.answers(id)).toEqual([])
  })

  test('calls are recorded in order, with what was asked and answered, and can be cleared', async () => {
    let time = 0
    await restart({ now: () => (time += 1) })
    const id = aws.createUserPool({})
    await update(id)
    await expect(update('us-east-1_missing')).rejects.toThrow()
    expect(aws.calls).toMatchObject([
      { service: 'cognito', action: 'UpdateUserPool', request: { UserPoolId: id }, status: 200, error: undefined },
      { request: { UserPoolId: 'us-east-1_missing' }, status: 400, error: { code: 'ResourceNotFoundException' } },
    ])
    const [first, second] = aws.calls
    expect(first?.endedAt).toBeGreaterThan(first?.startedAt ?? Number.POSITIVE_INFINITY)
    expect(second?.startedAt).toBeGreaterThan(first?.endedAt ?? Number.POSITIVE_INFINITY)
    aws.clearCalls()
    expect(aws.calls).toEqual([])
  })

  test('every call takes as long as it was told to', async () => {
    await restart({ latencyMs: 12 })
    await afterNextCall(aws.createUserPool({}))
    const [call] = aws.calls
    // Timers may fire a millisecond early.
    expect((call?.endedAt ?? 0) - (call?.startedAt ?? 0)).toBeGreaterThanOrEqual(11)
  })

  test('close waits for nobody: it breaks a call that hangs', async () => {
    const other = await startLocalAws()
    const arrived = new Promise<void>((resolve) => {
      other.fault(() => {
        resolve()
        return 'hang'
      })
    })
    const hanging = fetch(`${other.endpoint}/v2/email/account`).catch((error: unknown) => error)
    await arrived
    await other.close()
    expect(String(await hanging)).toContain('fetch failed')
  })

  test('close rejects whoever still waits for an answer', async () => {
    const waiting = aws.waitForAnswer(aws.responseUrl().id)
    await restart({})
    await expect(waiting).rejects.toThrow('closed')
  })
})

describe('the rich pool, against the model of the pinned SDK', () => {
  const INPUT_NAMES: Readonly<Record<string, string>> = { UserPoolId: 'Id', PoolName: 'Name' }
  /** What the product itself attaches; the fixture is the pool before that. */
  const OURS = ['SourceArn', 'From', 'ConfigurationSet'].map((name) => `EmailConfiguration.${name}`)

  test('has every member that UpdateUserPool takes, nested ones too', () => {
    const inFixture = (path: string): boolean => {
      const value = (INPUT_NAMES[path] ?? path).split('.').reduce<unknown>((found, name) => {
        const item = Array.isArray(found) ? found[0] : found
        return typeof item === 'object' && item !== null ? (item as JsonObject)[name] : undefined
      }, richUserPool)
      return value !== undefined
    }
    expect(updatablePaths()).toEqual(
      expect.arrayContaining([
        ...updatableMembers(),
        'SmsConfiguration.EumsSms.CallerArn',
        'AccountRecoverySetting.RecoveryMechanisms.Name',
        ...OURS,
      ]),
    )
    expect(updatablePaths().filter((path) => !inFixture(path))).toEqual(OURS)
  })

  test('has every member that DescribeUserPool gives, and no other', () => {
    expect(Object.keys(richUserPool).sort()).toEqual([...describedMembers()].sort())
  })

  test('what Describe gives and Update does not take is the denylist', () => {
    expect([...describeOnlyMembers()].sort()).toEqual([...DESCRIBE_ONLY].sort())
  })
})
