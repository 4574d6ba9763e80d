// The pictures of the README: what they show went well, and lines break between words.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { storyOf } from './story.ts'
import { svgOf } from './svg.ts'

const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text)

test('npm start as it is shown has events that went well, and none that did not', () => {
  const shown = texts(readFileSync('docs/pictures/start.svg', 'utf8'))

  expect(shown.filter((text) => text.startsWith('✓')).length).toBeGreaterThanOrEqual(5)
  expect(shown.join('\n')).not.toContain('✗')
})

test('the fleet as it is shown has no cell that is cut', () => {
  const shown = texts(readFileSync('docs/pictures/status.svg', 'utf8'))

  expect(shown.filter((text) => text === 'drifted').length).toBe(2)
  expect(shown.filter((text) => text.endsWith('…'))).toEqual([])
})

describe('the story of npm start', () => {
  const run = ['head', ...[1, 2, 3, 4, 5].map((number) => `✓ ${number} event`), '✓ 5 events'].join('\n\n')

  test('is its first three events and its end', () => {
    expect(storyOf(0, run)).toBe('head\n\n✓ 1 event\n\n✓ 2 event\n\n✓ 3 event\n\n…\n\n✓ 5 events')
  })

  test('has an event that went wrong as one of its own', () => {
    expect(storyOf(0, run.replace('✓ 2', '✗ 2').replace('✓ 4', '✗ 4'))).not.toContain('4 event')
  })

  test('is not told where the run did not end well', () => {
    expect(() => storyOf(1, run)).toThrow('npm start ended with 1')
  })
})

test('a line that is longer than the picture goes on in the next, after a whole word', () => {
  expect(texts(svgOf('title', 'To move them: cognito-ses-binding plan', 20))).toEqual(['To move them:', 'cognito-ses-binding', 'plan'])
  expect(texts(svgOf('title', 'abcdefghij', 4))).toEqual(['abcd', 'efgh', 'ij'])
})
