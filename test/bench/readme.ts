// Numbers in README.md: texts between <!-- bench:NAME --> and <!-- /bench:NAME --> come from the results, and from nowhere else.
import { markdownTable } from './columns.ts'
import { AIMS, depthOf } from './report.ts'
import type { LossRow, Results } from './results.ts'

const need = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`docs/bench/results.json has no ${what}: npm run bench`)
  return value
}

const ours = (results: Results) => {
  const [node] = need(results.coldStart, 'coldStart').nodes
  const find = (name: string) =>
    need(
      node?.variants.find(({ variant }) => variant === name),
      name,
    )
  return { node: need(node, 'node').node.replace(/^v/, ''), find }
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
  const { node, find } = ours(results)
  const size = need(results.size, 'size')
  const { operations } = need(results.roundTrips, 'roundTrips')
  const sixty = pools(results, 60)
  return markdownTable(
    ['', 'Measured', 'Aim'],
    [
      [
        `Cold start, process to module loaded (Node ${node})`,
        `${find('ours').loadedRatio.median.toFixed(2)} × an empty handler; the same code with the SDK unbundled ${find('unbundled').loadedRatio.median.toFixed(2)} ×`,
        `${AIMS.loadedRatio.toFixed(1)} ×`,
      ],
      ['Bundle', `${kb(size.bytes)}, ${kb(size.zippedBytes)} zipped`, kb(AIMS.bytes)],
      [
        'Create on one pool, round trips one after another, answer included',
        String(depthOf(operations, 'Create')),
        String(AIMS.createDepth),
      ],
      ['Update without a change', String(depthOf(operations, 'Update, no change')), String(AIMS.noChangeDepth)],
      [
        '60 pools under Cognito’s quota',
        `${sixty.seconds.median.toFixed(1)} s, ${sixty.ratio?.median.toFixed(2)} × what the quota takes; ${sixty.refusedPercent.median} % of the pools refused once`,
        `${AIMS.poolsRatio} ×; ${AIMS.refusedPercent} %`,
      ],
      [
        'Peak memory, 60 pools',
        `${sixty.peakRssMb.median} MB; an empty handler ${need(results.manyPools, 'manyPools').emptyRssMb.median} MB`,
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
  'cold-start': (results: Results) => `${ours(results).find('ours').loadedRatio.median.toFixed(1)} ×`,
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
