// The simulation bundled with one export of the core replaced. lib/ on disk stays as it is.
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { runnable } from '../../infra/esbuild-options.cjs'
import type { Mutant } from './mutants.ts'

const FOLDER = 'node_modules/.cache/mutants'
const ORIGINAL = '?original'

/** What every other module gets in place of the mutant's module: all of it, and the one export made by the mutant from the original. */
const replacing = (mutant: Mutant): Plugin => {
  const path = resolve(mutant.module)
  const contents = `
import { ${mutant.export} as original } from ${JSON.stringify(path + ORIGINAL)}
import { MUTANTS } from ${JSON.stringify(resolve('test/simulation/mutants.ts'))}
export * from ${JSON.stringify(path + ORIGINAL)}
export const ${mutant.export} = MUTANTS.find(({ id }) => id === ${JSON.stringify(mutant.id)}).by(original)
`
  return {
    name: 'mutant',
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /\?original$/ }, () => ({ path, suffix: ORIGINAL }))
      onLoad({ filter: /\.ts$/ }, (args) =>
        args.path === path && args.suffix !== ORIGINAL ? { contents, loader: 'js', resolveDir: dirname(path) } : undefined,
      )
    },
  }
}

/**
 * @param entry the part of the simulation that is to meet the broken core
 * @param mutant what is broken; undefined: nothing
 * @returns the bundle's path
 */
export const bundleBroken = async (entry: string, mutant: Mutant | undefined): Promise<string> => {
  mkdirSync(FOLDER, { recursive: true })
  const outfile = resolve(FOLDER, `${process.pid}-${mutant?.id ?? 'unbroken'}.mjs`)
  await build({
    entryPoints: [resolve(entry)],
    outfile,
    ...runnable,
    plugins: mutant ? [replacing(mutant)] : [],
  })
  return outfile
}
