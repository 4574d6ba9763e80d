// The next attempt after an update that Cognito refused, or of which it never said: another way, another time, or none.
import { isDefinite, isDenied, isNotFound, isThrottled, type ServiceError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import { backoff } from '../retry.ts'
import { LANDED_MS } from '../timing.ts'
import { differingMembers, type EmailConfiguration, withMembersOf } from './layers.ts'
import type { Plan } from './plan.ts'
import type { UpdateOptions } from './settings.ts'

/** What the attempts so far have taught. */
export type Attempts = {
  readonly options: UpdateOptions
  /** The pool does not go back to COGNITO_DEFAULT. */
  readonly keepsSender: boolean
  readonly failures: number
}

export const FIRST_ATTEMPT: Attempts = { options: {}, keepsSender: false, failures: 0 }

/** Attempts for errors that often pass, by name. Throttles and imports are waited out while there is time. */
const ATTEMPTS: Readonly<Record<string, number>> = {
  ConcurrentModificationException: 6,
  InvalidSmsRoleTrustRelationshipException: 3,
  InvalidSmsRoleAccessPolicyException: 3,
  UserImportInProgressException: Infinity,
}

const TEMPLATE = /EmailMessageByLink|EmailSubjectByLink|VerificationMessageTemplate/

const refusesTemplate = (error: ServiceError): boolean => error.code === 'InvalidParameterException' && TEMPLATE.test(error.message)

/** Whether the service refuses the way back to COGNITO_DEFAULT: with email MFA or email OTP the pool needs a sender. */
const refusesDefault = (error: ServiceError, next: Plan, live: EmailConfiguration): boolean =>
  isDefinite(error) &&
  !isThrottled(error) &&
  !isDenied(error) &&
  !isNotFound(error) &&
  ATTEMPTS[error.code] === undefined &&
  next.desired['EmailSendingAccount'] !== 'DEVELOPER' &&
  live['EmailSendingAccount'] === 'DEVELOPER'

/** Only ConfigurationSet and ReplyToEmailAddress go back to base. */
export const withSenderKept = (next: Plan, live: EmailConfiguration): Plan => {
  const desired = withMembersOf(live, next.desired, ['ConfigurationSet', 'ReplyToEmailAddress'])
  return { ...next, desired, toSend: desired, changes: differingMembers(live, desired) }
}

export const senderKept = (userPoolId: string): string =>
  `Amazon Cognito does not let user pool ${userPoolId} go back to COGNITO_DEFAULT (email MFA and email OTP need a sender of the pool’s own), so it keeps its sender; ConfigurationSet and ReplyToEmailAddress were put back.`

export const templateRemarks = (userPoolId: string, { options }: Attempts): string[] =>
  options.onlyTheTemplateInUse
    ? [
        `Amazon Cognito refused VerificationMessageTemplate of user pool ${userPoolId} as it describes it; only the texts that DefaultEmailOption uses were sent.`,
      ]
    : []

/** Milliseconds until the pool is read again for another attempt; undefined when there is no point in one. */
const waitAfter = (error: ServiceError, failures: number, clock: Clock): number | undefined => {
  const attempts = isThrottled(error) ? Infinity : (ATTEMPTS[error.code] ?? (isDefinite(error) ? 1 : 5))
  if (failures + 1 >= attempts) return undefined
  const wait = error.code === 'UserImportInProgressException' ? 5_000 : backoff(failures, clock)
  return isDefinite(error) ? wait : Math.max(wait, LANDED_MS)
}

/** What the next attempt knows, and when it begins (at once where `wait` is undefined); undefined when there is no point in one. */
export const nextAttempt = (
  error: ServiceError,
  tries: Attempts,
  next: Plan,
  live: EmailConfiguration,
  clock: Clock,
): { readonly tries: Attempts; readonly wait: number | undefined } | undefined => {
  if (!tries.options.onlyTheTemplateInUse && refusesTemplate(error))
    return { tries: { ...tries, options: { onlyTheTemplateInUse: true } }, wait: undefined }
  if (!tries.keepsSender && refusesDefault(error, next, live)) return { tries: { ...tries, keepsSender: true }, wait: undefined }
  const wait = waitAfter(error, tries.failures, clock)
  return wait === undefined ? undefined : { tries: { ...tries, failures: tries.failures + 1 }, wait }
}
