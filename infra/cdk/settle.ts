// A CloudFormation template with its parameters put in and its conditions decided: what CloudFormation would make of it.
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'

/** What is left of a template: resources and outputs that exist with these parameters. */
export type Settled = { readonly resources: JsonObject; readonly outputs: JsonObject }

const mapAt = (object: JsonObject, name: string): JsonObject => {
  const value = object[name]
  return isObject(value) ? value : {}
}

/** Gives the template's resources and outputs without parameters, conditions and whatever the conditions leave out. */
export const settle = (template: JsonObject, values: JsonObject): Settled => {
  const conditions = mapAt(template, 'Conditions')
  const mappings = mapAt(template, 'Mappings')

  const holds = (condition: Json | undefined): boolean => {
    if (typeof condition === 'string') return holds(conditions[condition])
    const [[operator, operands] = ['', null]] = isObject(condition) ? Object.entries(condition) : []
    if (operator === 'Condition') return holds(operands)
    if (Array.isArray(operands)) {
      if (operator === 'Fn::Not') return !holds(operands[0])
      if (operator === 'Fn::And') return operands.every(holds)
      if (operator === 'Fn::Or') return operands.some(holds)
      if (operator === 'Fn::Equals') return text(operands[0]) === text(operands[1])
    }
    throw new Error(`Expected a condition, got ${JSON.stringify(condition)}.`)
  }

  /** What a condition compares, or a key of a mapping. What only the deployment knows is some text that equals nothing. */
  const text = (node: Json | undefined): string => {
    const value = evaluated(resolve(node))
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }

  /** The functions of text, of known values. In resources they are left to the deployment. */
  const evaluated = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.map((item) => evaluated(item) ?? null)
    if (!isObject(value)) return value
    const [[name, operands] = ['', undefined]] = Object.entries(value)
    const [first, second] = Array.isArray(operands) ? operands.map(evaluated) : []
    if (name === 'Fn::Join') return [second ?? []].flat().join(String(first))
    if (name === 'Fn::Split') return String(second).split(String(first))
    if (name === 'Fn::Select') return (Array.isArray(second) ? second[Number(first)] : undefined) ?? ''
    return value
  }

  const found = (keys: readonly Json[]): Json => {
    const path = keys.map(text)
    const value = path.reduce<Json | undefined>((here, key) => (isObject(here) ? here[key] : undefined), mappings)
    if (value === undefined) throw new Error(`The template's mappings have no ${path.join(', ')}.`)
    return value
  }

  /** Fn::Sub takes a parameter's value in its map: a token may not stand in the pattern. */
  const substitution = (argument: Json): JsonObject => {
    const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}]
    const parameters = Object.entries(values).filter(([name]) => String(pattern).includes(`\${${name}}`))
    const map = { ...mapAt({ map: resolve(variables) }, 'map'), ...Object.fromEntries(parameters) }
    return { 'Fn::Sub': Object.keys(map).length > 0 ? [pattern, map] : pattern }
  }

  const resolve = (node: Json | undefined): Json | undefined => {
    if (Array.isArray(node)) return node.map(resolve).filter((item) => item !== undefined)
    if (!isObject(node)) return node
    const { Ref: ref, 'Fn::If': choice, 'Fn::Sub': argument, 'Fn::FindInMap': keys } = node
    if (ref === 'AWS::NoValue') return undefined
    if (typeof ref === 'string' && values[ref] !== undefined) return values[ref]
    if (Array.isArray(choice)) return resolve(holds(choice[0]) ? choice[1] : choice[2])
    if (argument !== undefined) return substitution(argument)
    if (Array.isArray(keys)) return found(keys)
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, resolve(value)]))
  }

  const existing = (section: string): JsonObject =>
    Object.fromEntries(
      Object.entries(mapAt(template, section)).flatMap(([name, item]) => {
        if (!isObject(item)) return []
        const { Condition: condition, ...rest } = item
        return condition === undefined || holds(condition) ? [[name, resolve(rest)]] : []
      }),
    )
  return { resources: existing('Resources'), outputs: existing('Outputs') }
}

/**
 * The value of a template's parameter: what is given, checked as CloudFormation would, or its default.
 * @param isKnown false for a value that only the deployment knows, which passes
 */
export const parameterValue = (name: string, parameter: JsonObject, given: Json | undefined, isKnown: (value: Json) => boolean): Json => {
  if (given === undefined) {
    if (parameter['Type'] === 'CommaDelimitedList')
      return String(parameter['Default'] ?? '')
        .split(',')
        .filter(Boolean)
    return parameter['Default'] ?? ''
  }
  if (!isKnown(given)) return given
  const { AllowedPattern: pattern, AllowedValues: allowed, ConstraintDescription: constraint } = parameter
  for (const value of [given].flat().filter(isKnown).map(String)) {
    const matches = typeof pattern !== 'string' || new RegExp(`^(?:${pattern})$`).test(value)
    const isListed = !Array.isArray(allowed) || allowed.map(String).includes(value)
    if (!matches || !isListed) throw new Error(`${name} ${constraint} Got "${value}".`)
  }
  return given
}
