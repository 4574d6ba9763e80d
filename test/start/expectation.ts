// Holds what came of an event against what its fixture expects; says every difference in one line.
import { canonical, isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { callCounts } from './calls.ts'
import type { Expectation } from './fixture.ts'
import type { Sent } from './send.ts'
import type { Change } from './settings.ts'

/** A value for a person: text as it is, all else as JSON, absent as –. */
export const shown = (value: Json | undefined): string => {
  if (value === undefined) return '–'
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value)
}

const matches = (expected: Json | undefined, got: Json | undefined, isPart: boolean): boolean => {
  if (typeof expected !== 'string' || typeof got !== 'string') return canonical(expected) === canonical(got)
  const pattern = expected.match(/^\/(.+)\/$/s)?.[1]
  if (pattern !== undefined) return new RegExp(pattern).test(got)
  return isPart && expected !== '' ? got.includes(expected) : got === expected
}

const difference = (name: string, expected: Json | undefined, got: Json | undefined, isPart = false): readonly string[] =>
  matches(expected, got, isPart) ? [] : [`${name}: expected ${shown(expected)}; got ${shown(got)}`]

const changeText = (before: Json | undefined, after: Json | undefined): string => `${shown(before)} → ${shown(after)}`

const pair = (value: Json | undefined): readonly (Json | undefined)[] =>
  Array.isArray(value) ? value.map((item) => item ?? undefined) : []

const changesDiffer = (expected: JsonObject, got: readonly Change[]): readonly string[] => {
  const wanted = Object.entries(expected).flatMap(([name, value]) => {
    const [before, after] = pair(value)
    const change = got.find(({ setting }) => setting === name)
    if (change && canonical([change.before, change.after]) === canonical([before, after])) return []
    return [
      `${name}: expected ${changeText(before, after)}; ${change ? `got ${changeText(change.before, change.after)}` : 'it did not change'}`,
    ]
  })
  const more = got.filter(({ setting }) => !Object.hasOwn(expected, setting))
  return [...wanted, ...more.map(({ setting, before, after }) => `${setting}: not expected to change; got ${changeText(before, after)}`)]
}

const callsDiffer = (most: JsonObject, sent: Sent): readonly string[] => {
  const counts = callCounts(sent.calls ?? [])
  return Object.entries(most).flatMap(([service, number]) => {
    const count = counts[service] ?? 0
    return typeof number === 'number' && count > number ? [`calls of ${service}: expected at most ${number}; got ${count}`] : []
  })
}

/** What must hold of every event, whatever its fixture says. */
const always = ({ event, answer, answers, refused, error, changes }: Sent): readonly string[] => [
  ...(answer ? [] : [`answer: there is none${error ? ` (${error})` : ''}`]),
  ...(answer && error ? [`the function threw after it had answered: ${error}`] : []),
  ...(answers > 1 ? [`answer: expected one; got ${answers}`] : []),
  ...refused.map((reason) => `answer: the response bucket refused it: ${reason}`),
  ...['StackId', 'RequestId', 'LogicalResourceId'].flatMap((name) => (answer ? difference(name, event[name], answer[name]) : [])),
  ...changes
    .filter(({ isEmailConfiguration }) => !isEmailConfiguration)
    .map(({ setting, before, after }) => `${setting} was lost or changed: ${changeText(before, after)}`),
]

/** Nothing when all is as expected. */
export const differencesOf = (sent: Sent, expect: Expectation): readonly string[] => {
  const { answer, changes } = sent
  const data = isObject(answer?.['Data']) ? answer['Data'] : {}
  const members = answer
    ? [
        ...('Status' in expect ? difference('Status', expect.Status, answer['Status']) : []),
        ...('Reason' in expect ? difference('Reason', expect.Reason, answer['Reason'], true) : []),
        ...('PhysicalResourceId' in expect
          ? difference('PhysicalResourceId', expect.PhysicalResourceId, answer['PhysicalResourceId'])
          : []),
        ...Object.entries(expect.Data ?? {}).flatMap(([name, value]) => difference(`Data.${name}`, value, data[name], name === 'Warnings')),
      ]
    : []
  const email = changes.filter(({ isEmailConfiguration }) => isEmailConfiguration)
  return [
    ...always(sent),
    ...members,
    ...(sent.isRepeated === false ? ['answer: expected the very answer of before; got another one'] : []),
    ...(expect.changed ? changesDiffer(expect.changed, email) : []),
    ...(expect.callsAtMost ? callsDiffer(expect.callsAtMost, sent) : []),
  ]
}
