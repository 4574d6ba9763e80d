// npm run pictures: docs/pictures/*.svg and README's text of a status, all from real output on the local AWS.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { serve } from '../start/serve.ts'
import { storyOf } from './story.ts'
import { svgOf } from './svg.ts'

/** Wide enough for the ARN of a change in one line; and for a table of the fleet in which no cell is cut. */
const [COLUMNS, FLEET_COLUMNS] = [120, 132]

const root = dirname(dirname(dirname(process.argv[1] ?? '')))

type Shown = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** Runs a program that believes to have a terminal of this width, or none. */
const show = (args: readonly string[], env: Readonly<Record<string, string>>, columns: number | undefined): Promise<Shown> =>
  new Promise((resolve) => {
    const preload = columns === undefined ? [] : ['--require', `${root}/test/cli/terminal.cjs`]
    const environment = { PATH: process.env['PATH'], HOME: '/nonexistent', TERMINAL_COLUMNS: String(columns), ...env }
    execFile(process.execPath, [...preload, ...args], { cwd: root, env: environment }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    )
  })

/** A terminal shows both streams: who asks first, then the result, then the remarks; progress was written over. */
const asSeen = ({ stdout, stderr }: Shown): string => {
  const [first = '', ...rest] = stderr.split('\n').map((line) => line.split('\r\u001B[K').at(-1) ?? '')
  return [first, stdout.trimEnd(), ...rest].join('\n').trimEnd()
}

const put = (name: string, title: string, text: string, columns: number): void => {
  writeFileSync(`${root}/docs/pictures/${name}.svg`, svgOf(title, text, columns))
  process.stdout.write(`docs/pictures/${name}.svg\n`)
}

const MARKS = ['<!-- status -->', '<!-- /status -->'] as const

/** README's own text of the same, between its marks. */
const putIntoReadme = (text: string): void => {
  const path = `${root}/README.md`
  const readme = readFileSync(path, 'utf8')
  const [start, end] = MARKS.map((mark) => readme.indexOf(mark))
  if (start === undefined || end === undefined || start < 0 || end < start) throw new Error(`README.md has no ${MARKS.join(' … ')}.`)
  writeFileSync(path, `${readme.slice(0, start + MARKS[0].length)}\n\`\`\`\n${text}\n\`\`\`\n${readme.slice(end)}`)
  process.stdout.write('README.md\n')
}

const { environment, close } = await serve(root, 0, () => undefined)
try {
  const command = async (columns: number | undefined, ...args: string[]) =>
    `$ cognito-ses-binding ${args.join(' ')}\n${asSeen(await show(['dist/cli.js', ...args], environment, columns))}`
  const status = await command(FLEET_COLUMNS, 'status')
  const doctor = await command(FLEET_COLUMNS, 'status', 'legacy-prod', 'news-prod')
  put('status', 'cognito-ses-binding status: every user pool of a Region, and what it sends with', `${status}\n\n${doctor}`, FLEET_COLUMNS)
  putIntoReadme(await command(undefined, 'status', 'legacy-prod', 'news-prod'))
  const start = await show(['test/run.mjs', 'test/start.ts'], {}, COLUMNS)
  put('start', 'npm start: the lifecycle of a binding on the local AWS', `$ npm start\n${storyOf(start.status, start.stdout)}`, COLUMNS)
} finally {
  await close()
}
