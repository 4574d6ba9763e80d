// What a person reads when Cognito refuses an update: the remedy fits the cause that the service names.
import { describe, expect, test } from '@jest/globals'
import { deniedAction, ServiceError } from '../../lib/errors.ts'
import { refusalFor } from '../../lib/pool/cognito-errors.ts'

const ROLE = 'arn:aws:sts::123456789012:assumed-role/provider-Role-1ABC/cognito-ses-binding'
const SOURCE_ARN = 'arn:aws:ses:us-east-1:123456789012:identity/example.com'
const SITE = {
  userPoolId: 'us-east-1_Ab3dEf6hI',
  region: 'us-east-1',
  request: { UserPoolId: 'us-east-1_Ab3dEf6hI', EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: SOURCE_ARN } },
}
const refused = (code: string, message: string, status = 400) =>
  refusalFor(new ServiceError('cognito-idp:UpdateUserPool', code, message, status), SITE)
const CALL = /role call cognito-idp:UpdateUserPool/

describe('a denied action is named, and the remedy is about that action:', () => {
  const perform = (action: string, rest = '') => `User: ${ROLE} is not authorized to perform: ${action} on resource: arn:aws:x${rest}`
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
    ['AccessDeniedException', perform('lambda:AddPermission'), /Let the function’s role call lambda:AddPermission/],
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

  test('an ARN of another kind is not about it', () => {
    expect(refused('NotAuthorizedException', 'The SMS role arn does not belong to your account.').message).not.toMatch(/refuses SourceArn/)
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
