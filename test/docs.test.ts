// The documents say what is there: paths, rooms and arrows, what the simulation lets pass and plays, the list of decisions.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { EXCEPTIONS } from './simulation/exceptions.ts'

const read = (file: string): string => readFileSync(file, 'utf8')
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found ?? '')

const decisions = readdirSync('docs/decisions').filter((name) => /^\d\d-.*\.md$/.test(name))

/** What a person who is new here reads. */
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/simulation.md',
  'docs/evidence.md',
  'docs/decisions/README.md',
  ...decisions.map((name) => `docs/decisions/${name}`),
]

/** Paths between backticks: what begins with a folder of ours. A `*` stands for any name. */
const pathsIn = (text: string): string[] =>
  matches(text.replace(/```[\s\S]*?```/g, ''), /`((?:lib|handler|infra|test|docs|\.ci|\.github)\/[\w./*-]*)`/g)

/** The headings of a page, as GitHub makes anchors of them. */
const anchorsOf = (file: string): string[] =>
  matches(read(file), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  )

/** A name of something in a file: a word between backticks before `in`, then the file's path. */
const namesIn = (text: string): { readonly name: string; readonly file: string }[] =>
  [...text.matchAll(/`(\w+)`(?:, `(\w+)`)? (?:in|and `\w+` in) `((?:lib|handler|test)\/[\w./-]+\.ts)`/g)].flatMap(
    ([, one, other, file = '']) => [one, other].flatMap((name) => (name === undefined ? [] : [{ name, file }])),
  )

describe.each(PAGES)('%s', (page) => {
  const text = read(page)

  test('names no path that does not exist', () => {
    const isThere = (path: string): boolean =>
      path.includes('*')
        ? readdirSync(dirname(path)).some((name) =>
            new RegExp(`^${path.slice(dirname(path).length + 1).replaceAll('*', '.*')}$`).test(name),
          )
        : existsSync(path)
    expect(pathsIn(text).filter((path) => !isThere(path))).toEqual([])
  })

  test('links to no page or section that does not exist', () => {
    const dead = matches(text, /\]\((?!https?:)([^)\s]+)\)/g).filter((link) => {
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
    })
    expect(dead).toEqual([])
  })

  test('names nothing in a file that the file does not have', () => {
    expect(namesIn(text).filter(({ name, file }) => !new RegExp(`\\b${name}\\b`).test(read(file)))).toEqual([])
  })
})

test('the pages of the way in name many paths', () => {
  expect(pathsIn(read('docs/architecture.md')).length).toBeGreaterThan(30)
  expect(pathsIn(read('CONTRIBUTING.md')).length).toBeGreaterThan(30)
  expect(namesIn(read('docs/architecture.md')).length).toBeGreaterThan(10)
})

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md')
  /** Room → what it may import, as the tidy test holds it. */
  const [, body = ''] = /const MAY_IMPORT[^=]*= \{\n([\s\S]*?)\n\}/.exec(read('test/tidy.test.ts')) ?? []
  const held = Object.fromEntries(
    [...body.matchAll(/^ {2}(\w+): \[(.*)\],$/gm)].map(([, room = '', list = '']) => [room, matches(list, /'(\w+)'/g).sort()]),
  )

  test('its table of rooms and arrows is that of the tidy test', () => {
    const [, rows = ''] = /\| Room \| May import \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(page) ?? []
    const told = Object.fromEntries(
      [...rows.matchAll(/^\| (?:`lib\/(\w+)`|the (ground).*?) \| (.*) \|$/gm)].map(([, room, ground, list = '']) => [
        room ?? ground ?? '',
        list === 'nothing' ? [] : list.split(', ').sort(),
      ]),
    )
    expect(Object.keys(held)).toContain('ground')
    expect(told).toEqual(held)
  })

  test('its picture has each of these arrows, and no other, but for the ground, which everything may import', () => {
    const [, picture = ''] = /```mermaid\n(flowchart TD[\s\S]*?)```/.exec(page) ?? []
    const rooms = new Set(Object.keys(held).filter((room) => room !== 'ground'))
    const told = [...picture.matchAll(/^ {2}(\w+) --> (\w+)/gm)].map(([, from, to]) => `${from} ${to}`)
    const between = told.filter((arrow) => arrow.split(' ').every((room) => rooms.has(room)))
    expect(between.sort()).toEqual([...rooms].flatMap((room) => (held[room] ?? []).map((other) => `${room} ${other}`)).sort())
  })
})

test('the round trips in docs/architecture.md are those that were measured last', () => {
  const { operations } = JSON.parse(read('docs/bench/results.json')).roundTrips
  const page = read('docs/architecture.md')
  const [, create, update] = /\*\*(\d+) round trips\*\* one after another\. An Update without a change makes \*\*(\d+)\*\*/.exec(page) ?? []
  const depthOf = (name: string) => operations.find(({ operation }: { operation: string }) => operation === name)?.depth
  expect([create, update].map(Number)).toEqual([depthOf('Create'), depthOf('Update, no change')])
})

test('docs/decisions/README.md lists every decision by its title, in order', () => {
  const titles = decisions.sort().map((name) => {
    const [, number, title] = /^# (\d+)\. (.+)$/m.exec(read(`docs/decisions/${name}`)) ?? []
    return `${number}. [${title}](${name})`
  })
  expect(read('docs/decisions/README.md').match(/^\d+\. .*$/gm)).toEqual(titles)
})

test('docs/simulation.md has a row for everything that the simulation lets pass', () => {
  const [, section = ''] = /\n## What is let pass\n([\s\S]*?)\n## /.exec(read('docs/simulation.md')) ?? []
  expect(matches(section.replace(/^(?!\|).*$/gm, ''), /`([a-z-]+)`/g).sort()).toEqual(Object.keys(EXCEPTIONS).sort())
})
