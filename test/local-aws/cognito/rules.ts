// Why Cognito refuses to create or update a user pool beyond what its model says: one row a reason, with the service's words where they are known.
import { parseArn } from '../../../lib/arn.ts'
import { child, isObject, type JsonObject, sameJson, text } from '../../../lib/json.ts'
import { type Outcome, refused } from '../outcome.ts'
import { DESCRIBE_ONLY, TWINS } from './members.ts'
import { at } from './paths.ts'
import type { CognitoState, HiddenState } from './state.ts'

/** A request, and the pool that it would make. */
export type Attempt = {
  readonly action: 'CreateUserPool' | 'UpdateUserPool'
  readonly request: JsonObject
  readonly next: JsonObject
  readonly hidden: HiddenState
  readonly state: CognitoState
}

type Rule = {
  readonly code: string
  /** Of the refusal itself; the words are the service's own unless the source says that they are inferred. */
  readonly evidence: 'measured' | 'documented' | 'inferred'
  readonly source: string
  /** The message, when this is a reason to refuse. */
  readonly refuses: (attempt: Attempt) => string | undefined
}

const INVALID = 'InvalidParameterException'

const email = ({ next }: Attempt): JsonObject => child(next, 'EmailConfiguration') ?? {}
const onDefault = (attempt: Attempt): boolean => text(email(attempt), 'EmailSendingAccount') !== 'DEVELOPER'
const needsDeveloper = ({ next, hidden }: Attempt): boolean => {
  const factors = at(next, ['Policies', 'SignInPolicy', 'AllowedFirstAuthFactors'])
  return isObject(hidden.mfa?.['EmailMfaConfiguration']) || (Array.isArray(factors) && factors.includes('EMAIL_OTP'))
}

/** Region, account and identity of an SES ARN. */
const partsOf = (arn: string | undefined) => {
  const { region = '', account = '', resource = '' } = parseArn(arn, 'ses') ?? {}
  return { region, account, identity: resource.replace('identity/', '') }
}

export const EMAIL_MFA_NEEDS_DEVELOPER =
  'Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT'

/** In the order in which they are looked at. */
export const RULES: readonly Rule[] = [
  {
    ...{
      code: INVALID,
      evidence: 'inferred',
      source: 'SDK model: the request has no such member; that the answer names it is what the product relies on',
    },
    refuses: ({ action, request }) => {
      const member = action === 'UpdateUserPool' ? Object.keys(request).find((name) => DESCRIBE_ONLY.includes(name)) : undefined
      return member && `Unknown parameter: ${member} is not a parameter of UpdateUserPool`
    },
  },
  {
    ...{ code: INVALID, evidence: 'measured', source: 'aws-sdk-js#3817; terraform-provider-aws user_pool.go' },
    refuses: ({ request }) =>
      at(request, ['AdminCreateUserConfig', 'UnusedAccountValidityDays']) !== undefined &&
      at(request, ['Policies', 'PasswordPolicy', 'TemporaryPasswordValidityDays']) !== undefined
        ? 'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays'
        : undefined,
  },
  {
    ...{ code: INVALID, evidence: 'documented', source: 'API reference, VerificationMessageTemplate mirrors; words inferred' },
    refuses: ({ request }) => {
      const apart = TWINS.find(({ flat, nested }) => {
        const [one, other] = [at(request, flat), at(request, nested)]
        return one !== undefined && other !== undefined && !sameJson(one, other)
      })
      return apart && `${apart.flat.join('.')} and ${apart.nested.join('.')} must be the same`
    },
  },
  {
    ...{ code: INVALID, evidence: 'documented', source: 'API reference, LambdaConfigType.PreTokenGeneration; words inferred' },
    refuses: ({ request }) => {
      const arn = at(request, ['LambdaConfig', 'PreTokenGeneration'])
      const versioned = at(request, ['LambdaConfig', 'PreTokenGenerationConfig', 'LambdaArn'])
      if (arn === undefined || versioned === undefined || arn === versioned) return undefined
      return 'PreTokenGeneration and the LambdaArn of PreTokenGenerationConfig must be the same'
    },
  },
  {
    ...{
      code: 'UserPoolTaggingException',
      evidence: 'inferred',
      source: 'Cognito API reference, UserPoolTaggingException; words as of other tagging APIs',
    },
    refuses: ({ request }) =>
      Object.keys(child(request, 'UserPoolTags') ?? {}).some((name) => name.startsWith('aws:'))
        ? 'aws: prefixed tag key names are not allowed for external use.'
        : undefined,
  },
  {
    ...{ code: INVALID, evidence: 'measured', source: 'aws-cdk#9739' },
    refuses: (attempt) =>
      onDefault(attempt) && email(attempt)['From'] !== undefined && email(attempt)['SourceArn'] === undefined
        ? 'Cannot configure From email address for default email configuration'
        : undefined,
  },
  {
    ...{ code: INVALID, evidence: 'documented', source: 'API reference, EmailConfigurationType.EmailSendingAccount; words inferred' },
    refuses: (attempt) =>
      !onDefault(attempt) && email(attempt)['SourceArn'] === undefined
        ? 'Required parameter SourceArn is missing: EmailSendingAccount DEVELOPER needs the ARN of a verified SES identity'
        : undefined,
  },
  {
    ...{
      code: 'NotAuthorizedException',
      evidence: 'measured',
      source: 'aws-cdk#25115; for another account documented (developer guide, user-pool-email)',
    },
    refuses: (attempt) => {
      const arn = text(email(attempt), 'SourceArn')
      return arn !== undefined && partsOf(arn).account !== attempt.state.account ? 'Email arn does not belong to your account.' : undefined
    },
  },
  {
    ...{ code: INVALID, evidence: 'measured', source: 'aws-cdk#18964, #19787' },
    refuses: (attempt) => {
      const arn = text(email(attempt), 'SourceArn')
      const { region, identity } = partsOf(arn)
      // An identity that nobody told SES about is taken as verified: a test that does not care needs no set-up.
      if (onDefault(attempt) || attempt.state.identity(region, identity)?.['VerifiedForSendingStatus'] !== false) return undefined
      return `Cognito received the following error from Amazon SES when attempting to send email: Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${arn}`
    },
  },
  {
    ...{ code: INVALID, evidence: 'measured', source: 'go-to-k/cdkd cognito-provider.ts; for EMAIL_OTP inferred' },
    refuses: (attempt) => (onDefault(attempt) && needsDeveloper(attempt) ? EMAIL_MFA_NEEDS_DEVELOPER : undefined),
  },
  {
    ...{ code: 'UserImportInProgressException', evidence: 'documented', source: 'SDK errors.d.ts; words inferred' },
    refuses: ({ hidden }) =>
      hidden.userImportInProgress ? 'The user pool cannot be modified while a user import job is in progress.' : undefined,
  },
  {
    ...{
      code: 'InvalidSmsRoleTrustRelationshipException',
      evidence: 'measured',
      source: 'nx-plugin-for-aws#631; words of amplify-flutter#1328',
    },
    refuses: ({ hidden, request }) =>
      hidden.smsRoleDeleted && request['SmsConfiguration'] !== undefined
        ? 'Role does not have a trust relationship allowing Cognito to assume the role'
        : undefined,
  },
]

/** The first reason to refuse, if there is one. */
export const refusalOf = (attempt: Attempt): Extract<Outcome, { ok: false }> | undefined => {
  for (const { code, refuses } of RULES) {
    const message = refuses(attempt)
    if (message === undefined) continue
    const outcome = refused(code, message)
    return outcome.ok ? undefined : outcome
  }
  return undefined
}
