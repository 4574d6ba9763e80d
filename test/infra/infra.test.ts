// The templates say what they should: the role grants what the code calls and nothing else, the build changes no byte of the bundle.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's substitutions
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import {
  at,
  BUNDLE,
  build,
  byDefault,
  examples,
  flatten,
  isList,
  isMap,
  type Json,
  type JsonMap,
  listAt,
  mapAt,
  oneOrMore,
  parseAll,
  provider,
  resource,
  resourceNames,
  withParameters,
} from './template.ts'

describe('what the role may do', () => {
  const USER_POOLS = 'arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/*'
  const SES = 'arn:${AWS::Partition}:ses:*:${AWS::AccountId}'
  const SERVICE_LINKED =
    'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmailService*'
  const sub = (arn: string): Json => ({ 'Fn::Sub': arn })
  const arnOf = (name: string): Json => ({ 'Fn::GetAtt': [name, 'Arn'] })

  /** Every call that the code makes, or that AWS checks when it makes one, with all that it reaches. */
  const ACTIONS: Readonly<Record<string, Json>> = {
    'cognito-idp:DescribeUserPool': sub(USER_POOLS),
    'cognito-idp:GetUserPoolMfaConfig': sub(USER_POOLS),
    'cognito-idp:UpdateUserPool': sub(USER_POOLS),
    'dynamodb:DeleteItem': arnOf('Table'),
    'dynamodb:GetItem': arnOf('Table'),
    'dynamodb:PutItem': arnOf('Table'),
    'dynamodb:Scan': arnOf('Table'),
    'iam:CreateServiceLinkedRole': sub(SERVICE_LINKED),
    'logs:CreateLogStream': arnOf('LogGroup'),
    'logs:PutLogEvents': arnOf('LogGroup'),
    'ses:GetAccount': '*',
    'ses:GetConfigurationSet': sub(`${SES}:configuration-set/*`),
    'ses:GetConfigurationSetEventDestinations': sub(`${SES}:configuration-set/*`),
    'ses:GetDedicatedIpPool': sub(`${SES}:dedicated-ip-pool/*`),
    'ses:GetEmailIdentity': sub(`${SES}:identity/*`),
    'sqs:DeleteMessage': arnOf('DriftQueue'),
    'sqs:GetQueueAttributes': arnOf('DriftQueue'),
    'sqs:ReceiveMessage': arnOf('DriftQueue'),
  }

  const statements = (template: JsonMap): readonly JsonMap[] =>
    listAt(resource(template, 'Role'), 'Policies').flatMap((policy) =>
      listAt(policy, 'PolicyDocument', 'Statement').map((statement) => mapAt(statement)),
    )

  const granted = (template: JsonMap): Readonly<Record<string, Json | undefined>> =>
    Object.fromEntries(
      statements(template).flatMap(({ Action, Resource }) => oneOrMore(Action).map((action) => [String(action), Resource] as const)),
    )

  const statementFor = (template: JsonMap, action: string): JsonMap | undefined =>
    statements(template).find(({ Action }) => oneOrMore(Action).includes(action))

  test('grants exactly the actions of the table, each on its own resources', () => {
    expect(granted(byDefault)).toEqual(ACTIONS)
  })

  test('has no other policy: no managed one, no second statement for an action, nothing but Allow', () => {
    expect(resource(byDefault, 'Role')).not.toHaveProperty('ManagedPolicyArns')
    expect(resourceNames(byDefault).filter((name) => String(at(byDefault, 'Resources', name, 'Type')).startsWith('AWS::IAM'))).toEqual([
      'Role',
    ])
    const actions = statements(byDefault).flatMap(({ Action }) => oneOrMore(Action))
    expect(new Set(actions).size).toBe(actions.length)
    expect(new Set(statements(byDefault).map(({ Effect }) => Effect))).toEqual(new Set(['Allow']))
  })

  test('names a narrow resource in every statement but the one action that has no resource type', () => {
    const everything = statements(byDefault).filter(({ Resource }) => oneOrMore(Resource).includes('*'))
    expect(everything.map(({ Action }) => Action)).toEqual(['ses:GetAccount'])
    expect(statements(byDefault).flatMap(({ Action }) => oneOrMore(Action).filter((action) => String(action).includes('*')))).toEqual([])
  })

  test('passes the SMS roles it was told, to Cognito only', () => {
    const SmsRoleArns = 'arn:aws:iam::111122223333:role/sms,arn:aws:iam::111122223333:role/service-role/*'
    const template = withParameters(provider, { SmsRoleArns })
    expect(granted(template)).toEqual({ ...ACTIONS, 'iam:PassRole': SmsRoleArns.split(',') })
    expect(statementFor(template, 'iam:PassRole')?.['Condition']).toEqual({
      StringEquals: { 'iam:PassedToService': 'cognito-idp.amazonaws.com' },
    })
  })

  test('grants on the KMS keys it was told, through Cognito only', () => {
    const KmsKeyArns = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const template = withParameters(provider, { KmsKeyArns })
    expect(granted(template)).toEqual({ ...ACTIONS, 'kms:CreateGrant': [KmsKeyArns] })
    expect(statementFor(template, 'kms:CreateGrant')?.['Condition']).toEqual({
      StringEquals: { 'kms:ViaService': { 'Fn::Sub': 'cognito-idp.${AWS::Region}.${AWS::URLSuffix}' } },
    })
  })

  test('uses the key of its own data through DynamoDB and SQS only', () => {
    const KmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const template = withParameters(provider, { KmsKeyArn })
    const ofKey = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo']
    expect(granted(template)).toEqual({ ...ACTIONS, ...Object.fromEntries(ofKey.map((action) => [action, KmsKeyArn])) })
    expect(statementFor(template, 'kms:Decrypt')?.['Condition']).toEqual({
      StringEquals: {
        'kms:ViaService': [sub('dynamodb.${AWS::Region}.${AWS::URLSuffix}'), sub('sqs.${AWS::Region}.${AWS::URLSuffix}')],
      },
    })
  })

  test('gets the policies that an organisation wants on every role, and none of ours by that way', () => {
    expect(resource(byDefault, 'Role')).not.toHaveProperty('ManagedPolicyArns')
    const AdditionalPolicyArns = 'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess,arn:aws:iam::111122223333:policy/deny-all-but-eu'
    const template = withParameters(provider, { AdditionalPolicyArns })
    expect(resource(template, 'Role')['ManagedPolicyArns']).toEqual(AdditionalPolicyArns.split(','))
    expect(granted(template)).toEqual(ACTIONS)
  })

  test('never changes second factors, sends mail, or writes anything in SES', () => {
    const all = withParameters(provider, {
      SmsRoleArns: 'arn:aws:iam::111122223333:role/sms',
      KmsKeyArns: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd',
      KmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd',
    })
    expect(Object.keys(granted(all)).filter((action) => /SetUserPoolMfaConfig|^ses:(?!Get)|^iam:Delete/.test(action))).toEqual([])
  })

  test('lets Cognito make its mail role and no other service-linked role', () => {
    expect(statementFor(byDefault, 'iam:CreateServiceLinkedRole')?.['Condition']).toEqual({
      StringEquals: { 'iam:AWSServiceName': 'email.cognito-idp.amazonaws.com' },
    })
  })

  test('with RequirePoolTag, writes pools with the tag only, and still reads all', () => {
    expect(statementFor(byDefault, 'cognito-idp:UpdateUserPool')).not.toHaveProperty('Condition')
    const template = withParameters(provider, { RequirePoolTag: 'true' })
    expect(granted(template)).toEqual(ACTIONS)
    expect(statementFor(template, 'cognito-idp:UpdateUserPool')?.['Condition']).toEqual({
      StringEquals: { 'aws:ResourceTag/cognito-ses-binding': 'allowed' },
    })
    expect(statementFor(template, 'cognito-idp:DescribeUserPool')).not.toHaveProperty('Condition')
  })

  test('with TableName, reaches that table alone and makes none', () => {
    const template = withParameters(provider, { TableName: 'records-of-before' })
    expect(resourceNames(template)).not.toContain('Table')
    expect(granted(template)['dynamodb:PutItem']).toEqual({
      'Fn::Sub': 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${TableName}',
    })
    expect(at(resource(template, 'Function'), 'Environment', 'Variables', 'TABLE_NAME')).toBe('records-of-before')
    expect(at(template, 'Outputs', 'TableName', 'Value')).toBe('records-of-before')
  })

  test('without drift detection, has no access to a queue', () => {
    const expected = Object.entries(ACTIONS).filter(([action]) => !action.startsWith('sqs:'))
    expect(granted(withParameters(provider, { DriftDetection: 'DISABLED' }))).toEqual(Object.fromEntries(expected))
  })

  test('takes a permissions boundary', () => {
    expect(resource(byDefault, 'Role')).not.toHaveProperty('PermissionsBoundary')
    const PermissionsBoundaryArn = 'arn:aws:iam::111122223333:policy/boundary'
    expect(resource(withParameters(provider, { PermissionsBoundaryArn }), 'Role')['PermissionsBoundary']).toBe(PermissionsBoundaryArn)
  })

  test('lets nobody invoke the function but its own schedule', () => {
    const permissions = resourceNames(byDefault).filter((name) => at(byDefault, 'Resources', name, 'Type') === 'AWS::Lambda::Permission')
    expect(permissions).toEqual(['SweepPermission'])
    expect(resource(byDefault, 'SweepPermission')).toMatchObject({
      Principal: 'events.amazonaws.com',
      SourceArn: arnOf('SweepRule'),
      SourceAccount: { Ref: 'AWS::AccountId' },
    })
  })
})

describe('the provider stack', () => {
  test('is plain CloudFormation: service-managed StackSets refuse macros and transforms', () => {
    expect(provider).not.toHaveProperty('Transform')
    const keys = flatten(provider).flatMap((value) => (isMap(value) ? Object.keys(value) : []))
    expect(keys).not.toContain('Fn::Transform')
    for (const name of resourceNames(provider)) expect(at(provider, 'Resources', name, 'Type')).toMatch(/^AWS::(?!Serverless)/)
  })

  /** The property that names a resource, by type; null where a type has none. */
  const NAME: Readonly<Record<string, string | null>> = {
    'AWS::CloudWatch::Alarm': 'AlarmName',
    'AWS::CloudWatch::Dashboard': 'DashboardName',
    'AWS::DynamoDB::Table': 'TableName',
    'AWS::Events::Rule': 'Name',
    'AWS::IAM::Role': 'RoleName',
    'AWS::Lambda::EventInvokeConfig': null,
    'AWS::Lambda::EventSourceMapping': null,
    'AWS::Lambda::Function': 'FunctionName',
    'AWS::Lambda::Permission': null,
    'AWS::Logs::LogGroup': 'LogGroupName',
    'AWS::SQS::Queue': 'QueueName',
    'AWS::SQS::QueuePolicy': null,
  }

  test('fixes no name that another Region could collide with', () => {
    const types = resourceNames(provider).map((name) => String(at(provider, 'Resources', name, 'Type')))
    expect(types.filter((type) => !(type in NAME))).toEqual([])
    const names = resourceNames(provider).flatMap((name) => {
      const given = resource(provider, name)[NAME[String(at(provider, 'Resources', name, 'Type'))] ?? '']
      return given === undefined ? [] : [[name, given] as const]
    })
    expect(Object.fromEntries(names)).toEqual({
      Function: 'cognito-ses-binding',
      LogGroup: '/aws/lambda/cognito-ses-binding',
      // CloudWatch dashboards are named once per account.
      CloudWatchDashboard: { 'Fn::Sub': 'cognito-ses-binding-${AWS::Region}' },
    })
  })

  test('keeps the table, protected and recoverable, with the key and the TTL of the contract', () => {
    expect(mapAt(provider, 'Resources', 'Table')).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(resource(provider, 'Table')).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [{ AttributeName: 'UserPoolId', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'UserPoolId', AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: 'ExpiresAt', Enabled: true },
    })
  })

  test('gives the function what the handler expects', () => {
    expect(resource(byDefault, 'Function')).toMatchObject({
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: '300',
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: 'LogGroup' } },
    })
    expect(mapAt(resource(byDefault, 'Function'), 'Environment', 'Variables')).toEqual({
      TABLE_NAME: { Ref: 'Table' },
      URL_SUFFIX: { Ref: 'AWS::URLSuffix' },
      ALLOW_TAKEOVER: 'true',
      VERSION: JSON.parse(readFileSync('package.json', 'utf8')).version,
    })
    expect(resource(byDefault, 'Function')).not.toHaveProperty('ReservedConcurrentExecutions')
    expect(resource(byDefault, 'EventInvokeConfig')).toMatchObject({
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 900,
    })
  })

  test('lets the account forbid Takeover, choose the processor, and give the function more time', () => {
    const template = withParameters(provider, { AllowTakeover: 'false', Architecture: 'x86_64', Timeout: '600' })
    expect(at(resource(template, 'Function'), 'Environment', 'Variables', 'ALLOW_TAKEOVER')).toBe('false')
    expect(resource(template, 'Function')).toMatchObject({ Architectures: ['x86_64'], Timeout: '600' })
  })

  test('encrypts table, queues and log with the key it was told, and with keys of AWS otherwise', () => {
    const KmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const template = withParameters(provider, { KmsKeyArn })
    expect(resource(template, 'Table')['SSESpecification']).toEqual({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KmsKeyArn })
    expect(resource(template, 'LogGroup')['KmsKeyId']).toBe(KmsKeyArn)
    for (const queue of ['DriftQueue', 'DriftDeadLetterQueue']) {
      // SQS refuses both at once.
      expect(resource(template, queue)).toMatchObject({ KmsMasterKeyId: KmsKeyArn })
      expect(resource(template, queue)).not.toHaveProperty('SqsManagedSseEnabled')
      expect(resource(byDefault, queue)).toMatchObject({ SqsManagedSseEnabled: true })
      expect(resource(byDefault, queue)).not.toHaveProperty('KmsMasterKeyId')
    }
    expect(resource(byDefault, 'Table')).not.toHaveProperty('SSESpecification')
    expect(resource(byDefault, 'LogGroup')).not.toHaveProperty('KmsKeyId')
  })

  test('names a parameter in a remedy only when it has it', () => {
    const texts = readdirSync('lib', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join('lib', name), 'utf8'))
    const named = texts.flatMap((text) => [
      ...[...text.matchAll(/parameters? ([A-Z][A-Za-z]+)/g)].map(([, name]) => name),
      ...[...text.matchAll(/more time \((\w+)\)/g)].map(([, name]) => name),
    ])
    expect(named).toEqual(expect.arrayContaining(['SmsRoleArns', 'KmsKeyArns', 'TableName', 'Timeout']))
    expect(named.filter((name) => name === undefined || at(provider, 'Parameters', name) === undefined)).toEqual([])
  })

  test('exports the ServiceToken under the well-known name', () => {
    expect(mapAt(provider, 'Outputs', 'ServiceToken')).toMatchObject({
      Value: { 'Fn::GetAtt': ['Function', 'Arn'] },
      Export: { Name: 'cognito-ses-binding-ServiceToken' },
    })
  })

  test('explains and checks every parameter, and shows it in one group', () => {
    const parameters = mapAt(provider, 'Parameters')
    for (const [name, parameter] of Object.entries(parameters)) {
      expect([name, at(parameter, 'Description')]).toEqual([name, expect.stringMatching(/^.{20,}\.$/)])
      expect([name, at(parameter, 'ConstraintDescription')]).toEqual([name, expect.stringMatching(/^must be .+\.$/)])
      const pattern = at(parameter, 'AllowedPattern')
      if (pattern === undefined) expect(listAt(parameter, 'AllowedValues')).toContain(at(parameter, 'Default'))
      else expect(String(at(parameter, 'Default'))).toMatch(new RegExp(`^(?:${pattern})$`))
    }
    const metadata = mapAt(provider, 'Metadata', 'AWS::CloudFormation::Interface')
    const grouped = listAt(metadata, 'ParameterGroups').flatMap((group) => listAt(group, 'Parameters'))
    expect([...grouped].sort()).toEqual(Object.keys(parameters).sort())
    expect(Object.keys(mapAt(metadata, 'ParameterLabels')).sort()).toEqual(Object.keys(parameters).sort())
  })

  test.each([
    ['SmsRoleArns', 'arn:aws:iam::111122223333:role/service-role/*', true],
    ['SmsRoleArns', 'arn:aws:iam::111122223333:role/*', false],
    ['SmsRoleArns', '*', false],
    ['KmsKeyArns', 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd', true],
    ['KmsKeyArns', 'arn:aws:kms:eu-west-1:111122223333:key/*', false],
    ['KmsKeyArns', 'arn:aws:kms:eu-west-1:111122223333:alias/pools', false],
    ['SweepSchedule', 'rate(6 hours)', true],
    ['KmsKeyArn', 'alias/mine', false],
    ['AdditionalPolicyArns', 'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess', true],
    ['AdditionalPolicyArns', 'AWSXRayDaemonWriteAccess', false],
    ['SweepSchedule', '1 hour', false],
    ['TableName', 'arn:aws:dynamodb:eu-west-1:111122223333:table/records', false],
    ['ReservedConcurrency', '1', false],
    ['ReservedConcurrency', '10', true],
  ])('%s = %s: %s', (name, value, accepted) => {
    expect(new RegExp(`^(?:${at(provider, 'Parameters', name, 'AllowedPattern')})$`).test(value)).toBe(accepted)
  })
})

describe('drift', () => {
  test('is noticed from successful calls of others only', () => {
    expect(resource(byDefault, 'PoolUpdateRule')['EventPattern']).toEqual({
      source: ['aws.cognito-idp'],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: {
        eventSource: ['cognito-idp.amazonaws.com'],
        eventName: ['UpdateUserPool'],
        errorCode: [{ exists: false }],
        userIdentity: {
          sessionContext: { sessionIssuer: { arn: [{ exists: false }, { 'anything-but': [{ 'Fn::GetAtt': ['Role', 'Arn'] }] }] } },
        },
      },
    })
  })

  test('waits two minutes, and a record that fails comes back alone and in the end to the dead letters', () => {
    const queue = resource(byDefault, 'DriftQueue')
    const mapping = resource(byDefault, 'DriftQueueMapping')
    expect(queue).toMatchObject({
      DelaySeconds: 120,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DriftDeadLetterQueue', 'Arn'] }, maxReceiveCount: 5 },
    })
    expect(resource(byDefault, 'DriftDeadLetterQueue')).toMatchObject({
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
    })
    expect(mapping).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] })
    const visibility = Number(queue['VisibilityTimeout'])
    expect(visibility).toBeGreaterThanOrEqual(
      6 * Number(resource(byDefault, 'Function')['Timeout']) + Number(mapping['MaximumBatchingWindowInSeconds']),
    )
    // A record must live through all its attempts, or it never reaches the dead letters.
    expect(Number(queue['MessageRetentionPeriod'])).toBeGreaterThan(5 * visibility)
  })

  test('gives a record as long to be handled as the function may take, whatever its Timeout', () => {
    const timeouts = listAt(provider, 'Parameters', 'Timeout', 'AllowedValues').map(Number)
    expect(timeouts).toEqual([300, 600])
    for (const timeout of timeouts) {
      const queue = resource(withParameters(provider, { Timeout: String(timeout) }), 'DriftQueue')
      const visibility = Number(queue['VisibilityTimeout'])
      expect(visibility).toBeGreaterThanOrEqual(6 * timeout + 20)
      expect(Number(queue['MessageRetentionPeriod'])).toBeGreaterThan(5 * visibility)
    }
  })

  /** Plain HTTP is refused, whoever asks. */
  const onlyByTls = (queue: string): Json => ({
    Sid: 'OnlyByTls',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  })

  test('reaches no queue by plain HTTP, and the dead letters from nowhere but the queue', () => {
    expect(resource(byDefault, 'DriftDeadLetterQueuePolicy')).toMatchObject({
      Queues: [{ Ref: 'DriftDeadLetterQueue' }],
      PolicyDocument: { Statement: [onlyByTls('DriftDeadLetterQueue')] },
    })
  })

  test('sends no more of a record to the queue than is needed, in the shape of the record', () => {
    const target = mapAt(resource(byDefault, 'PoolUpdateRule'), 'Targets', 0, 'InputTransformer')
    const paths = mapAt(target, 'InputPathsMap')
    const template = String(target['InputTemplate'])
    const placeholders = [...template.matchAll(/<(\w+)>/g)].map(([, name]) => name)
    expect([...placeholders].sort()).toEqual(Object.keys(paths).sort())
    // Each value stands where the record has it.
    const filled = JSON.parse(template.replace(/<(\w+)>/g, (_, name) => String(paths[name])))
    const leaves = (node: Json, path: string): readonly (readonly [string, Json])[] =>
      isMap(node) ? Object.entries(node).flatMap(([key, value]) => leaves(value, `${path}.${key}`)) : [[path, node]]
    const found = leaves(filled, '$')
    expect(found.map(([path]) => path)).toEqual([
      '$.account',
      '$.region',
      '$.detail.eventName',
      '$.detail.eventID',
      '$.detail.requestParameters.userPoolId',
      '$.detail.userIdentity.arn',
    ])
    expect(found.filter(([path, value]) => path !== value)).toEqual([])
  })

  test('reaches the queue from its own rule only', () => {
    expect(listAt(resource(byDefault, 'DriftQueuePolicy'), 'PolicyDocument', 'Statement')).toEqual([
      {
        Sid: 'OnlyOurRule',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': ['DriftQueue', 'Arn'] },
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['PoolUpdateRule', 'Arn'] } } },
      },
      onlyByTls('DriftQueue'),
    ])
  })

  test("sweeps on the schedule with EventBridge's own event", () => {
    const rule = resource(withParameters(provider, { SweepSchedule: 'rate(6 hours)' }), 'SweepRule')
    expect(rule).toMatchObject({
      ScheduleExpression: 'rate(6 hours)',
      Targets: [{ Id: 'function', Arn: { 'Fn::GetAtt': ['Function', 'Arn'] } }],
    })
    expect(at(rule, 'Targets', 0)).not.toHaveProperty('Input')
  })

  test('creates nothing when it is disabled', () => {
    expect(resourceNames(withParameters(provider, { DriftDetection: 'DISABLED' }))).toEqual([
      'Function',
      'Role',
      'LogGroup',
      'Table',
      'EventInvokeConfig',
      'ErrorAlarm',
      'ThrottleAlarm',
      'DroppedEventAlarm',
    ])
  })

  test('shows a dashboard that is JSON, on request', () => {
    expect(resourceNames(byDefault)).not.toContain('CloudWatchDashboard')
    const body = at(resource(withParameters(provider, { Dashboard: 'true' }), 'CloudWatchDashboard'), 'DashboardBody', 'Fn::Sub', 0)
    expect(listAt(JSON.parse(String(body)), 'widgets')).toHaveLength(3)
  })
})

describe('the build of the template', () => {
  const inlined = (template: string): Json | undefined => at(JSON.parse(template), 'Resources', 'Function', 'Properties', 'Code', 'ZipFile')

  test('holds the bundle byte for byte', () => {
    const code =
      'exports.handler=()=>"\\u00e9\\\\ \'\\"`$& $1 $$ ${ } $ {a} __CODE__ </script>";\r\n\t/^[\\0-\\x1f]$/;class ${static a={};b}\n'
    expect(inlined(build(code))).toBe(code)
  })

  test('gives the same bytes for the same bundle', () => {
    expect(build(BUNDLE)).toBe(build(BUNDLE))
  })

  test('writes the short form of the functions out', () => {
    const [template] = parseAll([
      `A: !Ref X
B: !GetAtt X.Outputs.Y
C: !If [D, !Sub '\${X}', !Select [0, !Split [',', !Join ['', [a]]]]]
E: !Or [!Condition D, !And [!Not [!Condition D], !Equals [a, b]]]
F: !FindInMap [a, b, c]
G: !GetAtt [X, Y]
Version: 2012-10-17
`,
    ])
    expect(template).toEqual({
      A: { Ref: 'X' },
      B: { 'Fn::GetAtt': ['X', 'Outputs.Y'] },
      C: { 'Fn::If': ['D', { 'Fn::Sub': '${X}' }, { 'Fn::Select': [0, { 'Fn::Split': [',', { 'Fn::Join': ['', ['a']] }] }] }] },
      E: { 'Fn::Or': [{ Condition: 'D' }, { 'Fn::And': [{ 'Fn::Not': [{ Condition: 'D' }] }, { 'Fn::Equals': ['a', 'b'] }] }] },
      F: { 'Fn::FindInMap': ['a', 'b', 'c'] },
      G: { 'Fn::GetAtt': ['X', 'Y'] },
      Version: '2012-10-17',
    })
  })

  test.each(['A: !Reff X', 'A: &x 1\nB: *x', 'A: 1\nA: 2'])(
    'refuses a template that CloudFormation would read in another way: %j',
    (text) => {
      expect(() => parseAll([text])).toThrow()
    },
  )

  test.each(['${Name}', '${AWS::Region}', '${ Function.Arn }', '${!Literal}'])('refuses a bundle with %s', (text) => {
    expect(() => build(`const a = '${text}'\n`)).toThrow(/can be taken for a substitution/)
  })

  test('refuses anything but ASCII, which GetTemplate does not give back', () => {
    expect(() => build("const a = '\u00e9'\n")).toThrow(/U\+00e9/)
  })

  test('refuses to grow over what CloudFormation reads from S3', () => {
    expect(() => build(`//${'x'.repeat(1_000_000)}\n`)).toThrow(/under 1000000 bytes/)
  })
})

describe('the examples', () => {
  /** README.md, "Properties", and the two that are CloudFormation's own. */
  const PROPERTIES = new Set([
    ...['UserPoolId', 'UserPoolIds', 'ConfigurationSet', 'SourceArn', 'From', 'ReplyToEmailAddress', 'EmailSendingAccount', 'Preflight'],
    ...['AllowSandbox', 'OnDelete', 'Heal', 'Takeover', 'Nonce', 'ServiceToken', 'ServiceTimeout'],
  ])
  /** README.md, "Properties": what Fn::GetAtt may ask for. */
  const ATTRIBUTES = new Set([
    ...['ConfigurationSet', 'EmailSendingAccount', 'SourceArn', 'From', 'ReplyToEmailAddress', 'UserPoolIds', 'SendingPoolName'],
    ...['EventDestinations', 'Max24HourSend', 'Warnings'],
  ])
  const EVENT_TYPES = new Set([
    ...['SEND', 'REJECT', 'BOUNCE', 'COMPLAINT', 'DELIVERY', 'OPEN', 'CLICK', 'RENDERING_FAILURE', 'DELIVERY_DELAY', 'SUBSCRIPTION'],
  ])
  const WELL_KNOWN = { 'Fn::Sub': 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:cognito-ses-binding' }

  const files = readdirSync(examples).sort()
  const texts = files.map((file) => readFileSync(join(examples, file), 'utf8'))
  const templates = parseAll(texts)
  const bindings = templates.map((template) =>
    Object.values(mapAt(template, 'Resources')).filter((node) => at(node, 'Type') === 'Custom::CognitoSesBinding'),
  )

  test('are the ones that the docs speak of', () => {
    expect(files).toEqual([
      'bare-set.yaml',
      'dedicated-ip-pool.yaml',
      'domain-identity.yaml',
      'eventbridge-to-dynamodb.yaml',
      'firehose-to-s3.yaml',
      'imported-pool.yaml',
      'organisation-stackset.yaml',
      'pool-and-binding.yaml',
    ])
  })

  test.each(files.map((file, index) => ({ file, index })))(
    '$file binds by the well-known name, with properties that exist',
    ({ file, index }) => {
      const found = bindings[index] ?? []
      expect(found).toHaveLength(file === 'organisation-stackset.yaml' ? 0 : 1)
      for (const binding of found) {
        const properties = mapAt(binding, 'Properties')
        expect(properties['ServiceToken']).toEqual(WELL_KNOWN)
        // Without it a lost answer costs an hour.
        expect(properties['ServiceTimeout']).toBe(600)
        expect(Object.keys(properties).filter((name) => !PROPERTIES.has(name))).toEqual([])
        expect(properties['ConfigurationSet']).toEqual({ Ref: 'ConfigurationSet' })
        // CloudFormation would send no Delete, and the claim would outlive its stack.
        expect(binding).not.toHaveProperty('DeletionPolicy')
      }
      const asked = flatten(templates[index] ?? {}).flatMap((value) => {
        const get = at(value, 'Fn::GetAtt')
        return isList(get) && get[0] === 'Binding' ? [String(get[1])] : []
      })
      expect(asked.filter((name) => !ATTRIBUTES.has(name))).toEqual([])
    },
  )

  test.each(files.map((file, index) => ({ file, text: texts[index] ?? '', template: templates[index] ?? {} })))(
    '$file says what it is and how to deploy it',
    ({ file, text, template }) => {
      const header = text.slice(0, text.indexOf('AWSTemplateFormatVersion'))
      expect(header).toMatch(/^# [A-Z"]/)
      expect(header).toContain(`aws cloudformation deploy --template-file ${file} --stack-name `)
      // deploy refuses a template with IAM resources without this flag, and one over 51,200 bytes without a bucket.
      expect(header.includes('--capabilities CAPABILITY_IAM')).toBe(text.includes('AWS::IAM::'))
      expect(text.length).toBeLessThan(51_200)
      for (const parameter of Object.values(mapAt(template, 'Parameters'))) {
        expect(parameter).toMatchObject({ Description: expect.any(String), ConstraintDescription: expect.stringMatching(/^must be /) })
      }
      expect(template).not.toHaveProperty('Transform')
    },
  )

  test('name SES events as its API does, and only those', () => {
    const types = templates
      .flatMap(flatten)
      .flatMap((value) => oneOrMore(at(value, 'MatchingEventTypes')))
      .map(String)
    expect(types.length).toBeGreaterThan(0)
    expect(types.filter((type) => !EVENT_TYPES.has(type))).toEqual([])
  })

  test('give no role an action or a resource of all', () => {
    const statements = templates
      .flatMap(flatten)
      .flatMap((value) => (at(value, 'PolicyName') === undefined ? [] : listAt(value, 'PolicyDocument', 'Statement')))
    expect(statements.length).toBeGreaterThan(0)
    for (const statement of statements) {
      expect(oneOrMore(at(statement, 'Resource'))).not.toContain('*')
      expect(oneOrMore(at(statement, 'Action')).filter((action) => String(action).includes('*'))).toEqual([])
    }
  })
})
