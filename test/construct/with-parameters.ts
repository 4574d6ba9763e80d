// What CloudFormation makes of a template with given parameters: the model that the provider's stack is compared with.
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'

const mapAt = (object: JsonObject, name: string): JsonObject => {
  const value = object[name]
  return isObject(value) ? value : {}
}

/** Parameters as CloudFormation takes them, as text; Ref, GetAtt and Sub of resources stay as written. */
export const withParameters = (template: JsonObject, given: Readonly<Record<string, string>>): JsonObject => {
  const parameters = mapAt(template, 'Parameters')
  const parameterValue = (name: string): Json => {
    const { Type: type, Default: otherwise } = mapAt(parameters, name)
    const value = given[name] ?? String(otherwise)
    return type === 'CommaDelimitedList' ? value.split(',').filter(Boolean) : value
  }
  const holds = (condition: Json | undefined): boolean => {
    if (typeof condition === 'string') return holds(mapAt(template, 'Conditions')[condition])
    const { 'Fn::Not': negated, 'Fn::Equals': compared } = isObject(condition) ? condition : {}
    if (Array.isArray(negated)) return !holds(negated[0])
    if (Array.isArray(compared)) return JSON.stringify(resolve(compared[0])) === JSON.stringify(resolve(compared[1]))
    throw new Error(`Unknown condition ${JSON.stringify(condition)}.`)
  }
  /** A pattern with parameters, and with what its map says, written in. */
  const substituted = (argument: Json): string => {
    const [pattern, map] = Array.isArray(argument) ? argument : [argument, {}]
    const written = isObject(map) ? map : {}
    return String(pattern).replace(/\$\{(\w+)\}/g, (whole, name) => {
      if (written[name] !== undefined) return String(written[name])
      return name in parameters ? String(parameterValue(name)) : whole
    })
  }
  const resolve = (node: Json | undefined): Json | undefined => {
    if (Array.isArray(node)) return node.map(resolve).filter((item) => item !== undefined)
    if (!isObject(node)) return node
    const { Ref: name, 'Fn::If': choice, 'Fn::Sub': pattern, 'Fn::FindInMap': keys } = node
    if (name === 'AWS::NoValue') return undefined
    if (typeof name === 'string' && name in parameters) return parameterValue(name)
    if (Array.isArray(choice)) return resolve(choice[holds(choice[0]) ? 1 : 2])
    if (Array.isArray(keys)) {
      const [map = '', first = '', second = ''] = keys.map((key) => String(resolve(key)))
      return mapAt(mapAt(mapAt(template, 'Mappings'), map), first)[second]
    }
    if (pattern !== undefined) return { 'Fn::Sub': substituted(pattern) }
    const { 'Fn::Join': joined, 'Fn::Split': split, 'Fn::Select': selected } = node
    if (Array.isArray(joined)) {
      const parts = [resolve(joined[1])].flat()
      return parts.some(isObject) ? { 'Fn::Join': [joined[0], parts] } : parts.join(String(joined[0]))
    }
    if (Array.isArray(split)) return String(resolve(split[1])).split(String(split[0]))
    if (Array.isArray(selected)) return [resolve(selected[1])].flat()[Number(selected[0])] ?? ''
    return Object.fromEntries(
      Object.entries(node)
        .map(([key, value]) => [key, resolve(value)] as const)
        .filter(([, value]) => value !== undefined),
    )
  }
  const existing = Object.entries(mapAt(template, 'Resources')).flatMap(([name, item]) => {
    if (!isObject(item)) return []
    const { Condition: condition, ...resource } = item
    return condition === undefined || holds(condition) ? [[name, resource] as const] : []
  })
  const resolved = resolve({ Resources: Object.fromEntries(existing), Outputs: template['Outputs'] })
  return isObject(resolved) ? resolved : {}
}
