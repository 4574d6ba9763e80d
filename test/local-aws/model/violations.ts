// What a service's own model refuses in a request: types first, then every constraint, in the words of the services' common front end.
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts'
import models from './shapes.json'

/** A shape of the model, with what a request is judged by. Names of other shapes stand where the model has references. */
type Shape = {
  readonly type: string
  readonly members?: Readonly<Record<string, string>>
  readonly required?: readonly string[]
  /** Of a list. */
  readonly member?: string
  /** Of a map. */
  readonly key?: string
  readonly value?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
}

type Model = {
  /** By action. */
  readonly inputs: Readonly<Record<string, string>>
  readonly errors: Readonly<Record<string, readonly string[]>>
  readonly shapes: Readonly<Record<string, Shape>>
}

export type ModelledService = 'cognito-idp' | 'sesv2'

const MODELS: { readonly [service in ModelledService]: Model } = models

/** What a request is refused for before the service has looked at it. */
export type Violation = { readonly kind: 'type' | 'constraint'; readonly message: string }

/** The members of a structure as the services' validation spells them: `SourceArn` is `sourceArn`. */
const spelled = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** In the JSON protocols of AWS a member that is null counts as omitted. */
const isAbsent = (value: Json | undefined): value is null | undefined => value === undefined || value === null

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const compiled = new Map<string, RegExp>()

/** The whole value must match. The patterns are Java's; of what they use, JavaScript spells nothing but the flag in front otherwise. */
const matches = (pattern: string, value: string): boolean => {
  const isDotAll = pattern.startsWith('(?s)')
  const known = compiled.get(pattern) ?? new RegExp(`^(?:${isDotAll ? pattern.slice(4) : pattern})$`, isDotAll ? 'su' : 'u')
  compiled.set(pattern, known)
  return known.test(value)
}

/** The value as Java prints it. */
const printed = (value: Json | undefined): string => {
  if (Array.isArray(value)) return `[${value.map(printed).join(', ')}]`
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([name, member]) => `${name}=${printed(member)}`)
      .join(', ')}}`
  return String(value)
}

const isNumber = (type: string): boolean => type === 'integer' || type === 'long'
const sized = (type: string): string => (isNumber(type) ? 'value' : 'length')

/** What a JSON value must be for each type of the model; a type that is not here takes anything. */
const FITS: Readonly<Record<string, (value: Json) => boolean>> = {
  structure: isObject,
  map: isObject,
  list: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isSafeInteger,
  long: Number.isSafeInteger,
}

const TOKENS: Readonly<Record<string, string>> = { string: 'STRING_VALUE', number: 'NUMBER_VALUE' }

/** Why a value of the wrong type cannot be read. The words are inferred from those of other services with this protocol. */
const unreadable = (value: Json, type: string): string => {
  if (isObject(value)) return 'Start of structure or map found where not expected.'
  if (Array.isArray(value)) return 'Start of list found where not expected.'
  if (['structure', 'map', 'list'].includes(type)) return 'Unexpected field type'
  const token = TOKENS[typeof value] ?? `${String(value).toUpperCase()}_VALUE`
  return `${token} can not be converted to ${type === 'integer' ? 'an' : 'a'} ${type.charAt(0).toUpperCase()}${type.slice(1)}`
}

/** Each constraint that a shape has, and whether the value keeps it. */
const constraintsOf = (
  { type, min, max, pattern, enum: values }: Shape,
  value: Json,
): { readonly says: string; readonly holds: boolean }[] => {
  const size = typeof value === 'number' ? value : typeof value === 'string' ? [...value].length : Object.keys(value ?? {}).length
  return [
    ...(max === undefined ? [] : [{ says: `Member must have ${sized(type)} less than or equal to ${max}`, holds: size <= max }]),
    ...(min === undefined ? [] : [{ says: `Member must have ${sized(type)} greater than or equal to ${min}`, holds: size >= min }]),
    ...(pattern === undefined
      ? []
      : [{ says: `Member must satisfy regular expression pattern: ${pattern}`, holds: matches(pattern, String(value)) }]),
    ...(values === undefined
      ? []
      : [{ says: `Member must satisfy enum value set: [${values.join(', ')}]`, holds: values.includes(String(value)) }]),
  ]
}

const failed = (value: Json | undefined, at: string, says: string): Violation => {
  const shown = value === undefined ? 'null' : `'${printed(value)}'`
  return { kind: 'constraint', message: `Value ${shown} at '${at}' failed to satisfy constraint: ${says}` }
}

const isReadable = (shape: Shape, value: Json): boolean => FITS[shape.type]?.(value) ?? true
const typeViolation = (shape: Shape, value: Json): Violation => ({ kind: 'type', message: unreadable(value, shape.type) })

type Visit = { readonly shapes: Model['shapes']; readonly value: Json; readonly path: string }

const shapeNamed = (shapes: Model['shapes'], name: string): Shape => {
  const shape = shapes[name]
  if (!shape) throw new Error(`The table has no shape ${name}: generate it again.`)
  return shape
}

/**
 * The items of a list, or one side of a map. Structures are judged one by one, by their paths; plain values as one, with all that they must satisfy.
 * @param says how the sentence about plain values begins
 */
const inItems = ({ shapes, value, path }: Visit, of: string, items: readonly Visit[], says: string): Violation[] => {
  const shape = shapeNamed(shapes, of)
  if (['structure', 'map', 'list'].includes(shape.type)) return items.flatMap((item) => inShape(of, item))
  const unreadables = items.filter((item) => !isReadable(shape, item.value)).map((item) => typeViolation(shape, item.value))
  if (unreadables.length > 0) return unreadables
  const broken = items.map((item) => constraintsOf(shape, item.value)).find((judged) => judged.some(({ holds }) => !holds))
  return broken ? [failed(value, path, `${says} must satisfy constraint: [${broken.map((each) => each.says).join(', ')}]`)] : []
}

/** A member that the model does not know is let pass: tests put such members there, as a later model would. */
const inMembers = ({ members = {}, required = [] }: Shape, { shapes, path }: Visit, value: JsonObject): Violation[] => [
  ...required
    .filter((name) => isAbsent(value[name]))
    .map((name) => failed(undefined, joined(path, spelled(name)), 'Member must not be null')),
  ...Object.entries(members).flatMap(([name, of]) => {
    const inner = value[name]
    return isAbsent(inner) ? [] : inShape(of, { shapes, value: inner, path: joined(path, spelled(name)) })
  }),
]

const inShape = (name: string, visit: Visit): Violation[] => {
  const { shapes, value, path } = visit
  const shape = shapeNamed(shapes, name)
  if (!isReadable(shape, value)) return [typeViolation(shape, value)]
  const own = constraintsOf(shape, value).flatMap(({ says, holds }) => (holds ? [] : [failed(value, path, says)]))
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index): Visit => ({ shapes, value: item, path: `${path}.${index + 1}.member` }))
    return [...own, ...inItems(visit, shape.member ?? '', items, 'Member')]
  }
  if (!isObject(value)) return own
  if (shape.key === undefined || shape.value === undefined) return [...own, ...inMembers(shape, visit, value)]
  const entries = Object.entries(value).filter((entry): entry is [string, Json] => !isAbsent(entry[1]))
  const keys = entries.map(([key]): Visit => ({ shapes, value: key, path }))
  const values = entries.map(([key, item]): Visit => ({ shapes, value: item, path: `${path}.${key}.member` }))
  return [...own, ...inItems(visit, shape.key, keys, 'Map keys'), ...inItems(visit, shape.value, values, 'Map value')]
}

/** The first thing that the model refuses in the input of an action; undefined when it refuses nothing, or has no such action. */
export const violationOf = (service: ModelledService, action: string, request: JsonObject): Violation | undefined => {
  const { inputs, shapes } = MODELS[service]
  const input = inputs[action]
  if (!input) return undefined
  const found = inShape(input, { shapes, value: request, path: '' })
  if (found.length === 0) return undefined
  const count = `${found.length} validation error${found.length === 1 ? '' : 's'} detected`
  return (
    found.find(({ kind }) => kind === 'type') ?? {
      kind: 'constraint',
      message: `${count}: ${found.map(({ message }) => message).join('; ')}`,
    }
  )
}

/** Every path of an action's input, as `Policies.PasswordPolicy.MinimumLength`; a list of structures counts as one of them. */
export const pathsOfInput = (service: ModelledService, action: string): readonly string[] => {
  const { inputs, shapes } = MODELS[service]
  const below = (name: string | undefined): string[] => {
    const { members = {}, member } = shapes[name ?? ''] ?? { type: '' }
    if (member) return below(member)
    return Object.entries(members).flatMap(([inner, of]) => [inner, ...below(of).map((path) => `${inner}.${path}`)])
  }
  return below(inputs[action])
}

/** The names of the errors that an action can give, beside those that every action can give. */
export const errorsOf = (service: ModelledService, action: string): readonly string[] => MODELS[service].errors[action] ?? []
