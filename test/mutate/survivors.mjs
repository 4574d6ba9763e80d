// What no test noticed, against the list of what none need notice, and why.
import { readdirSync, readFileSync } from 'node:fs'

const FOLDER = new URL('./survivors/', import.meta.url)
const MOST = 140

const short = (text) => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line
}

const between = (lines, { start, end }) =>
  lines
    .slice(start.line - 1, end.line)
    .map((line, index, all) => line.slice(index === 0 ? start.column - 1 : 0, index === all.length - 1 ? end.column - 1 : undefined))
    .join('\n')

/** One line for a mutant, which stays the same when the lines around it move. */
const nameOf = (file, lines, { location, mutatorName, replacement }) =>
  `${file} ${mutatorName}: ${short(between(lines, location))} => ${short(replacement)}`

/** Every mutant of a report of Stryker's, with its name. */
const mutantsOf = ({ files }) =>
  Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants.map((mutant) => ({ file, name: nameOf(file, lines, mutant), line: mutant.location.start.line, status: mutant.status }))
  })

/** The reasons in survivors/: `{ "why": ["mutant", …] }`. */
const excused = () => readdirSync(FOLDER).flatMap((name) => Object.values(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))).flat())

/**
 * What survived of the files that were mutated. `isPart`: only some lines of them were, so a reason without a mutant says nothing.
 * @returns what survived without a reason, how many did with one, and the reasons whose mutant is gone
 */
export const survivors = (report, isPart) => {
  const mutants = mutantsOf(report)
  const excuses = new Set(excused())
  const alive = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
  const names = new Set(mutants.map(({ name }) => name))
  const files = new Set(mutants.map(({ file }) => file))
  return {
    unexplained: alive.filter(({ name }) => !excuses.has(name)),
    explained: alive.filter(({ name }) => excuses.has(name)).length,
    gone: isPart ? [] : [...excuses].filter((name) => files.has(name.split(' ', 1)[0]) && !names.has(name)),
  }
}
