// Second factors are not in DescribeUserPool: they are read beside a pool that is written, and compared afterwards.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type JsonObject, without } from '../../lib/json.ts'
import { SENDER } from '../driver.ts'
import { closeStages, everyTime, PLAIN, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

const FACTORS = { SoftwareTokenMfaConfiguration: { Enabled: true }, WebAuthnConfiguration: { RelyingPartyId: 'example.com' } }

let stage: Stage
let id: string
beforeEach(async () => {
  stage = await openVirtualStage()
  id = stage.aws.createUserPool({ ...PLAIN, MfaConfiguration: 'OPTIONAL' })
  stage.aws.setHiddenState(id, { mfa: FACTORS })
})
afterEach(closeStages)

const wish = () => ({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })

test('a service that loses a second factor while it takes an update: FAILED, and the member is named', async () => {
  stage.aws.afterUpdate = (pool) => {
    stage.aws.setHiddenState(id, { mfa: { WebAuthnConfiguration: FACTORS.WebAuthnConfiguration } })
    return pool
  }
  const { answer } = await stage.resource().create(wish())
  expect(answer?.Reason).toMatch(/^NotStabilized: .* differ from before: SoftwareTokenMfaConfiguration\. /)
  expect(stage.logText()).toContain('settings differ after the update')
})

test('second factors that stay as they are need no word', async () => {
  const { answer } = await stage.resource().create(wish())
  expect(answer?.Status).toBe('SUCCESS')
  expect(answer?.Data?.['Warnings']).not.toContain('second factors')
  expect(stage.count('GetUserPoolMfaConfig')).toBe(2)
  expect(stage.count('SetUserPoolMfaConfig')).toBe(0)
})

test.each([
  ['AccessDeniedException', 400, 'was denied: no'],
  ['InternalErrorException', 500, 'failed (InternalErrorException): no'],
])('what cannot be read (%s) stops nothing: SUCCESS, with a warning that names the action and says why', async (code, status, why) => {
  stage.aws.fault(everyTime('GetUserPoolMfaConfig', { error: { code, message: 'no', status } }))
  const { answer } = await stage.resource().create(wish())
  expect(answer?.Status).toBe('SUCCESS')
  expect(answer?.Data?.['Warnings']).toContain(
    `cognito-idp:GetUserPoolMfaConfig on user pool ${id} ${why}. Its second factors could not be compared`,
  )
})

test('what could be read before an update and not after it is a warning too, and not a loss', async () => {
  stage.aws.fault(({ action, count }) =>
    action === 'GetUserPoolMfaConfig' && count > 1 ? { error: { code: 'AccessDeniedException', message: 'no' } } : undefined,
  )
  const { answer } = await stage.resource().create(wish())
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: expect.stringContaining('could not be compared') } })
})

test('where the time ends while they are read, nothing is sent: FAILED, and no record is left to finish', async () => {
  stage.aws.fault(everyTime('GetUserPoolMfaConfig', 'hang'))
  const { answer } = await stage.resource().create(wish(), { context: { remainingMs: 2_500 } })
  expect(answer?.Reason).toMatch(/^NotStabilized: /)
  expect(stage.count('UpdateUserPool')).toBe(0)
  expect(await stage.poolRecord(id)).toBeUndefined()
})

test.each([
  ['OFF', (pool: JsonObject) => ({ ...pool, MfaConfiguration: 'OFF' })],
  ['absent', (pool: JsonObject) => without(pool, ['MfaConfiguration'])],
])('a pool whose MfaConfiguration is %s has none to lose, and is not asked', async (_, change) => {
  const plain = stage.aws.createUserPool(PLAIN)
  stage.aws.changeUserPool(plain, change)
  await stage.resource('plain').create({ ...wish(), UserPoolId: plain })
  expect(stage.count('GetUserPoolMfaConfig')).toBe(0)
})

test('passkeys are a second factor too', async () => {
  const passkeys = stage.aws.createUserPool({
    ...PLAIN,
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
  })
  await stage.resource('passkeys').create({ ...wish(), UserPoolId: passkeys })
  expect(stage.count('GetUserPoolMfaConfig')).toBe(2)
})
