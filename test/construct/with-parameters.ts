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
  const resolve = (node: Json | undefined): Json | undefined => {
    if (Array.isArray(node)) return node.map(resolve).filter((item) => item !== undefined)
    if (!isObject(node)) return node
    const { Ref: name, 'Fn::If': choice, 'Fn::Join': joined, 'Fn::Sub': pattern } = node
    if (name === 'AWS::NoValue') return undefined
    if (typeof name === 'string' && name in parameters) return parameterValue(name)
    if (Array.isArray(choice)) return resolve(choice[holds(choice[0]) ? 1 : 2])
    if (Array.isArray(joined)) return [resolve(joined[1])].flat().join(String(joined[0]))
    if (typeof pattern === 'string') {
      const write = (whole: string, inner: string) => (inner in parameters ? String(parameterValue(inner)) : whole)
      return { 'Fn::Sub': pattern.replace(/\$\{(\w+)\}/g, write) }
    }
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
