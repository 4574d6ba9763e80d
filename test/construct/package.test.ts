// What npm pack makes, as a stranger has it: installed alone, imported, type-checked and run outside the repository.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { cdkModules, installTarball } from './consumer.ts'

const root = join(__dirname, '../..')
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const manifest = json(join(root, 'package.json'))

const consumer = installTarball()
afterAll(() => consumer.remove())
const has = (file: string): boolean => existsSync(join(consumer.installed, file))

/** Named in package.json, and made by parts of the build that are not in this tree yet. */
const TO_COME = new Set(['dist/cli.js', 'dist/THIRD-PARTY.txt', 'dist/bom.cdx.json'])

describe('the tarball', () => {
  test('installs one package and no other', () => {
    const lock = json(join(consumer.folder, 'node_modules/.package-lock.json'))
    expect(Object.keys(lock.packages)).toEqual(['node_modules/cognito-ses-binding'])
    expect(manifest).not.toHaveProperty('dependencies')
  })

  test('is small: at most 600 KB', () => {
    expect(consumer.bytes).toBeLessThan(600 * 1024)
  })

  test('has every file that package.json names', () => {
    const { bin, exports, files, typesVersions } = json(join(consumer.installed, 'package.json'))
    const named = [bin, exports, typesVersions].flatMap((entry) => JSON.stringify(entry).match(/(?:dist|infra)\/[^"]+/g) ?? [])
    const plain = files.filter((file: string) => !file.includes('*'))
    expect([...named, ...plain].filter((file) => !has(file) && !TO_COME.has(file))).toEqual([])
    expect(named.length).toBeGreaterThan(5)
    for (const pattern of files.filter((file: string) => file.includes('*'))) {
      const [folder, end] = pattern.split('/*')
      expect(readdirSync(join(consumer.installed, folder)).filter((name) => name.endsWith(end))).not.toEqual([])
    }
  })

  test('says where it comes from, which npm needs for provenance and for the links of the README', () => {
    expect(manifest).not.toHaveProperty('private')
    expect(manifest.repository.url).toMatch(/^git\+https:\/\/.+\.git$/)
    expect([manifest.bugs, manifest.homepage]).toEqual([expect.stringMatching(/^https:/), expect.stringMatching(/^https:/)])
  })

  test('holds no source and no path of the machine that packed it', () => {
    const files = readdirSync(consumer.installed, { recursive: true, encoding: 'utf8' })
    expect(files.filter((name) => /\.ts$/.test(name) && !/\.d\.ts$/.test(name))).toEqual([])
    const texts = files.filter((name) => /\.(js|ts|json)$/.test(name))
    const places = [root, dirname(consumer.folder)]
    const telling = texts.filter((name) => {
      const text = readFileSync(join(consumer.installed, name), 'utf8')
      return places.some((place) => text.includes(place))
    })
    expect(telling).toEqual([])
  })

  test('has the same provider template as the build of this tree', () => {
    const [theirs, ours] = [consumer.installed, root].map((place) => readFileSync(join(place, 'dist/provider.template.json')))
    expect(theirs?.equals(ours ?? Buffer.of())).toBe(true)
  })
})

const evaluate = (code: string, type: 'commonjs' | 'module' = 'module'): string =>
  consumer.run(process.execPath, `--input-type=${type}`, '--eval', code)

describe('without CDK', () => {
  test('the template, the schema and the manifest can be imported, and there is nothing else to import', () => {
    const code = `
      const { createRequire } = await import('node:module')
      const require = createRequire(process.cwd() + '/x.js')
      const of = (path) => { try { return typeof require('cognito-ses-binding' + path) } catch (error) { return error.code } }
      console.log(JSON.stringify(['/provider.template.json', '/schema.json', '/package.json', '', '/dist/index.js'].map(of)))`
    const refused = 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    expect(JSON.parse(evaluate(code))).toEqual(['object', 'object', 'object', refused, refused])
  })

  test('the function’s file loads by itself', () => {
    expect(evaluate(`console.log(typeof require('./node_modules/cognito-ses-binding/dist/index.js').handler)`, 'commonjs')).toBe(
      'function\n',
    )
  })

  test('the command runs by its name', () => {
    if (!has('dist/cli.js')) return
    expect(consumer.run(join(consumer.folder, 'node_modules/.bin/cognito-ses-binding'), '--version')).toContain(manifest.version)
  })

  test('the construct says which package is missing', () => {
    expect(() => evaluate(`await import('cognito-ses-binding/cdk')`)).toThrow(/Cannot find module 'aws-cdk-lib'/)
  })
})

describe('with CDK', () => {
  beforeAll(() => {
    for (const name of ['aws-cdk-lib', 'constructs']) consumer.link(name, cdkModules)
    consumer.link('@types/node')
  })

  test('exports the construct to ES modules and to CommonJS, and the same one', () => {
    const code = `
      import * as named from 'cognito-ses-binding/cdk'
      import { createRequire } from 'node:module'
      const required = createRequire(process.cwd() + '/x.js')('cognito-ses-binding/cdk')
      console.log(JSON.stringify([Object.keys(required).sort(), named.CognitoSesBinding === required.CognitoSesBinding]))`
    expect(JSON.parse(evaluate(code))).toEqual([['CognitoSesBinding', 'CognitoSesBindingProvider', 'Heal', 'OnDelete', 'Preflight'], true])
  })

  // CDK's own declarations do not pass with exactOptionalPropertyTypes, so ours are read once with each.
  test.each([
    { how: 'nodenext, declarations included', module: 'nodenext', moduleResolution: 'nodenext', skipLibCheck: false },
    {
      ...{ how: 'a bundler’s, with exactOptionalPropertyTypes', module: 'preserve', moduleResolution: 'bundler' },
      ...{ skipLibCheck: true, exactOptionalPropertyTypes: true },
    },
  ])('an app type-checks: $how', ({ how: _, ...options }) => {
    writeFileSync(join(consumer.folder, 'app.ts'), readFileSync(join(__dirname, 'app/types.ts')))
    const compilerOptions = {
      ...{ target: 'es2022', noEmit: true, types: ['node'], strict: true, noUncheckedIndexedAccess: true },
      ...{ isolatedModules: true, ...options },
    }
    writeFileSync(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    expect(consumer.run(process.execPath, tsc, '--pretty', 'false')).toBe('')
  })

  const typescript5 = join(cdkModules, 'typescript/bin/tsc')
  const withTypeScript5 = cdkModules === join(root, 'node_modules') ? test.skip : test
  withTypeScript5('an app type-checks: commonjs with node10 resolution, which reads typesVersions, by TypeScript 5', () => {
    writeFileSync(join(consumer.folder, 'app.ts'), readFileSync(join(__dirname, 'app/types.ts')))
    const compilerOptions = {
      ...{ module: 'commonjs', moduleResolution: 'node10', target: 'es2022', noEmit: true, strict: true },
      ...{ types: ['node'], skipLibCheck: true },
    }
    writeFileSync(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
    expect(consumer.run(process.execPath, typescript5, '--pretty', 'false')).toBe('')
  })
})
