// The provider's rule on CloudTrail records of all kinds of callers, judged by event-ruler: the matcher that EventBridge itself runs on.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { child, type JsonObject, without } from '../../lib/json.ts'
import { ACCOUNT, REGION, shippedTemplate } from './shipped-template.ts'
import { describeWith, folderOf } from './tools/installed.ts'

const MATCHER = join(process.cwd(), 'test/e2e/tools/java/MatchesRule.java')

/** Which of the events the pattern takes. */
const taken = (pattern: JsonObject, events: readonly JsonObject[]): boolean[] => {
  const input = [pattern, ...events].map((value) => `${JSON.stringify(value)}\n`).join('')
  const output = execFileSync('java', ['-cp', join(folderOf('java'), '*'), MATCHER], { input, encoding: 'utf8' })
  return output
    .trim()
    .split('\n')
    .map((line) => line === 'true')
}

const resource = shippedTemplate()

/** The function's role. */
const OURS = `arn:aws:iam::${ACCOUNT}:role/cognito-ses-binding-Role-1A2B3C4D5E6F`

/** An UpdateUserPool in a trail (CloudTrail user guide, "CloudTrail userIdentity element", and "record contents"). */
const record = (userIdentity: JsonObject, more: JsonObject = {}): JsonObject => ({
  version: '0',
  id: '11111111-2222-3333-4444-555555555555',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.cognito-idp',
  account: ACCOUNT,
  time: '2026-11-25T10:15:00Z',
  region: REGION,
  resources: [],
  detail: {
    eventVersion: '1.11',
    userIdentity: { accountId: ACCOUNT, ...userIdentity },
    eventTime: '2026-11-25T10:15:00Z',
    eventSource: 'cognito-idp.amazonaws.com',
    eventName: 'UpdateUserPool',
    awsRegion: REGION,
    sourceIPAddress: '203.0.113.7',
    userAgent: 'aws-cli/2.31.0',
    requestParameters: { userPoolId: `${REGION}_AbCdEf123` },
    responseElements: null,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...more,
  },
})

const issuer = (path: string, type = 'Role'): JsonObject => ({
  sessionContext: {
    sessionIssuer: { type, principalId: 'AROAEXAMPLE', arn: `arn:aws:iam::${ACCOUNT}:${path}`, accountId: ACCOUNT },
    attributes: { creationDate: '2026-11-25T10:00:00Z', mfaAuthenticated: 'false' },
  },
})
const assumed = (path: string): JsonObject => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${path.split('/').at(-1)}/session`,
  ...issuer(path),
})
const DEPLOYER = assumed('role/deployer')

type Row = readonly [who: string, event: JsonObject, isTaken: boolean]

const ROWS: readonly Row[] = [
  ['a role', record(DEPLOYER), true],
  ['a role with a path', record(assumed('role/ci/deployer')), true],
  [
    'somebody who signed in by IAM Identity Center',
    record(assumed('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef')),
    true,
  ],
  [
    'a role from GitHub’s or another web identity',
    record({
      ...DEPLOYER,
      sessionContext: {
        ...child(DEPLOYER, 'sessionContext'),
        webIdFederationData: { federatedProvider: 'token.actions.githubusercontent.com', attributes: {} },
      },
    }),
    true,
  ],
  [
    'a role assumed with MFA',
    record({ ...DEPLOYER, sessionContext: { ...child(DEPLOYER, 'sessionContext'), attributes: { mfaAuthenticated: 'true' } } }),
    true,
  ],
  [
    'an IAM user with an access key: there is no sessionContext',
    record({ type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/alice`, userName: 'alice' }),
    true,
  ],
  [
    'an IAM user on the console: sessionContext without a sessionIssuer',
    record({
      type: 'IAMUser',
      arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
      userName: 'alice',
      sessionContext: { attributes: { mfaAuthenticated: 'true' } },
    }),
    true,
  ],
  [
    'an IAM user on the console: sessionContext with an empty sessionIssuer',
    record({
      type: 'IAMUser',
      arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
      sessionContext: { sessionIssuer: {}, webIdFederationData: {}, attributes: {} },
    }),
    true,
  ],
  [
    'a federated user: the session’s issuer is an IAM user',
    record({ type: 'FederatedUser', arn: `arn:aws:sts::${ACCOUNT}:federated-user/alice`, ...issuer('user/broker', 'IAMUser') }),
    true,
  ],
  ['root with an access key', record({ type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` }), true],
  [
    'root on the console',
    record({ type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root`, sessionContext: { attributes: { mfaAuthenticated: 'true' } } }),
    true,
  ],
  [
    'CloudFormation with the caller’s rights',
    record(
      { ...DEPLOYER, invokedBy: 'cloudformation.amazonaws.com' },
      { sourceIPAddress: 'cloudformation.amazonaws.com', userAgent: 'cloudformation.amazonaws.com' },
    ),
    true,
  ],
  [
    'CloudFormation with a service role',
    record({ ...assumed('role/cloudformation-service'), invokedBy: 'cloudformation.amazonaws.com' }),
    true,
  ],
  ['a role of another account', record({ type: 'AWSAccount', accountId: '999988887777', principalId: 'AROAOTHER:session' }), true],
  ['a service of AWS', record({ type: 'AWSService', invokedBy: 'cognito-idp.amazonaws.com' }), true],
  ['a role whose name begins as ours does', record(assumed(`${OURS.split(':').at(-1)}-2`)), true],
  ['the function itself', record(assumed(String(OURS.split(':').at(-1)))), false],
  [
    'an update that Cognito refused',
    record(DEPLOYER, { errorCode: 'InvalidParameterException', errorMessage: 'Email account required' }),
    false,
  ],
  ['an update that was denied', record(DEPLOYER, { errorCode: 'AccessDenied' }), false],
  ['SetUserPoolMfaConfig, which leaves EmailConfiguration alone', record(DEPLOYER, { eventName: 'SetUserPoolMfaConfig' }), false],
  ['UpdateUserPoolClient', record(DEPLOYER, { eventName: 'UpdateUserPoolClient' }), false],
  ['DescribeUserPool', record(DEPLOYER, { eventName: 'DescribeUserPool' }), false],
  ['another service’s call of that name', record(DEPLOYER, { eventSource: 'example.amazonaws.com' }), false],
  ['a console sign-in', { ...record(DEPLOYER), 'detail-type': 'AWS Console Sign In via CloudTrail' }, false],
  ['an event of our own source', { ...record(DEPLOYER), source: 'my.cognito-idp' }, false],
  ['an event without detail', without(record(DEPLOYER), ['detail']), false],
]

describeWith(['java'], 'the provider’s rule, by EventBridge’s own matcher', () => {
  const pattern = child(resource('PoolUpdateRule'), 'EventPattern') ?? {}

  test('names the function’s role', () => {
    expect(JSON.stringify(pattern)).toContain(OURS)
  })

  test('takes every successful UpdateUserPool but the function’s own', () => {
    const verdicts = taken(
      pattern,
      ROWS.map(([, event]) => event),
    )
    expect(ROWS.map(([who], index) => [who, verdicts[index]])).toEqual(ROWS.map(([who, , isTaken]) => [who, isTaken]))
  }, 60_000)
})
