// How calls are paced: tried again after a while, kept under a quota, a few at a time. In virtual time.
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { ServiceError } from '../../lib/errors.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { backoff, retrying } from '../../lib/retry.ts'
import { tokenBucket, unhurried } from '../../lib/token-bucket.ts'
import { createVirtualTime } from '../virtual/clock.ts'
import { clockOf } from '../virtual/ports.ts'

const clockAt = (random = 0.5) => clockOf(createVirtualTime(), { isDead: false, random: () => random })
const unending = () => new AbortController().signal
const failing = (code: string, status?: number) => new ServiceError('cognito-idp:DescribeUserPool', code, 'No.', status)

describe('the wait before the next try', () => {
  test.each([
    [0, 200],
    [1, 400],
    [4, 3_200],
    [5, 5_000],
    [400, 5_000],
  ])('after try %i is drawn from all of what is below %i ms', (attempt, most) => {
    expect([0, 0.25, 1].map((random) => backoff(attempt, clockAt(random)))).toEqual([0, most / 4, most])
  })

  test('is a whole number of milliseconds', () => {
    expect(backoff(0, clockAt(0.0001))).toBe(1)
  })
})

describe('a call that may be repeated', () => {
  /** Fails `times` times with `error`, then works. */
  const calling = async (error: unknown, times: number, signal = unending()) => {
    const clock = clockAt()
    const began = clock.now()
    const tries: number[] = []
    const heard: unknown[] = []
    const call = async () => {
      tries.push(clock.now() - began)
      if (tries.length <= times) throw error
      return 'done'
    }
    const outcome = await retrying(clock, signal, call, (trouble) => heard.push(trouble)).catch((thrown: unknown) => thrown)
    return { outcome, tries, heard: heard.length }
  }

  test('is tried again after each passing fault, later each time, and its caller hears of each', async () => {
    expect(await calling(failing('InternalErrorException', 500), 3)).toEqual({ outcome: 'done', tries: [0, 100, 300, 700], heard: 3 })
  })

  test('is given up after five tries that all failed', async () => {
    const error = failing('ECONNRESET')
    expect(await calling(error, 5)).toMatchObject({ outcome: error, tries: { length: 5 }, heard: 4 })
  })

  test('is tried again for as long as it is throttled', async () => {
    expect(await calling(failing('TooManyRequestsException', 400), 30)).toMatchObject({ outcome: 'done', tries: { length: 31 } })
  })

  test.each([
    ['the service refuses', failing('InvalidParameterException', 400)],
    ['is no service’s error', new TypeError('a bug')],
  ])('is not tried again after what %s', async (_, error) => {
    expect(await calling(error, 1)).toEqual({ outcome: error, tries: [0], heard: 0 })
  })

  test('ends with the invocation, and with its reason', async () => {
    const over = AbortSignal.abort(new Error('the time is over'))
    expect(await calling(failing('InternalErrorException', 500), 1, over)).toMatchObject({ outcome: over.reason, tries: [0] })
  })
})

describe('a token bucket', () => {
  /** When each of `count` callers that come at once may go on, in milliseconds. */
  const turns = async (clock: ReturnType<typeof clockAt>, turn: (signal: AbortSignal) => Promise<void>, count: number) => {
    const began = clock.now()
    return Promise.all(
      Array.from({ length: count }, async () => {
        await turn(unending())
        return clock.now() - began
      }),
    )
  }

  test('lets a burst go on at once, and then one after another at its pace, in order', async () => {
    const clock = clockAt()
    expect(await turns(clock, tokenBucket(clock, 10, 3), 6)).toEqual([0, 0, 0, 100, 200, 300])
  })

  test('holds nobody up who need not wait', async () => {
    const asleep = new Error('asleep')
    const clock = { ...clockAt(), sleep: () => Promise.reject(asleep) }
    const turn = tokenBucket(clock, 10, 3)
    for (let count = 0; count < 3; count += 1) await turn(unending())
    await expect(turn(unending())).rejects.toBe(asleep)
  })

  test('that was left alone for long holds no more than a burst', async () => {
    const clock = clockAt()
    const turn = tokenBucket(clock, 10, 3)
    await turns(clock, turn, 6)
    await clock.sleep(60_000)
    expect(await turns(clock, turn, 5)).toEqual([0, 0, 0, 100, 200])
  })

  test('gives back what time has given it', async () => {
    const clock = clockAt()
    const turn = tokenBucket(clock, 10, 3)
    await turns(clock, turn, 3)
    await clock.sleep(100)
    expect(await turns(clock, turn, 2)).toEqual([0, 100])
  })

  test('never lets more through in any second than its pace and a burst', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), async (perSecond, burst) => {
        const clock = clockAt()
        const times = await turns(clock, tokenBucket(clock, perSecond, burst), 60)
        for (const time of times) {
          expect(times.filter((other) => other >= time && other < time + 1_000).length).toBeLessThanOrEqual(perSecond + burst)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('tells who waits in it that the time is over', async () => {
    const clock = clockAt()
    const turn = tokenBucket(clock, 1, 1)
    await turn(unending())
    const over = AbortSignal.abort(new Error('the time is over'))
    await expect(turn(over)).rejects.toBe(over.reason)
  })

  test('for work that nobody waits for gives five a second: a third of the account’s quota', async () => {
    const clock = clockAt()
    expect(await turns(clock, unhurried(clock), 5)).toEqual([0, 0, 0, 200, 400])
  })
})

describe('many things at once', () => {
  /** Each takes as many milliseconds as it says; a negative one fails then. */
  const doing = async (items: readonly number[], limit: number) => {
    const clock = clockAt()
    const began: number[] = []
    let [atOnce, most] = [0, 0]
    const work = async (ms: number) => {
      began.push(ms)
      atOnce += 1
      most = Math.max(most, atOnce)
      await clock.sleep(Math.abs(ms))
      atOnce -= 1
      if (ms < 0) throw new Error(`${ms}`)
      return ms * 2
    }
    const outcome = await mapConcurrently(items, limit, work).catch((error: unknown) => error)
    return { outcome, began, most, left: atOnce }
  }

  test('are begun in order, never more than the limit, and give their results in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(500), { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (items, limit) => {
        expect(await doing(items, limit)).toEqual({
          outcome: items.map((ms) => ms * 2),
          began: items,
          most: Math.min(limit, items.length),
          left: 0,
        })
      }),
    )
  })

  test('after an error begin nothing new; what had begun is over before the first error is thrown', async () => {
    expect(await doing([30, -10, -20, 5, 5], 3)).toEqual({ outcome: new Error('-10'), began: [30, -10, -20], most: 3, left: 0 })
  })
})
