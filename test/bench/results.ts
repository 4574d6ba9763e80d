// The shape of docs/bench/results.json, and how a run of some measurements goes into it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isObject, type Json } from '../../lib/json.ts'
import type { Occasion } from './occasion.ts'
import type { Spread } from './statistics.ts'

export type Start = {
  /** Its name in `prepare` of cold-start.ts. */
  readonly variant: string
  readonly title: string
  /** Milliseconds of processor time, of all threads, until the module is loaded: hardly minds what else the machine does. */
  readonly loadedCpuMs: Spread
  /** The same until the answer to the first Create has arrived: what a user pays for. */
  readonly answeredCpuMs: Spread
  /** Milliseconds of wall time from the start of the process. */
  readonly loadedMs: Spread
  readonly answeredMs: Spread
}
export type ColdStart = { readonly nodes: readonly { readonly node: string; readonly variants: readonly Start[] }[] }

export type Size = {
  readonly bytes: number
  readonly zippedBytes: number
  readonly budgetBytes: number
  readonly packages: readonly { readonly name: string; readonly bytes: number; readonly files: number }[]
}

export type TracedCall = {
  readonly service: string
  readonly action: string
  /** Milliseconds since the first call of the operation came. */
  readonly from: number
  readonly to: number
  readonly level: number
}
export type Operation = {
  readonly operation: string
  readonly calls: number
  readonly byService: Readonly<Record<string, number>>
  readonly depth: number
  readonly ms: number
  /** What cannot be done before what, by the design: one round trip each. */
  readonly least: readonly string[]
  readonly trace: readonly TracedCall[]
}
export type RoundTrips = { readonly latencyMs: number; readonly operations: readonly Operation[] }

export type PoolsRun = {
  readonly pools: number
  readonly seconds: Spread
  /** What all reads take at the rate that we allow ourselves; 0 when the burst is enough. */
  readonly boundSeconds: number
  /** What they would take if we took the whole of the quota. */
  readonly quotaSeconds: number
  /** The bound, and the round trips before and after the reads. */
  readonly leastSeconds: number
  /** Of `seconds`, until the first DescribeUserPool was asked: round trips for the records. */
  readonly beforeSeconds: Spread
  /** Of `seconds`, after the last DescribeUserPool was asked: its answer, the records, the answer's PUT. */
  readonly afterSeconds: Spread
  /** By the bound; undefined without one. */
  readonly ratio?: Spread
  /** Pools of which a call was refused, in hundredths of all. */
  readonly refusedPercent: Spread
  readonly peakRssMb: Spread
}
export type ManyPools = {
  readonly latencyMs: number
  readonly quotaPerSecond: number
  /** Of the quota, what we allow ourselves. */
  readonly allowance: { readonly perSecond: number; readonly burst: number }
  /** Before the first read is asked, and from asking the last one on; one after another. */
  readonly roundTrips: { readonly before: readonly string[]; readonly after: readonly string[] }
  /** A process with a handler that does nothing but answer. */
  readonly emptyRssMb: Spread
  readonly runs: readonly PoolsRun[]
}

export type LossRow = {
  readonly contender: string
  readonly title: string
  readonly world: 'reset' | 'keep'
  /** Whether the pool has members that the SDK does not know. */
  readonly isUnknown: boolean
  readonly settings: number
  readonly lost: readonly string[]
  /** Why nothing was written, when it was not. */
  readonly failure?: string
}
export type Loss = { readonly rows: readonly LossRow[] }

export type SweepRun = {
  readonly pools: number
  readonly isVirtual: boolean
  readonly invocations: number
  readonly describes: number
  readonly pages: number
  /** Gets and puts of the place where a sweep stopped. */
  readonly otherTableCalls: number
  readonly tableMb: number
  /** One page a megabyte. */
  readonly leastPages: number
  readonly seconds: number
  /** At five reads a second. */
  readonly boundSeconds: number
}
export type Sweep = { readonly runs: readonly SweepRun[] }

type Sections = {
  readonly coldStart: ColdStart
  readonly size: Size
  readonly roundTrips: RoundTrips
  readonly manyPools: ManyPools
  readonly loss: Loss
  readonly sweep: Sweep
}
export type Section = keyof Sections

/** Each section says by itself when, where and from what it was measured: `--only` measures some of them again. */
export type Results = { readonly [S in Section]?: Sections[S] & { readonly occasion: Occasion } }

export const RESULTS_FILE = 'docs/bench/results.json'

export const readResults = (root: string): Results => {
  const file = `${root}/${RESULTS_FILE}`
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

/** As Biome formats it. */
const LINE = 140

const flat = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(flat).join(', ')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).flatMap(([name, inner]) => (inner === undefined ? [] : [`${JSON.stringify(name)}: ${flat(inner)}`]))
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** On one line what fits on one: a trace of fifteen calls is fifteen lines. @param taken what stands before it on its line, and a comma after */
const pretty = (value: Json, indent = '', taken = 0): string => {
  const line = flat(value)
  if (typeof value !== 'object' || value === null || (indent !== '' && indent.length + taken + line.length <= LINE)) return line
  const inner = `${indent}  `
  const [open, close, members] = Array.isArray(value)
    ? ['[', ']', value.map((item: Json) => pretty(item, inner, 1))]
    : ['{', '}', Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [member(name, item, inner)]))]
  return `${open}\n${members.map((one) => inner + one).join(',\n')}\n${indent}${close}`
}

const member = (name: string, value: Json, indent: string): string => {
  const key = `${JSON.stringify(name)}: `
  return key + pretty(value, indent, key.length + 1)
}

export const writeResults = (root: string, results: Results): void => {
  mkdirSync(`${root}/docs/bench`, { recursive: true })
  writeFileSync(`${root}/${RESULTS_FILE}`, `${pretty(results as unknown as Json)}\n`)
}
