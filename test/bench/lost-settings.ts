// Which settings of a pool are gone: counted value by value, so that a lost block weighs as much as what was in it.
import { isObject, type JsonObject, sameJson } from '../../lib/json.ts'

/** Every value that is no object, by its dotted name; a list is one value. */
export const leaves = (value: JsonObject, prefix = ''): readonly (readonly [string, unknown])[] =>
  Object.entries(value).flatMap(([name, inner]) =>
    isObject(inner) && Object.keys(inner).length > 0 ? leaves(inner, `${prefix}${name}.`) : [[prefix + name, inner] as const],
  )

/** The settings of before that are gone or have another value. */
export const lostBetween = (before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): readonly string[] =>
  [...before].filter(([name, value]) => !after.has(name) || !sameJson(value, after.get(name))).map(([name]) => name)

/** Names in short: the top member of several, and how many values of it were lost. */
export const grouped = (names: readonly string[]): readonly string[] => {
  const groups = new Map<string, readonly string[]>()
  for (const name of names) {
    const [top = name] = name.split('.')
    groups.set(top, [...(groups.get(top) ?? []), name])
  }
  return [...groups].map(([top, members]) => (members.length === 1 ? (members[0] ?? top) : `${top} (${members.length})`))
}
