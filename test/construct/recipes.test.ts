// docs/recipes: what a page shows is a file, and what a file binds the function would take.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's substitutions
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { transformSync } from 'esbuild'
import { parse } from 'yaml'
import { parseProperties } from '../../lib/binding/properties.ts'
import { child, isObject, type JsonObject } from '../../lib/json.ts'

const root = join(__dirname, '../..')
const recipes = join(root, 'docs/recipes')
const read = (file: string): string => readFileSync(join(recipes, file), 'utf8')

const all = readdirSync(recipes, { recursive: true, encoding: 'utf8', withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(recipes.length + 1))
const pages = all.filter((file) => file.endsWith('.md') && file !== 'README.md')
const files = all.filter((file) => !file.endsWith('.md'))

const FENCE = /^```\w+\n[\s\S]*?^```$/gm
/** A fenced block and the file that it is said to be from, on the line above it. */
const SHOWN = /\[(?<file>[^\]\n]+)\]\([^)\n]+\)[^\n]*\n\n```\w+\n(?<code>[\s\S]*?)^```$/gm

describe.each(pages)('%s', (page) => {
  const text = read(page)

  test('opens with the question whose pool it is, and with what needs no binding', () => {
    expect(text).toMatch(/^# .+\n\n\*\*Whose pool is it\?\*\* /)
    expect(text.slice(0, text.indexOf('A binding is for'))).toMatch(/No binding/)
  })

  test('shows nothing that is not a file', () => {
    const shown = [...text.matchAll(SHOWN)].map(({ groups }) => ({ file: groups?.['file'] ?? '', code: groups?.['code'] ?? '' }))
    expect(shown.filter(({ file, code }) => !read(file).includes(code)).map(({ file }) => file)).toEqual([])
    expect(shown).toHaveLength([...text.matchAll(FENCE)].length)
  })

  test('says how it was checked', () => {
    expect(text.trimEnd()).toMatch(/\n\*Checked: |\n\*Checked on /)
  })
})

test('each file is on a page', () => {
  const linked = new Set(pages.flatMap((page) => [...read(page).matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target)))
  expect(files.filter((file) => !linked.has(file))).toEqual([])
  expect(files.length).toBeGreaterThan(10)
})

test('the README’s bindings are those of the recipes', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const block = (language: string) => new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(readme)?.[1]
  expect(block('yaml')).toMatch(/Custom::CognitoSesBinding/)
  expect(block('ts')).toMatch(/new CognitoSesBinding/)
  expect(read('cloudformation/binding.yaml')).toContain(block('yaml'))
  expect(read('cdk/binding.ts')).toContain(block('ts'))
})

/** What each kind of file says of its bindings' properties. References are some name that fits; ${AWS::…} is filled in. */
const filledIn = (text: string): string =>
  text.replaceAll('${AWS::Partition}', 'aws').replaceAll('${AWS::Region}', 'us-east-1').replaceAll('${AWS::AccountId}', '111122223333')

const bindingsIn = (template: unknown): JsonObject[] => {
  if (!isObject(template)) return []
  if (template['Type'] === 'Custom::CognitoSesBinding') return [child(template, 'Properties') ?? {}]
  return Object.values(template).flatMap(bindingsIn)
}

/** Tags of CloudFormation are left off: !Ref and !Sub then are their text. */
const fromYaml = (text: string): JsonObject[] => bindingsIn(parse(filledIn(text), { logLevel: 'silent' }))

const REFERENCES: Readonly<Record<string, string>> = {
  UserPoolId: 'us-east-1_Ab3dEf6hI',
  ConfigurationSet: 'sign-in',
  SourceArn: 'arn:aws:ses:us-east-1:111122223333:identity/example.com',
}

const fromTerraform = (text: string): JsonObject[] =>
  [...text.matchAll(/"Custom::CognitoSesBinding"\s+Properties = \{\n([\s\S]*?)\n\s+\}\n/g)].map(([, block = '']) =>
    Object.fromEntries(
      block.split('\n').map((line) => {
        const [, name = '', value = ''] = /^\s+(\w+)\s+= (.*)$/.exec(line) ?? []
        const literal = /^(?:\{ "Fn::Sub" = )?"(.*?)"(?: \})?$/.exec(value)?.[1]
        if (literal !== undefined) return [name, filledIn(literal.replaceAll('$${', '${'))]
        return [name, /^\d+$/.test(value) ? Number(value) : REFERENCES[name]]
      }),
    ),
  )

/** Runs the program with stand-ins for Pulumi's packages, whose outputs are plain texts, and reads the template that it made. */
const fromPulumi = (text: string): JsonObject[] => {
  const { code } = transformSync(text, { loader: 'ts', format: 'cjs' })
  const templates: string[] = []
  const resource = class {
    readonly id = REFERENCES['UserPoolId']
    readonly arn = REFERENCES['SourceArn']
    readonly configurationSetName = REFERENCES['ConfigurationSet']
    readonly outputs = { apply: () => undefined }
    constructor(_: string, { templateBody }: { readonly templateBody?: string } = {}) {
      if (templateBody) templates.push(templateBody)
    }
  }
  const kinds = new Proxy({}, { get: () => resource })
  const packages = {
    '@pulumi/aws': { cognito: kinds, sesv2: kinds, cloudformation: kinds },
    '@pulumi/pulumi': { jsonStringify: JSON.stringify },
  }
  const load = (name: string): unknown => packages[name as keyof typeof packages]
  new Function('require', 'module', 'exports', code)(load, { exports: {} }, {})
  return templates.flatMap((template) =>
    bindingsIn(JSON.parse(filledIn(template))).map((properties) => ({
      ...properties,
      ServiceToken: child(properties, 'ServiceToken')?.['Fn::Sub'],
    })),
  )
}

const READERS: Readonly<Record<string, (text: string) => JsonObject[]>> = {
  ...{ yaml: fromYaml, yml: fromYaml, tf: fromTerraform, 'pulumi.ts': fromPulumi },
}

test.each([
  ...['cloudformation/binding.yaml', 'sam/template.yaml', 'serverless/serverless.yml', 'terraform/binding.tf', 'pulumi/binding.ts'],
])('%s binds by the well-known name, with properties that the function takes', (file) => {
  const reader = READERS[file.startsWith('pulumi') ? 'pulumi.ts' : (file.split('.').at(-1) ?? '')]
  const [properties, ...more] = reader?.(read(file)) ?? []
  expect(more).toEqual([])
  expect(properties).toMatchObject({
    ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:cognito-ses-binding',
    // Without it a lost answer costs an hour.
    ServiceTimeout: 600,
  })
  expect(parseProperties(properties)).toMatchObject({ ok: true })
})

test('no other file binds by itself: the rest is CDK’s, which the tests of the package run', () => {
  const others = files.filter((file) => read(file).includes('Custom::CognitoSesBinding'))
  expect(others.sort()).toEqual([
    ...['cdk/binding.py', 'cloudformation/binding.yaml', 'pulumi/binding.ts', 'sam/template.yaml', 'serverless/serverless.yml'],
    'terraform/binding.tf',
  ])
})

test('a pool that has a binding is told to keep its hands off the mail settings', () => {
  expect(read('terraform/binding.tf')).toContain('ignore_changes = [email_configuration]')
  expect(read('pulumi/binding.ts')).toContain(`ignoreChanges: ['emailConfiguration']`)
})

const hasTerraform = spawnSync('terraform', ['-version']).status === 0
const withTerraform = hasTerraform ? test : test.skip
withTerraform('the Terraform files are formatted, by Terraform where it is installed', () => {
  const { status, stdout } = spawnSync('terraform', ['fmt', '-check', '-list=true', join(recipes, 'terraform')], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})
