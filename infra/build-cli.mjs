// Builds dist/cli.js: the command line in one CommonJS file that runs anywhere. Fails when it outgrows its budget.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { operationsOnly } from '../handler/aws/stand-ins/lambda-only.mjs'
import { shipped } from './esbuild-options.cjs'

const BUDGET_KB = 650

/** The clients that are given our own protocol need no schemas of what goes in and comes out: these hold most of the calls that nobody makes. */
const withoutSchemas = {
  name: 'without-schemas',
  setup({ onLoad }) {
    const filter = /@aws-sdk\/client-(cognito-identity-provider|dynamodb|lambda|sesv2)\/dist-es\/schemas\/schemas_0\.js$/
    onLoad({ filter }, ({ path }) => ({ contents: operationsOnly(path), loader: 'js' }))
  },
}

/**
 * Unlike the function it finds credentials wherever people keep them: nothing of the SDK's chain is left out.
 * @param {string} root the repository's folder
 * @returns {Promise<{ size: number, budget: number, metafile: import('esbuild').Metafile }>} sizes in KB
 */
export const buildCli = async (root) => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['handler/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
    ...shipped,
    plugins: [withoutSchemas],
    metafile: true,
  })
  writeFileSync(`${root}dist/cli.meta.json`, JSON.stringify(metafile))
  chmodSync(`${root}dist/cli.js`, 0o755)
  const size = Math.round(readFileSync(`${root}dist/cli.js`).length / 1024)
  if (size > BUDGET_KB)
    throw new Error(`dist/cli.js is ${size} KB, over its budget of ${BUDGET_KB} KB: see dist/cli.meta.json for what grew`)
  return { size, budget: BUDGET_KB, metafile }
}
