// JSON as it comes over the wire, and what it means for two pieces of it to be the same.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [member: string]: Json | undefined }

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object'

/** The text of `value` with members in a fixed order, so that equal values have equal texts. Members that are undefined do not count. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join()}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`
}

const sameArray = (a: readonly unknown[], b: readonly unknown[], asSets: boolean): boolean => {
  if (a.length !== b.length) return false
  if (!asSets || !a.every(isScalar)) return a.every((item, index) => same(item, b[index], asSets))
  const [left, right] = [a.map(canonical).sort(), b.map(canonical).sort()]
  return left.every((item, index) => item === right[index])
}

const same = (a: unknown, b: unknown, asSets: boolean): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) return sameArray(a, b, asSets)
  if (!isObject(a) || !isObject(b)) return (a ?? null) === (b ?? null)
  const isAlike = (name: string): boolean => (a[name] === undefined) === (b[name] === undefined) && same(a[name], b[name], asSets)
  return Object.keys(a).every(isAlike) && Object.keys(b).every((name) => b[name] === undefined || a[name] !== undefined)
}

/** Whether two values are equal, members in any order; an absent member and an undefined one are the same. */
export const sameJson = (a: unknown, b: unknown): boolean => same(a, b, false)

/** As {@link sameJson}, with every array of scalars taken as a set: services give such lists back in any order. */
export const sameSetting = (a: unknown, b: unknown): boolean => same(a, b, true)

/** The string at `name`, or undefined when there is none or it is something else. */
export const text = (object: JsonObject | undefined, name: string): string | undefined => {
  const value = object?.[name]
  return typeof value === 'string' ? value : undefined
}

/** The object at `name`, or undefined when there is none or it is something else. */
export const child = (object: JsonObject | undefined, name: string): JsonObject | undefined => {
  const value = object?.[name]
  return isObject(value) ? value : undefined
}

/** `object` without the members named. */
export const without = (object: JsonObject, names: Iterable<string>): JsonObject => {
  const left = new Set(names)
  return Object.fromEntries(Object.entries(object).filter(([name, value]) => !left.has(name) && value !== undefined))
}
