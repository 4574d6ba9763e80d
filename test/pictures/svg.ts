// What a terminal showed, as an SVG: colours by class, so that the picture follows the reader's light or dark.

const [SIZE, ADVANCE, LEADING, PAD] = [13, 7.83, 19, 16]

const STYLE = `text { font: ${SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; white-space: pre }
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

const spansOf = (line: string): { readonly markup: string; readonly length: number } => {
  let classes: string[] = []
  let length = 0
  const markup = line.split(CODE).map((part, index) => {
    if (index % 2 === 0) {
      length += [...part].length
      return part === '' || classes.length === 0 ? escaped(part) : `<tspan class="${classes.join(' ')}">${escaped(part)}</tspan>`
    }
    const name = CODES[part]
    if (name !== undefined) classes = [...classes, name]
    else if (part === '22') classes = classes.filter((one) => !WEIGHTS.has(one))
    else if (part === '39') classes = classes.filter((one) => WEIGHTS.has(one))
    else throw new Error(`Expected a code of ${Object.keys(CODES).join(', ')}, 22 or 39; got ${part}.`)
    return ''
  })
  return { markup: markup.join(''), length }
}

/** @param title what a person hears who cannot see the picture */
export const svgOf = (title: string, text: string): string => {
  const lines = text.trimEnd().split('\n').map(spansOf)
  const width = Math.ceil(Math.max(...lines.map(({ length }) => length)) * ADVANCE) + 2 * PAD
  const height = lines.length * LEADING + 2 * PAD
  const rows = lines.flatMap(({ markup, length }, index) => {
    if (length === 0) return []
    const y = PAD + index * LEADING + SIZE
    return [`<text xml:space="preserve" x="${PAD}" y="${y}" textLength="${(length * ADVANCE).toFixed(1)}">${markup}</text>`]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${rows.join('\n')}
</svg>
`
}
