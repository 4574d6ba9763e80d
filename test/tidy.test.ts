// The tree is the architecture: what each part may know, and that the role allows just what the code can do.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { isObject } from '../lib/json.ts'

const sources = (folder: string): { readonly path: string; readonly text: string }[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }))

const importsOf = (text: string): string[] => [...text.matchAll(/ from '([^']+)'/g)].map(([, from]) => from ?? '')

describe('the core', () => {
  test('imports nothing but itself, valibot, and what of Node is a pure function', () => {
    const pure = new Set(['valibot', 'node:crypto', 'node:url'])
    const foreign = sources('lib').flatMap(({ path, text }) =>
      importsOf(text)
        .filter((from) => !pure.has(from) && !/^\.\.?\/(?!.*handler)/.test(from))
        .map((from) => `${path}: ${from}`),
    )
    expect(foreign).toEqual([])
  })

  test('has no clock, no chance, no process and no console of its own', () => {
    const own = /\bDate\.now\b|new Date\(\)|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\.\w|\bconsole\.\w/
    expect(sources('lib').flatMap(({ path, text }) => (own.test(text) ? [path] : []))).toEqual([])
  })
})

/** What each folder of lib/ may import, itself and the ground apart. The ground is the files of lib/ itself; they import nothing but each other. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // What the command line shows is what the binding and the healer would do.
  fleet: ['binding', 'healer', 'pool', 'preflight', 'table'],
  binding: ['pool', 'preflight', 'table'],
  healer: ['pool', 'preflight', 'table'],
  pool: ['table'],
  preflight: [],
  table: [],
  ground: [],
}

const libImports = sources('lib').flatMap(({ path, text }) =>
  importsOf(text)
    .filter((from) => from.startsWith('.'))
    .map((from) => ({ path, to: join(path, '..', from) })),
)

const folderOf = (path: string): string => path.split('/').at(-2)?.replace(/^lib$/, 'ground') ?? ''

test('no folder of the core reaches up', () => {
  const up = libImports.filter(({ path, to }) => {
    const [from, into] = [folderOf(path), folderOf(to)]
    return from !== into && into !== 'ground' && !MAY_IMPORT[from]?.includes(into)
  })
  expect(up).toEqual([])
})

test('no two files of the core import each other, however long the way', () => {
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    libImports.some(({ path, to }) => path === from && (to === goal || (!seen.has(to) && reaches(to, goal, seen.add(to)))))
  expect(sources('lib').filter(({ path }) => reaches(path, path))).toEqual([])
})

test('each module says in its first line what it is for', () => {
  const silent = [...sources('lib'), ...sources('handler')].filter(({ text }) => !/^\/\/ \S.{20,}/.test(text))
  expect(silent.map(({ path }) => path)).toEqual([])
})

test('the role allows each call that the code can make, and beyond them only what Cognito, Lambda and the queue need on our behalf', () => {
  const called = sources('handler/aws').flatMap(({ text }) =>
    [...text.matchAll(/'((?:cognito-idp|ses|dynamodb):[A-Z]\w+)'/g)].map(([, action]) => action ?? ''),
  )
  const template: unknown = JSON.parse(readFileSync('dist/provider.template.json', 'utf8'))
  const granted: string[] = []
  const collect = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) collect(item)
    if (!isObject(node)) return
    if (node['Effect'] === 'Allow' && node['Principal'] === undefined) granted.push(...[node['Action']].flat().map(String))
    for (const value of Object.values(node)) collect(value)
  }
  collect(template)
  const onOurBehalf = [
    'iam:CreateServiceLinkedRole',
    'iam:PassRole',
    'kms:CreateGrant',
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage',
  ]
  expect([...new Set(granted)].sort()).toEqual([...new Set([...called, ...onOurBehalf])].sort())
})
