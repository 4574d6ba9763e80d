// What a service's error means for the person who reads it: a table from the error's name to one sentence and its remedy.
import { homeRegion } from '../arn.ts'
import {
  type Code,
  deniedAction,
  denyingPolicy,
  isDefinite,
  isDenied,
  isNotFound,
  isThrottled,
  type Refusal,
  refusal,
  type ServiceError,
} from '../errors.ts'
import { child, type JsonObject, text } from '../json.ts'
import { serviceWords } from '../printable.ts'

/** Where the error was met. */
export type Site = {
  readonly userPoolId: string
  /** The function's own Region. */
  readonly region: string
  /** What was being sent, when it was an update. */
  readonly request?: JsonObject
}

type Row = { readonly code: Code; readonly sentence: (site: Site, said: string) => string }

const sourceArn = ({ request }: Site): string => text(child(request, 'EmailConfiguration'), 'SourceArn') ?? 'of the pool'

const SMS_ROLE: Row = {
  code: 'InvalidRequest',
  sentence: ({ userPoolId }, said) =>
    `Amazon Cognito refuses every update of user pool ${userPoolId} because of the pool’s own SMS role, whoever makes it: ${said}. Repair the role that SmsConfiguration of the pool names, then try again.`,
}

/** Errors of UpdateUserPool worth their own sentence. Source: the API reference and facts in docs/evidence.md. */
const UPDATE_ERRORS: Readonly<Record<string, Row>> = {
  ConcurrentModificationException: {
    code: 'ResourceConflict',
    sentence: ({ userPoolId }) =>
      `Somebody else kept updating user pool ${userPoolId} at the same time. Nothing was written; try again when that is over.`,
  },
  UserImportInProgressException: {
    code: 'NotStabilized',
    sentence: ({ userPoolId }) =>
      `A user import runs on user pool ${userPoolId}, and Amazon Cognito takes no update meanwhile. Try again when the import is over.`,
  },
  InvalidEmailRoleAccessPolicyException: {
    code: 'AccessDenied',
    sentence: (site, said) =>
      `Amazon Cognito may not send with SourceArn ${sourceArn(site)} for user pool ${site.userPoolId}: ${said}. Verify the identity in that Region and account, and let email.cognito-idp.amazonaws.com use it where an identity policy denies it.`,
  },
  InvalidSmsRoleTrustRelationshipException: SMS_ROLE,
  InvalidSmsRoleAccessPolicyException: SMS_ROLE,
  OperationNotEnabledException: {
    code: 'InvalidRequest',
    sentence: ({ userPoolId, region }, said) =>
      `User pool ${userPoolId} cannot be updated in ${region}: ${said}. It is a replica there; bind it in its primary Region ${homeRegion(userPoolId)}, or use AWS::Cognito::UserPoolRegionalConfigurationAttachment for the replica.`,
  },
  TierChangeNotAllowedException: {
    code: 'InvalidRequest',
    sentence: ({ userPoolId }, said) =>
      `Amazon Cognito refused UserPoolTier of user pool ${userPoolId} as the pool has it: ${said}. Nothing was written; correct the tier of the pool first.`,
  },
  FeatureUnavailableInTierException: {
    code: 'InvalidRequest',
    sentence: ({ userPoolId }, said) =>
      `User pool ${userPoolId} has a setting that its UserPoolTier does not allow: ${said}. Nothing was written; correct the pool first.`,
  },
  UserPoolTaggingException: {
    code: 'InvalidRequest',
    sentence: ({ userPoolId }, said) =>
      `Amazon Cognito refused UserPoolTags of user pool ${userPoolId} as the pool has them: ${said}. Nothing was written; correct the tags first.`,
  },
}

/** What UpdateUserPool is known to take; a member beyond these that is refused by name is one that this release does not know. */
const KNOWN_SETTINGS: ReadonlySet<string> = new Set(
  'UserPoolId Policies DeletionProtection LambdaConfig AutoVerifiedAttributes SmsVerificationMessage EmailVerificationMessage EmailVerificationSubject VerificationMessageTemplate SmsAuthenticationMessage UserAttributeUpdateSettings MfaConfiguration DeviceConfiguration EmailConfiguration SmsConfiguration UserPoolTags AdminCreateUserConfig UserPoolAddOns DcrConfiguration AccountRecoverySetting PoolName UserPoolTier KeyConfiguration IssuerConfiguration AcrConfiguration'.split(
    ' ',
  ),
)

const unknownMember = (said: string, request: JsonObject | undefined): string | undefined => {
  const words = new Set(said.toLowerCase().split(/[^a-z0-9]/))
  return Object.keys(request ?? {}).find((name) => !KNOWN_SETTINGS.has(name) && words.has(name.toLowerCase()))
}

/** Who can allow an action that Cognito performs for the caller, or for itself. Source: docs/evidence.md. */
const GRANTS: Readonly<Record<string, string>> = {
  'iam:PassRole': 'Add the pool’s SMS role to the parameter SmsRoleArns of the provider stack',
  'kms:CreateGrant': 'Add the pool’s key to the parameter KmsKeyArns of the provider stack',
  'iam:CreateServiceLinkedRole':
    'Cognito makes its service-linked role for email when the first pool of an account sends with Amazon SES. Let the function’s role call iam:CreateServiceLinkedRole (the provider stack’s role may), or make the role once: aws iam create-service-linked-role --aws-service-name email.cognito-idp.amazonaws.com',
  'sts:AssumeRole': 'Let Amazon Cognito assume the role that is named, by its trust policy (sts:AssumeRole), or take the role off the pool',
}

/** What to do about a denial of `action`, which need not be the action that was called. */
const grantOf = (action: string, called: string): string => {
  const known = GRANTS[action]
  if (known !== undefined) return known
  if (action === called)
    return `Let the function’s role call ${action} on the user pool (the provider stack’s role does; with RequirePoolTag the pool needs the tag cognito-ses-binding = allowed, which an update of its owner may have taken off)`
  if (action.startsWith('ses:'))
    return `Let AWSServiceRoleForAmazonCognitoIdpEmailService, the role that Amazon Cognito sends with, call ${action}: see the policies of the identity and of the configuration set`
  if (action.startsWith('kms:')) return `Let the function’s role call ${action} on the pool’s key, by the key’s policy too`
  return `Let the function’s role call ${action}`
}

const policyRemedy = (said: string): string => {
  const policy = denyingPolicy(said)
  if (policy !== undefined) return `; it is the ${policy} that denies it`
  return '; a permissions boundary or an SCP may deny it'
}

const denied = (error: ServiceError, { userPoolId, region }: Site, said: string): Refusal => {
  const remedy = `${grantOf(deniedAction(error.message) ?? error.action, error.action)}${policyRemedy(error.message)}`
  return refusal(
    'AccessDenied',
    `${error.action} on user pool ${userPoolId} in ${region} was denied: ${said}. Nothing was written. ${remedy}.`,
  )
}

/** `Email arn does not belong to your account.` (aws-cdk#25115). An ARN of anything else is named by its kind. */
const isAboutSourceArn = ({ code, message }: ServiceError): boolean =>
  code === 'NotAuthorizedException' && /\barn\b/i.test(message) && !/\b(?:sms|sns|lambda|kms|key|role|user)\b/i.test(message)

/** aws-cdk#18964 and others: the service asks SES when the sender changes. */
const isAboutIdentity = ({ code, message }: ServiceError): boolean =>
  code === 'InvalidParameterException' && /identities failed the check|email address is not verified/i.test(message)

/** What Cognito says of the sender under a name that says less. */
const senderRefusal = (error: ServiceError, site: Site, said: string): Refusal | undefined => {
  const what = `${sourceArn(site)} for user pool ${site.userPoolId}: ${said}. Nothing was written.`
  if (isAboutSourceArn(error))
    return refusal(
      'InvalidRequest',
      `Amazon Cognito refuses SourceArn ${what} Use the ARN of an SES identity of the pool’s own account and partition.`,
    )
  if (isAboutIdentity(error))
    return refusal(
      'InvalidRequest',
      `Amazon SES does not let Amazon Cognito send with SourceArn ${what} Verify the identity in the Region that SourceArn names, or correct SourceArn and From.`,
    )
  return undefined
}

/** Whether the service says that an action was denied, under whatever name and status. */
const saysDenied = (error: ServiceError): boolean => isDefinite(error) && /\bnot authorized to perform\b/.test(error.message)

/** An update that was refused for sure, under a name that has no sentence of its own. */
const refusedUpdate = (error: ServiceError, { userPoolId, request }: Site, said: string): Refusal | undefined => {
  if (!isDefinite(error)) return undefined
  const member = unknownMember(error.message, request)
  return refusal(
    'InvalidRequest',
    member
      ? `Amazon Cognito describes the setting ${member} of user pool ${userPoolId} but does not take it back: ${said}. Nothing was written; a newer release of cognito-ses-binding may know it.`
      : `Amazon Cognito refused the update of user pool ${userPoolId} (${error.code}): ${said}. Nothing was written; correct what it names, in the binding or in the pool, then try again.`,
  )
}

/** The sentence for an error that Cognito gave on one pool. */
export const refusalFor = (error: ServiceError, site: Site): Refusal => {
  const said = serviceWords(error.message)
  const row = UPDATE_ERRORS[error.code]
  if (saysDenied(error) && row !== SMS_ROLE) return denied(error, site, said)
  if (row) return refusal(row.code, row.sentence(site, said))
  if (isThrottled(error)) {
    return refusal(
      'Throttling',
      `${error.action} on user pool ${site.userPoolId} was throttled until the time ran out (15 requests a second for the whole account). Try again later.`,
    )
  }
  const ofSender = senderRefusal(error, site, said)
  if (ofSender) return ofSender
  if (isDenied(error)) return denied(error, site, said)
  if (isNotFound(error)) {
    const home = homeRegion(site.userPoolId)
    const remedy =
      home === site.region
        ? 'Check the ID.'
        : `Its ID names ${home}: bind it from a stack in ${home}, where its users are, unless it has a replica in ${site.region}.`
    return refusal('NotFound', `There is no user pool ${site.userPoolId} in ${site.region}. ${remedy}`)
  }
  return (
    refusedUpdate(error, site, said) ??
    refusal('InternalFailure', `${error.action} on user pool ${site.userPoolId} failed (${error.code}): ${said}. Try again.`)
  )
}
