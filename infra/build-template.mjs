// Makes the deployable provider template: infra/provider.yaml as JSON, with the bundle inlined. The same input gives the same bytes.
import { readFileSync } from 'node:fs'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'

/** CloudFormation reads a template of up to 1 MB from S3, and a StackSet no larger one (CreateStackSet, TemplateURL). */
const MAX_BYTES = 1_000_000

const PLACEHOLDER = '__CODE__'
const VERSION_PLACEHOLDER = '__VERSION__'

/** YAML's short form of CloudFormation's functions; all others are Fn:: + the tag's name. */
const WITHOUT_PREFIX = new Set(['Ref', 'Condition'])
const FUNCTIONS = new Set([
  ...WITHOUT_PREFIX,
  ...[
    'And',
    'Base64',
    'Cidr',
    'Equals',
    'FindInMap',
    'GetAtt',
    'GetAZs',
    'If',
    'ImportValue',
    'Join',
    'Not',
    'Or',
    'Select',
    'Split',
    'Sub',
  ],
])

/** `Resource.Attribute` with the attribute's own dots kept: JSON takes GetAtt as a list only. */
const argument = (name, value) => {
  if (name !== 'GetAtt' || typeof value !== 'string') return value
  const dot = value.indexOf('.')
  return [value.slice(0, dot), value.slice(dot + 1)]
}

const toJson = (node) => {
  const value = untagged(node)
  if (!node?.tag?.startsWith('!')) return value
  const name = node.tag.slice(1)
  if (!FUNCTIONS.has(name)) throw new Error(`Expected a function of CloudFormation, got the tag ${node.tag}.`)
  return { [WITHOUT_PREFIX.has(name) ? name : `Fn::${name}`]: argument(name, value) }
}

const untagged = (node) => {
  if (isMap(node)) return Object.fromEntries(node.items.map(({ key, value }) => [String(toJson(key)), toJson(value)]))
  if (isSeq(node)) return node.items.map(toJson)
  if (isScalar(node)) return node.value
  throw new Error('Expected a map, a list or a scalar: a template has neither anchors nor empty values.')
}

/**
 * A CloudFormation template in YAML, as the JSON that means the same.
 * @param {string} text
 * @returns {Record<string, unknown>}
 */
export const parseTemplate = (text) => {
  const document = parseDocument(text, { logLevel: 'silent' })
  if (document.errors.length > 0) throw document.errors[0]
  return toJson(document.contents)
}

/** What a tool on the way could take for a substitution. The code stands outside Fn::Sub, but cfn-lint (E1029), SAM and CDK look at any string. */
const SUBSTITUTION = /\$\{\s*!?[A-Za-z0-9_:.-]+\s*\}/

/** @param {string} code */
const assertInlinable = (code) => {
  const substitution = SUBSTITUTION.exec(code)
  if (substitution) {
    throw new Error(`The bundle has ${substitution[0]} at ${substitution.index}, which can be taken for a substitution of CloudFormation.`)
  }
}

/** GetTemplate answers "?" for anything but ASCII (cloudformation-coverage-roadmap#814): a stack updated with that would run another program. */
const assertAscii = (template) => {
  const strange = [...template].find((character) => character > '\x7f')
  if (strange) throw new Error(`Expected ASCII in the provider template, got U+${strange.codePointAt(0).toString(16).padStart(4, '0')}.`)
}

const packageVersion = () => JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

/**
 * dist/provider.template.json: the provider with `code`, the bundle, as the function's inline source, and the package's version in its
 * environment.
 * @param {string} code
 * @returns {string}
 */
export const providerTemplate = (code) => {
  const source = readFileSync(new URL('provider.yaml', import.meta.url), 'utf8')
  const places = source.split('\n').filter((line) => !line.trimStart().startsWith('#') && line.includes(PLACEHOLDER)).length
  const template = parseTemplate(source)
  const inline = template.Resources.Function.Properties.Code
  if (places !== 1 || inline.ZipFile !== PLACEHOLDER) {
    throw new Error(`Expected ${PLACEHOLDER} once in provider.yaml, as the function's ZipFile, got it ${places} times.`)
  }
  assertInlinable(code)
  inline.ZipFile = code
  const variables = template.Resources.Function.Properties.Environment.Variables
  if (variables.VERSION !== VERSION_PLACEHOLDER) throw new Error(`Expected ${VERSION_PLACEHOLDER} as the function's VERSION.`)
  variables.VERSION = packageVersion()
  const json = `${JSON.stringify(template, null, 1)}\n`
  assertAscii(json)
  const bytes = Buffer.byteLength(json)
  if (bytes >= MAX_BYTES) throw new Error(`Expected a template under ${MAX_BYTES} bytes, got ${bytes}.`)
  return json
}
