// Second factors are not in DescribeUserPool: they are read beside a pool that is written, and compared afterwards.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { SENDER } from '../driver.ts'
import { closeStages, PLAIN, type Stage } from '../stage.ts'
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
  expect(answer?.Reason).toMatch(/^NotStabilized: .*SoftwareTokenMfaConfiguration/)
  expect(stage.logText()).toContain('settings differ after the update')
})

test('second factors that stay as they are need no word', async () => {
  const { answer } = await stage.resource().create(wish())
  expect(answer?.Status).toBe('SUCCESS')
  expect(answer?.Data?.['Warnings']).not.toContain('second factors')
  expect(stage.count('GetUserPoolMfaConfig')).toBe(2)
  expect(stage.count('SetUserPoolMfaConfig')).toBe(0)
})

test('a role that may not read them: SUCCESS, with a warning that names the action', async () => {
  stage.aws.fault(({ action }) =>
    action === 'GetUserPoolMfaConfig' ? { error: { code: 'AccessDeniedException', message: 'not authorized' } } : undefined,
  )
  const { answer } = await stage.resource().create(wish())
  expect(answer?.Status).toBe('SUCCESS')
  expect(answer?.Data?.['Warnings']).toContain('cognito-idp:GetUserPoolMfaConfig')
})

test('a pool that is not written, and one without second factors, are not asked', async () => {
  const plain = stage.aws.createUserPool(PLAIN)
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
