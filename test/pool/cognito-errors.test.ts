// What a person reads when Cognito refuses an update: the remedy fits the cause that the service names.
import { describe, expect, test } from '@jest/globals'
import { deniedAction, ServiceError } from '../../lib/errors.ts'
import { refusalFor, type Site } from '../../lib/pool/cognito-errors.ts'
import { updatableMembers } from '../local-aws/sdk-model.ts'

const ROLE = 'arn:aws:sts::123456789012:assumed-role/provider-Role-1ABC/cognito-ses-binding'
const SOURCE_ARN = 'arn:aws:ses:us-east-1:123456789012:identity/example.com'
const SITE = {
  userPoolId: 'us-east-1_Ab3dEf6hI',
  region: 'us-east-1',
  request: { UserPoolId: 'us-east-1_Ab3dEf6hI', EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: SOURCE_ARN } },
}
const refused = (code: string, message: string, status = 400, site: Site = SITE) =>
  refusalFor(new ServiceError('cognito-idp:UpdateUserPool', code, message, status), site)
const perform = (action: string, rest = '') => `User: ${ROLE} is not authorized to perform: ${action} on resource: arn:aws:x${rest}`
const CALL = /role call cognito-idp:UpdateUserPool/

describe('a denied action is named, and the remedy is about that action:', () => {
  test.each<[string, string, RegExp]>([
    ['AccessDeniedException', perform('cognito-idp:UpdateUserPool'), CALL],
    ['AccessDeniedException', 'User is not authorized', CALL],
    ['AccessDeniedException', perform('iam:PassRole'), /parameter SmsRoleArns/],
    ['AccessDeniedException', perform('kms:CreateGrant'), /parameter KmsKeyArns/],
    ['AccessDeniedException', perform('kms:Decrypt'), /call kms:Decrypt on the pool’s key/],
    [
      'AccessDeniedException',
      perform('iam:CreateServiceLinkedRole', ' with an explicit deny in a service control policy'),
      /call iam:CreateServiceLinkedRole .*aws iam create-service-linked-role .*it is the service control policy that denies it\.$/,
    ],
    [
      'AccessDeniedException',
      perform('iam:PassRole', ' because no permissions boundary allows the iam:PassRole action'),
      /it is the permissions boundary that denies it\.$/,
    ],
    ['AccessDeniedException', perform('sts:AssumeRole'), /assume the role that is named/],
    [
      'AccessDeniedException',
      perform('lambda:AddPermission'),
      /Let the function’s role call lambda:AddPermission; a permissions boundary or an SCP may deny it\.$/,
    ],
    ['NotAuthorizedException', perform('cognito-idp:TagResource'), /role call cognito-idp:TagResource/],
    ['UserPoolTaggingException', perform('cognito-idp:TagResource'), /role call cognito-idp:TagResource/],
    [
      'InvalidParameterException',
      "Cognito received the following error from Amazon SES when attempting to send email: User `arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForAmazonCognitoIdpEmailService/x' is not authorized to perform `ses:SendEmail' on resource `arn:aws:ses:us-east-1:123456789012:configuration-set/mail'",
      /AWSServiceRoleForAmazonCognitoIdpEmailService, the role that Amazon Cognito sends with, call ses:SendEmail/,
    ],
  ])('%s: %s', (code, message, remedy) => {
    const { code: said, message: reason } = refused(code, message)
    expect(said).toBe('AccessDenied')
    expect(reason).toMatch(remedy)
    if (remedy !== CALL) expect(reason).not.toMatch(CALL)
  })

  test.each(['arn:aws:lambda:us-east-1:1:function:MyFunction is not authorized', 'Message: Denied', 'iam:PassRole', ''])(
    '%j names none',
    (message) => {
      expect(deniedAction(message)).toBeUndefined()
    },
  )
})

describe('what is about the sender says SourceArn:', () => {
  test.each<[string, string, RegExp]>([
    [
      'NotAuthorizedException',
      'Email arn does not belong to your account.',
      /refuses SourceArn arn:aws:ses:.*identity of the pool’s own account/,
    ],
    ['NotAuthorizedException', 'The ARN is in another partition', /refuses SourceArn/],
    [
      'InvalidParameterException',
      `Cognito received the following error from Amazon SES when attempting to send email: Email address is not verified. The following identities failed the check in region US-EAST-1: ${SOURCE_ARN}`,
      /Verify the identity in the Region that SourceArn names/,
    ],
  ])('%s: %s', (code, message, sentence) => {
    const refusal = refused(code, message)
    expect(refusal.code).toBe('InvalidRequest')
    expect(refusal.message).toMatch(sentence)
    expect(refusal.message).not.toMatch(CALL)
  })

  test('the pool’s own, where the update carries none', () => {
    const { message } = refused('InvalidEmailRoleAccessPolicyException', 'No access.', 400, { ...SITE, request: {} })
    expect(message).toMatch(/may not send with SourceArn of the pool for user pool us-east-1_Ab3dEf6hI: No access\./)
  })

  test.each([
    ['an ARN of another kind', 'NotAuthorizedException', 'The SMS role arn does not belong to your account.'],
    ['another parameter', 'InvalidParameterException', 'The Lambda trigger is off.'],
    ['a failure of the service itself', 'InternalErrorException', 'Email address is not verified.'],
  ])('%s is not about it', (_, code, message) => {
    expect(refused(code, message, code === 'InternalErrorException' ? 500 : 400).message).not.toMatch(/SourceArn/)
  })
})

test.each([
  ['a status 500', 500],
  ['no status at all', undefined],
])('an error with %s leaves open whether anything was written: no sentence says that nothing was, whatever the error says', (_, status) => {
  const error = new ServiceError('cognito-idp:UpdateUserPool', 'InternalErrorException', perform('iam:PassRole'), status)
  const { code, message } = refusalFor(error, SITE)
  expect(code).toBe('InternalFailure')
  expect(message).toMatch(/^cognito-idp:UpdateUserPool on user pool .* failed \(InternalErrorException\): .*Try again\.$/)
  expect(message).not.toMatch(/Nothing was written/)
})

test('a denial of the pool’s own SMS role is not the function’s: the remedy is to repair that role', () => {
  const refusal = refused('InvalidSmsRoleAccessPolicyException', perform('sns:Publish'))
  expect(refusal.code).toBe('InvalidRequest')
  expect(refusal.message).toMatch(/Repair the role that SmsConfiguration of the pool names/)
})

test.each([
  ['us-east-1', /^There is no user pool us-east-1_Ab3dEf6hI in us-east-1\. Check the ID\.$/],
  ['eu-west-1', /^There is no user pool us-east-1_Ab3dEf6hI in eu-west-1\. Its ID names us-east-1: bind it from a stack in us-east-1/],
])('a pool that is not there, asked for in %s: the remedy is about its ID, or about the Region that the ID names', (region, sentence) => {
  const { code, message } = refused('ResourceNotFoundException', '', 400, { ...SITE, region })
  expect(code).toBe('NotFound')
  expect(message).toMatch(sentence)
})

describe('a setting that the service describes and does not take back', () => {
  const NEWER = /describes the setting DeliveryDrone of user pool .* does not take it back: .*Nothing was written; a newer release/
  const { request, ...without } = SITE
  const site = { ...without, request: { ...request, Policies: {}, Drone: {}, DeliveryDrone: {} } }

  test.each([
    'Unknown parameter in input: "DeliveryDrone"',
    "1 validation error detected: Value at 'deliveryDrone' is not allowed beside policies",
    'DELIVERYDRONE',
  ])('is named, with the remedy that a newer release may know it: %s', (message) => {
    const refusal = refused('InvalidParameterException', message, 400, site)
    expect(refusal.code).toBe('InvalidRequest')
    expect(refusal.message).toMatch(NEWER)
  })

  test.each([
    ['names none', 'Something is off.', site],
    ['names one by a part of its name only', 'Delivery is off.', site],
    ['names one that was not sent', 'DeliveryDrone is off.', SITE],
    ['came without a request', 'DeliveryDrone is off.', without],
  ])('is not blamed for an error that %s', (_, message, where) => {
    expect(refused('InvalidParameterException', message, 400, where).message).toMatch(/refused the update .*correct what it names/)
  })

  test.each(updatableMembers())('is not %s: UpdateUserPool is known to take it, so its value is wrong', (name) => {
    expect(refused('InvalidParameterException', `${name} is off.`, 400, { ...SITE, request: { [name]: {} } }).message).toMatch(
      /correct what it names/,
    )
  })
})

test.each([
  'InvalidParameterException',
  'TierChangeNotAllowedException',
  'FeatureUnavailableInTierException',
  'UserPoolTaggingException',
  'InvalidEmailRoleAccessPolicyException',
  'OperationNotEnabledException',
  'InvalidSmsRoleAccessPolicyException',
  'ConcurrentModificationException',
  'SomethingNewException',
])('%s has a remedy', (code) => {
  expect(refused(code, 'No.').message).toMatch(/\b(?:correct|Repair|Verify|bind it|try again)\b/)
})
