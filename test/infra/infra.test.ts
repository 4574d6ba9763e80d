// The templates say what they should: the role grants what the code calls and nothing else, the build changes no byte of the bundle.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's substitutions
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'

type Json = null | boolean | number | string | readonly Json[] | JsonMap
type JsonMap = { readonly [key: string]: Json }

const root = join(__dirname, '../..')
const examples = join(root, 'infra', 'examples')

/** infra/build-template.mjs is an ES module, which jest does not load: a Node of its own does, as in the build. */
const inNode = (body: string, input: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { readFileSync } from 'node:fs'
       import { parseTemplate, providerTemplate } from '${join(root, 'infra', 'build-template.mjs')}'
       const input = readFileSync(0, 'utf8')
       process.stdout.write(${body})`,
    ],
    { input, encoding: 'utf8', stdio: 'pipe', maxBuffer: 4_000_000 },
  )

const build = (code: string): string => inNode('providerTemplate(input)', code)
const parseAll = (texts: readonly string[]): readonly JsonMap[] =>
  JSON.parse(inNode('JSON.stringify(JSON.parse(input).map(parseTemplate))', JSON.stringify(texts)))

const isMap = (value: Json | undefined): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (here, key) => (isMap(here) ? here[String(key)] : isList(here) && typeof key === 'number' ? here[key] : undefined),
    value,
  )

const mapAt = (value: Json | undefined, ...path: readonly (string | number)[]): JsonMap => {
  const found = at(value, ...path)
  if (!isMap(found)) throw new Error(`Expected a map at ${path.join('.')}, got ${JSON.stringify(found)}.`)
  return found
}

const listAt = (value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] => {
  const found = at(value, ...path)
  if (!isList(found)) throw new Error(`Expected a list at ${path.join('.')}, got ${JSON.stringify(found)}.`)
  return found
}

const oneOrMore = (value: Json | undefined): readonly Json[] => (isList(value) ? value : value === undefined ? [] : [value])

const flatten = (value: Json): readonly Json[] => [
  value,
  ...(isMap(value) ? Object.values(value).flatMap(flatten) : isList(value) ? value.flatMap(flatten) : []),
]

type Parameters = Readonly<Record<string, string>>

/** What CloudFormation makes of a template's conditions with these parameters; Ref, GetAtt and Sub of resources stay as written. */
const withParameters = (template: JsonMap, given: Parameters = {}): JsonMap => {
  const parameters = mapAt(template, 'Parameters')
  const parameterValue = (name: string): Json => {
    const value = given[name] ?? String(at(parameters, name, 'Default'))
    return at(parameters, name, 'Type') === 'CommaDelimitedList' ? value.split(',').filter(Boolean) : value
  }
  const holds = (name: string): boolean => condition(mapAt(template, 'Conditions', name))
  const condition = (node: JsonMap): boolean => {
    const [operator] = Object.keys(node)
    const operands = operator === undefined ? [] : oneOrMore(node[operator])
    if (operator === 'Fn::Not') return !condition(mapAt(operands, 0))
    if (operator === 'Fn::Equals') return JSON.stringify(resolve(operands[0])) === JSON.stringify(resolve(operands[1]))
    throw new Error(`Unknown condition ${operator}.`)
  }
  const resolve = (node: Json | undefined): Json | undefined => {
    if (isList(node)) return node.map(resolve).filter((item) => item !== undefined)
    if (!isMap(node)) return node
    const name = node['Ref']
    if (name === 'AWS::NoValue') return undefined
    if (typeof name === 'string' && name in parameters) return parameterValue(name)
    const choice = node['Fn::If']
    if (isList(choice)) return resolve(choice[holds(String(choice[0])) ? 1 : 2])
    const joined = node['Fn::Join']
    if (isList(joined)) return oneOrMore(resolve(joined[1])).join(String(joined[0]))
    return Object.fromEntries(
      Object.entries(node)
        .map(([key, value]) => [key, resolve(value)] as const)
        .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
    )
  }
  const isThere = (node: Json): boolean => {
    const name = at(node, 'Condition')
    return typeof name !== 'string' || holds(name)
  }
  const resources = Object.entries(mapAt(template, 'Resources')).filter(([, resource]) => isThere(resource))
  return mapAt(resolve({ ...template, Resources: Object.fromEntries(resources) }))
}

const BUNDLE = 'exports.handler = async () => {}\n'
const provider = mapAt(JSON.parse(build(BUNDLE)))
const byDefault = withParameters(provider)
const resource = (template: JsonMap, name: string): JsonMap => mapAt(template, 'Resources', name, 'Properties')
const resourceNames = (template: JsonMap): readonly string[] => Object.keys(mapAt(template, 'Resources'))

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
      Timeout: 300,
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: 'LogGroup' } },
      Environment: { Variables: { TABLE_NAME: { Ref: 'Table' }, URL_SUFFIX: { Ref: 'AWS::URLSuffix' } } },
    })
    expect(resource(byDefault, 'Function')).not.toHaveProperty('ReservedConcurrentExecutions')
    expect(resource(byDefault, 'EventInvokeConfig')).toMatchObject({
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 900,
    })
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
    ['SweepSchedule', 'cron(0 6 * * ? *)', true],
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
    ])
  })

  test('is told by three alarms, to the topic where there is one', () => {
    const alarms = (template: JsonMap) =>
      resourceNames(template)
        .filter((name) => at(template, 'Resources', name, 'Type') === 'AWS::CloudWatch::Alarm')
        .map((name) => resource(template, name))
    expect(alarms(byDefault).map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`)).toEqual([
      'AWS/Lambda Errors',
      'CognitoSesBinding Contested',
      'AWS/SQS ApproximateNumberOfMessagesVisible',
    ])
    for (const alarm of alarms(byDefault)) {
      expect(alarm).toMatchObject({ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'notBreaching' })
      expect(alarm).not.toHaveProperty('AlarmActions')
    }
    const AlarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:alarms'
    for (const alarm of alarms(withParameters(provider, { AlarmTopicArn }))) expect(alarm['AlarmActions']).toEqual([AlarmTopicArn])
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
  /** DESIGN.md, "Properties", and the two that are CloudFormation's own. */
  const PROPERTIES = new Set([
    ...['UserPoolId', 'UserPoolIds', 'ConfigurationSet', 'SourceArn', 'From', 'ReplyToEmailAddress', 'EmailSendingAccount', 'Preflight'],
    ...['AllowSandbox', 'OnDelete', 'Heal', 'Takeover', 'Nonce', 'ServiceToken', 'ServiceTimeout'],
  ])
  /** DESIGN.md, "Answer": what Fn::GetAtt may ask for. */
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
