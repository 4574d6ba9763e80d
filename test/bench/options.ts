// The command line of npm run bench.
import { parseArgs } from 'node:util'
import type { Section } from './results.ts'

export const NAMES = {
  'cold-start': 'coldStart',
  size: 'size',
  'round-trips': 'roundTrips',
  'many-pools': 'manyPools',
  loss: 'loss',
  sweep: 'sweep',
} as const satisfies Record<string, Section>

export type Options = {
  readonly sections: readonly Section[]
  readonly rounds: number | undefined
  readonly beside: readonly string[]
  readonly saves: boolean
  readonly readme: boolean
  readonly help: boolean
}

export const HELP = `Measures dist/index.js beside an empty handler, other bundles of the same code, what a person would use instead, and the limits of the services.

  npm run bench                       everything, in under five minutes; the results go to docs/bench
  npm run bench -- --only NAME        one measurement (again for more): ${Object.keys(NAMES).join(', ')};
                                      the others keep the results that they have
  npm run bench -- --readme           measures nothing: rewrites the parts of README.md between <!-- bench:NAME --> and
                                      <!-- /bench:NAME -->, and what docs/bench shows, from docs/bench/results.json

Options
  --rounds N    runs of cold-start (15) and many-pools (3)
  --beside FILE another build of the bundle: cold-start starts it in turn with ours. Again for more; saves nothing
  --no-save     shows the results and writes nothing
  --help        this text

Cold start is measured on the Node that runs this and on those of nodes.ts, which npm fetches once (190 MB each).
Ratios are the result: times differ from machine to machine. Nothing else should be running.
`

/** @throws Error with a sentence for the person who typed it */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      beside: { type: 'string', multiple: true },
      'no-save': { type: 'boolean' },
      readme: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`Expected --rounds to be a whole number from 1 on; got "${values.rounds}".`)
  }
  const sections = (values.only ?? Object.keys(NAMES)).map((name) => {
    const section = Object.entries(NAMES).find(([known]) => known === name)?.[1]
    if (!section) throw new Error(`Expected --only to be one of ${Object.keys(NAMES).join(', ')}; got "${name}".`)
    return section
  })
  const { beside = [] } = values
  return {
    sections,
    rounds,
    beside,
    saves: values['no-save'] !== true && beside.length === 0,
    readme: values.readme === true,
    help: values.help === true,
  }
}
