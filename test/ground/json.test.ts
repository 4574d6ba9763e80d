// When two pieces of JSON are the same.
import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { canonical, type Json, sameJson, sameSetting, without } from '../../lib/json.ts'

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, shuffled(member)]),
  )
}

test('members count in any order, elements in theirs', () => {
  void fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(sameJson(value, shuffled(value))).toBe(true)
    }),
  )
  expect(sameJson([1, 2], [2, 1])).toBe(false)
})

test('two values are the same exactly when their canonical texts are', () => {
  const small = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
  void fc.assert(
    fc.property(small, small, fc.string(), (a, b, name) => {
      expect(sameJson(a, b)).toBe(canonical(a) === canonical(b))
      expect(sameJson({ x: a }, { x: a, [`y${name}`]: b })).toBe(false)
    }),
  )
})

test('a canonical text has its members in order, however deep, and none that is undefined', () => {
  expect(canonical({ b: [{ d: 'x', c: 1, e: undefined }, null], a: undefined })).toBe('{"b":[{"c":1,"d":"x"},null]}')
})

test('an object without some of its members has none that is undefined', () => {
  expect(Object.entries(without({ a: 1, b: undefined, c: 3 }, ['c']))).toEqual([['a', 1]])
})

test('an absent member and an undefined one are the same, null is not', () => {
  expect(sameJson({ a: undefined, b: 1 }, { b: 1 })).toBe(true)
  expect(sameJson({ b: 1 }, { a: undefined, b: 1 })).toBe(true)
  expect(sameJson({ a: null }, {})).toBe(false)
})

test('as settings, lists of scalars are sets; lists of objects are not', () => {
  expect(sameSetting({ a: ['EMAIL', 'SMS'] }, { a: ['SMS', 'EMAIL'] })).toBe(true)
  expect(sameSetting([null, 'SMS'], ['SMS', null])).toBe(true)
  expect(sameSetting({ a: ['EMAIL'] }, { a: ['EMAIL', 'EMAIL'] })).toBe(false)
  expect(sameSetting({ a: ['EMAIL'] }, { a: ['SMS'] })).toBe(false)
  expect(sameSetting(['SMS', { a: 1 }], [{ a: 1 }, 'SMS'])).toBe(false)
  expect(sameSetting(['SMS', 'EMAIL'], [{ a: 1 }, 'SMS'])).toBe(false)
  expect(sameSetting([{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1 }])).toBe(false)
})
