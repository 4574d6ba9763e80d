// What "did you mean" means: the fewest mistakes, a beginning of a word before all, and no guess where none is near.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { closest, nearest } from '../../lib/nearest.ts'

/** The fewest mistakes that make one word of the other, as the definition has it: a letter too many or missing, another one, two swapped. */
const mistakes = (a: string, b: string): number => {
  if (a === '' || b === '') return a.length + b.length
  const [restA, restB] = [a.slice(1), b.slice(1)]
  const isSwapped = a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0]
  return Math.min(
    mistakes(restA, b) + 1,
    mistakes(a, restB) + 1,
    mistakes(restA, restB) + Number(a[0] !== b[0]),
    isSwapped ? mistakes(a.slice(2), b.slice(2)) + 1 : Infinity,
  )
}

/** Words of few letters, so that many are near to each other. */
const word = fc.stringMatching(/^[abc]{1,6}$/)
const isBeginning = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a)

describe('among words that do not begin alike', () => {
  test('the closest is the first of those with the fewest mistakes', () => {
    fc.assert(
      fc.property(word, fc.array(word, { minLength: 1, maxLength: 3 }), (typed, known) => {
        fc.pre(!known.some((name) => isBeginning(name, typed)))
        const least = Math.min(...known.map((name) => mistakes(typed, name)))
        expect(closest(typed, known)).toBe(known.find((name) => mistakes(typed, name) === least))
      }),
    )
  })

  test('it is near with one mistake in three letters, of the shorter word', () => {
    fc.assert(
      fc.property(word, word, (typed, name) => {
        fc.pre(!isBeginning(name, typed))
        const isNear = mistakes(typed, name) * 3 <= Math.min(typed.length, name.length)
        expect(nearest(typed, [name])).toBe(isNear ? name : undefined)
      }),
      { numRuns: 300 },
    )
  })
})

test.each<[string, string, readonly string[], string | undefined]>([
  ['three letters that a name begins with', 'Use', ['Users', 'UserPoolId'], 'Users'],
  ['a beginning before a name with fewer mistakes', 'Reply', ['Reppy', 'ReplyToEmailAddress'], 'ReplyToEmailAddress'],
  ['a name with something after it', 'FromAddress', ['ForAddress', 'From'], 'From'],
  ['not a name with something before it', 'MailFrom', ['From'], undefined],
  ['not two letters alone', 'Us', ['UserPoolId'], undefined],
  ['upper and lower case as the same', 'FORM', ['From'], 'From'],
  ['a swap at the very beginning', 'rfom', ['From'], 'From'],
  ['nothing where nothing is known', 'From', [], undefined],
])('%s: %s among %j is %s', (_, typed, known, meant) => {
  expect(nearest(typed, known)).toBe(meant)
})

test('only the first 64 letters that were typed count', () => {
  const name = `p${'a'.repeat(63)}`
  expect(nearest(`q${'a'.repeat(63)}${'z'.repeat(50)}`, [name])).toBe(name)
})
