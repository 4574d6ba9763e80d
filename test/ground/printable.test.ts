// How a value from outside stands in a sentence: everything visible, nothing too long.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { excerpt, serviceWords, shown, withoutControls } from '../../lib/printable.ts'

test('an excerpt is never longer than asked, shows nothing invisible, and keeps what fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 30 }), (value, length) => {
      expect(excerpt(value, length).length).toBeLessThanOrEqual(length)
      expect(excerpt(value, length)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    }),
  )
  expect(excerpt('12345', 5)).toBe('12345')
  expect(excerpt('123456', 5)).toBe('1234…')
  expect(excerpt('123🚢🚢', 5)).toBe('123…')
})

test('a value in a sentence stands in double quotes, an object as JSON, and is cut at 80 characters', () => {
  expect(shown('a\u001bb')).toBe('"a\\u001bb"')
  expect(shown({ Ref: 'Set' })).toBe('"{"Ref":"Set"}"')
  expect(shown(undefined)).toBe('"nothing"')
  expect(shown('x'.repeat(81))).toBe(`"${'x'.repeat(79)}…"`)
})

test('what a service said loses its full stop, and never is nothing', () => {
  expect(serviceWords('Not so. ')).toBe('Not so')
  expect(serviceWords('a\nb')).toBe('a\\u000ab')
  expect(serviceWords(' ')).toBe('it gave no reason')
  expect(serviceWords('x'.repeat(401))).toHaveLength(400)
})

test('data keeps everything but controls: a family of emoji stays one', () => {
  expect(withoutControls('👨‍👩‍👧 <a@example.com>')).toBe('👨‍👩‍👧 <a@example.com>')
  expect(withoutControls('a\r\nb\u001b\ud800')).toBe('a b \ufffd')
})
