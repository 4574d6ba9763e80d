// What was not done, in one sentence: true of all pools together, and a fault of ours is told as one.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { failuresOf, timeRanOut } from '../../lib/binding/failures.ts'
import { refusal } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import { SENDER } from '../driver.ts'
import { closeStages, OWNED, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

const DONE = { ok: true } as const
const not = (message: string) => refusal('InvalidRequest', message)

describe('of several pools', () => {
  test('every one that was not done is named, and every sentence said once', () => {
    const results = [DONE, refusal('NotFound', 'No pool.'), not('No.'), not('No.')]
    expect(failuresOf(['a', 'b', 'c', 'd'], results, false)).toEqual(
      refusal('NotFound', '1 of 4 user pools are done; not done: b, c, d. No pool. No.'),
    )
    expect(failuresOf(['a', 'b'], [DONE, DONE], true)).toBeUndefined()
  })

  test.each([
    ['No. Nothing was written; wait.', 'No. It was not changed; wait.'],
    ['No: nothing was written to user pool us-east-1_Ab3 before this.', 'No: it was not changed before this.'],
    ['No. Nothing was written to user pool us-east-1_Ab3.', 'No. It was not changed.'],
    ['No. Nothing was written to the user pool; repair it.', 'No. It was not changed; repair it.'],
  ])('where another one was written, “%s” becomes “%s”', (said, told) => {
    expect(failuresOf(['a', 'b'], [DONE, not(said)], false)?.message).toBe(`1 of 2 user pools are done; not done: b. ${told}`)
  })

  test('where none was written, a sentence may say so', () => {
    const none = 'No. Nothing was written.'
    expect(failuresOf(['a', 'b'], [not(none), not(none)], false)?.message).toBe(`0 of 2 user pools are done; not done: a, b. ${none}`)
  })

  test('the time may run out with some done', () => {
    expect(timeRanOut(1, ['a', 'b'])).toMatchObject({
      code: 'NotStabilized',
      message: expect.stringMatching(/^The time ran out with 1 of 2 user pools done \(a, b\)\. .*more time \(Timeout\)/),
    })
  })
})

describe('a fault of ours', () => {
  let stage: Stage
  let id: string
  beforeEach(async () => {
    stage = await openVirtualStage()
    id = stage.aws.createUserPool(OWNED)
  })
  afterEach(closeStages)

  const wish = (more: JsonObject = {}): JsonObject => ({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...more })
  const breaks = (action: string, error: unknown) => stage.aws.fault((call) => (call.action === action ? Promise.reject(error) : undefined))
  const logged = () => stage.lambda.log.find(({ message }) => message === 'unexpected error')

  test.each([
    ['DescribeUserPool', (pool: string) => `on user pool ${pool}`],
    ['GetItem', () => 'on this Create'],
  ])('at %s is InternalFailure with the name of the error; the log has where it happened', async (action, where) => {
    breaks(action, new RangeError('out of range'))
    const { answer } = await stage.resource().create(wish())
    expect(answer?.Reason).toBe(
      `InternalFailure: An unexpected error (RangeError) ${where(id)}; the function’s log has it. Try again, and report it if it stays so.`,
    )
    expect(logged()).toMatchObject({ level: 'ERROR', error: expect.stringMatching(/^RangeError: out of range\n +at /) })
  })

  test('that is no Error is told too', async () => {
    breaks('DescribeUserPool', 'out of range')
    const { answer } = await stage.resource().create(wish())
    expect(answer?.Reason).toMatch(/^InternalFailure: An unexpected error \(unknown\)/)
    expect(logged()).toMatchObject({ error: 'out of range' })
  })

  test('while SES is asked for the set that a Delete puts back is not taken for its answer', async () => {
    await stage.resource('below').create(wish())
    const top = stage.resource('top')
    const properties = wish({ ConfigurationSet: 'other', Takeover: 'true' })
    await top.create(properties)
    breaks('GetConfigurationSet', new RangeError('out of range'))
    expect((await top.delete(properties)).answer?.Reason).toMatch(/^InternalFailure: An unexpected error \(RangeError\)/)
    expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'other' })
  })

  test('an error of a service is none: its sentence names the pool and the Region', async () => {
    stage.aws.fault(({ action }) =>
      action === 'DescribeUserPool' ? { error: { code: 'AccessDeniedException', message: 'not authorized' } } : undefined,
    )
    const { answer } = await stage.resource().create(wish())
    expect(answer?.Reason).toMatch(`AccessDenied: cognito-idp:DescribeUserPool on user pool ${id} in us-east-1 was denied`)
    expect(stage.lines('ERROR')).toContainEqual(expect.stringMatching(/^AccessDenied: cognito-idp:DescribeUserPool/))
    expect(logged()).toBeUndefined()
  })
})
