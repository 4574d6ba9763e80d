// The next attempt after an update that Cognito refused, or of which it never said: another way, another time, or none.
import { isDefinite, isDenied, isThrottled, type ServiceError } from '../errors.ts'
import { text } from '../json.ts'
import type { Clock } from '../ports.ts'
import { serviceWords } from '../printable.ts'
import { backoff } from '../retry.ts'
import { IN_DOUBT_MS } from '../timing.ts'
import { differingMembers, type EmailConfiguration, SENDER, withMembersOf } from './layers.ts'
import type { Operation, Plan } from './plan.ts'
import type { UpdateOptions } from './settings.ts'

export type RefusedSender = { readonly sender: string; readonly said: string }

/** What the attempts so far have taught. */
export type Attempts = {
  readonly options: UpdateOptions
  /** The sender that the service does not take back, and what it said: the pool keeps the one that it has. */
  readonly refusedSender?: RefusedSender
  readonly failures: number
}

export const FIRST_ATTEMPT: Attempts = { options: {}, failures: 0 }

/** Attempts for errors that often pass, by name. Throttles and imports are waited out while there is time. */
const ATTEMPTS: Readonly<Record<string, number>> = {
  ConcurrentModificationException: 6,
  InvalidSmsRoleTrustRelationshipException: 3,
  InvalidSmsRoleAccessPolicyException: 3,
  UserImportInProgressException: Infinity,
}

const TEMPLATE = /EmailMessageByLink|EmailSubjectByLink|VerificationMessageTemplate/

const refusesTemplate = (error: ServiceError): boolean => error.code === 'InvalidParameterException' && TEMPLATE.test(error.message)

/** A denial that names an identity of SES is about the sender. Any other is about the function's role, and may pass. */
const namesIdentity = ({ message }: ServiceError): boolean => /\bses:|\bidentity\b/i.test(message)

/**
 * Whether the service refused the way back for good: COGNITO_DEFAULT with email MFA or email OTP, or a sender of base's own that it takes no more.
 * It says so in many ways, so any lasting refusal of an update that changes the sender counts. If another cause was behind it, the next one is refused too.
 */
const refusesSender = (error: ServiceError, operation: Operation, next: Plan): boolean =>
  operation.kind !== 'attach' &&
  (operation.kind !== 'heal' || next.claims.length === 0) &&
  isDefinite(error) &&
  !isThrottled(error) &&
  !(isDenied(error) && !namesIdentity(error)) &&
  ATTEMPTS[error.code] === undefined &&
  SENDER.some((name) => next.changes.includes(name))

/** What goes back all the same. On COGNITO_DEFAULT no set does: it would have no sender. */
const besidesSender = (live: EmailConfiguration): readonly string[] =>
  live['EmailSendingAccount'] === 'DEVELOPER' ? ['ConfigurationSet', 'ReplyToEmailAddress'] : ['ReplyToEmailAddress']

/** The plan with the sender that the pool has. */
export const withSenderKept = (next: Plan, live: EmailConfiguration): Plan => {
  const desired = withMembersOf(live, next.desired, besidesSender(live))
  return { ...next, desired, toSend: desired, changes: differingMembers(live, desired) }
}

export const senderKept = (userPoolId: string, { sender, said }: RefusedSender, live: EmailConfiguration): string =>
  `Amazon Cognito does not let user pool ${userPoolId} go back to ${sender}: ${said}. The pool keeps the sender that it has; only ${besidesSender(live).join(' and ')} went back.`

const senderOf = (email: EmailConfiguration): string =>
  text(email, 'EmailSendingAccount') === 'DEVELOPER'
    ? ['SourceArn', 'From'].flatMap((name) => (text(email, name) === undefined ? [] : `${name} ${text(email, name)}`)).join(', ')
    : 'COGNITO_DEFAULT'

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
  return isDefinite(error) ? wait : IN_DOUBT_MS + Math.max(1, wait)
}

/** What the next attempt knows, and when it begins (at once where `wait` is undefined); undefined when there is no point in one. */
export const nextAttempt = (
  error: ServiceError,
  { attempts, operation }: { readonly attempts: Attempts; readonly operation: Operation },
  next: Plan,
  clock: Clock,
): { readonly attempts: Attempts; readonly wait: number | undefined } | undefined => {
  if (!attempts.options.onlyTheTemplateInUse && refusesTemplate(error))
    return { attempts: { ...attempts, options: { onlyTheTemplateInUse: true } }, wait: undefined }
  if (!attempts.refusedSender && refusesSender(error, operation, next)) {
    const refusedSender = { sender: senderOf(next.desired), said: serviceWords(error.message) }
    return { attempts: { ...attempts, refusedSender }, wait: undefined }
  }
  const wait = waitAfter(error, attempts.failures, clock)
  return wait === undefined ? undefined : { attempts: { ...attempts, failures: attempts.failures + 1 }, wait }
}
