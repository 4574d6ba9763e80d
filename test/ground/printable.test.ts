// How a value from outside stands in a sentence: everything visible, nothing too long.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { excerpt, oneLine, serviceWords, shown, withoutControls, wrapped } from '../../lib/printable.ts'

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
  expect(serviceWords('At 1.5 a second.')).toBe('At 1.5 a second')
  expect(serviceWords('a\nb')).toBe('a\\u000ab')
  expect(serviceWords(' ')).toBe('it gave no reason')
  expect(serviceWords('x'.repeat(401))).toHaveLength(400)
})

test('data keeps everything but controls: a family of emoji stays one', () => {
  expect(withoutControls('👨‍👩‍👧 <a@example.com>')).toBe('👨‍👩‍👧 <a@example.com>')
  expect(withoutControls('a\r\nb\u001b\ud800')).toBe('a b \ufffd')
})

test('a name in a line of a terminal has no line breaks, and each run of controls is one space', () => {
  expect(oneLine('a\r\nb\u2028c\u2029d\u001be')).toBe('a b c d e')
  expect(oneLine('büro 👨‍👩‍👧 \ud800')).toBe('büro 👨‍👩‍👧 \ufffd')
})

test('a wrapped text has all its words, in lines that are as full as the width allows', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(words, fc.integer({ min: 4, max: 40 }), fc.nat(4), (text, width, indented) => {
      const indent = ' '.repeat(indented)
      const lines = wrapped(text.join(' '), width, indent).split(`\n${indent}`)
      expect(lines.join(' ').split(' ')).toEqual(text)
      const room = width - indented
      expect(lines.filter((line) => line.includes(' ') && line.length > room)).toEqual([])
      const next = lines.slice(1).map((line) => line.split(' ')[0])
      expect(next.filter((word, index) => `${lines[index]} ${word}`.length <= room)).toEqual([])
    }),
  )
})
