// The commands that the documents tell people to type: found, whole, and each with the file that has it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HELP } from '../start/options.ts'

export type Command = { readonly file: string; readonly text: string }

const documents = (): readonly { readonly file: string; readonly text: string }[] => [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].map((file) => ({ file, text: readFileSync(file, 'utf8') })),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ file: join('docs', name), text: readFileSync(join('docs', name), 'utf8') })),
  // The header of an example is a comment.
  ...readdirSync('infra/examples').map((name) => ({
    file: join('infra/examples', name),
    text: readFileSync(join('infra/examples', name), 'utf8')
      .replace(/^# {3}/gm, '    ')
      .replace(/^#/gm, ''),
  })),
  { file: 'npm start -- --help', text: HELP.replace(/^ {2}/gm, '    ') },
]

const PROGRAM = /^(?:\w+=)?"?(?:\$\()?(?:aws|npm|npx|node) /

/** Code of a document: fenced as sh, indented by four, or between backticks where it begins with a program that we tell people to run. */
const codeOf = (text: string): readonly string[] => {
  const fenced = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.replace(/\\\n\s*/g, ' ').split('\n'))
  const rest = text.replace(/```[\s\S]*?```/g, '')
  const indented = rest.replace(/\\\n\s*/g, ' ').match(/^ {4,}\S.*$/gm) ?? []
  const inline = [...rest.matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)].map(([, code = '']) => code.replace('\n', ' '))
  return [...fenced, ...[...indented, ...inline].filter((code) => /\b(?:aws|npm|npx|node) \w/.test(code))]
}

/** A line's commands one by one: those in $(…) too, and each side of a pipe, without comments. */
const simple = (line: string): readonly string[] => {
  const found: string[] = []
  let rest = line
  for (let inner = /\$\(((?:[^()']|'[^']*')*)\)/.exec(rest); inner; inner = /\$\(((?:[^()']|'[^']*')*)\)/.exec(rest)) {
    found.push(...simple(inner[1] ?? ''))
    rest = rest.replace(inner[0], 'X')
  }
  // What is quoted is an argument, whatever it holds.
  const plain = rest.replace(/'[^']*'|"[^"]*"/g, 'Q').replace(/\s#.*$/, '')
  return [
    ...found,
    ...plain.split(/\|\|?|&&|;|\bdo\b/).map((part) =>
      part
        .trim()
        .replace(/^(?:[A-Z_]+=\S+ )+/, '')
        .replace(/^(?:echo|eval) Q? ?/, ''),
    ),
  ]
}

/** Every command of ours or of AWS's command line, in every document. */
export const commands = (): readonly Command[] =>
  documents().flatMap(({ file, text }) =>
    codeOf(text)
      .flatMap(simple)
      .filter((command) => PROGRAM.test(`${command} `))
      .map((command) => ({ file, text: command })),
  )
