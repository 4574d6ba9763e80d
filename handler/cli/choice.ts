// Which pools the words of a command name: IDs as they are, names and patterns among all that are listed.
import { wellFormedPoolIds } from '../../lib/binding/properties.ts'
import type { Listed } from '../../lib/fleet/status.ts'
import { closest } from '../../lib/nearest.ts'
import type { Region } from './fleet.ts'
import { Problem } from './problem.ts'

const isId = (word: string): boolean => wellFormedPoolIds({ UserPoolId: word }).length === 1

/** Whether the words can only be understood with a list of all pools. */
export const needsList = (words: readonly string[]): boolean => words.length === 0 || !words.every(isId)

const matcher = (word: string): ((listed: Listed) => boolean) => {
  const parts = word.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('.*')}$`, 's')
  return ({ id, name }) => id === word || pattern.test(name)
}

const isAt = (id: string, region: string): boolean => id.startsWith(`${region}_`)

/** The pools in each Region. No word: all. An ID is looked for at home where that is asked for, else everywhere: it may have a replica. */
export const chosen = (words: readonly string[], regions: readonly Region[]): ReadonlyMap<Region, readonly Listed[]> => {
  const names = regions.map(({ reader }) => reader.region)
  const all = regions.flatMap(({ listed = [] }) => listed)
  const unknown = words.find((word) => !isId(word) && !all.some(matcher(word)))
  // Where a Region could not be listed the name may be there: that is told with the problems.
  if (unknown !== undefined && regions.every(({ listed }) => listed)) throw noSuchPool(unknown, names, all)
  return new Map(
    regions.map((region) => {
      const { listed = [], reader } = region
      const matchers = words.map(matcher)
      const found = words.length === 0 ? listed : listed.filter((one) => matchers.some((matches) => matches(one)))
      const others = words.filter((word) => isId(word) && !found.some(({ id }) => id === word))
      const here = others.filter((id) => isAt(id, reader.region) || !names.some((name) => isAt(id, name)))
      const named = [...new Set(here)].map((id) => ({ region: reader.region, id, name: '', replicas: [] }))
      return [region, [...found, ...named]] as const
    }),
  )
}

const noSuchPool = (word: string, regions: readonly string[], all: readonly Listed[]): Problem => {
  const names = word.includes('*') ? [] : all.map(({ name }) => name)
  const near = closest(word, names)
  return new Problem(`No user pool in ${regions.join(', ')} is named ${word}${near === undefined ? '.' : `; did you mean ${near}?`}`, 1)
}
