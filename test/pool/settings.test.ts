// What is sent back of a pool, and what is seen to be lost.
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { JsonObject } from '../../lib/json.ts'
import {
  changedSettings,
  changedUnsent,
  DESCRIBE_ONLY,
  saysOnlyWhatWasRead,
  settingsCount,
  updatableSettings,
  updateRequest,
} from '../../lib/pool/settings.ts'
import { describedMembers, updatableMembers } from '../local-aws/sdk-model.ts'

const ID = 'us-east-1_a'
const sent = (pool: JsonObject, echo = {}) => updateRequest(ID, pool, {}, echo)

test('the members that are never sent back are those that the SDK’s model describes and does not take', () => {
  const updatable = new Set(updatableMembers())
  expect([...DESCRIBE_ONLY].sort()).toEqual(
    describedMembers()
      .filter((name) => !updatable.has(name))
      .sort(),
  )
})

test('everything else is echoed as it came, whatever it is', () => {
  void fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
      const pool = Object.fromEntries(
        Object.entries(members).filter(
          ([name]) =>
            !['EmailConfiguration', 'AdminCreateUserConfig', 'UserPoolTags', 'UserPoolId', 'PoolName', '__proto__'].includes(name) &&
            !DESCRIBE_ONLY.has(name),
        ),
      ) as JsonObject
      expect(sent(pool)).toEqual({ ...pool, UserPoolId: ID, EmailConfiguration: {} })
    }),
  )
})

describe('rules', () => {
  test('UnusedAccountValidityDays goes when TemporaryPasswordValidityDays is there: the service refuses both', () => {
    const AdminCreateUserConfig = { AllowAdminCreateUserOnly: true, UnusedAccountValidityDays: 3 }
    expect(
      sent({ AdminCreateUserConfig, Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 3 } } })['AdminCreateUserConfig'],
    ).toEqual({ AllowAdminCreateUserOnly: true })
    for (const PasswordPolicy of [{}, { TemporaryPasswordValidityDays: null }])
      expect(sent({ AdminCreateUserConfig, Policies: { PasswordPolicy } })['AdminCreateUserConfig']).toEqual(AdminCreateUserConfig)
  })

  test('tags of the system stay at home', () => {
    expect(sent({ UserPoolTags: { 'aws:cloudformation:stack-name': 'x', team: 'mail' } })['UserPoolTags']).toEqual({ team: 'mail' })
  })

  test('the name is sent as PoolName, and an absent DeviceConfiguration stays absent', () => {
    expect(sent({ Id: ID, Name: 'people' })).toEqual({ UserPoolId: ID, PoolName: 'people', EmailConfiguration: {} })
  })

  test.each([
    ['CONFIRM_WITH_CODE', { EmailMessage: 'code' }],
    ['CONFIRM_WITH_LINK', { EmailMessageByLink: 'link' }],
  ])('for a service that refuses both verification texts, only the one of %s is sent', (DefaultEmailOption, kept) => {
    const VerificationMessageTemplate = { DefaultEmailOption, EmailMessage: 'code', EmailMessageByLink: 'link' }
    expect(sent({ VerificationMessageTemplate }, { onlyTheTemplateInUse: true })['VerificationMessageTemplate']).toEqual({
      DefaultEmailOption,
      ...kept,
    })
  })
})

test('a service that refuses verification texts which the pool does not have is sent what the pool has', () => {
  const pool = { MfaConfiguration: 'ON' }
  expect(sent(pool, { onlyTheTemplateInUse: true })).toEqual(sent(pool))
})

test.each<[string, JsonObject, boolean]>([
  ['the pool’s own settings', { Policies: { PasswordPolicy: { MinimumLength: 12 } }, PoolName: 'people' }, true],
  ['less than the pool’s own', { Policies: { PasswordPolicy: {} } }, true],
  ['another EmailConfiguration', { UserPoolId: ID, EmailConfiguration: { From: 'x' } }, true],
  ['another value', { Policies: { PasswordPolicy: { MinimumLength: 8 } } }, false],
  ['a member that the pool does not have', { LambdaConfig: { PreSignUp: 'x' } }, false],
  ['an object where the pool has a text', { MfaConfiguration: { Enabled: true } }, false],
  ['a text where the pool has an object', { Policies: 'none' }, false],
])('an update with %s says only what was read, or is not sent', (_, request, says) => {
  const pool = { Name: 'people', MfaConfiguration: 'ON', Policies: { PasswordPolicy: { MinimumLength: 12 } } }
  expect(saysOnlyWhatWasRead(request, pool)).toBe(says)
})

describe('two readings of a pool', () => {
  test('differ by the dotted name of a setting, in value or in presence', () => {
    const before = {
      Policies: { PasswordPolicy: { MinimumLength: 12 }, SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] } },
      MfaConfiguration: 'ON',
    }
    const after = { Policies: { PasswordPolicy: { MinimumLength: 8 } }, MfaConfiguration: 'ON' }
    expect(changedSettings(before, after).map(({ setting }) => setting)).toEqual([
      'Policies.PasswordPolicy.MinimumLength',
      'Policies.SignInPolicy',
    ])
  })

  test('do not differ in the order of a list of scalars, nor in what lives by itself', () => {
    const before = { AutoVerifiedAttributes: ['email', 'phone_number'], LastModifiedDate: 1, EstimatedNumberOfUsers: 1 }
    expect(
      changedSettings(before, { AutoVerifiedAttributes: ['phone_number', 'email'], LastModifiedDate: 2, EstimatedNumberOfUsers: 9 }),
    ).toEqual([])
  })

  test('the order of a list of objects counts', () => {
    const priority = (names: string[]) => ({
      AccountRecoverySetting: { RecoveryMechanisms: names.map((Name, index) => ({ Name, Priority: index })) },
    })
    expect(changedSettings(priority(['a', 'b']), priority(['b', 'a']))).toHaveLength(1)
  })
})

test('nothing of EmailConfiguration counts as a setting, nor what is never sent back', () => {
  expect(updatableSettings({ EmailConfiguration: { From: 'x' } })).toEqual({})
  expect(settingsCount({ Id: ID, Name: 'people', EmailConfiguration: { From: 'x' }, MfaConfiguration: 'ON', LambdaConfig: {} })).toBe(3)
})

describe('the lifetime that cannot be sent beside its successor', () => {
  const pool = (unused: number | undefined, temporary: number | undefined = 3) => ({
    AdminCreateUserConfig: { UnusedAccountValidityDays: unused },
    Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: temporary } },
  })

  test('counts as changed when it is another number afterwards, or none', () => {
    const named = { setting: 'AdminCreateUserConfig.UnusedAccountValidityDays', before: 3 }
    expect(changedUnsent(pool(3), pool(7))).toEqual([{ ...named, after: 7 }])
    expect(changedUnsent(pool(3), { ...pool(3), AdminCreateUserConfig: {} })).toEqual([{ ...named, after: undefined }])
  })

  test('does not count where it stayed, where there was none, or where it was sent and is compared as any other setting', () => {
    expect(changedUnsent(pool(3), pool(3))).toEqual([])
    expect(changedUnsent(pool(undefined), pool(3))).toEqual([])
    const alone = { AdminCreateUserConfig: { UnusedAccountValidityDays: 3 } }
    const after = { AdminCreateUserConfig: { UnusedAccountValidityDays: 7 } }
    expect(changedUnsent(alone, after)).toEqual([])
    expect(changedSettings(alone, after).map(({ setting }) => setting)).toEqual(['AdminCreateUserConfig.UnusedAccountValidityDays'])
  })
})
