// What the binding's record keeps from event to event: answers, wishes, pools, the newest date, and a lease while something is in doubt.
import { describe, expect, test } from '@jest/globals'
import {
  type BindingRecord,
  begun,
  isAnotherBindings,
  isLate,
  physicalResourceId,
  storedResponse,
  timeOf,
  withoutPool,
  withResponse,
} from '../../lib/binding/record.ts'
import type { Lease } from '../../lib/lease.ts'
import { stackArn } from '../driver.ts'

const SECOND = 1_000
const DAY = 24 * 60 * 60 * SECOND
const NOW = Date.parse('2026-11-25T10:00:00Z')
const iso = (time: number): string => new Date(time).toISOString()
const amzDate = (time: number): string => iso(time).replace(/\.\d+|[-:]/g, '')

const OWNER = { StackId: stackArn('mail'), LogicalResourceId: 'Binding' }
const LEASE: Lease = { Event: 'event', Invocation: 'ours', StartedAt: iso(NOW), Until: iso(NOW + 300 * SECOND) }

type Signed = { readonly signedAt?: number; readonly pools?: readonly string[]; readonly now?: number }

const begin = (record: BindingRecord | undefined, type: string, { signedAt, pools = ['a'], now = NOW }: Signed = {}): BindingRecord => ({
  ...begun(record, { type, owner: OWNER, signedAt: signedAt === undefined ? undefined : amzDate(signedAt) }, pools, LEASE, now),
  Revision: 1,
})
const answered = (record: BindingRecord, event: string, wish: string | undefined, now = NOW): BindingRecord => ({
  ...withResponse(record, event, `answer to ${event}`, { pools: record.Pools, wish }, now),
  Revision: 1,
})
const failed = (record: BindingRecord, event: string): BindingRecord => ({
  ...withResponse(record, event, 'no', undefined, NOW),
  Revision: 1,
})

describe('a new record', () => {
  test('has the pools and the lease of the event that begins it, and nothing else yet', () => {
    const { Revision: _, ...record } = begin(undefined, 'Create')
    expect(record).toStrictEqual({
      UserPoolId: expect.stringMatching(/^binding#[0-9a-f]{16}$/),
      SchemaVersion: 1,
      ...OWNER,
      Pools: ['a'],
      Answered: [],
      Wishes: [],
      Answers: [],
      Lease: LEASE,
    })
  })

  test('expires 24 hours after it has no pools', () => {
    expect(begin(undefined, 'Delete', { pools: [] }).ExpiresAt).toBe((NOW + DAY) / SECOND)
  })
})

describe('an answer', () => {
  const record = answered(begin(undefined, 'Create'), 'first', 'wish')

  test.each([
    [DAY - 1, 'answer to first'],
    [DAY, undefined],
  ])('is given again until 24 hours have passed: after %i ms it is %p', (age, body) => {
    expect(storedResponse(record, 'first', NOW + age)?.Body).toBe(body)
    expect(storedResponse(record, 'second', NOW + age)).toBeUndefined()
  })

  test.each([
    [DAY - 1, ['second', 'first']],
    [DAY, ['second']],
  ])('leaves the record with the first one that comes %i ms after it, if its time is over: %j', (age, events) => {
    const later = answered(begin(record, 'Update', { now: NOW + age }), 'second', 'wish', NOW + age)
    expect(later.Answers.map(({ Event }) => Event)).toEqual(events)
  })

  test('is one of the newest 20', () => {
    const events = Array.from({ length: 25 }, (_, index) => `event ${index}`)
    const full = events.reduce((before, event) => answered(before, event, 'wish'), record)
    expect(full.Answers.map(({ Event }) => Event)).toEqual(events.slice(-20).reverse())
  })
})

describe('the lease of the binding', () => {
  test('is gone with a SUCCESS; after a FAILED it ends 2 seconds later, when nothing can take effect any more', () => {
    const record = begin(undefined, 'Create')
    expect(answered(record, 'event', 'wish')).not.toHaveProperty('Lease')
    expect(failed(record, 'event').Lease).toEqual({ ...LEASE, Until: iso(NOW + 2 * SECOND) })
  })
})

describe('the wishes that a SUCCESS answered', () => {
  const [one, two] = [answered(begin(undefined, 'Create'), '1', 'one'), 'two'] as const

  test('are the last two: a rollback goes back to the one before', () => {
    const three = answered(answered(one, '2', two), '3', 'three')
    expect(three.Wishes).toEqual(['three', 'two'])
  })

  test('stay two different ones when the one in force is applied again: the rollback is still known as one', () => {
    const again = answered(answered(one, '2', two), '3', two)
    expect(again.Wishes).toEqual(['two', 'one'])
  })

  test('are gone with a Delete: what comes after it is a new wish', () => {
    expect(answered(one, '2', undefined).Wishes).toEqual([])
  })

  test('stay as they are after a FAILED, and so do the pools that were answered', () => {
    const record = failed(begin(one, 'Update', { pools: ['b'] }), '2')
    expect(record).toMatchObject({ Wishes: ['one'], Answered: ['a'], Pools: ['a', 'b'] })
  })
})

test('a pool that was released by hand is on the record no more; the others are', () => {
  const record = answered(begin(undefined, 'Create', { pools: ['a', 'b', 'c'] }), 'event', 'wish')
  const left = withoutPool(record, 'b', NOW)
  expect(left).toMatchObject({ Pools: ['a', 'c'], Answered: ['a', 'c'] })
  expect(left).not.toHaveProperty('ExpiresAt')
})

describe('the newest date', () => {
  const record = begin(undefined, 'Create', { signedAt: NOW - 60 * SECOND })
  const after = (type: string, seconds: number): number | undefined => {
    const newest = begin(record, type, { signedAt: NOW + seconds * SECOND }).Newest
    return newest === undefined ? undefined : (timeOf(newest) - NOW) / SECOND
  }

  test.each([
    ['Update', -50, -50],
    ['Update', -60, -60],
    ['Delete', -50, -50],
    ['Delete', -60, -59],
    ['Delete', -80, -59],
  ])('after one of 60 s ago, a %s signed at %i s makes it %i s', (type, signed, newest) => {
    expect(after(type, signed)).toBe(newest)
  })

  test('makes a Create late that was killed and comes again after the Delete, whose clock was behind', () => {
    const deleted = begin(record, 'Delete', { signedAt: NOW - 80 * SECOND })
    expect(isLate(deleted, 'Create', amzDate(NOW - 60 * SECOND), NOW)).toBe(true)
  })

  test('may be missing, in the event or on record: then nothing is late', () => {
    expect([isLate(record, 'Update', undefined, NOW), isLate(begin(undefined, 'Create'), 'Update', amzDate(NOW - DAY), NOW)]).toEqual([
      false,
      false,
    ])
  })

  test('stands from the moment it names', () => {
    expect(isLate(begin(undefined, 'Create', { signedAt: NOW }), 'Update', amzDate(NOW - SECOND), NOW)).toBe(true)
  })

  test.each(['', '20269999T999999Z', '2026-11-25T10:00:00Z', '2026', 'x20261125T100000Z', '20261125T100000Zx'])('is not %j', (date) => {
    expect(timeOf(date)).toBeNaN()
    expect(isLate(record, 'Update', date, NOW)).toBe(false)
    expect(isLate({ ...record, Newest: date }, 'Update', amzDate(NOW - DAY), NOW)).toBe(false)
  })
})

test('the ID of another binding is that of another stack or resource, not one that CloudFormation made up, and not none', () => {
  const others = physicalResourceId({ ...OWNER, LogicalResourceId: 'Other' })
  expect([others, physicalResourceId(OWNER), 'mail-Binding-1ABC', undefined].map((id) => isAnotherBindings(id, OWNER))).toEqual([
    true,
    false,
    false,
    false,
  ])
})
