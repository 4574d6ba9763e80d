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

/** What each room of lib/ may import, itself and the ground apart. The ground is the files of lib/ itself; they import nothing but each other. */
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

type Import = { readonly path: string; readonly to: string }

/** What the files of a folder import from beside them. */
const importsIn = (folder: string): Import[] =>
  sources(folder).flatMap(({ path, text }) =>
    importsOf(text)
      .filter((from) => from.startsWith('.'))
      .map((from) => ({ path, to: join(path, '..', from) })),
  )

const roomOf = (path: string): string => {
  const [first = '', second = '', ...rest] = path.split('/')
  return first !== 'lib' ? first : rest.length === 0 ? 'ground' : second
}

describe('the rooms of the house', () => {
  test('are those that have a row above, each with something in it', () => {
    const rooms = new Set(sources('lib').map(({ path }) => roomOf(path)))
    expect([...rooms].filter((room) => MAY_IMPORT[room] === undefined)).toEqual([])
  })

  test('import along the arrows alone: handler → lib; fleet → binding, healer; they → pool, preflight, table; pool → table; all → the ground', () => {
    const wrong = [...importsIn('lib'), ...importsIn('handler')].filter(({ path, to }) => {
      const [from, into] = [roomOf(path), roomOf(to)]
      if (from === into) return false
      return from === 'handler' ? !to.startsWith('lib/') : into !== 'ground' && !MAY_IMPORT[from]?.includes(into)
    })
    expect(wrong).toEqual([])
  })

  test('have no circle: no two files import each other, however long the way', () => {
    const imports = [...importsIn('lib'), ...importsIn('handler')]
    const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
      imports.some(({ path, to }) => path === from && (to === goal || (!seen.has(to) && reaches(to, goal, seen.add(to)))))
    expect([...new Set(imports.map(({ path }) => path))].filter((path) => reaches(path, path))).toEqual([])
  })
})

const product = [...sources('lib'), ...sources('handler')]

test('each module says in its first line what it is for', () => {
  const silent = product.filter(({ text }) => !/^\/\/ \S.{20,}/.test(text))
  expect(silent.map(({ path }) => path)).toEqual([])
})

type Found = { readonly path: string; readonly name: string; readonly lines: number }

/**
 * Every function with a body, and its length with its signature. Counted by the indentation that the formatter gives:
 * a body begins with a line that ends in `=> {` or `) {`, and ends with the next `}` that stands as far in.
 */
const functionsIn = (path: string, text: string): Found[] => {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (!/(?:=>|\)) \{$/.test(line)) return []
    const indent = /^ */.exec(line)?.[0] ?? ''
    const end = lines.findIndex((other, at) => at > index && other.startsWith(`${indent}}`))
    // A signature of several lines ends with a line that begins with `)`.
    const startsAt = (at: number) => lines[at]?.startsWith(indent) && /^[^\s)]/.test(lines[at].slice(indent.length))
    let start = index
    while (start > 0 && !startsAt(start)) start -= 1
    const name = /(?:const|class|readonly)? ?(\w+)/.exec(lines[start]?.trim().replace(/^(?:export )?(?:const )?/, '') ?? '')?.[1] ?? ''
    return [{ path, name, lines: end - start + 1 }]
  })
}

const LONGEST = 70

/** Those that are longer yet. A number here may only go down; a new one is not taken. */
const LONGER_YET: Readonly<Record<string, number>> = {
  'lib/preflight/facts.ts: factFinder': 82,
}

describe('a function', () => {
  const all = product.flatMap(({ path, text }) => functionsIn(path, text))

  test(`has at most ${LONGEST} lines, and those that have more get shorter`, () => {
    const long = all.filter(({ lines }) => lines > LONGEST).map(({ path, name, lines }) => ({ key: `${path}: ${name}`, lines }))
    expect(long.filter(({ key, lines }) => lines > (LONGER_YET[key] ?? LONGEST))).toEqual([])
    expect(Object.keys(LONGER_YET).filter((key) => !long.some((one) => one.key === key))).toEqual([])
  })

  test('is found and counted, whatever the shape of its signature', () => {
    const text = [
      'const one = (a) => {',
      '  a()',
      '}',
      'export const two = async (',
      '  b,',
      '): Promise<void> => {',
      '  b(() => {',
      '    c',
      '  })',
      '}',
    ]
    expect(functionsIn('f', text.join('\n'))).toEqual([
      { path: 'f', name: 'one', lines: 3 },
      { path: 'f', name: 'two', lines: 7 },
      { path: 'f', name: 'b', lines: 3 },
    ])
    expect(all.length).toBeGreaterThan(150)
  })
})

/** Values that the product itself needs in one file only, and that a test needs too: the table behind a generated document, a law’s parts, a limit. */
const FOR_TESTS: readonly string[] = [
  'handler/aws/cognito.ts: ALLOWANCE',
  'lib/binding/properties.ts: PROPERTIES',
  'lib/binding/property-schema.ts: propertySchema',
  'lib/binding/response.ts: MAX_BYTES',
  'lib/healer/decide.ts: HEALS_A_DAY',
  'lib/healer/sweep.ts: CURSOR_KEY',
  'lib/pool/hold.ts: committed',
  'lib/pool/layers.ts: overlay',
  'lib/pool/settings.ts: DESCRIBE_ONLY',
  'lib/pool/settings.ts: updatableSettings',
  'lib/preflight/checks.ts: CHECKS',
  'lib/preflight/regions.ts: REGION_RULES',
  'lib/preflight/regions.ts: SES_REGIONS',
]

test('an export is imported by another module of the product, or stands in the list of those for tests', () => {
  const users = [...product, ...sources('infra'), { path: 'build.mjs', text: readFileSync('build.mjs', 'utf8') }]
  const used = new Set(
    users.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/g)].flatMap(([, names = '', from = '']) =>
        names.split(',').map(
          (name) =>
            `${join(path, '..', from)}: ${name
              .trim()
              .replace(/^type /, '')
              .replace(/ as .*/, '')}`,
        ),
      ),
    ),
  )
  const exported = product
    // What build.mjs puts in place of parts of the SDK, and Lambda’s own door.
    .filter(({ path }) => !path.startsWith('handler/aws/stand-ins/') && path !== 'handler/index.ts')
    .flatMap(({ path, text }) => [...text.matchAll(/^export (?:const|class) (\w+)/gm)].map(([, name]) => `${path}: ${name}`))
  expect(exported.filter((name) => !used.has(name) && !FOR_TESTS.includes(name))).toEqual([])
  expect(FOR_TESTS.filter((name) => !exported.includes(name))).toEqual([])
})

describe('a test', () => {
  const tests = sources('test').filter(({ path }) => path !== 'test/tidy.test.ts')

  test('is not tried again: in a product about races one that passes at the third try is a finding', () => {
    expect(tests.filter(({ text }) => /\bretryTimes\b/.test(text)).map(({ path }) => path)).toEqual([])
  })

  /** The clock on the wall is for what is late on purpose, for servers of others that must come up, and for what is measured. */
  const MAY_WAIT = /^test\/(?:local-aws\/server\.ts$|e2e\/|bench\/)/

  test('does not sleep: time is virtual, or an event is awaited', () => {
    const sleepers = tests.filter(({ path, text }) => !MAY_WAIT.test(path) && /\bsetTimeout\(|\btimers\/promises\b/.test(text))
    expect(sleepers.map(({ path }) => path)).toEqual([])
  })

  test('cites nothing that is not in the repository', () => {
    /** The facts about the emulators, which are told nowhere else yet. */
    const yet = ['test/e2e/corrections.ts', 'test/e2e/target.ts']
    const cited = tests.filter(
      ({ path, text }) =>
        !yet.includes(path) && /\b(?:facts\/)?(?:wire|protocol|ses-and-cognito|toolchain|style)\.md\b|\bissues? \d/.test(text),
    )
    expect(cited.map(({ path }) => path)).toEqual([])
  })
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
