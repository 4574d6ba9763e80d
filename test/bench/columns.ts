// A table in plain text: columns as wide as what is in them.

/** Cells that look like a number, with a unit or without, stand to the right. */
const NUMERIC = /^[-–]?[\d.,]+(?: ?(?:ms|s|KB|MB|%|×))?$|^[–-]$/

export const columns = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = head.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)))
  const isRight = head.map((_, index) => index > 0 && rows.every((row) => NUMERIC.test(row[index] ?? '–')))
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, index) => (isRight[index] ? (cells[index] ?? '').padStart(width) : (cells[index] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)]
}

/** The same as a Markdown table. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
