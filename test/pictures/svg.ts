// What a terminal showed, as an SVG: colours by class, so that the picture follows the reader's light or dark.

const [SIZE, ADVANCE, LEADING, PAD] = [13, 7.83, 19, 16]

const STYLE = `text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: ${SIZE}px; fill: #1f2328; white-space: pre }
.frame { fill: #f6f8fa; stroke: #d1d9e0 }
.bold { font-weight: 700 } .dim { fill: #59636e } .red { fill: #c21c28 } .green { fill: #116329 } .yellow { fill: #7d4e00 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .frame { fill: #0d1117; stroke: #3d444d }
.dim { fill: #9198a1 } .red { fill: #ff8182 } .green { fill: #4ac26b } .yellow { fill: #e3b341 }
}`

/** Select Graphic Rendition: what each code turns on; 22 and 39 turn weight and colour off. */
const CODES: Readonly<Record<string, string>> = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow' }
const WEIGHTS = new Set(['bold', 'dim'])

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const ESCAPE = String.fromCharCode(27)
const CODE = new RegExp(`${ESCAPE}\\[(\\d+)m`)

/** A piece of a line in one colour, between wider gaps. `column` is where it begins. */
type Run = { readonly classes: readonly string[]; readonly text: string; readonly column: number }

const runsOf = (line: string): readonly Run[] => {
  const runs: Run[] = []
  let classes: readonly string[] = []
  let column = 0
  for (const [index, part] of line.split(CODE).entries()) {
    const name = CODES[part]
    if (index % 2 === 0) {
      for (const { 0: text, index: at } of part.matchAll(/\S+(?: \S+)*/g)) runs.push({ classes, text, column: column + at })
      column += part.length
    } else if (name !== undefined) classes = [...classes, name]
    else if (part === '22') classes = classes.filter((one) => !WEIGHTS.has(one))
    else if (part === '39') classes = classes.filter((one) => WEIGHTS.has(one))
    else throw new Error(`Expected a code of ${Object.keys(CODES).join(', ')}, 22 or 39; got ${part}.`)
  }
  return runs
}

/** Each run stands where its column is, and is as wide as its letters, whatever font there is. */
const markup = ({ classes, text, column }: Run, row: number): string => {
  const x = PAD + column * ADVANCE
  const about = classes.length > 0 ? ` class="${classes.join(' ')}"` : ''
  const place = `x="${x.toFixed(1)}" y="${PAD + row * LEADING + SIZE}" textLength="${(text.length * ADVANCE).toFixed(1)}"`
  return `<text xml:space="preserve" ${place}${about}>${escaped(text)}</text>`
}

/** A plain line that is longer goes on in the next, after a whole word where there is one. */
const folded = (line: string, columns: number): readonly string[] => {
  if (line.length <= columns || line.includes(ESCAPE)) return [line]
  const space = line.lastIndexOf(' ', columns)
  const [end, next] = space > 0 ? [space, space + 1] : [columns, columns]
  return [line.slice(0, end), ...folded(line.slice(next), columns)]
}

/** @param title what a person hears who cannot see the picture */
export const svgOf = (title: string, text: string, columns: number): string => {
  const lines = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => folded(line, columns))
  const width = Math.ceil(columns * ADVANCE) + 2 * PAD
  const height = lines.length * LEADING + 2 * PAD
  const rows = lines.flatMap((line, row) => runsOf(line).map((run) => markup(run, row)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${rows.join('\n')}
</svg>
`
}
