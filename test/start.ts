// npm start: runs the shipped bundle on events, and shows what came of each. `npm start -- --help` tells more.
import { dirname } from 'node:path'
import { HELP, readOptions } from './start/options.ts'
import { paintWith } from './start/paint.ts'
import { Problem } from './start/problem.ts'
import { run } from './start/run.ts'
import { serve } from './start/serve.ts'

const root = dirname(dirname(process.argv[1] ?? ''))
const { env, stdout } = process
const isColourful = stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'

const main = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) {
    stdout.write(HELP)
    return 0
  }
  if (options.serve) {
    const serving = await serve(root, options.pools, (text) => stdout.write(`${text}\n`))
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
    await serving.close()
    return 0
  }
  const isGood = await run(options, {
    root,
    // npm runs scripts in the repository, wherever the person stands.
    folder: (env['npm_lifecycle_event'] === 'start' ? env['INIT_CWD'] : undefined) ?? process.cwd(),
    page: {
      paint: paintWith(isColourful),
      width: Math.max(60, Math.min(stdout.columns || 120, 120)),
      showsLog: options.log,
    },
    print: (line) => stdout.write(`${line}\n`),
  })
  return isGood ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Problem)) throw error
  process.stderr.write(`npm start: ${error.message}\n`)
  process.exitCode = 2
}
