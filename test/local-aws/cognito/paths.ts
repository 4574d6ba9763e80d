// Reading and setting a member deep inside a JSON object, by its path.
import { child, isObject, type Json, type JsonObject } from '../../../lib/json.ts'

export const at = (object: JsonObject, path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((value, name) => (isObject(value) ? value[name] : undefined), object)

export const setAt = (object: JsonObject, [name, ...rest]: readonly string[], value: Json): JsonObject => {
  if (name === undefined) return object
  return { ...object, [name]: rest.length === 0 ? value : setAt(child(object, name) ?? {}, rest, value) }
}
