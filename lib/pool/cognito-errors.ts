// What a service's error means for the person who reads it: a table from the error's name to one sentence and its remedy.
import { type Code, isDenied, isNotFound, isThrottled, type Refusal, refusal, type ServiceError, shortened } from '../errors.ts'
import { child, type JsonObject, text } from '../json.ts'

/** Where the error was met. */
export type Site = {
  readonly userPoolId: string
  /** The function's own Region. */
  readonly region: string
  /** What was being sent, when it was an update. */
  readonly request?: JsonObject
}

type Row = { readonly code: Code; readonly sentence: (site: Site, said: string) => string }

const sourceArn = ({ request }: Site): string => text(child(request, 'EmailConfiguration'), 'SourceArn') ?? 'its SourceArn'

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
      `Amazon Cognito may not send with ${sourceArn(site)} for user pool ${site.userPoolId}: ${said}. Verify the identity in that Region and account, and let email.cognito-idp.amazonaws.com use it where an identity policy denies it.`,
  },
  InvalidSmsRoleTrustRelationshipException: SMS_ROLE,
  InvalidSmsRoleAccessPolicyException: SMS_ROLE,
  OperationNotEnabledException: {
    code: 'InvalidRequest',
    sentence: ({ userPoolId, region }, said) =>
      `User pool ${userPoolId} cannot be updated in ${region}: ${said}. It is a replica there; bind it in its primary Region ${userPoolId.split('_')[0]}, or use AWS::Cognito::UserPoolRegionalConfigurationAttachment for the replica.`,
  },
  TierChangeNotAllowedException: {
    code: 'InvalidRequest',
    sentence: ({ userPoolId }, said) =>
      `Amazon Cognito refused UserPoolTier of user pool ${userPoolId} as the pool has it: ${said}. Nothing was written.`,
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
  const words = new Set((said.match(/[A-Za-z][A-Za-z0-9]*/g) ?? []).map((word) => word.toLowerCase()))
  return Object.keys(request ?? {}).find((name) => !KNOWN_SETTINGS.has(name) && words.has(name.toLowerCase()))
}

const denied = (error: ServiceError, { userPoolId, region }: Site, said: string): Refusal => {
  const grant = /iam:PassRole/.test(said)
    ? 'Add the pool’s SMS role to the parameter SmsRoleArns of the provider stack'
    : /kms:CreateGrant/.test(said)
      ? 'Add the pool’s key to the parameter KmsKeyArns of the provider stack'
      : `Let the function’s role call ${error.action} on the user pool (the provider stack’s role does; RequirePoolTag, a permissions boundary or an SCP may narrow it)`
  return refusal(
    'AccessDenied',
    `${error.action} on user pool ${userPoolId} in ${region} was denied: ${said}. Nothing was written. ${grant}.`,
  )
}

/** The sentence for an error that Cognito gave on one pool. */
export const refusalFor = (error: ServiceError, site: Site): Refusal => {
  const said = shortened(error.message)
  const row = UPDATE_ERRORS[error.code]
  if (row) return refusal(row.code, row.sentence(site, said))
  if (isThrottled(error)) {
    return refusal(
      'Throttling',
      `${error.action} on user pool ${site.userPoolId} was throttled until the time ran out (15 requests a second for the whole account). Try again later.`,
    )
  }
  if (isDenied(error)) return denied(error, site, said)
  if (isNotFound(error)) {
    const home = site.userPoolId.split('_')[0]
    const remedy =
      home === site.region
        ? 'Check the ID.'
        : `Its ID names ${home}: bind it from a stack in ${home}, where its users are, unless it has a replica in ${site.region}.`
    return refusal('NotFound', `There is no user pool ${site.userPoolId} in ${site.region}. ${remedy}`)
  }
  if (error.status !== undefined && error.status < 500) {
    const member = unknownMember(error.message, site.request)
    return member
      ? refusal(
          'InvalidRequest',
          `Amazon Cognito describes the setting ${member} of user pool ${site.userPoolId} but does not take it back: ${said}. Nothing was written; a newer release of cognito-ses-binding may know it.`,
        )
      : refusal(
          'InvalidRequest',
          `Amazon Cognito refused the update of user pool ${site.userPoolId} (${error.code}): ${said}. Nothing was written.`,
        )
  }
  return refusal('InternalFailure', `${error.action} on user pool ${site.userPoolId} failed (${error.code}): ${said}. Try again.`)
}
