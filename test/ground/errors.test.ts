// What an error of a service says about its call: whether it had an effect, and whether it may work in a moment.
import { describe, expect, test } from '@jest/globals'
import { deniedAction, isDefinite, isDenied, isNotFound, isPassing, isThrottled, ServiceError } from '../../lib/errors.ts'

const error = (code: string, status?: number) => new ServiceError('ses:GetAccount', code, 'said so', status)

const kindsOf = (thrown: unknown): string =>
  Object.entries({ definite: isDefinite, passing: isPassing, throttled: isThrottled, denied: isDenied, 'not found': isNotFound })
    .filter(([, is]) => is(thrown))
    .map(([kind]) => kind)
    .join(', ')

describe('what an error is', () => {
  test.each<[string, unknown, string]>([
    ['a refusal', error('InvalidParameterException', 400), 'definite'],
    ['a refusal with the last status of its kind', error('Odd', 499), 'definite'],
    ['a fault of the service', error('InternalServiceError', 500), 'passing'],
    ['a service that is unavailable', error('ServiceUnavailable', 503), 'passing'],
    ['no answer', error('ECONNRESET'), 'passing'],
    ['an answer that cannot be read', error('SyntaxError', 200), ''],
    ['a redirect', error('PermanentRedirect', 301), ''],
    ['a status of throttling under an unheard name', error('TryLater', 429), 'definite, passing, throttled'],
    ['a throttle with the status of a denial', error('ThrottlingException', 403), 'definite, passing, throttled'],
    ['a status of denial under an unheard name', error('Forbidden', 403), 'definite, denied'],
    ['a missing pool', error('ResourceNotFoundException', 400), 'definite, not found'],
    ['a missing set', error('NotFoundException', 404), 'definite, not found'],
    ['a mistake of ours', new TypeError('x is not a function'), ''],
    ['what only looks like an error of a service', { code: 'AccessDenied', status: 403 }, ''],
    ['what only looks like a throttle', { code: 'Throttling', status: 429 }, ''],
    ['what only looks like a missing thing', { code: 'NotFoundException', status: 404 }, ''],
    ['what only looks like a fault', { code: 'InternalServiceError', status: 500 }, ''],
  ])('%s', (_, thrown, kinds) => {
    expect(kindsOf(thrown)).toBe(kinds)
  })

  test.each([
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
  ])('%s is a throttle whatever its status', (code) => {
    expect(kindsOf(error(code, 400))).toBe('definite, passing, throttled')
  })

  test.each([
    'AccessDeniedException',
    'AccessDenied',
    'NotAuthorizedException',
    'UnauthorizedOperation',
    'MissingAuthenticationTokenException',
  ])('%s is a denial whatever its status', (code) => {
    expect(kindsOf(error(code, 400))).toBe('definite, denied')
  })

  test('in a log it says that it is one', () => {
    expect(String(error('Odd'))).toBe('ServiceError: said so')
  })
})

test.each<[string, string | undefined]>([
  ['User x is not authorized to perform: iam:PassRole on resource: y', 'iam:PassRole'],
  ['Role of sts:AssumeRole is not authorized to perform: iam:PassRole on resource: y', 'iam:PassRole'],
  ["User `arn:aws:sts::1:x' is not authorized to perform `ses:SendEmail' on resource `y'", 'ses:SendEmail'],
  ['You lack the permission kms:Decrypt.', 'kms:Decrypt'],
  ['Missing permissions (kms:Decrypt)', 'kms:Decrypt'],
  ['kms:Decrypt was denied', 'kms:Decrypt'],
  ['A policy that may deny "kms:Decrypt"', 'kms:Decrypt'],
  ['kms:Decrypt is NOT ALLOWED here', 'kms:Decrypt'],
  ['No policy allows the kms:Decrypt action', 'kms:Decrypt'],
  ['kms:Decrypt failed', undefined],
  ['arn:aws:lambda:us-east-1:1:function:Mine is not authorized', undefined],
])('the action that %j says was denied: %s', (message, action) => {
  expect(deniedAction(message)).toBe(action)
})
