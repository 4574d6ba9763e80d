// What a person sees: rows in columns that fit, a page about one pool, and how far the reading is.
import { styleText } from 'node:util'
import type { Change, PoolStatus, State } from '../../lib/fleet/status.ts'
import { oneLine, wrapped } from '../../lib/printable.ts'

type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow'
/** A terminal's width and colours; a pipe has neither. */
type Screen = { readonly width: number | undefined; readonly paint: (colour: Colour, text: string) => string }

/** Where results and remarks go. */
export type Out = {
  readonly tool: string
  readonly screen: Screen
  readonly print: (text: string) => void
  readonly tell: (text: string) => void
}

/** The screen behind a stream. */
export const screenOf = (stream: NodeJS.WriteStream): Screen => {
  const isColourful = stream.isTTY === true && stream.hasColors()
  return { width: stream.isTTY ? stream.columns : undefined, paint: (colour, text) => (isColourful ? styleText(colour, text) : text) }
}

const COLOURS: Readonly<Record<State, Colour>> = {
  ...{ unread: 'red', contested: 'red', blocked: 'red', drifted: 'yellow', changing: 'dim', default: 'yellow' },
  ...{ external: 'dim', unbound: 'dim', bound: 'green' },
}

const shown = (value: unknown): string => (typeof value === 'string' ? oneLine(value) : value === null ? '–' : JSON.stringify(value))

/** `ConfigurationSet: – → auth-mail` */
export const changeText = ({ member, live, wanted }: Change): string => `${member}: ${shown(live)} → ${shown(wanted)}`

export const COLUMNS = ['STATE', 'POOL', 'NAME', 'SENDS WITH', 'BOUND BY', 'NOTE'] as const

/** Who sends is one wish of three members. */
const SENDER: readonly string[] = ['EmailSendingAccount', 'SourceArn', 'From']

const noteOf = ({ state, drift, findings, error, replicas }: PoolStatus): string => {
  const warnings = findings.filter(({ id, level }) => id !== 'cognito-default' && level === 'warning').length
  const parts = [
    error?.code,
    [...new Set(drift.map(({ member }) => (SENDER.includes(member) ? 'sender' : member)))].join(', '),
    findings.flatMap(({ id, level }) => (id !== state && level === 'error' ? [id] : [])).join(', '),
    warnings > 0 ? `${warnings} warning${warnings > 1 ? 's' : ''}` : '',
    ...replicas.map((region) => `replica in ${region}`),
  ]
  return parts.filter(Boolean).join('; ')
}

/** A pool in the columns of {@link COLUMNS}. */
export const cellsOf = (pool: PoolStatus): readonly string[] => {
  const { state, id, name, sender, configurationSet: set, bindings } = pool
  const top = bindings?.at(-1)
  const more = bindings && bindings.length > 1 ? ` +${bindings.length - 1}` : ''
  const sends = set === null ? sender : `${sender} ${set.from === 'identity' ? `(${set.name})` : set.name}`
  const by = bindings === null ? '?' : top ? `${top.stack}/${top.logicalId}${more}` : '-'
  return [state, id, name, sends, by, noteOf(pool)].map(oneLine)
}

const [MIN, NOTE, GAP] = [8, 16, 2]

/**
 * Columns as wide as their texts. Where a terminal is narrower the last one, remarks, gives way first, then the widest.
 * @param whole so many columns are never cut: they are what is looked for, and what is typed next
 */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], whole: number, { width, paint }: Screen): string => {
  const widths = head.map((title, column) => rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), title.length))
  for (let over = widths.reduce((sum, one) => sum + one + GAP, -GAP) - (width ?? Infinity); over > 0; over -= 1) {
    const last = widths.at(-1) ?? 0
    const widest = last > NOTE ? last : Math.max(...widths.slice(whole))
    if (widest <= MIN) break
    widths[widths.lastIndexOf(widest)] = widest - 1
  }
  const fit = (text: string, size: number): string => (text.length > size ? `${text.slice(0, size - 1)}…` : text).padEnd(size)
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => fit(cell, widths[column] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd()
  const painted = (row: readonly string[]): string => line(row).replace(/^\S+/, (state) => paint(COLOURS[state as State], state))
  return [paint('bold', line(head)), ...rows.map(painted)].join('\n')
}

/** All that is to say about one pool: why does no mail arrive? */
export const page = (pool: PoolStatus, { width = 100, paint }: Screen): string => {
  const [, id = '', name, sends, by] = cellsOf(pool)
  const errors = pool.error ? [{ id: pool.error.code, level: 'error' as const, message: pool.error.message }] : []
  const findings = [...errors, ...pool.findings].map(({ id: check, level, message }) => {
    const label = paint(level === 'error' ? 'red' : 'yellow', level.padEnd(8))
    return `  ${label}${paint('bold', check)}\n    ${wrapped(oneLine(message), width, '    ')}`
  })
  const held = pool.changing
  const lease = held ? [`  An operation has worked on it since ${held.since}; it holds the pool until ${held.until} at the latest.`] : []
  const body = [...lease, ...pool.drift.map((change) => `    ${changeText(change)}`), ...findings]
  const head = `${paint(COLOURS[pool.state], pool.state)}  ${paint('bold', name || id)}  ${id}  ${sends} · bound by ${by}`
  return [head, ...(body.length > 0 ? body : ['  Nothing is wrong that can be seen from here.'])].join('\n')
}

/** One line on a terminal, written over at most ten times a second; elsewhere a line every ten seconds. */
export const progressOn = (stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>, now: () => number) => {
  const isLive = stream.isTTY === true
  let last = now()
  let isDrawn = false
  return {
    show: (text: string): void => {
      if (now() - last < (isLive ? 100 : 10_000)) return
      last = now()
      stream.write(isLive ? `\r\u001B[K${text}` : `${text}\n`)
      isDrawn = isLive
    },
    clear: (): void => {
      if (isDrawn) stream.write('\r\u001B[K')
      isDrawn = false
    },
  }
}
