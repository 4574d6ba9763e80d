// The bench's arithmetic, and that README.md and docs/bench say what was measured. No test here measures anything.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { chart } from './chart.ts'
import { columns } from './columns.ts'
import { depth, levels } from './intervals.ts'
import { grouped, leaves, lostBetween } from './lost-settings.ts'
import { boundSeconds } from './many-pools.ts'
import { isNode } from './nodes.ts'
import { readOptions } from './options.ts'
import { marked, SNIPPETS } from './readme.ts'
import { reportPage, times } from './report.ts'
import { readResults } from './results.ts'
import { byPackage, packageOf } from './size.ts'
import { median, quantile, spreadOf } from './statistics.ts'
import { dynamoSize, itemSize } from './virtual-aws.ts'

const root = new URL('../..', `file://${__filename}`).pathname
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8')
const results = readResults(root)

describe('what is quoted', () => {
  test('README.md has the numbers of docs/bench/results.json (else: npm run bench -- --readme)', () => {
    const text = read('README.md')
    expect(text).toBe(marked(text, results))
  })

  test('docs/bench shows what docs/bench/results.json has (else: npm run bench -- --readme)', () => {
    expect(read('docs/bench/README.md')).toBe(reportPage(results))
    expect(read('docs/bench/chart.svg')).toBe(chart(results))
  })

  test('every text that README.md may quote can be made of the results', () => {
    for (const make of Object.values(SNIPPETS)) expect(make(results)).not.toMatch(/NaN|undefined/)
  })

  test('only the marked parts are rewritten, and a mark that means nothing is an error', () => {
    const size = SNIPPETS.size(results)
    expect(marked('It is <!-- bench:size -->?<!-- /bench:size --> large, not 7 KB.', results)).toBe(
      `It is <!-- bench:size -->${size}<!-- /bench:size --> large, not 7 KB.`,
    )
    expect(() => marked('<!-- bench:weight -->1 kg<!-- /bench:weight -->', results)).toThrow(/no bench:weight/)
    expect(() => marked('<!-- bench:size -->1<!-- /bench:loss -->', results)).toThrow(/ends with \/bench:loss/)
    expect(() => marked('<!-- bench:size -->1', results)).toThrow(/bench:size/)
  })
})

describe('depth of calls', () => {
  const call = (from: number, to: number) => ({ from, to })

  test('calls one after another are as deep as they are many; calls side by side are one deep', () => {
    expect(depth([call(0, 20), call(20, 40), call(41, 60)])).toBe(3)
    expect(depth([call(0, 20), call(1, 21), call(19, 40)])).toBe(1)
    expect(depth([])).toBe(0)
  })

  test('a level is the longest chain that leads to a call, in whatever order the calls are given', () => {
    const calls = [call(0, 20), call(2, 60), call(22, 42), call(44, 64), call(65, 85)]
    expect(levels(calls)).toEqual([1, 1, 2, 3, 4])
    expect(levels([...calls].reverse())).toEqual([4, 3, 2, 1, 1])
  })
})

describe('medians and spreads', () => {
  test('of odd and even numbers of values, in any order', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2)
    expect(median([])).toBeNaN()
    expect(spreadOf([10, 1, 2, 3, 4])).toEqual({ least: 1, median: 3, low: 2, high: 4, runs: 5 })
  })
})

test('one start by another is the least by the least, and the median by the median', () => {
  const [ours, empty] = [spreadOf([90, 100, 150]), spreadOf([30, 40, 50])]
  expect(times(ours, empty, 'least')).toBe(3)
  expect(times(ours, empty)).toBe(2.5)
  expect(times(ours, undefined)).toBeNaN()
})

test('the bound of many pools is when the last of two reads a pool may be asked', () => {
  expect(boundSeconds(100, 14, 13)).toBe(13.357)
  expect(boundSeconds(6, 14, 13)).toBe(0)
})

test('a Node is told by its line', () => {
  expect(['v24.21.0', '24.1.0', 'v2.4.0'].map((version) => isNode(version, 24))).toEqual([true, true, false])
})

describe('lost settings', () => {
  const before = { A: 1, B: { C: [1, 2], D: { E: 'x' }, F: {} }, G: true }
  const of = (pool: typeof before | object) => new Map(leaves(pool as typeof before))

  test('are counted value by value: gone, or other than before', () => {
    expect([...of(before).keys()]).toEqual(['A', 'B.C', 'B.D.E', 'B.F', 'G'])
    expect(lostBetween(of(before), of({ A: 2, B: { C: [1, 2], F: {} }, G: true, H: 'new' }))).toEqual(['A', 'B.D.E'])
    expect(lostBetween(of(before), of(before))).toEqual([])
  })

  test('are named in short', () => {
    expect(grouped(['B.C', 'A', 'B.D.E', 'Q.R'])).toEqual(['B (2)', 'A', 'Q.R'])
  })
})

test('sizes are added up by package, own files by folder', () => {
  expect(packageOf('node_modules/@aws-sdk/core/dist-es/x.js')).toBe('@aws-sdk/core')
  expect(packageOf('node_modules/a/node_modules/b/x.js')).toBe('b')
  expect(packageOf('lib/preflight/check.ts')).toBe('lib')
  const inputs = { 'lib/a.ts': 10, 'lib/b.ts': 5, 'node_modules/b/x.js': 12, 'node_modules/c/none.js': 0 }
  const given = Object.fromEntries(Object.entries(inputs).map(([file, bytesInOutput]) => [file, { bytesInOutput }]))
  expect(byPackage(given)).toEqual([
    { name: 'lib', bytes: 15, files: 2 },
    { name: 'b', bytes: 12, files: 1 },
  ])
})

test('an item is as large as DynamoDB reckons', () => {
  expect(dynamoSize('ä')).toBe(2)
  expect(dynamoSize(1234)).toBe(3)
  expect(dynamoSize(['ab', true])).toBe(3 + 1 + 2 + 1 + 1)
  expect(dynamoSize({ n: 'ab' })).toBe(3 + 1 + 1 + 2)
  expect(itemSize({ UserPoolId: 'abc', Gone: undefined })).toBe(13)
})

test('columns are as wide as what is in them, numbers to the right', () => {
  expect(
    columns(
      ['', 'ms'],
      [
        ['a', '5'],
        ['long', '120'],
      ],
    ),
  ).toEqual(['       ms', '────  ───', 'a       5', 'long  120'])
})

describe('the command line', () => {
  test('measures everything unless told, or the measurements named', () => {
    expect(readOptions([]).sections).toHaveLength(6)
    expect(readOptions(['--only', 'loss', '--only', 'size']).sections).toEqual(['loss', 'size'])
  })

  test.each([
    [['--only', 'speed'], /cold-start.*got "speed"/],
    [['--rounds', 'many'], /whole number.*got "many"/],
    [['--fast'], /--fast/],
  ])('%j is an error that says what is expected', (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason)
  })

  test('a comparison with another build is never kept', () => {
    expect(readOptions(['--beside', 'x.cjs']).saves).toBe(false)
  })
})
