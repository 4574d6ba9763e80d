// npm run bench: measures, shows, and keeps the results in docs/bench. `npm run bench -- --help` tells more.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { wrapped } from '../start/paint.ts'
import { chart } from './chart.ts'
import { measureColdStart } from './cold-start.ts'
import { measureLoss } from './loss.ts'
import { measureManyPools } from './many-pools.ts'
import { occasionOf } from './occasion.ts'
import { HELP, type Options, readOptions } from './options.ts'
import type { Place } from './place.ts'
import { marked } from './readme.ts'
import { reportPage, reports, WIDTH } from './report.ts'
import { type Results, readResults, type Section, writeResults } from './results.ts'
import { measureRoundTrips } from './round-trips.ts'
import { measureSize } from './size.ts'
import { measureSweep } from './sweep.ts'

// The SDK announces that Node 20 will not be supported from 2027 on; that is for whoever deploys, not for a table.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

const root = dirname(dirname(dirname(process.argv[1] ?? '')))
const { stdout, stderr } = process

const MEASURES = {
  coldStart: measureColdStart,
  size: measureSize,
  roundTrips: measureRoundTrips,
  manyPools: measureManyPools,
  loss: measureLoss,
  sweep: measureSweep,
} as const satisfies Record<Section, (place: Place) => Promise<object>>

const say = (progress: string): void => {
  if (stderr.isTTY) stderr.write(`\r\u001B[2K${progress}`)
}

const show = (results: Results, sections: readonly Section[]): void => {
  for (const { title, about, lines, measured } of reports(results, sections))
    stdout.write(`\n== ${title}\n${wrapped(about, WIDTH).join('\n')}\n\n${lines.join('\n').trimEnd()}\n${measured}\n`)
}

const writeDocs = (results: Results): void => {
  writeFileSync(`${root}/docs/bench/chart.svg`, chart(results))
  writeFileSync(`${root}/docs/bench/README.md`, reportPage(results))
}

const main = async ({ sections, rounds, beside, saves, readme }: Options): Promise<void> => {
  let results = readResults(root)
  if (readme) {
    const file = `${root}/README.md`
    writeFileSync(file, marked(readFileSync(file, 'utf8'), results))
    return writeDocs(results)
  }
  const startedAt = performance.now()
  for (const section of sections) {
    const place = { root, rounds, beside, say: (progress: string) => say(`${section}: ${progress}`) }
    const occasion = occasionOf(root, new Date())
    results = { ...results, [section]: { occasion, ...(await MEASURES[section](place)) } }
    say('')
    show(results, [section])
  }
  stdout.write(`\n${Math.round((performance.now() - startedAt) / 1_000)} s\n`)
  if (!saves) return
  writeResults(root, results)
  writeDocs(results)
  stdout.write(
    'Written: docs/bench/results.json, docs/bench/README.md, docs/bench/chart.svg. README.md quotes them: npm run bench -- --readme\n',
  )
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) stdout.write(HELP)
  else await main(options)
} catch (error) {
  stderr.write(`npm run bench: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
