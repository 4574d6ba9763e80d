// Numbers in README.md: texts between <!-- bench:NAME --> and <!-- /bench:NAME --> come from the results, and from nowhere else.
import { markdownTable } from './columns.ts'
import { isNode } from './nodes.ts'
import { AIMS, depthOf, overLeast, times } from './report.ts'
import type { LossRow, Results } from './results.ts'

const need = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`docs/bench/results.json has no ${what}: npm run bench`)
  return value
}

/** Our start on one line of Node, beside another of the same rounds. */
const start = (results: Results, line: number) => {
  const found = need(
    results.coldStart?.nodes.find(({ node }) => isNode(node, line)),
    `start on Node ${line}`,
  )
  const find = (name: string) =>
    need(
      found.variants.find(({ variant }) => variant === name),
      name,
    )
  const by = (name: string) => times(find('ours').answeredCpuMs, find(name).answeredCpuMs).toFixed(2)
  return { node: found.node.replace(/^v/, ''), ours: find('ours'), by }
}

const pools = (results: Results, count: number) =>
  need(
    results.manyPools?.runs.find((run) => run.pools === count),
    `run with ${count} pools`,
  )

const kb = (bytes: number): string => `${Math.round(bytes / 1024)} KB`

const lossCell = (rows: readonly LossRow[], contender: string, world: string, isUnknown: boolean): string => {
  const row = rows.find((one) => one.contender === contender && one.world === world && one.isUnknown === isUnknown)
  if (!row) return '–'
  if (row.failure !== undefined) return 'refused'
  return row.lost.length === 0 ? '**0**' : String(row.lost.length)
}

const lossTable = (results: Results): string => {
  const { rows } = need(results.loss, 'loss')
  const count = (isUnknown: boolean) => rows.find((row) => row.isUnknown === isUnknown)?.settings ?? 0
  const names = [...new Map(rows.map(({ contender, title }) => [contender, title]))]
  const head = [
    'Settings lost',
    `of ${count(false)}, service resets what is left out`,
    `of ${count(true)}, three unknown to the SDK`,
    `of ${count(false)}, service keeps what is left out`,
    `of ${count(true)}, three unknown to the SDK`,
  ]
  const cells = (contender: string) =>
    (['reset', 'keep'] as const).flatMap((world) => [false, true].map((isUnknown) => lossCell(rows, contender, world, isUnknown)))
  return markdownTable(
    head,
    names.map(([contender, title]) => [title, ...cells(contender)]),
  )
}

const numbersTable = (results: Results): string => {
  const size = need(results.size, 'size')
  const { operations } = need(results.roundTrips, 'roundTrips')
  const hundred = pools(results, 100)
  return markdownTable(
    ['', 'Measured', 'Aim'],
    [
      ...[24, 22, 20].map((line) => {
        const { node, ours, by } = start(results, line)
        const { least, median } = ours.answeredCpuMs
        return [
          `Cold start on Node ${node}: processor time to the first answer`,
          `${median.toFixed(0)} ms (least ${least.toFixed(0)}): ${by('empty')} × an empty handler, ${by('plain')} × esbuild’s defaults, ${by('unbundled')} × the SDK not bundled`,
          line === 24 ? `${AIMS.answeredByEmpty} × empty, ${AIMS.answeredByUnbundled} × not bundled` : '',
        ]
      }),
      ['Bundle', `${kb(size.bytes)}, ${kb(size.zippedBytes)} zipped`, kb(AIMS.bytes)],
      [
        'Create on one pool, round trips one after another, answer included',
        String(depthOf(operations, 'Create')),
        String(AIMS.createDepth),
      ],
      ['Update without a change', String(depthOf(operations, 'Update, no change')), String(AIMS.noChangeDepth)],
      [
        '100 pools under Cognito’s quota',
        `${hundred.seconds.median.toFixed(1)} s. Our own read limit allows ${hundred.boundSeconds.toFixed(1)} s at best; we need ${hundred.ratio?.median.toFixed(2)} times that (${overLeast(hundred).toFixed(2)} times, if the round trips before and after are added to the ${hundred.boundSeconds.toFixed(1)} s). ${hundred.refusedPercent.median} % of the pools refused once`,
        `${AIMS.poolsRatio} ×; ${AIMS.refusedPercent} %`,
      ],
      [
        'Peak memory, 100 pools',
        `${hundred.peakRssMb.median} MB; an empty handler ${need(results.manyPools, 'manyPools').emptyRssMb.median} MB`,
        `${AIMS.peakRssMb} MB`,
      ],
    ],
  )
}

/** Every text that README.md may quote. A name with a table stands on lines of its own. */
export const SNIPPETS = {
  loss: (results: Results) => `\n${lossTable(results)}\n`,
  numbers: (results: Results) => `\n${numbersTable(results)}\n`,
  size: (results: Results) => kb(need(results.size, 'size').bytes),
  'create-depth': (results: Results) => String(depthOf(need(results.roundTrips, 'roundTrips').operations, 'Create')),
  'sixty-pools': (results: Results) => `${pools(results, 60).seconds.median.toFixed(1)} s`,
  'cold-start': (results: Results) => `${start(results, 24).by('empty')} ×`,
} as const satisfies Record<string, (results: Results) => string>

const isSnippet = (name: string): name is keyof typeof SNIPPETS => Object.hasOwn(SNIPPETS, name)

const MARKED = /(<!-- bench:([\w-]+) -->)([\s\S]*?)(<!-- \/bench:([\w-]+) -->)/g

/** `text` with every marked part as the results have it. @throws Error for a name that there is no text for, or an end that fits no beginning */
export const marked = (text: string, results: Results): string => {
  const dangling = text.replace(MARKED, '').match(/<!-- \/?bench:[\w-]+ -->/)?.[0]
  if (dangling !== undefined) throw new Error(`${dangling} has no counterpart`)
  return text.replace(MARKED, (_, open: string, name: string, _old: string, close: string, end: string) => {
    if (name !== end) throw new Error(`bench:${name} ends with /bench:${end}`)
    if (!isSnippet(name)) throw new Error(`There is no bench:${name}; there are ${Object.keys(SNIPPETS).join(', ')}`)
    return open + SNIPPETS[name](results) + close
  })
}
