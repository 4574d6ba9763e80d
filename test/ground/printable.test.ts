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
