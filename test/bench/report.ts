// Results in words: a heading, a table and a few notes for each section; for the terminal and for docs/bench/README.md alike.
import { wrapped } from '../start/paint.ts'
import { columns } from './columns.ts'
import { grouped } from './lost-settings.ts'
import { isNode } from './nodes.ts'
import type { Occasion } from './occasion.ts'
import type { ColdStart, LossRow, Operation, PoolsRun, Results, Section } from './results.ts'
import type { Spread } from './statistics.ts'

/** What the project set out to reach. */
export const AIMS = {
  /** Processor time to the first answer, on Node 24. */
  answeredByEmpty: 3.5,
  answeredByUnbundled: 0.55,
  /** Processor time until it is loaded, on Node 20. */
  loadedByEmpty: 2.25,
  bytes: 250 * 1024,
  createDepth: 9,
  noChangeDepth: 5,
  poolsRatio: 1.06,
  refusedPercent: 20,
  peakRssMb: 128,
} as const

/** Of a line of text. */
export const WIDTH = 120

const kb = (bytes: number): string => `${Math.round(bytes / 1024)} KB`
const between = ({ median, low, high }: Spread, digits = 0): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`
const verdict = (isReached: boolean): string => (isReached ? 'reached' : 'not reached')

type Told = { readonly title: string; readonly about: string; readonly lines: readonly string[] }
type Tell<S extends Section> = (data: NonNullable<Results[S]>) => Told

/** One number by another, of leasts or of medians. */
export const times = (spread: Spread | undefined, floor: Spread | undefined, of: 'least' | 'median' = 'median'): number =>
  spread && floor ? spread[of] / floor[of] : Number.NaN

/** What was reached on one Node, beside what was aimed at. */
const startAims = ({ node, variants }: ColdStart['nodes'][number]): readonly string[] => {
  const find = (name: string) => variants.find(({ variant }) => variant === name)
  const [ours, empty, unbundled] = [find('ours'), find('empty'), find('unbundled')]
  const aim = (what: string, value: number, most: number) =>
    `Aim: ${what} at most ${most} ×: ${value.toFixed(2)} ×, ${verdict(value <= most)}.`
  if (isNode(node, 24))
    return [
      aim('answered, CPU, by the empty handler,', times(ours?.answeredCpuMs, empty?.answeredCpuMs), AIMS.answeredByEmpty),
      aim('answered, CPU, by the SDK not bundled,', times(ours?.answeredCpuMs, unbundled?.answeredCpuMs), AIMS.answeredByUnbundled),
    ]
  if (isNode(node, 20)) return [aim('loaded, CPU, by the empty handler,', times(ours?.loadedCpuMs, empty?.loadedCpuMs), AIMS.loadedByEmpty)]
  return []
}

const coldStart: Tell<'coldStart'> = ({ nodes }) => ({
  title: 'Cold start',
  about:
    'From the start of the process until its answer to the first Create on a rich pool has arrived, and until its module is loaded (local AWS, no latency). ' +
    'CPU is processor time of all threads, which is what a Lambda with a third of a core waits for, and which other processes hardly disturb; wall is the clock. ' +
    'Rounds of all variants in turn; least | median, and × that of the empty handler. Aims are held against medians.',
  lines: nodes.flatMap((measured) => [
    `Node ${measured.node.replace(/^v/, '')}, ${measured.variants[0]?.answeredCpuMs.runs ?? 0} rounds; ms`,
    ...columns(
      ['', 'answered, CPU', '× empty', 'answered, wall', 'loaded, CPU', '× empty', 'loaded, wall'],
      measured.variants.map(({ title, ...start }) => {
        const empty = measured.variants.find(({ variant }) => variant === 'empty')
        const both = ({ least, median }: Spread) => `${least.toFixed(0)} | ${median.toFixed(0)}`
        const ratioOf = (what: 'answeredCpuMs' | 'loadedCpuMs') =>
          (['least', 'median'] as const).map((of) => times(start[what], empty?.[what], of).toFixed(2)).join(' | ')
        return [
          ...[title, both(start.answeredCpuMs), ratioOf('answeredCpuMs'), both(start.answeredMs)],
          ...[both(start.loadedCpuMs), ratioOf('loadedCpuMs'), both(start.loadedMs)],
        ]
      }),
    ),
    ...startAims(measured),
    '',
  ]),
})

const size: Tell<'size'> = ({ bytes, zippedBytes, budgetBytes, packages }) => ({
  title: 'Size',
  about: 'dist/index.js, by package.',
  lines: [
    `${kb(bytes)} (${bytes} bytes), ${kb(zippedBytes)} zipped; the build fails over ${kb(budgetBytes)}. Aim: ${kb(AIMS.bytes)}, ${verdict(bytes <= AIMS.bytes)}.`,
    '',
    ...columns(
      ['package', 'KB', '%', 'files', ''],
      packages.map(({ name, bytes: own, files }) => [
        name,
        (own / 1024).toFixed(1),
        ((own / bytes) * 100).toFixed(1),
        String(files),
        '█'.repeat(Math.round((own / bytes) * 60)),
      ]),
    ),
  ],
})

const BAR = 60

/** One line a call, in the order of arrival; what stands side by side ran side by side. */
const traceOf = ({ operation, trace }: Operation): readonly string[] => {
  const end = Math.max(1, ...trace.map(({ to }) => to))
  const at = (ms: number) => Math.round((ms / end) * BAR)
  const name = Math.max(...trace.map(({ action }) => action.length))
  return [
    `${operation}: what ran when (0 to ${end} ms)`,
    ...trace.map(({ service, action, from, to, level }) => {
      const width = Math.max(1, at(to) - at(from))
      return `${String(level).padStart(2)}  ${service.padEnd(8)}  ${action.padEnd(name)}  │${' '.repeat(at(from))}${'█'.repeat(width)}`.trimEnd()
    }),
    '',
  ]
}

const roundTrips: Tell<'roundTrips'> = ({ latencyMs, operations }) => ({
  title: 'Round trips',
  about: `One rich pool, ${latencyMs} ms a call. Deep: calls one after another, the answer's PUT included; the least is what the rules of the design put in a row.`,
  lines: [
    ...columns(
      ['', 'calls', 'cognito', 'dynamodb', 'ses', 'deep', 'least', 'ms'],
      operations.map(({ operation, calls, byService, depth, least, ms }) => [
        operation,
        ...[calls, byService['cognito'] ?? 0, byService['dynamodb'] ?? 0, byService['ses'] ?? 0, depth, least.length, ms].map(String),
      ]),
    ),
    `Aims: Create at most ${AIMS.createDepth} deep, ${verdict(depthOf(operations, 'Create') <= AIMS.createDepth)}; an Update without change ${AIMS.noChangeDepth}, ${verdict(depthOf(operations, 'Update, no change') <= AIMS.noChangeDepth)}.`,
    '',
    ...operations.flatMap(traceOf),
    'The least, step by step:',
    ...operations
      .filter(({ operation }) => operation === 'Create' || operation === 'Update, no change')
      .flatMap(({ operation, least }) => [`  ${operation}`, ...least.map((step, index) => `    ${index + 1}  ${step}`)]),
  ],
})

export const depthOf = (operations: readonly Operation[], name: string): number =>
  operations.find(({ operation }) => operation === name)?.depth ?? Number.NaN

/** By the bound with the round trips around it. */
export const overLeast = ({ seconds, leastSeconds }: PoolsRun): number => seconds.median / leastSeconds

const manyPools: Tell<'manyPools'> = ({ latencyMs, quotaPerSecond, allowance, roundTrips, runs, emptyRssMb }) => ({
  title: 'Many pools',
  about:
    `One Create on n rich pools against a Cognito that takes ${quotaPerSecond} reads and ${quotaPerSecond} writes a second and ${latencyMs} ms a call. ` +
    `The bound is when the last of two reads a pool may be asked, at the ${allowance.perSecond} a second and ${allowance.burst} at once that we allow ourselves: ` +
    `(2n − ${allowance.burst}) / ${allowance.perSecond} s; the quota itself would let us ask at (2n − ${quotaPerSecond}) / ${quotaPerSecond} s. ` +
    `No rate shortens the ${roundTrips.before.length + roundTrips.after.length} round trips before the first read is asked (${roundTrips.before.join(', ')}) ` +
    `and from asking the last one on (${roundTrips.after.join(', ')}): the least is the bound and these.`,
  lines: [
    ...columns(
      ['pools', 'runs', 'seconds', 'quota', 'bound', '× bound', 'least', '× least', 'before', 'after', 'refused once', 'peak RSS, MB'],
      runs.map((run) => {
        const bound = (seconds: number) => (seconds > 0 ? seconds.toFixed(2) : '–')
        return [
          ...[String(run.pools), String(run.seconds.runs), between(run.seconds, 2), bound(run.quotaSeconds), bound(run.boundSeconds)],
          ...[
            run.ratio ? `${run.ratio.median.toFixed(2)} ×` : '–',
            bound(run.ratio ? run.leastSeconds : 0),
            run.ratio ? `${overLeast(run).toFixed(2)} ×` : '–',
          ],
          ...[run.beforeSeconds.median.toFixed(2), run.afterSeconds.median.toFixed(2)],
          ...[`${run.refusedPercent.median} %`, between(run.peakRssMb)],
        ]
      }),
    ),
    `A process with an empty handler: ${between(emptyRssMb)} MB.`,
    ...runs
      .filter(({ pools }) => pools === 100)
      .map(
        (run) =>
          `Aims at 100 pools: ${AIMS.poolsRatio} × the bound (${run.ratio?.median.toFixed(2)} ×), ${verdict((run.ratio?.median ?? 0) <= AIMS.poolsRatio)}; ` +
          `refusals on at most ${AIMS.refusedPercent} % of the pools, ${verdict(run.refusedPercent.median <= AIMS.refusedPercent)}; ` +
          `under ${AIMS.peakRssMb} MB, ${verdict(run.peakRssMb.median < AIMS.peakRssMb)}.`,
      ),
  ],
})

const CASES = [
  { world: 'reset', isUnknown: false, title: 'resets' },
  { world: 'reset', isUnknown: true, title: 'resets, unknown' },
  { world: 'keep', isUnknown: false, title: 'keeps' },
  { world: 'keep', isUnknown: true, title: 'keeps, unknown' },
] as const satisfies readonly (Pick<LossRow, 'world' | 'isUnknown'> & { readonly title: string })[]

const loss: Tell<'loss'> = ({ rows }) => {
  const contenders = [...new Map(rows.map(({ contender, title }) => [contender, title]))]
  const rowOf = (contender: string, { world, isUnknown }: Pick<LossRow, 'world' | 'isUnknown'>) =>
    rows.find((row) => row.contender === contender && row.world === world && row.isUnknown === isUnknown)
  const cell = (row: LossRow | undefined): string => (row ? (row.failure === undefined ? String(row.lost.length) : 'refused') : '–')
  const settings = CASES.map(({ isUnknown }) => String(rows.find((row) => row.isUnknown === isUnknown)?.settings ?? '–'))
  const named = contenders.flatMap(([contender, title]) =>
    CASES.flatMap((one) => {
      const row = rowOf(contender, one)
      const what = row?.failure ?? grouped(row?.lost ?? []).join(', ')
      return what === '' ? [] : [{ title, which: one.title, what }]
    }),
  )
  return {
    title: 'Loss',
    about:
      'A configuration set is attached to a rich pool; which settings besides the four that were asked for are gone or changed afterwards, value by value. ' +
      'Against a service that resets what an update leaves out, and one that keeps it; unknown: the pool has three members that the pinned SDK does not know.',
    lines: [
      ...columns(
        ['settings lost', ...CASES.map(({ title }) => title)],
        [
          ...contenders.map(([contender, title]) => [title, ...CASES.map((one) => cell(rowOf(contender, one)))]),
          ['of these settings', ...settings],
        ],
      ),
      ...named.flatMap(({ title, which, what }) => ['', `${title}; ${which}:`, ...wrapped(what, WIDTH - 2).map((line) => `  ${line}`)]),
    ],
  }
}

const sweep: Tell<'sweep'> = ({ runs }) => ({
  title: 'Sweep',
  about:
    'All pools as declared, one binding each, 100 ms a DescribeUserPool. Up to 100 pools through the bundle in real time; from 1,000 on the same handler over ports in memory in virtual time, ' +
    'invocation after invocation of 300 s. The least: one DescribeUserPool a pool, one page a megabyte of the table.',
  lines: [
    ...columns(
      ['pools', 'time', 'invocations', 'describes', 'pages', 'least', 'other table calls', 'table, MB', 'seconds', 'at 5 a second'],
      runs.map((run) => [
        ...[String(run.pools), run.isVirtual ? 'virtual' : 'real', String(run.invocations), String(run.describes), String(run.pages)],
        ...[
          String(run.leastPages),
          String(run.otherTableCalls),
          run.tableMb.toFixed(2),
          run.seconds.toFixed(1),
          run.boundSeconds.toFixed(1),
        ],
      ]),
    ),
    'A sweep that runs out of time reads the rest of its page again when it goes on: one page more each time, and the pools that were under way.',
  ],
})

const TELLERS: { readonly [S in Section]: Tell<S> } = { coldStart, size, roundTrips, manyPools, loss, sweep }

const occasionLine = ({ date, commit, node, machine, load }: Occasion): string =>
  `${date}, commit ${commit}, Node ${node.replace(/^v/, '')}, ${machine}; load before ${load}`

export type Report = Told & { readonly section: Section; readonly measured: string }

const told = <S extends Section>(section: S, results: Results): readonly Report[] => {
  const data = results[section]
  return data ? [{ section, measured: occasionLine(data.occasion), ...TELLERS[section](data) }] : []
}

/** A report for each section that was measured, in the order of the sections. */
export const reports = (results: Results, sections = Object.keys(TELLERS) as readonly Section[]): readonly Report[] =>
  sections.flatMap((section) => told(section, results))

export const reportPage = (results: Results): string =>
  [
    '# Measurements\n\nWritten by `npm run bench`; the data are in [results.json](results.json).\n\n![Chart of the measurements](chart.svg)\n',
    ...reports(results).map(
      ({ title, about, lines, measured }) => `## ${title}\n\n${about}\n\n\`\`\`\n${lines.join('\n').trimEnd()}\n\`\`\`\n\n${measured}\n`,
    ),
  ].join('\n')
