// What a person reads of one event: the request, the answer, what changed, and what did not.
import { canonical, child, type Json, type JsonObject, text } from '../../lib/json.ts'
import { callsInWords } from './calls.ts'
import { shown } from './expectation.ts'
import { type Colour, type Paint, wrapped } from './paint.ts'
import type { Sent } from './send.ts'
import type { Change } from './settings.ts'

export type Page = {
  readonly paint: Paint
  readonly width: number
  readonly showsLog: boolean
}

const INDENT = 5
const LABEL = 11

const cut = (value: string, length = 90): string => {
  const clean = value.replace(/\p{Cc}+/gu, ' ')
  return clean.length > length ? `${clean.slice(0, length - 1)}…` : clean
}

const brief = (value: Json | undefined): string => cut(shown(value))

/** CloudFormation's own, and what stands elsewhere in the line. */
const NOT_DECLARED = ['ServiceToken', 'ServiceTimeout', 'UserPoolId', 'UserPoolIds']

const declared = (properties: JsonObject | undefined): readonly (readonly [string, Json | undefined])[] =>
  Object.entries(properties ?? {}).filter(([name]) => !NOT_DECLARED.includes(name))

/** What an event asks for: all that a Create declares, and of an Update what is new in it. */
const asked = (event: JsonObject): string => {
  const properties = child(event, 'ResourceProperties')
  if (event['RequestType'] === 'Delete') return ''
  if (event['RequestType'] !== 'Update')
    return declared(properties)
      .map(([name, value]) => `${name} ${brief(value)}`)
      .join(', ')
  const old = child(event, 'OldResourceProperties') ?? {}
  const names = new Set([...declared(old), ...declared(properties)].map(([name]) => name))
  const changed = [...names].filter((name) => canonical(old[name]) !== canonical(properties?.[name]))
  return changed.map((name) => `${name} ${brief(old[name])} → ${brief(properties?.[name])}`).join(', ') || 'nothing new'
}

const request = ({ event, fixture, pools }: Sent): string => {
  if (fixture.again !== undefined) return `the event of ${fixture.again} once more, to the same ResponseURL`
  const properties = child(event, 'ResourceProperties')
  const named = pools.length > 0 ? pools.join(', ') : brief(properties?.['UserPoolId'] ?? properties?.['UserPoolIds'])
  const what = asked(event)
  return `${brief(event['RequestType'])} ${brief(event['LogicalResourceId'])} on ${named}${what ? `: ${what}` : ''}`
}

/** The keys of Data that `changed` does not show. */
const KEY_DATA = ['ConfigurationSet', 'EmailSendingAccount', 'SendingPoolName', 'EventDestinations', 'Max24HourSend']

const answerLine = ({ answer, error, isRepeated, ms }: Sent): string => {
  if (!answer) return `none, after ${Math.round(ms)} ms${error ? `: the function threw “${cut(error, 300)}”` : ''}`
  const data = child(answer, 'Data')
  const gives = KEY_DATA.flatMap((name) => (text(data, name) ? [`${name} ${brief(data?.[name])}`] : [])).join(', ')
  const more = isRepeated ? 'the answer of before, byte for byte' : (text(answer, 'Reason') ?? gives)
  return `${brief(answer['Status'])} in ${Math.round(ms)} ms${more ? `: ${more}` : ''}`
}

const changeLines = (changes: readonly Change[]): readonly string[] => {
  const longest = Math.max(...changes.map(({ setting }) => setting.length))
  return changes.map(({ setting, before, after }) => `${setting.padEnd(longest)}  ${brief(before)} → ${brief(after)}`)
}

/** The warnings that were not told before, and how many were: the same warning of another set is no news. */
const warningsOf = ({ answer, isRepeated }: Sent, told: Set<string>): readonly string[] => {
  const data = child(answer, 'Data')
  const warnings = isRepeated ? [] : (text(data, 'Warnings') ?? '').split('\n').filter(Boolean)
  const keyOf = (warning: string) => warning.replaceAll(text(data, 'ConfigurationSet') || '\n', '')
  const fresh = warnings.filter((warning) => !told.has(keyOf(warning)))
  for (const warning of warnings) told.add(keyOf(warning))
  const repeated = warnings.length - fresh.length
  return [...fresh, ...(repeated > 0 ? [`${repeated === 1 ? 'one' : repeated}${fresh.length > 0 ? ' more' : ''}, as before`] : [])]
}

const untouchedLine = ({ changes, missing, pools, untouched }: Sent): string | undefined => {
  if (missing.length > 0) return `there is no user pool ${missing.join(', ')} here`
  if (pools.length === 0) return undefined
  const others = `${untouched} other settings${pools.length > 1 ? ` of ${pools.length} user pools` : ''}, byte for byte`
  return changes.length === 0 ? `EmailConfiguration and ${others}` : others
}

/** Of a log line: what the block does not say already. */
const logLine = ({ level, message, timestamp: _, requestType, stackId, logicalResourceId, requestId, ...rest }: JsonObject): string => {
  const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''
  return `${message === undefined ? '' : `${shown(level)} ${shown(message)}`}${fields}`.trim()
}

/** The block of one event. `told` holds the warnings that a block before has told in full. */
export const eventBlock = (sent: Sent, number: number, told: Set<string>, page: Page): readonly string[] => {
  const { paint } = page
  const line = (label: string, content: string): string => ' '.repeat(INDENT) + paint('dim', label.padEnd(LABEL)) + content
  /** The label stands before the first line only. */
  const block = (label: string, contents: readonly string[], colour?: Colour): readonly string[] =>
    contents
      .flatMap((content) => wrapped(content, page.width - INDENT - LABEL))
      .map((content, index) => line(index === 0 ? label : '', colour ? paint(colour, content) : content))
  const untouched = untouchedLine(sent)
  const isGood = sent.differences.length === 0
  return [
    `${paint(isGood ? 'green' : 'red', isGood ? '✓' : '✗')} ${paint('bold', `${String(number).padStart(2)} ${sent.fixture.title}`)}`,
    ...block('put here', sent.furnished),
    ...block('request', [request(sent)]),
    ...block('answer', [answerLine(sent)]).map((answer) =>
      answer.replace(/(?:SUCCESS|FAILED)(?= in \d+ ms)/, (status) => paint(status === 'SUCCESS' ? 'green' : 'red', status)),
    ),
    ...warningsOf(sent, told).flatMap((warning) => block('warning', [warning], 'yellow')),
    ...block('changed', changeLines(sent.changes)),
    ...(untouched ? block('untouched', [untouched]) : []),
    ...(sent.calls ? block('calls', [callsInWords(sent.calls)]) : []),
    ...(page.showsLog ? block('log', sent.log.map(logLine), 'dim') : []),
    ...block('differs', sent.differences, 'red'),
    '',
  ]
}
