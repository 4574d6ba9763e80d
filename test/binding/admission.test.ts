// What pre-flight and SES have to say before a pool is written: errors refuse, silence is named, and a set that is gone is not put back.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { verdictOf } from '../../lib/binding/admission.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Finding } from '../../lib/preflight/check.ts'
import { SENDER } from '../driver.ts'
import type { Fault } from '../local-aws/faults.ts'
import { closeStages, everyTime, OWN, OWNED, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let stage: Stage
let id: string
beforeEach(async () => {
  stage = await openVirtualStage()
  id = stage.aws.createUserPool(OWNED)
})
afterEach(closeStages)

const wish = (more: JsonObject = {}): JsonObject => ({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...more })

describe('the verdict on what pre-flight found', () => {
  const findings: Finding[] = [
    { check: 'one', level: 'warning', code: 'InvalidRequest', message: 'The first.' },
    { check: 'two', level: 'error', code: 'NotFound', message: 'The second.' },
    { check: 'three', level: 'error', code: 'AccessDenied', message: 'The third.' },
  ]

  test('is a refusal with the code of the first error and the sentences of all errors', () => {
    expect(verdictOf(findings, true)).toEqual({
      refusal: { ok: false, code: 'NotFound', message: 'The second. The third.' },
      warnings: [],
    })
  })

  test('is a warning for each where nothing is enforced', () => {
    expect(verdictOf(findings, false)).toEqual({ warnings: ['The first.', 'The second.', 'The third.'] })
  })
})

describe('a Create for which the time runs out says what it was waiting for:', () => {
  const throttle = { error: { code: 'TooManyRequestsException', message: 'slow down', status: 429 } }

  test.each<[string, string, Fault, RegExp]>([
    [
      'SES, which throttles',
      'GetConfigurationSet',
      throttle,
      /^Throttling: Amazon SES did not answer ses:GetConfigurationSet \(TooManyRequestsException\) until the time ran out\. Nothing was written; try again/,
    ],
    ['SES, which is silent', 'GetAccount', 'hang', /^InternalFailure: Amazon SES did not answer ses:GetAccount \(TimeoutError\)/],
  ])('%s', async (_, action, fault, sentence) => {
    stage.aws.fault(everyTime(action, fault))
    const { answer } = await stage.resource().create(wish(), { context: { remainingMs: 10_000 } })
    expect(answer?.Reason).toMatch(sentence)
    expect(stage.count('UpdateUserPool')).toBe(0)
  })

  test('not SES any more, when SES has answered at last', async () => {
    stage.aws.fault(({ action, count }) => (action === 'GetAccount' && count === 1 ? throttle : undefined))
    stage.aws.fault(everyTime('UpdateUserPool', 'hang'))
    const { answer } = await stage.resource().create(wish(), { context: { remainingMs: 10_000 } })
    expect(answer?.Reason).toMatch(/^NotStabilized: User pool \S+ was not done when the time ran out/)
  })

  test('Cognito, which throttled the update and then was silent', async () => {
    stage.aws.fault(({ action, count }) => (action === 'UpdateUserPool' ? (count === 1 ? throttle : 'hang') : undefined))
    const { answer } = await stage.resource().create(wish(), { context: { remainingMs: 10_000 } })
    expect(answer?.Reason).toMatch(/^Throttling: /)
  })
})

describe('a Delete', () => {
  /** Two claims on the pool; SES loses the set of the one below. @returns the one above, whose Delete would put that set back */
  const above = async (declared: JsonObject = {}, below: JsonObject = {}) => {
    await stage.resource('below').create(wish(below))
    const top = stage.resource('top')
    const properties = wish({ ConfigurationSet: 'other', Takeover: 'true', ...declared })
    expect((await top.create(properties)).answer?.Status).toBe('SUCCESS')
    return { delete: () => top.delete(properties) }
  }

  test.each([
    ['nothing is written when nothing else is to be done', {}, 0],
    ['all else is put back', { ReplyToEmailAddress: 'top@example.com' }, 1],
  ])('does not put a set back that is gone, where the owner has taken ours off already: %s', async (_, declared, updates) => {
    const top = await above(declared)
    stage.aws.ses.removeConfigurationSet('mail')
    stage.ownerSets(id, { EmailSendingAccount: 'DEVELOPER', ...SENDER, ...declared })
    const before = stage.count('UpdateUserPool')
    expect((await top.delete()).answer?.Status).toBe('SUCCESS')
    expect(stage.count('UpdateUserPool') - before).toBe(updates)
    expect(stage.email(id)).toEqual({ EmailSendingAccount: 'DEVELOPER', ...SENDER })
  })

  test('asks for the set in the Region of the sender that comes back, not in its own', async () => {
    const SourceArn = 'arn:aws:ses:eu-west-1:123456789012:identity/example.com'
    stage.aws.ses.putIdentity('example.com', {}, 'eu-west-1')
    stage.aws.ses.putConfigurationSet('far', {}, 'eu-west-1')
    const top = await above({}, { SourceArn, ConfigurationSet: 'far' })
    const before = stage.lines('WARN')
    expect((await top.delete()).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toMatchObject({ SourceArn, ConfigurationSet: 'far' })
    expect(stage.lines('WARN')).toEqual(before)
  })

  test('puts the owner’s own set back without asking SES: it is the owner’s to say', async () => {
    const own = stage.aws.createUserPool({ Name: 'people', EmailConfiguration: { ...OWN, ConfigurationSet: 'mail-2' } })
    const binding = stage.resource()
    await binding.create(wish({ UserPoolId: own }))
    stage.aws.ses.removeConfigurationSet('mail-2')
    stage.aws.clearCalls()
    await binding.delete(wish({ UserPoolId: own }))
    expect(stage.email(own)).toEqual({ ...OWN, ConfigurationSet: 'mail-2' })
    expect(stage.count('GetConfigurationSet')).toBe(0)
    expect(stage.lines('WARN')).toEqual([])
  })
})
