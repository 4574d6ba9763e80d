// What a person sees: columns that give way in order, cells that are safe to open, and progress that does not fill a log.
import { describe, expect, test } from '@jest/globals'
import { progressOn, table } from '../../handler/cli/screen.ts'
import { csv } from '../../lib/printable.ts'

const plain = (width?: number) => ({ width, paint: (_: string, text: string) => text })
const HEAD = ['STATE', 'POOL', 'NAME', 'NOTE']
const ROW = ['drifted', 'eu-west-1_yXwfEheGO', 'a-rather-long-name', 'sender, ConfigurationSet; 2 warnings']

describe('a table', () => {
  test('in a pipe is whole', () => {
    expect(table(HEAD, [ROW], 2, plain()).split('\n')[1]).toBe(ROW.join('  '))
  })

  test('on a terminal cuts the note to 16 first, then whatever is widest, and never state and ID', () => {
    const row = (width: number) => table(HEAD, [ROW], 2, plain(width)).split('\n')[1]

    expect(row(70)).toBe('drifted  eu-west-1_yXwfEheGO  a-rather-long-name  sender, Configurati…')
    expect(row(66)).toBe('drifted  eu-west-1_yXwfEheGO  a-rather-long-name  sender, Configu…')
    expect(row(60)).toBe('drifted  eu-west-1_yXwfEheGO  a-rather-long…  sender, Confi…')
    expect(row(10)).toBe('drifted  eu-west-1_yXwfEheGO  a-rathe…  sender,…')
  })
})

test.each([
  ['plain', 'plain'],
  ['-', '-'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['=SUM(A1)', `"'=SUM(A1)"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['a=b', 'a=b'],
  ['a,=b', '"a,=b"'],
  ['a\rb', '"a\rb"'],
  ['a\nb', '"a\nb"'],
  ['@cmd', `"'@cmd"`],
])('a cell %s of CSV is %s', (cell, expected) => {
  expect(csv([cell, 'x'])).toBe(`${expected},x`)
})

describe('progress', () => {
  const drawn = (isTTY: boolean) => {
    const written: string[] = []
    let now = 0
    const progress = progressOn({ isTTY, write: (text: string) => written.push(text) > 0 }, () => now)
    for (let done = 1; done <= 200; done += 1) {
      now += 100
      progress.show(`${done} of 200`)
    }
    progress.clear()
    return written
  }

  test('is a line every ten seconds in a log', () => {
    expect(drawn(false)).toEqual(['100 of 200\n', '200 of 200\n'])
  })

  test('is one line on a terminal, written over and gone at the end', () => {
    const written = drawn(true)

    expect(written).toHaveLength(201)
    expect(written.every((text) => text.startsWith('\r\u001B[K') && !text.includes('\n'))).toBe(true)
    expect(written.at(-1)).toBe('\r\u001B[K')
  })
})
