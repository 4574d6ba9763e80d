// The templates as values: parsed, and as CloudFormation resolves them with given parameters.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Json = null | boolean | number | string | readonly Json[] | JsonMap
export type JsonMap = { readonly [key: string]: Json }

const root = join(__dirname, '../..')
export const examples = join(root, 'infra', 'examples')

/** infra/build-template.mjs is an ES module, which jest does not load: a Node of its own does, as in the build. */
export const inNode = (body: string, input: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { readFileSync } from 'node:fs'
       import { parseTemplate, providerTemplate } from '${join(root, 'infra', 'build-template.mjs')}'
       const input = readFileSync(0, 'utf8')
       process.stdout.write(${body})`,
    ],
    { input, encoding: 'utf8', stdio: 'pipe', maxBuffer: 4_000_000 },
  )

export const build = (code: string): string => inNode('providerTemplate(input)', code)
export const parseAll = (texts: readonly string[]): readonly JsonMap[] =>
  JSON.parse(inNode('JSON.stringify(JSON.parse(input).map(parseTemplate))', JSON.stringify(texts)))

/** A template that is JSON already. */
export const jsonTemplate = (file: string): JsonMap => JSON.parse(readFileSync(join(root, file), 'utf8'))

export const isMap = (value: Json | undefined): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

export const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (here, key) => (isMap(here) ? here[String(key)] : isList(here) && typeof key === 'number' ? here[key] : undefined),
    value,
  )

export const mapAt = (value: Json | undefined, ...path: readonly (string | number)[]): JsonMap => {
  const found = at(value, ...path)
  if (!isMap(found)) throw new Error(`Expected a map at ${path.join('.')}, got ${JSON.stringify(found)}.`)
  return found
}

export const listAt = (value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] => {
  const found = at(value, ...path)
  if (!isList(found)) throw new Error(`Expected a list at ${path.join('.')}, got ${JSON.stringify(found)}.`)
  return found
}

export const oneOrMore = (value: Json | undefined): readonly Json[] => (isList(value) ? value : value === undefined ? [] : [value])

export const flatten = (value: Json): readonly Json[] => [
  value,
  ...(isMap(value) ? Object.values(value).flatMap(flatten) : isList(value) ? value.flatMap(flatten) : []),
]

export type Parameters = Readonly<Record<string, string>>

/** What CloudFormation makes of a template's conditions with these parameters; Ref, GetAtt and Sub of resources stay as written. */
export const withParameters = (template: JsonMap, given: Parameters = {}): JsonMap => {
  const parameters = mapAt(template, 'Parameters')
  const parameterValue = (name: string): Json => {
    const value = given[name] ?? String(at(parameters, name, 'Default'))
    return at(parameters, name, 'Type') === 'CommaDelimitedList' ? value.split(',').filter(Boolean) : value
  }
  const holds = (name: string): boolean => condition(mapAt(template, 'Conditions', name))
  const condition = (node: JsonMap): boolean => {
    const [operator] = Object.keys(node)
    const operands = operator === undefined ? [] : oneOrMore(node[operator])
    if (operator === 'Fn::Not') return !condition(mapAt(operands, 0))
    if (operator === 'Fn::Equals') return JSON.stringify(resolve(operands[0])) === JSON.stringify(resolve(operands[1]))
    throw new Error(`Unknown condition ${operator}.`)
  }
  const resolve = (node: Json | undefined): Json | undefined => {
    if (isList(node)) return node.map(resolve).filter((item) => item !== undefined)
    if (!isMap(node)) return node
    const name = node['Ref']
    if (name === 'AWS::NoValue') return undefined
    if (typeof name === 'string' && name in parameters) return parameterValue(name)
    const choice = node['Fn::If']
    if (isList(choice)) return resolve(choice[holds(String(choice[0])) ? 1 : 2])
    const joined = node['Fn::Join']
    if (isList(joined)) return oneOrMore(resolve(joined[1])).join(String(joined[0]))
    const split = node['Fn::Split']
    if (isList(split)) return String(resolve(split[1])).split(String(split[0]))
    const selected = node['Fn::Select']
    if (isList(selected)) return at(resolve(selected[1]), Number(selected[0])) ?? ''
    const found = node['Fn::FindInMap']
    if (isList(found)) return at(template, 'Mappings', ...found.map((key) => String(resolve(key))))
    return Object.fromEntries(
      Object.entries(node)
        .map(([key, value]) => [key, resolve(value)] as const)
        .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
    )
  }
  const isThere = (node: Json): boolean => {
    const name = at(node, 'Condition')
    return typeof name !== 'string' || holds(name)
  }
  const resources = Object.entries(mapAt(template, 'Resources')).filter(([, resource]) => isThere(resource))
  return mapAt(resolve({ ...template, Resources: Object.fromEntries(resources) }))
}

export const BUNDLE = 'exports.handler = async () => {}\n'
export const provider = mapAt(JSON.parse(build(BUNDLE)))
export const byDefault = withParameters(provider)
export const resource = (template: JsonMap, name: string): JsonMap => mapAt(template, 'Resources', name, 'Properties')
export const resourceNames = (template: JsonMap): readonly string[] => Object.keys(mapAt(template, 'Resources'))
