// Cold start: processor time and wall time until a module is loaded and until its answer to a first Create has arrived; ours beside others, round by round.
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { build } from 'esbuild'
import { plain, runnable } from '../../infra/esbuild-options.cjs'
import { type JsonObject, without } from '../../lib/json.ts'
import { healthySes, resource, SENDER } from '../driver.ts'
import { FUNCTION_ARN } from '../lambda.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'
import { nodesFor } from './nodes.ts'
import type { Place } from './place.ts'
import type { ColdStart, Start } from './results.ts'
import { spreadOf } from './statistics.ts'

type Variant = { readonly variant: string; readonly title: string; readonly file: string }

const CACHE = 'node_modules/.cache/bench'

/** Puts what is compared side by side, frozen: another build of dist/ in the meantime changes nothing. */
const prepare = async (root: string, beside: readonly string[]): Promise<readonly Variant[]> => {
  mkdirSync(`${root}/${CACHE}`, { recursive: true })
  const made = (name: string) => `${root}/${CACHE}/${name}.cjs`
  const source = { entryPoints: [`${root}/handler/index.ts`] }
  copyFileSync(`${root}/dist/index.js`, made('ours'))
  copyFileSync(`${root}/test/bench/contenders/empty.cjs`, made('empty'))
  await build({ ...runnable, ...source, format: 'cjs', outfile: made('unbundled') })
  await build({ ...plain, ...source, outfile: made('plain') })
  return [
    { variant: 'empty', title: 'empty handler', file: made('empty') },
    { variant: 'ours', title: 'ours, dist/index.js', file: made('ours') },
    { variant: 'plain', title: 'ours, esbuild’s defaults', file: made('plain') },
    { variant: 'unbundled', title: 'ours, SDK not bundled', file: made('unbundled') },
    ...beside.map((file, index) => {
      copyFileSync(file, made(`beside-${index}`))
      return { variant: `beside-${index}`, title: file, file: made(`beside-${index}`) }
    }),
  ]
}

type Times = { readonly loadedMs: number; readonly loadedCpuMs: number; readonly answeredMs: number; readonly answeredCpuMs: number }

type Moment = { readonly at: string; readonly cpuMs: number }
/** What cold-start-process.cjs says at its end. */
type Said = { readonly loaded?: Moment; readonly answered?: Moment; readonly error?: string }

const once = async (node: string, file: string, aws: LocalAws, event: JsonObject, root: string): Promise<Times> => {
  const env = { PATH: process.env['PATH'], ...aws.environment, BUNDLE: file, EVENT: JSON.stringify(event), FUNCTION_ARN }
  const startedAt = process.hrtime.bigint()
  const child = spawn(node, [`${root}/test/bench/cold-start-process.cjs`], { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const [said, complaint]: [Buffer[], Buffer[]] = [[], []]
  child.stdio[3]?.on('data', (chunk: Buffer) => said.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => complaint.push(chunk))
  await new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  const { loaded, answered, error } = JSON.parse(Buffer.concat(said).toString() || '{}') as Said
  if (!loaded || !answered) throw new Error(`${file}: ${error ?? Buffer.concat(complaint).toString()}`)
  const ms = ({ at }: Moment) => Number(BigInt(at) - startedAt) / 1e6
  return { loadedMs: ms(loaded), loadedCpuMs: loaded.cpuMs, answeredMs: ms(answered), answeredCpuMs: answered.cpuMs }
}

/** A Create on a rich pool of its own by a stack of its own. */
const play = async (node: string, { file, title }: Variant, aws: LocalAws, root: string, count: number): Promise<Times> => {
  const UserPoolId = aws.createUserPool(without(rich as JsonObject, ['Id', 'Arn']))
  const times: Times[] = []
  const invoke = async (event: JsonObject) => {
    times.push(await once(node, file, aws, event, root))
    return { maxRssKb: 0 }
  }
  const { answer } = await resource(aws, invoke, `cold-${count}`).create({ UserPoolId, ConfigurationSet: 'mail', ...SENDER })
  if (answer?.Status !== 'SUCCESS') throw new Error(`${title}: ${answer?.Reason ?? 'no answer'}`)
  aws.removeUserPool(UserPoolId)
  const [time] = times
  if (!time) throw new Error(`${title}: no time`)
  return time
}

const ROUNDS = 15

export const measureColdStart = async ({ root, rounds = ROUNDS, beside, say }: Place): Promise<ColdStart> => {
  const variants = await prepare(root, beside)
  const aws = await startLocalAws()
  healthySes(aws)
  let count = 0
  const measured = []
  try {
    say('the Nodes to measure on')
    for (const { path, version } of nodesFor(`${root}/${CACHE}`)) {
      const times = new Map<string, Times[]>(variants.map(({ variant }) => [variant, []]))
      // The first round warms the page cache and the local AWS, and is not counted.
      for (let round = 0; round <= rounds; round += 1) {
        say(`Node ${version}, round ${round} of ${rounds}`)
        const turn = round % variants.length
        for (const variant of [...variants.slice(turn), ...variants.slice(0, turn)]) {
          count += 1
          const time = await play(path, variant, aws, root, count)
          if (round > 0) times.get(variant.variant)?.push(time)
        }
        aws.clearCalls()
      }
      const starts = variants.map(({ variant, title }): Start => {
        const spread = (what: keyof Times) =>
          spreadOf(
            (times.get(variant) ?? []).map((time) => time[what]),
            1,
          )
        return {
          ...{ variant, title, loadedCpuMs: spread('loadedCpuMs'), answeredCpuMs: spread('answeredCpuMs') },
          ...{ loadedMs: spread('loadedMs'), answeredMs: spread('answeredMs') },
        }
      })
      measured.push({ node: version, variants: starts })
    }
  } finally {
    await aws.close()
  }
  return { nodes: measured }
}
