// What npm pack makes, as a stranger has it: installed alone, imported, type-checked and run outside the repository.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { buildSync } from 'esbuild'
import { parse } from 'yaml'
import { cdkModules, installTarball } from './consumer.ts'

const root = join(__dirname, '../..')
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const manifest = json(join(root, 'package.json'))

const consumer = installTarball()
afterAll(() => consumer.remove())
const has = (file: string): boolean => existsSync(join(consumer.installed, file))

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
    expect([...named, ...plain].filter((file) => !has(file))).toEqual([])
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

describe('a release', () => {
  const { on, permissions, jobs } = parse(readFileSync(join(root, '.github/workflows/publish.yml'), 'utf8'))

  test('is published by a person’s release on GitHub, after all checks, and by no script', () => {
    expect(on).toEqual({ release: { types: ['published'] } })
    expect(jobs.publish.needs).toBe('check')
    expect(jobs.check.steps.at(-1).run).toBe('.ci/run')
    expect(Object.values(manifest.scripts).filter((script) => /npm publish/.test(String(script)))).toEqual([])
    expect(manifest.scripts.prepack).toBe('node build.mjs')
  })

  test('needs no token: npm knows the workflow by OIDC, and nothing else has a right that it does not need', () => {
    expect(permissions).toEqual({})
    expect(jobs.check.permissions).toEqual({ contents: 'read' })
    expect(jobs.publish.permissions).toEqual({ contents: 'write', 'id-token': 'write' })
    expect(JSON.stringify(jobs)).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|registry-url/)
  })

  test('uses actions by their commit', () => {
    const used = JSON.stringify(jobs).match(/"uses":"[^"]+"/g) ?? []
    expect(used.filter((action) => !/@[0-9a-f]{40}"$/.test(action))).toEqual([])
    expect(used.length).toBeGreaterThan(0)
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

  const isOldest = cdkModules === join(root, 'node_modules')
  const typeCheck = (files: readonly string[], options: object, tsc = join(root, 'node_modules/typescript/bin/tsc')): string => {
    const compilerOptions = { target: 'es2022', noEmit: true, types: ['node'], strict: true, skipLibCheck: true, ...options }
    writeFileSync(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    return consumer.run(process.execPath, tsc, '--pretty', 'false')
  }
  const copied = (from: string, ...names: readonly string[]): void => {
    for (const name of names) cpSync(join(root, from, name), join(consumer.folder, name), { recursive: true })
  }

  test('an app that resolves as Node does type-checks', () => {
    copied('test/construct/app', 'types.ts')
    // With all declarations of CDK it takes five seconds of processor time: only where nobody waits.
    expect(typeCheck(['types.ts'], { module: 'nodenext', skipLibCheck: isOldest })).toBe('')
  })

  test('an app that resolves as bundlers do type-checks, as strict as can be, and so do the recipes but for Amplify’s own names', () => {
    copied('test/construct/app', 'types.ts')
    copied('docs/recipes', 'cdk', 'amplify')
    const standIn = join(consumer.folder, 'node_modules/@aws-amplify/backend')
    mkdirSync(standIn, { recursive: true })
    cpSync(join(__dirname, 'app/amplify-backend.d.ts'), join(standIn, 'index.d.ts'))
    const recipes = ['cdk/own-pool', 'cdk/binding', 'cdk/provider', 'amplify/own-pool/backend', 'amplify/binding/backend']
    const files = ['types.ts', ...recipes.map((name) => `${name}.ts`)]
    expect(typeCheck(files, { module: 'preserve', exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true })).toBe('')
  })

  // TypeScript 7 has no node10 resolution any more.
  const withTypeScript5 = isOldest ? test.skip : test
  withTypeScript5('an app with module commonjs and TypeScript 5, which reads typesVersions, type-checks', () => {
    copied('test/construct/app', 'types.ts')
    const options = { module: 'commonjs', moduleResolution: 'node10' }
    expect(typeCheck(['types.ts'], options, join(cdkModules, 'typescript/bin/tsc'))).toBe('')
  })

  test.each([
    ['own-pool', 'SignIn', 'AWS::Cognito::UserPool'],
    ['binding', 'Mail', 'Custom::CognitoSesBinding'],
    ['provider', 'Provider', 'AWS::Lambda::Function'],
  ])('the recipe cdk/%s.ts synthesises', (name, stack, type) => {
    copied('docs/recipes', 'cdk')
    const outfile = join(consumer.folder, `${name}.cjs`)
    buildSync({ entryPoints: [join(consumer.folder, `cdk/${name}.ts`)], outfile, bundle: true, platform: 'node', packages: 'external' })
    const out = join(consumer.folder, `${name}.out`)
    consumer.run('env', `CDK_OUTDIR=${out}`, process.execPath, outfile)
    const { Resources } = json(join(out, `${stack}.template.json`))
    expect(Object.values(Resources).map((resource) => (resource as { Type: string }).Type)).toContain(type)
  })
})
