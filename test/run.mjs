// Runs a TypeScript file on any Node from 20 on: node test/run.mjs FILE [ARGUMENT…]
import { mkdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { runnable } from '../infra/esbuild-options.cjs'

const [entry, ...rest] = process.argv.slice(2)
const folder = new URL('../node_modules/.cache/run/', import.meta.url).pathname
mkdirSync(folder, { recursive: true })
const outfile = `${folder}${process.pid}.mjs`
await build({
  entryPoints: [resolve(entry)],
  outfile,
  ...runnable,
  sourcemap: 'inline',
})
process.on('exit', () => rmSync(outfile, { force: true }))
process.argv = [process.argv[0], resolve(entry), ...rest]
await import(pathToFileURL(outfile).href)
