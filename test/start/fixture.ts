// Event files: a plain event of CloudFormation, or one with a title and what is expected of it.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isObject, type Json, type JsonObject, text } from '../../lib/json.ts'
import { Problem } from './problem.ts'

export type Expectation = {
  readonly Status?: Json
  readonly Reason?: Json
  readonly PhysicalResourceId?: Json
  readonly Data?: JsonObject
  /** [before, after] by dotted name; null is absent. */
  readonly changed?: JsonObject
  /** By service. */
  readonly callsAtMost?: JsonObject
}

export type Fixture = {
  /** The file, as a person would name it. */
  readonly name: string
  readonly title: string
  readonly isPlain: boolean
  /** Placeholders not yet filled in; empty for an event that is sent again. */
  readonly event: JsonObject
  /** The name of the file whose event is sent once more. */
  readonly again: string | undefined
  readonly expect: Expectation
}

const KNOWN = ['title', 'event', 'again', 'expect']
const EXPECTABLE = ['Status', 'Reason', 'PhysicalResourceId', 'Data', 'changed', 'callsAtMost']
/** Without these the function cannot tell that it is CloudFormation that asks. */
const NEEDED = ['RequestType', 'StackId', 'RequestId', 'LogicalResourceId']

const noSuchFile = (name: string, error: unknown): Problem => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return new Problem(code === 'ENOENT' ? `There is no file ${name}.` : `${name} cannot be read (${String(code ?? error)}).`)
}

/** The parser's message quotes the text, and a ResponseURL may be in it: only the place is told. */
const placeOf = (source: string, error: unknown): string => {
  const position = String(error).match(/position (\d+)/)?.[1]
  if (position === undefined) return source.trim() === '' ? ': it is empty' : ''
  const lines = source.slice(0, Number(position)).split('\n')
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`
}

const parse = (name: string, source: string): JsonObject => {
  let value: unknown
  try {
    value = JSON.parse(source.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new Problem(`${name} is not JSON${placeOf(source, error)}.`)
  }
  if (!isObject(value)) throw new Problem(`Expected ${name} to hold one JSON object: an event of CloudFormation.`)
  return value
}

const plain = (name: string, event: JsonObject): Fixture => {
  const missing = NEEDED.filter((member) => text(event, member) === undefined)
  if (missing.length > 0) throw new Problem(`${name} is no event of CloudFormation: ${missing.join(', ')} must be strings.`)
  return { name, title: basename(name), isPlain: true, event, again: undefined, expect: { Status: 'SUCCESS' } }
}

const objectAt = (name: string, object: JsonObject, member: string): JsonObject => {
  const value = object[member] ?? {}
  if (!isObject(value)) throw new Problem(`Expected ${member} of ${name} to be a JSON object.`)
  return value
}

const wrapped = (name: string, file: JsonObject): Fixture => {
  const expect = objectAt(name, file, 'expect')
  const unknown = [
    ...Object.keys(file).filter((member) => !KNOWN.includes(member)),
    ...Object.keys(expect)
      .filter((member) => !EXPECTABLE.includes(member))
      .map((member) => `expect.${member}`),
  ]
  if (unknown.length > 0) throw new Problem(`${name} has members that mean nothing here: ${unknown.join(', ')}.`)
  for (const member of ['Data', 'changed', 'callsAtMost']) objectAt(name, expect, member)
  const [title, again] = [text(file, 'title') ?? basename(name), text(file, 'again')]
  const fixture = { name, title, isPlain: false, again, expect: expect as Expectation }
  if (again !== undefined) return { ...fixture, event: {} }
  return { ...fixture, event: plain(name, objectAt(name, file, 'event')).event }
}

/** @param file where it is @param name how to call it */
export const readFixture = (file: string, name: string): Fixture => {
  let source: string
  try {
    source = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw noSuchFile(name, error)
  }
  const value = parse(name, source)
  return 'event' in value || 'again' in value ? wrapped(name, value) : plain(name, value)
}

/** Puts values in place of {{placeholders}}, wherever a string is. */
export const filled = <T>(value: T, values: Readonly<Record<string, string>>, name: string): T => {
  const fill = (part: unknown): unknown => {
    if (typeof part === 'string') {
      return part.replace(/\{\{(\w+)\}\}/g, (_, placeholder: string) => {
        const found = values[placeholder]
        if (found === undefined) throw new Problem(`${name} has {{${placeholder}}}, which has no value here.`)
        return found
      })
    }
    if (Array.isArray(part)) return part.map(fill)
    return isObject(part) ? Object.fromEntries(Object.entries(part).map(([member, inner]) => [fill(member), fill(inner)])) : part
  }
  return fill(value) as T
}
