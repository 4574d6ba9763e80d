// UnusedAccountValidityDays cannot be sent beside TemporaryPasswordValidityDays: what is said when it does not follow as it should.
import { afterEach, describe, expect, test } from '@jest/globals'
import { child, type JsonObject } from '../../lib/json.ts'
import { SENDER } from '../driver.ts'
import { closeStages, openStage } from '../stage.ts'

afterEach(closeStages)

const UNUSED = 'AdminCreateUserConfig.UnusedAccountValidityDays'
const days = (unused: number, temporary: number): JsonObject => ({
  Name: 'people',
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: true, UnusedAccountValidityDays: unused },
  Policies: { PasswordPolicy: { MinimumLength: 12, TemporaryPasswordValidityDays: temporary } },
})
const withUnused = (pool: JsonObject, unused: number): JsonObject => ({
  ...pool,
  AdminCreateUserConfig: { ...child(pool, 'AdminCreateUserConfig'), UnusedAccountValidityDays: unused },
})

const createOn = async (pool: JsonObject, afterUpdate?: (pool: JsonObject, before: JsonObject) => JsonObject) => {
  const stage = await openStage()
  const id = stage.aws.createUserPool(pool)
  stage.aws.afterUpdate = afterUpdate
  const resource = stage.resource()
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  const { answer } = await resource.create(properties)
  return { stage, id, answer, remove: () => resource.delete(properties) }
}

describe('UnusedAccountValidityDays', () => {
  test('that a service puts to its default is a warning that names it, not a failure, and the log has both values', async () => {
    const { stage, answer } = await createOn(days(3, 3), (pool) => withUnused(pool, 7))
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'mail', Warnings: expect.stringContaining(UNUSED) } })
    expect(stage.logText()).toContain(JSON.stringify({ setting: UNUSED, before: 3, after: 7 }))
  })

  test('that a service lets follow although the pool had it apart is a warning too', async () => {
    const { id, stage, answer } = await createOn(days(30, 3))
    expect(child(stage.aws.userPool(id), 'AdminCreateUserConfig')).toMatchObject({ UnusedAccountValidityDays: 3 })
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: expect.stringContaining(UNUSED) } })
  })

  test('that stays is not mentioned', async () => {
    const apart = (pool: JsonObject, before: JsonObject) =>
      withUnused(pool, Number(child(before, 'AdminCreateUserConfig')?.['UnusedAccountValidityDays']))
    expect((await createOn(days(3, 3))).answer?.Data).toMatchObject({ Warnings: '' })
    expect((await createOn(days(30, 3), apart)).answer?.Data).toMatchObject({ Warnings: '' })
  })

  test('that a Delete finds changed is said in the log: the answer to a Delete has no room for warnings', async () => {
    const { stage, remove } = await createOn(days(3, 3))
    stage.aws.afterUpdate = (pool) => withUnused(pool, 7)
    expect((await remove()).answer?.Status).toBe('SUCCESS')
    expect(stage.lines('WARN').join('\n')).toContain('cannot be sent')
  })
})
