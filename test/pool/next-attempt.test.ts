// After an update that was refused, or of which nothing is known: what is sent next, and when.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { ServiceError } from '../../lib/errors.ts'
import { child } from '../../lib/json.ts'
import { FIRST_ATTEMPT, nextAttempt } from '../../lib/pool/next-attempt.ts'
import { type Plan, plan } from '../../lib/pool/plan.ts'
import { IN_DOUBT_MS } from '../../lib/timing.ts'
import { SENDER } from '../driver.ts'
import { closeStages, everyTime, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

const TEMPLATE = { DefaultEmailOption: 'CONFIRM_WITH_CODE', EmailMessage: 'Code {####}', EmailMessageByLink: 'Click {##here##}' }

let stage: Stage
let id: string
beforeEach(async () => {
  stage = await openVirtualStage()
  id = stage.aws.createUserPool({ Name: 'people', VerificationMessageTemplate: TEMPLATE })
})
afterEach(closeStages)

const create = async () => (await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })).answer
const updates = () => stage.aws.calls.filter(({ action }) => action === 'UpdateUserPool')
const templatesSent = () => updates().map(({ request }) => child(request, 'VerificationMessageTemplate'))
const refuseOnce = (code: string, message: string, status = 400) =>
  stage.aws.fault(({ action, count }) => (action === 'UpdateUserPool' && count === 1 ? { error: { code, message, status } } : undefined))

describe('a service that refuses VerificationMessageTemplate as it describes it', () => {
  const { EmailMessageByLink: _, ...inUse } = TEMPLATE

  test('is sent only the texts that DefaultEmailOption uses, at once: SUCCESS, with a warning that says so', async () => {
    refuseOnce('InvalidParameterException', 'EmailMessageByLink is not allowed.')
    const answer = await create()
    expect(answer?.Status).toBe('SUCCESS')
    expect(answer?.Data?.['Warnings']).toMatch(
      /refused VerificationMessageTemplate of user pool .*only the texts that DefaultEmailOption uses were sent/,
    )
    expect(templatesSent()).toEqual([TEMPLATE, inUse])
    expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
  })

  test('and again with these alone: FAILED, after two updates', async () => {
    stage.aws.fault(
      everyTime('UpdateUserPool', { error: { code: 'InvalidParameterException', message: 'EmailMessage or EmailSubjectByLink.' } }),
    )
    expect((await create())?.Reason).toMatch(/^InvalidRequest: .*EmailMessage or EmailSubjectByLink/)
    expect(templatesSent()).toEqual([TEMPLATE, inUse])
  })

  test.each([
    ['is about another parameter', 'InvalidParameterException', 'No.', [TEMPLATE]],
    ['only mentions it', 'ConcurrentModificationException', 'VerificationMessageTemplate is being changed.', [TEMPLATE, TEMPLATE]],
  ])('is not meant by an error that %s: all texts are sent', async (_, code, message, sent) => {
    refuseOnce(code, message)
    const answer = await create()
    expect(templatesSent()).toEqual(sent)
    expect(answer?.Data?.['Warnings'] ?? '').not.toContain('VerificationMessageTemplate')
  })
})

describe('the next update', () => {
  /** Milliseconds between the first update and the second. */
  const pause = async (): Promise<number> => {
    expect((await create())?.Status).toBe('SUCCESS')
    const [first, second] = updates().map(({ startedAt }) => startedAt)
    return (second ?? 0) - (first ?? 0)
  }

  test('comes within a second where somebody else was writing', async () => {
    refuseOnce('ConcurrentModificationException', 'Concurrent modification.')
    expect(await pause()).toBeLessThan(1_000)
  })

  test('comes five seconds later where users are imported: an import takes minutes', async () => {
    refuseOnce('UserImportInProgressException', 'An import runs.')
    expect(await pause()).toBeGreaterThanOrEqual(5_000)
  })

  test('comes, after another reading, when the first can no longer take effect, where nothing is known of that', async () => {
    refuseOnce('InternalErrorException', 'What?', 500)
    expect(await pause()).toBeGreaterThan(IN_DOUBT_MS)
  })
})

test('the pool is never read again while an update that may have had an effect may still take it, whatever chance says of the wait', () => {
  const live = { EmailSendingAccount: 'COGNITO_DEFAULT' }
  const operation = { kind: 'recover' } as const
  const next = plan(id, undefined, live, operation) as Plan
  void fc.assert(
    fc.property(
      fc.constantFrom(500, 503, undefined),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(3),
      (status, chance, failures) => {
        const error = new ServiceError('cognito-idp:UpdateUserPool', 'InternalErrorException', 'What?', status)
        const clock = { now: () => 0, random: () => chance, sleep: async () => undefined }
        const again = nextAttempt(error, { attempts: { ...FIRST_ATTEMPT, failures }, operation }, next, clock)
        expect(again?.wait).toBeGreaterThan(IN_DOUBT_MS)
        expect(again?.attempts.failures).toBe(failures + 1)
      },
    ),
    { examples: [[500, 0, 0]] },
  )
})
