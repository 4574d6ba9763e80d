// After a write the pool is read again: what is looked at twice, what the answer says of it, and what the log has.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { child, type JsonObject, without } from '../../lib/json.ts'
import { updatableSettings } from '../../lib/pool/settings.ts'
import { SENDER } from '../driver.ts'
import { closeStages, OWN, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

const POOL: JsonObject = {
  Name: 'people',
  MfaConfiguration: 'OPTIONAL',
  DeletionProtection: 'ACTIVE',
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: true, UnusedAccountValidityDays: 3 },
  Policies: { PasswordPolicy: { MinimumLength: 12, TemporaryPasswordValidityDays: 3 } },
  EmailConfiguration: { ...OWN, ReplyToEmailAddress: 'owner@example.com' },
}
const FACTORS = { SoftwareTokenMfaConfiguration: { Enabled: true }, EmailMfaConfiguration: { Subject: 'Code' } }

let stage: Stage
let id: string
beforeEach(async () => {
  stage = await openVirtualStage()
  id = stage.aws.createUserPool(POOL)
  stage.aws.setHiddenState(id, { mfa: FACTORS })
})
afterEach(closeStages)

const wish = () => ({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ReplyToEmailAddress: 'answers@example.com' })
const withEmail = (pool: JsonObject, more: JsonObject): JsonObject => ({
  ...pool,
  EmailConfiguration: { ...child(pool, 'EmailConfiguration'), ...more },
})
const withoutEmail = (pool: JsonObject, ...names: string[]): JsonObject => ({
  ...pool,
  EmailConfiguration: without(child(pool, 'EmailConfiguration') ?? {}, names),
})
const withUnused = (pool: JsonObject, days: number): JsonObject => ({
  ...pool,
  AdminCreateUserConfig: { ...child(pool, 'AdminCreateUserConfig'), UnusedAccountValidityDays: days },
})
const readings = () => stage.aws.calls.filter(({ action }) => action === 'DescribeUserPool')
const logged = (words: string) => stage.lambda.log.filter(({ message }) => String(message).includes(words))

const LOST = (pool: JsonObject): JsonObject => ({ ...pool, DeletionProtection: 'INACTIVE' })
const UNSENT = (pool: JsonObject): JsonObject => withUnused(pool, 7)
const IGNORED = (pool: JsonObject): JsonObject => withoutEmail(pool, 'ConfigurationSet')
const SPELT = (pool: JsonObject): JsonObject => withEmail(pool, { From: '=?UTF-8?Q?Example?= <no-reply@example.com>' })
const OTHERS = (pool: JsonObject): JsonObject => withEmail(pool, { ConfigurationSet: 'other' })

test('a pool that is as it was sent is read once after the write, and nothing is said of it', async () => {
  const { answer } = await stage.resource().create(wish())
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: '' } })
  expect(readings()).toHaveLength(2)
})

describe('what the first reading shows and a second one, a second later, no longer does is not said:', () => {
  test.each([
    ['a setting that differs', LOST],
    ['a setting that could not be sent', UNSENT],
    ['a set that did not take', IGNORED],
    ['another spelling', SPELT],
    ['a set of somebody else’s', OTHERS],
  ])('%s', async (_, shown) => {
    let kept: JsonObject = {}
    stage.aws.afterUpdate = (pool) => {
      kept = pool
      return shown(pool)
    }
    stage.aws.fault(({ action, count }) => {
      if (action === 'DescribeUserPool' && count === 3) stage.aws.changeUserPool(id, () => kept)
      return undefined
    })
    const { answer } = await stage.resource().create(wish())
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'mail', From: SENDER.From, Warnings: '' } })
    const [, first, second, ...more] = readings()
    expect(Number(second?.startedAt) - Number(first?.endedAt)).toBe(1_000)
    expect(more).toEqual([])
    expect([...stage.lines('WARN'), ...stage.lines('ERROR')]).toEqual([])
  })
})

describe('what stays is said:', () => {
  const createWhere = async (shown: (pool: JsonObject) => JsonObject) => {
    stage.aws.afterUpdate = shown
    return (await stage.resource().create(wish())).answer
  }

  test('settings that differ are a FAILED that names each once; the log has their values', async () => {
    const answer = await createWhere((pool) => ({ ...LOST(pool), MfaConfiguration: 'ON' }))
    expect(answer?.Reason).toMatch(/^NotStabilized: .* differ from before: DeletionProtection, MfaConfiguration\. /)
    expect(answer?.Reason).toContain(`user pool ${id}`)
    expect(answer?.Reason).toMatch(/log has the values before and after/)
    expect(logged('settings differ after the update')).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        lost: expect.arrayContaining([{ setting: 'DeletionProtection', before: 'ACTIVE', after: 'INACTIVE' }]),
      }),
    ])
  })

  test('members that did not take are a FAILED that names each, and what to do', async () => {
    const owners = child(POOL, 'EmailConfiguration')?.['ReplyToEmailAddress'] ?? null
    const answer = await createWhere((pool) => withEmail(IGNORED(pool), { ReplyToEmailAddress: owners }))
    expect(answer?.Reason).toMatch(/^NotStabilized: .*accepted the update of user pool .*, but .*, .* did not change\. Try again/)
    expect(answer?.Reason).toMatch(/ConfigurationSet/)
    expect(answer?.Reason).toMatch(/ReplyToEmailAddress/)
    expect(answer?.Reason).toContain(id)
  })

  test('of both, the settings come first: they are not what the stack asked for', async () => {
    expect((await createWhere((pool) => LOST(IGNORED(pool))))?.Reason).toMatch(/DeletionProtection/)
  })

  test('another spelling is a warning that names the member', async () => {
    const answer = await createWhere(SPELT)
    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      Data: { Warnings: `Amazon Cognito stored From of user pool ${id} in another spelling than it was sent.` },
    })
  })

  test('a sender of somebody else’s is a warning that names all that it is made of', async () => {
    const answer = await createWhere((pool) => withEmail(pool, { From: 'new-owner@example.com' }))
    expect(answer?.Data?.['Warnings']).toMatch(
      new RegExp(`^Somebody else changed From, EmailSendingAccount, SourceArn of user pool ${id} at the moment of this update\\.$`),
    )
  })

  test('a setting that could not be sent is a warning with its remedy, and in the log with both values', async () => {
    const answer = await createWhere(UNSENT)
    expect(answer?.Status).toBe('SUCCESS')
    expect(answer?.Data?.['Warnings']).toMatch(
      /^AdminCreateUserConfig\.UnusedAccountValidityDays of user pool .* set the one that you mean\.$/,
    )
    const setting = 'AdminCreateUserConfig.UnusedAccountValidityDays'
    expect(logged('cannot be sent')).toEqual([
      expect.objectContaining({ level: 'WARN', unsent: [{ setting, before: 3, after: 7 }], message: expect.stringContaining(id) }),
    ])
  })

  test.each([
    ['before the write', [1]],
    ['after it', [2]],
    ['at all', [1, 2]],
  ])('second factors that cannot be read %s are one warning', async (_, denied) => {
    stage.aws.fault(({ action, count }) =>
      action === 'GetUserPoolMfaConfig' && denied.includes(count)
        ? { error: { code: 'AccessDeniedException', message: 'not authorized' } }
        : undefined,
    )
    const answer = await createWhere((pool) => pool)
    expect(answer?.Status).toBe('SUCCESS')
    expect(answer?.Data?.['Warnings']?.split('\n')).toEqual([expect.stringMatching(/Its second factors could not be compared/)])
  })

  test('a second factor that is lost is a FAILED that names it', async () => {
    const answer = await createWhere((pool) => {
      stage.aws.setHiddenState(id, { mfa: without(FACTORS, ['EmailMfaConfiguration']) })
      return pool
    })
    expect(answer?.Reason).toMatch(/differ from before: EmailMfaConfiguration\./)
  })
})

describe('the log has of every write', () => {
  const sent = Object.keys(updatableSettings(POOL)).length

  test('each member of EmailConfiguration that changed, before and after, and how many other settings did not', async () => {
    await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', From: 'Owner <owner@example.com>' })
    const settings = Object.keys(updatableSettings(stage.aws.userPool(id))).length
    expect(settings).toBeGreaterThanOrEqual(sent)
    expect(logged('EmailConfiguration written')).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message: `user pool ${id}: EmailConfiguration written, ${settings} other settings untouched`,
        changed: [
          { setting: 'From', before: 'owner@example.com', after: 'Owner <owner@example.com>' },
          { setting: 'ConfigurationSet', before: undefined, after: 'mail' },
        ],
      }),
    ])
    expect(logged('differ')).toEqual([])
  })

  test('no setting among the untouched that differs', async () => {
    const settings = Object.keys(updatableSettings(stage.aws.userPool(id))).length
    stage.aws.afterUpdate = LOST
    await stage.resource().create(wish())
    expect(logged('EmailConfiguration written')[0]?.['message']).toContain(` ${settings - 1} other settings untouched`)
  })
})

test('a pool that its owner removes right after the write has nothing to compare: SUCCESS without a word, and its Delete leaves no record', async () => {
  stage.aws.fault(({ action, count }) => {
    if (action === 'DescribeUserPool' && count === 2) stage.aws.removeUserPool(id)
    return undefined
  })
  const binding = stage.resource()
  const { answer } = await binding.create(wish())
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: '' } })
  expect(readings()).toHaveLength(2)
  expect([...stage.lines('WARN'), ...stage.lines('ERROR')]).toEqual([])
  expect((await binding.delete(wish())).answer?.Status).toBe('SUCCESS')
  expect(await stage.poolRecord(id)).toBeUndefined()
})

test('a Delete says in the log, each by its name, what the service kept although it was to go back', async () => {
  const binding = stage.resource()
  await binding.create(wish())
  stage.aws.afterUpdate = (pool) => withEmail(pool, { ConfigurationSet: 'mail', ReplyToEmailAddress: 'answers@example.com' })
  expect((await binding.delete(wish())).answer?.Status).toBe('SUCCESS')
  for (const name of ['ConfigurationSet', 'ReplyToEmailAddress']) {
    expect(stage.lines('WARN').join('\n')).toContain(`kept ${name} of user pool ${id} although it was to be put back`)
  }
})
