// What can go wrong, as values: a refusal that a person will read, and an error that a service gave.

/** The error codes of CloudFormation's own resource handlers (cloudformation-cli, contract errors). */
export type Code = 'InvalidRequest' | 'NotFound' | 'AccessDenied' | 'ResourceConflict' | 'Throttling' | 'NotStabilized' | 'InternalFailure'

/** An expected failure. `message` says what is wrong, with which value, in which pool, and what to do. */
export type Refusal = { readonly ok: false; readonly code: Code; readonly message: string }

export const refusal = (code: Code, message: string): Refusal => ({ ok: false, code, message })

/** What a port throws when a service call fails. */
export class ServiceError extends Error {
  /** The IAM action of the call, such as `cognito-idp:UpdateUserPool`. */
  readonly action: string
  /** The service's own name of the error, such as `InvalidParameterException`; of a network fault, the code of it. */
  readonly code: string
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined

  constructor(action: string, code: string, message: string, status?: number) {
    super(message)
    this.name = 'ServiceError'
    this.action = action
    this.code = code
    this.status = status
  }
}

/** Whether the service refused for sure, so that the call had no effect. No answer and a 5xx leave it open. */
export const isDefinite = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && Math.floor((error.status ?? 0) / 100) === 4

const THROTTLES = new Set([
  'TooManyRequestsException',
  'LimitExceededException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
])

const DENIALS = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'NotAuthorizedException',
  'UnauthorizedOperation',
  'MissingAuthenticationTokenException',
])

export const isThrottled = (error: unknown): boolean => error instanceof ServiceError && (error.status === 429 || THROTTLES.has(error.code))

export const isDenied = (error: unknown): boolean =>
  error instanceof ServiceError && !isThrottled(error) && (error.status === 403 || DENIALS.has(error.code))

export const isNotFound = (error: unknown): boolean =>
  error instanceof ServiceError && (error.code === 'ResourceNotFoundException' || error.code === 'NotFoundException')

/** Whether the same read may work in a moment. */
export const isPassing = (error: unknown): boolean => isThrottled(error) || (error instanceof ServiceError && (error.status ?? 500) >= 500)

const ACTION = '([a-z][a-z0-9-]{1,40}:[A-Z][A-Za-z0-9]{1,80})'
const PERFORM = new RegExp(`perform:? [\`'"]?${ACTION}`)
const NAMED = new RegExp(`(?:^|[\\s\`'"(])${ACTION}`)

/**
 * The action that a service's message says was denied. It need not be the one that was called: Cognito acts on the caller's behalf, and
 * an item may be encrypted. Forms: `is not authorized to perform: iam:PassRole on resource: …` (IAM), `` not authorized to perform `ses:SendEmail' `` (SES).
 */
export const deniedAction = (message: string): string | undefined =>
  /\b(?:not authorized|den(?:y|ied)|permissions?|not allowed|allows the)\b/i.test(message)
    ? (PERFORM.exec(message) ?? NAMED.exec(message))?.[1]
    : undefined

/** The kind of policy that a message says denied it, or lacks an Allow; undefined where it does not say. */
export const denyingPolicy = (message: string): string | undefined =>
  /\b(?:explicit deny in an? |because no )(service control policy|resource control policy|permissions boundary|identity-based policy|resource-based policy|session policy|VPC endpoint policy)\b/.exec(
    message,
  )?.[1]
