// What is in the bundle and is not ours is listed with its licence, and a licence that nobody decided on stops the build.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'inventory-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Bom = {
  readonly specVersion: string
  readonly metadata: { readonly component: { readonly components: readonly { readonly name: string; readonly hashes: unknown }[] } }
  readonly components: readonly { readonly name: string; readonly purl: string; readonly licenses: unknown }[]
}

/** infra/inventory.mjs is an ES module, which jest does not load: a Node of its own does, as in the build. */
const inventory = (metafiles: unknown, root: string): { readonly thirdParty: string; readonly bom: Bom } => {
  const out = execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { inventory } from '${join(process.cwd(), 'infra', 'inventory.mjs')}'
       const { thirdParty, bom } = inventory(${JSON.stringify(metafiles)}, ${JSON.stringify(root)})
       process.stdout.write(JSON.stringify({ thirdParty, bom: JSON.parse(bom) }))`,
    ],
    { encoding: 'utf8', stdio: 'pipe' },
  )
  return JSON.parse(out)
}

const write = (root: string, path: string, text: string) => {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

let count = 0
/** A project with one package in its bundle, and one that tree shaking has dropped. */
const project = (files: Readonly<Record<string, string>>, input = 'node_modules/@they/lib/index.js') => {
  count += 1
  const root = join(folder, String(count))
  write(root, 'package.json', '{"name": "ours", "version": "1.0.0", "license": "Apache-2.0"}')
  write(root, 'dist/a.js', 'a')
  write(root, 'dist/b.js', 'b')
  for (const [path, text] of Object.entries(files)) write(root, path, text)
  const inputs = {
    [input]: { bytesInOutput: 5 },
    'node_modules/dropped/index.js': { bytesInOutput: 0 },
    'lib/own.ts': { bytesInOutput: 9 },
  }
  return { root, metafiles: [{ outputs: { 'dist/a.js': { inputs } } }, { outputs: { 'dist/b.js': { inputs } } }] }
}
const manifest = (license: unknown, name = '@they/lib') => JSON.stringify({ name, version: '2.1.0', license })

describe('the inventory', () => {
  test('lists each package of all bundles once, with its version and licence, and the bundles with their digests', () => {
    const { root, metafiles } = project({
      'node_modules/@they/lib/package.json': manifest('MIT'),
      'node_modules/@they/lib/LICENSE.md': 'Copyright they\n',
      'node_modules/@they/lib/NOTICE': 'and others\n',
    })
    const { thirdParty, bom } = inventory(metafiles, root)
    expect(thirdParty).toBe('@they/lib 2.1.0 (MIT)\n\nCopyright they\n\nand others\n')
    expect(bom.specVersion).toBe('1.6')
    expect(bom.components).toEqual([
      expect.objectContaining({ name: '@they/lib', purl: 'pkg:npm/%40they/lib@2.1.0', licenses: [{ license: { id: 'MIT' } }] }),
    ])
    const digest = (text: string) => [{ alg: 'SHA-256', content: createHash('sha256').update(text).digest('hex') }]
    expect(bom.metadata.component.components).toEqual([
      expect.objectContaining({ name: 'dist/a.js', hashes: digest('a') }),
      expect.objectContaining({ name: 'dist/b.js', hashes: digest('b') }),
    ])
  })

  test('knows a package inside another one for itself', () => {
    const inner = 'node_modules/outer/node_modules/inner'
    const { root, metafiles } = project(
      { [`${inner}/package.json`]: manifest('ISC', 'inner'), [`${inner}/LICENSE`]: 'text' },
      `${inner}/index.js`,
    )
    expect(inventory(metafiles, root).bom.components.map(({ name }) => name)).toEqual(['inner'])
  })

  test.each(['GPL-3.0-only', '(MIT OR GPL-3.0-only)', undefined, { type: 'MIT' }])('stops at the licence %j', (license) => {
    const { root, metafiles } = project({
      'node_modules/@they/lib/package.json': manifest(license),
      'node_modules/@they/lib/LICENSE': 'text',
    })
    expect(() => inventory(metafiles, root)).toThrow(/@they\/lib 2\.1\.0 is in a bundle under the licence .* not on the list/)
  })

  test('puts the licence of the same repository beside a package that was published without one', () => {
    const inRepository = (name: string, url: string) => JSON.stringify({ name, version: '1.0.0', license: 'MIT', repository: { url } })
    const files = (url: string) => ({
      'node_modules/one/package.json': inRepository('one', 'git+https://example.com/they.git'),
      'node_modules/one/LICENSE': 'Copyright they',
      'node_modules/two/package.json': inRepository('two', url),
    })
    const metafiles = (inputs: readonly string[]) => [
      { outputs: { 'dist/a.js': { inputs: Object.fromEntries(inputs.map((input) => [input, { bytesInOutput: 1 }])) } } },
    ]
    const both = metafiles(['node_modules/one/index.js', 'node_modules/two/index.js'])
    const same = project(files('git+https://example.com/they.git'))
    expect(inventory(both, same.root).thirdParty).toBe('one 1.0.0 (MIT)\ntwo 1.0.0 (MIT)\n\nCopyright they\n')
    const other = project(files('git+https://example.com/others.git'))
    expect(() => inventory(both, other.root)).toThrow(/two 1.0.0 .* has no licence file/)
  })

  test('stops at a package without a licence file', () => {
    const { root, metafiles } = project({ 'node_modules/@they/lib/package.json': manifest('MIT') })
    expect(() => inventory(metafiles, root)).toThrow(/has no licence file/)
  })
})

test('the build lists what the bundles hold of others, under Apache-2.0, MIT and ISC only', () => {
  const bom: Bom = JSON.parse(readFileSync('dist/bom.cdx.json', 'utf8'))
  const names = bom.components.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['@aws-sdk/client-cognito-identity-provider', '@smithy/core', 'valibot', 'yaml', '@aws-sdk/client-sts']),
  )
  expect(new Set(bom.components.map(({ licenses }) => JSON.stringify(licenses)))).toEqual(
    new Set(['Apache-2.0', 'MIT', 'ISC'].map((id) => JSON.stringify([{ license: { id } }]))),
  )
  const thirdParty = readFileSync('dist/THIRD-PARTY.txt', 'utf8')
  for (const name of names) expect(thirdParty).toContain(`${name} `)
  expect(bom.metadata.component.components.map(({ name }) => name)).toContain('dist/index.js')
})
