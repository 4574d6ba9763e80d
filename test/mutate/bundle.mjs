// Makes one file for mocha of all tests that run lib/ in their own process: there a mutant is switched on, and nothing is built.
import { readdirSync } from 'node:fs'
import { build } from 'esbuild'
import { runnable } from '../../infra/esbuild-options.cjs'

const testsIn = (folder) =>
  readdirSync(`test/${folder}`)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`)

/** The quick ones first: what they notice needs no stage, and no history. */
const FILES = [
  ...['ground', 'preflight'].flatMap(testsIn),
  ...['proposal', 'standing', 'pace', 'screen'].map((name) => `cli/${name}.test.ts`),
  ...['pool', 'binding', 'table', 'records', 'healer'].flatMap(testsIn),
  ...['operator-events', 'protocol', 'events'].map((name) => `handler/${name}.test.ts`),
  'mutate/histories.mutate.ts',
]

const suites = FILES.map((file) => `describe('test/${file}', () => void require('./test/${file}'))`)
const virtualStage = {
  name: 'every stage is in virtual time',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/stage\.ts$/ }, ({ path, importer }) =>
      importer.includes('/test/mutate/') || !path.startsWith('../stage') ? undefined : { path: `${process.cwd()}/test/mutate/stage.ts` },
    ),
}
await build({
  ...runnable,
  format: 'cjs',
  packages: undefined,
  external: ['expect', 'jest-each', 'fast-check', '@aws-sdk/*', 'esbuild', 'dynalite'],
  stdin: { contents: suites.join('\n'), resolveDir: process.cwd(), sourcefile: 'suites.js' },
  alias: { '@jest/globals': './test/mutate/jest-on-mocha.cjs' },
  plugins: [virtualStage],
  sourcemap: 'inline',
  outfile: 'test/mutate/tests.cjs',
})
