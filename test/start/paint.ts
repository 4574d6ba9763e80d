// Colours for a terminal that wants them, and lines that fit its width.

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow'
export type Paint = (colour: Colour, text: string) => string

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const satisfies Record<Colour, unknown>

/** @param isOn only on a terminal, and where NO_COLOR (no-color.org) is not set */
export const paintWith =
  (isOn: boolean): Paint =>
  (colour, text) => {
    const [on, off] = CODES[colour]
    return isOn && text !== '' ? `\u001B[${on}m${text}\u001B[${off}m` : text
  }

/** Words in lines of at most `width` characters; a word that is longer stands alone. */
export const wrapped = (text: string, width: number): readonly string[] =>
  text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    return [...lines, line]
  })
