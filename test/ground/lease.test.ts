// Who may work on an item, and when to look again: at the borders of time.
import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { holderOf, untilNextLook, whileInDoubt } from '../../lib/lease.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const at = (ms: number): string => new Date(NOW + ms).toISOString()
const OURS = { Event: 'digest', Invocation: 'ours', StartedAt: at(-5_000), Until: at(5_000) }
const clock = (random: number) => ({ now: () => NOW, random: () => random, sleep: async () => undefined })

test.each([
  ['is nobody’s when there is none', undefined, 'nobody'],
  ['holds until its time is over', { ...OURS, Invocation: 'theirs', Until: at(1) }, 'another'],
  ['holds at that very moment', { ...OURS, Invocation: 'theirs', Until: at(0) }, 'another'],
  ['is over after it, whoever held it', { ...OURS, Until: at(-1) }, 'nobody'],
  ['holds nobody up with a time that cannot be read', { ...OURS, Invocation: 'theirs', Until: 'soon' }, 'nobody'],
  ['is ours by its invocation', { ...OURS, Event: 'another digest' }, 'us'],
  ['is another’s for another delivery of the same event', { ...OURS, Invocation: 'theirs' }, 'another'],
] as const)('a lease %s', (_, held, holder) => {
  expect(holderOf(held, OURS, NOW)).toBe(holder)
})

test('a lease that is given up in doubt stays for two seconds, and stays whose it was', () => {
  expect(whileInDoubt({ ...OURS, Until: at(60_000) }, NOW)).toEqual({ ...OURS, Until: at(2_000) })
})

test.each([
  ['for a fifth of a second at least', 60_000, 0, 200],
  ['and not for all the same time', 60_000, 0.999, 499],
  ['until the lease ends, where that is sooner', 120, 0.5, 120],
  ['but never at once', -3_000, 0.5, 50],
])('who waits for a lease waits %s', (_, left, random, ms) => {
  expect(untilNextLook({ ...OURS, Until: at(left) }, clock(random))).toBe(ms)
})

test('who waits looks again two to five times a second, however long the lease is', () => {
  void fc.assert(
    fc.property(fc.integer({ min: 500, max: 300_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (left, random) => {
      const ms = untilNextLook({ ...OURS, Until: at(left) }, clock(random))
      expect(ms).toBeGreaterThanOrEqual(200)
      expect(ms).toBeLessThan(500)
    }),
  )
})
