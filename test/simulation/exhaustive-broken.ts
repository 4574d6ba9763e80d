// The exhaustive search against a broken core: node test/run.mjs test/simulation/exhaustive-broken.ts MUTANT [--pairs A,B* …]
import { rmSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { bundleBroken } from './broken-core.ts'
import { MUTANTS } from './mutants.ts'

const [id, ...rest] = process.argv.slice(2)
const mutant = MUTANTS.find((one) => one.id === id)
if (!mutant) {
  console.error(`Name one of: ${MUTANTS.map((one) => one.id).join(', ')}.`)
  process.exit(2)
}
const outfile = await bundleBroken('test/simulation/main.ts', mutant)
process.on('exit', () => rmSync(outfile, { force: true }))
process.argv = [process.argv[0] ?? '', outfile, '--exhaustive', ...rest]
await import(pathToFileURL(outfile).href)
