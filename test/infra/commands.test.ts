// Every command in README, docs, examples and help that needs no AWS account: it exists, and what it names exists. The AWS CLI's own are
// checked in test/e2e/commands.e2e.ts.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { readOptions as readCliOptions } from '../../handler/cli/options.ts'
import { readOptions } from '../start/options.ts'
import { commands } from './commands.ts'
import { at, jsonTemplate, parseAll } from './template.ts'

const all = commands()
const words = (text: string): readonly string[] => text.trim().split(/\s+/)
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync('package.json', 'utf8')).scripts

test('the documents have commands of each kind', () => {
  for (const program of ['npm run', 'npm start', 'npx jest', 'node test/run.mjs', 'aws cloudformation', 'aws lambda invoke'])
    expect(all.filter(({ text }) => text.startsWith(program)).length).toBeGreaterThan(0)
  expect(new Set(all.map(({ file }) => file)).size).toBeGreaterThan(10)
})

test('a script of npm that is named exists, where it is not a command of npm’s own', () => {
  const named = all.flatMap(({ text }) => /^npm (?:run )?(?!(?:ci|install|pack|login|publish)\b)([\w:]+)/.exec(text)?.[1] ?? [])
  expect(named).toEqual(expect.arrayContaining(['start', 'test', 'build', 'simulate', 'bench', 'test:e2e']))
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

test('a file that is named to node, jest or npm start exists', () => {
  const files = all.flatMap(({ text }) =>
    /^(?:node|npx jest|npm start)\b/.test(text) ? words(text).filter((word) => /^test\/.*\.\w+$/.test(word)) : [],
  )
  expect(files.length).toBeGreaterThan(4)
  expect(files.filter((file) => !existsSync(file))).toEqual([])
})

test('npm start takes every command line of it that is shown', () => {
  const lines = all.filter(({ text }) => text.startsWith('npm start -- ') && !text.includes('FILE…')).map(({ text }) => text)
  expect(lines.length).toBeGreaterThan(3)
  for (const line of lines) expect(() => readOptions(words(line.replace(/<.*$/, '')).slice(3))).not.toThrow()
})

test('the command line takes every line of it that is shown', () => {
  const lines = all.flatMap(({ text }) => /^npx cognito-ses-binding (.*)$/.exec(text)?.[1] ?? [])
  expect(lines.length).toBeGreaterThan(3)
  const values = { ARN: 'arn:aws:ses:eu-west-1:111122223333:identity/example.com', ADDRESS: 'a@example.com' }
  for (const line of lines) {
    const args = words(line).map((word) => values[word as keyof typeof values] ?? word)
    expect(() => readCliOptions(args, '1.0.0')).not.toThrow()
  }
})

test('the example of two files runs, and ends well', () => {
  const [example] = all.filter(({ text }) => /^npm start -- test\/\S+ test\/\S+$/.test(text))
  const files = words(example?.text ?? '').slice(3)
  expect(files).toHaveLength(2)
  const out = execFileSync(process.execPath, ['test/run.mjs', 'test/start.ts', ...files], { encoding: 'utf8' })
  expect(out).toContain('✓ 2 events, all as expected')
})

test('an option of the simulation that is shown is in its help', () => {
  const help = execFileSync(process.execPath, ['test/run.mjs', 'test/simulation/main.ts', '--help'], { encoding: 'utf8' })
  const options = all.flatMap(({ text }) => (text.startsWith('npm run simulate') ? (text.match(/--[a-z]{2,}[a-z-]*/g) ?? []) : []))
  expect(options).toEqual(expect.arrayContaining(['--histories', '--mutants']))
  for (const option of options.filter((name) => name !== '--help')) expect(help).toContain(option)
})

test('npm run test:e2e selects files that are there', () => {
  const selected = all.flatMap(({ text }) => /^npm run test:e2e -- (\w+)/.exec(text)?.[1] ?? [])
  expect(selected).toEqual(expect.arrayContaining(['engine', 'aws']))
  expect(selected.filter((name) => !existsSync(`test/e2e/${name}.e2e.ts`))).toEqual([])
})

test('a deployment names parameters that its template has, with values that it takes', () => {
  const examples = readdirSync('infra/examples')
  const templates = new Map([
    ['dist/provider.template.json', jsonTemplate('dist/provider.template.json')],
    ...parseAll(examples.map((name) => readFileSync(`infra/examples/${name}`, 'utf8'))).map(
      (template, index) => [examples[index] ?? '', template] as const,
    ),
  ])
  const deployments = all.filter(({ text }) => text.startsWith('aws cloudformation deploy '))
  expect(deployments.length).toBeGreaterThan(10)
  for (const { file, text } of deployments) {
    const [, name = ''] = /--template-file (\S+)/.exec(text) ?? []
    const template = templates.get(name)
    expect([file, name, template !== undefined]).toEqual([file, name, true])
    const overrides = words(/--parameter-overrides (.*)$/.exec(text)?.[1] ?? '').filter(Boolean)
    for (const override of overrides) {
      const [parameter = '', value = ''] = override.split(/=(.*)/s)
      const declared = at(template, 'Parameters', parameter)
      expect([file, parameter, declared !== undefined]).toEqual([file, parameter, true])
      const pattern = at(declared, 'AllowedPattern')
      const values = at(declared, 'Type') === 'CommaDelimitedList' ? value.split(',') : [value]
      if (typeof pattern === 'string') for (const one of values) expect(one).toMatch(new RegExp(`^(?:${pattern})$`))
    }
  }
})

test('what a parameter is set to in the text of a page is a value that it takes', () => {
  const provider = jsonTemplate('dist/provider.template.json')
  const names = Object.keys(at(provider, 'Parameters') ?? {})
  const settings = ['docs', '.']
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${folder}/${name}`),
    )
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/`([A-Z]\w+)=([^`]+)`/g)].map(([, name = '', value = '']) => ({ file, name, value })),
    )
    .filter(({ name }) => names.includes(name))
  expect(settings.length).toBeGreaterThan(5)
  const wrong = settings.filter(({ name, value }) => {
    const parameter = at(provider, 'Parameters', name)
    const values = at(parameter, 'AllowedValues')
    const pattern = at(parameter, 'AllowedPattern')
    if (Array.isArray(values)) return !values.map(String).includes(value)
    return typeof pattern === 'string' && !new RegExp(`^(?:${pattern})$`).test(value)
  })
  expect(wrong).toEqual([])
})

test('the generated schema is as lint wants it', () => {
  const format = ['node_modules/@biomejs/biome/bin/biome', 'format', 'infra/cognito-ses-binding.schema.json']
  expect(() => execFileSync(process.execPath, format, { stdio: 'pipe' })).not.toThrow()
})

test('the size of the bundle in README is that of this commit, to within 1 %', () => {
  const [, whole, zipped] = /\| Bundle \| (\d+) KB, (\d+) KB zipped/.exec(readFileSync('README.md', 'utf8')) ?? []
  const code = readFileSync('dist/index.js')
  for (const [told, bytes] of [
    [whole, code.length],
    [zipped, gzipSync(code).length],
  ] as const)
    expect(Math.abs(Number(told) - bytes / 1024)).toBeLessThanOrEqual(Math.max(1, bytes / 1024 / 100))
})
