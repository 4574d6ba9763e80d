// The one way a value from outside gets into a sentence: what cannot be seen is made visible, and what is long is cut.

/** Controls, format characters such as direction marks, lone surrogates, and the two line separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const visible = (character: string): string =>
  INVISIBLE.test(character) ? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}` : character

/** At most `length` characters of a value: what cannot be seen stands as `\u000a`, and a value that was cut ends in `…`. */
export const excerpt = (value: string, length: number): string => {
  let whole = ''
  let cut = ''
  for (const character of value) {
    whole += visible(character)
    if (whole.length < length) cut = whole
    if (whole.length > length) return `${cut}…`
  }
  return whole
}

/** A value in double quotes, at most 80 characters of it. What is not a text stands as JSON. */
export const shown = (value: unknown): string =>
  `"${excerpt(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'), 80)}"`

/** What a service said, as a part of a sentence of ours: at most 400 characters, without its full stop. */
export const serviceWords = (message: string): string => excerpt(message.trim().replace(/\.$/, ''), 400) || 'it gave no reason'

/** A foreign text in one line of a terminal: names and messages may hold anything. */
export const oneLine = (text: string): string => text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

/** A text in lines of at most `width`, all but the first after `indent`. */
export const wrapped = (text: string, width: number, indent: string): string => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length + indent.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.join(`\n${indent}`)
}

/** A line of CSV (RFC 4180). A cell that begins like a formula is none. */
export const csv = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]|^[=+@-]./.test(cell) ? `"${cell.replace(/^[=+@-]/, "'$&").replaceAll('"', '""')}"` : cell)).join()

/** A value that goes out whole, as data, without its control characters: one \x1B breaks a stack's list of events (cloudformation-coverage-roadmap#1601). */
export const withoutControls = (value: string): string => value.toWellFormed().replace(/\p{Cc}+/gu, ' ')
