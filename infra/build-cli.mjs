// Builds dist/cli.js: the command line in one CommonJS file that runs anywhere. Fails when it outgrows its budget.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const BUDGET_KB = 650

/**
 * Unlike the function it finds credentials wherever people keep them: nothing of the SDK's chain is left out.
 * @param {{ root: string, plugins: import('esbuild').Plugin[] }} options
 * @returns {Promise<{ size: number, budget: number }>} in KB
 */
export const buildCli = async ({ root, plugins }) => {
  const outfile = `${root}dist/cli.js`
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['handler/cli/main.ts'],
    outfile,
    banner: { js: '#!/usr/bin/env node' },
    bundle: true,
    platform: 'node',
    target: 'node20.12',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    plugins,
    metafile: true,
    logLevel: 'warning',
  })
  writeFileSync(`${root}dist/cli.meta.json`, JSON.stringify(result.metafile))
  chmodSync(outfile, 0o755)
  const size = Math.round(readFileSync(outfile).length / 1024)
  if (size > BUDGET_KB)
    throw new Error(`dist/cli.js is ${size} KB, over its budget of ${BUDGET_KB} KB: see dist/cli.meta.json for what grew`)
  return { size, budget: BUDGET_KB }
}
