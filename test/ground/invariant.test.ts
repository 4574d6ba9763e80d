// What must never be is stopped before it does damage.
import { expect, test } from '@jest/globals'
import { invariant } from '../../lib/invariant.ts'
import { saysOnlyWhatWasRead } from '../../lib/pool/settings.ts'

test('what holds goes on, and what does not is named', () => {
  expect(() => invariant(true, 'the sky falls')).not.toThrow()
  expect(() => invariant(false, 'the sky falls')).toThrow('this must never be: the sky falls')
})

const POOL = { Id: 'us-east-1_Ab3dEf6hI', Name: 'people', Policies: { PasswordPolicy: { MinimumLength: 8 } }, UserPoolTags: { a: '1' } }
const REQUEST = {
  UserPoolId: 'us-east-1_Ab3dEf6hI',
  PoolName: 'people',
  Policies: POOL.Policies,
  EmailConfiguration: { ConfigurationSet: 'mail' },
}

test.each([
  ['what was read', {}, true],
  ['less than was read, because a rule leaves it out', { UserPoolTags: {} }, true],
  ['another value', { Policies: { PasswordPolicy: { MinimumLength: 6 } } }, false],
  ['a member that was not there', { MfaConfiguration: 'OFF' }, false],
  ['another name', { PoolName: 'others' }, false],
])('an update that says %s', (_, more, expected) => {
  expect(saysOnlyWhatWasRead({ ...REQUEST, ...more }, POOL)).toBe(expected)
})
