// What to do when Cognito has refused an update, or never said: another way, another time, or not at all.
import type { Plan } from './claims.ts'
import { differingMembers, type EmailConfiguration, withMembersOf } from './email-configuration.ts'
import { isDenied, isNotFound, isThrottled, refusedForSure, type ServiceError } from './errors.ts'
import { backoff } from './retry.ts'
import type { Run } from './run.ts'

/** Attempts for errors that often pass, by name. Throttles and imports are waited out while there is time. */
const ATTEMPTS: Readonly<Record<string, number>> = {
  ConcurrentModificationException: 6,
  InvalidSmsRoleTrustRelationshipException: 3,
  InvalidSmsRoleAccessPolicyException: 3,
  UserImportInProgressException: Infinity,
}

const TEMPLATE = /EmailMessageByLink|EmailSubjectByLink|VerificationMessageTemplate/

export const refusesTemplate = (error: ServiceError): boolean => error.code === 'InvalidParameterException' && TEMPLATE.test(error.message)

/** Whether the service refuses the way back to COGNITO_DEFAULT: with email MFA or email OTP the pool needs a sender. */
export const refusesDefault = (error: ServiceError, next: Plan, live: EmailConfiguration): boolean =>
  refusedForSure(error) &&
  !isThrottled(error) &&
  !isDenied(error) &&
  !isNotFound(error) &&
  ATTEMPTS[error.code] === undefined &&
  next.desired['EmailSendingAccount'] !== 'DEVELOPER' &&
  live['EmailSendingAccount'] === 'DEVELOPER'

/** Only ConfigurationSet and ReplyToEmailAddress go back to base. */
export const withSenderKept = (next: Plan, live: EmailConfiguration): Plan => {
  const desired = withMembersOf(live, next.desired, ['ConfigurationSet', 'ReplyToEmailAddress'])
  return { ...next, desired, send: desired, differing: differingMembers(live, desired) }
}

export const senderKept = (userPoolId: string): string =>
  `Amazon Cognito does not let user pool ${userPoolId} go back to COGNITO_DEFAULT (email MFA and email OTP need a sender of the pool’s own), so it keeps its sender; ConfigurationSet and ReplyToEmailAddress were put back.`

export const templateCut = (userPoolId: string): string =>
  `Amazon Cognito refused VerificationMessageTemplate of user pool ${userPoolId} as it describes it; only the texts that DefaultEmailOption uses were sent.`

/** Milliseconds until the pool is read again for another attempt; undefined when there is no point in one. */
export const waitAfter = (error: ServiceError, failures: number, run: Run): number | undefined => {
  const { clock } = run.ports
  const attempts = isThrottled(error) ? Infinity : (ATTEMPTS[error.code] ?? (refusedForSure(error) ? 1 : 5))
  if (failures + 1 >= attempts) return undefined
  return error.code === 'UserImportInProgressException' ? 5_000 : backoff(failures, clock)
}
