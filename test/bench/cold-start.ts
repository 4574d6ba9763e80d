// Cold start: from the start of a process until its module is loaded, and until its answer to a Create has arrived; ours beside others, round by round.
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { type BuildOptions, build } from 'esbuild'
import { type JsonObject, without } from '../../lib/json.ts'
import { healthySes, resource, SENDER } from '../driver.ts'
import { FUNCTION_ARN } from '../lambda.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'
import type { Place } from './place.ts'
import type { ColdStart, Start } from './results.ts'
import { pairedRatios, spreadOf } from './statistics.ts'

type Variant = { readonly variant: string; readonly title: string; readonly file: string }

const FOLDER = 'node_modules/.cache/bench'

/** What an esbuild without settings of its own makes of it, as CDK's NodejsFunction does. */
const PLAIN: BuildOptions = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', minify: true, logLevel: 'warning' }

/** Puts what is compared side by side, frozen: another build of dist/ in the meantime changes nothing. */
const prepare = async (root: string, beside: readonly string[]): Promise<readonly Variant[]> => {
  const folder = `${root}/${FOLDER}`
  mkdirSync(folder, { recursive: true })
  const made = (name: string) => `${folder}/${name}.cjs`
  const script = `${root}/test/bench/contenders/describe-and-update-handler.ts`
  copyFileSync(`${root}/dist/index.js`, made('ours'))
  copyFileSync(`${root}/test/bench/contenders/empty.cjs`, made('empty'))
  const external = { ...PLAIN, minify: false, packages: 'external' } as const
  await Promise.all([
    build({ ...external, entryPoints: [`${root}/handler/index.ts`], outfile: made('unbundled') }),
    build({ ...external, entryPoints: [script], outfile: made('script') }),
    build({ ...PLAIN, entryPoints: [script], outfile: made('script-bundled') }),
  ])
  return [
    { variant: 'empty', title: 'empty handler', file: made('empty') },
    { variant: 'ours', title: 'ours, dist/index.js', file: made('ours') },
    { variant: 'unbundled', title: 'ours, SDK not bundled', file: made('unbundled') },
    { variant: 'script', title: 'describe-and-update script, SDK not bundled', file: made('script') },
    { variant: 'scriptBundled', title: 'describe-and-update script, plain esbuild', file: made('script-bundled') },
    ...beside.map((file, index) => {
      copyFileSync(file, made(`beside-${index}`))
      return { variant: `beside-${index}`, title: file, file: made(`beside-${index}`) }
    }),
  ]
}

type Times = { readonly loadedMs: number; readonly loadedCpuMs: number; readonly answeredMs: number }

/** What cold-start-process.cjs says at its end. */
type Said = { readonly loaded?: string; readonly answered?: string; readonly cpuUs?: number; readonly error?: string }

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
  const text = Buffer.concat(said).toString()
  const { loaded, answered, cpuUs, error } = JSON.parse(text || '{}') as Said
  if (loaded === undefined || answered === undefined || cpuUs === undefined)
    throw new Error(`${file}: ${error ?? Buffer.concat(complaint).toString()}`)
  const ms = (at: string) => Number(BigInt(at) - startedAt) / 1e6
  return { loadedMs: ms(loaded), loadedCpuMs: cpuUs / 1_000, answeredMs: ms(answered) }
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

/** The Node that runs this first, then others that are on the PATH under their usual names. */
const nodes = (): readonly { readonly path: string; readonly version: string }[] => {
  const found = (process.env['PATH'] ?? '')
    .split(':')
    .flatMap((folder) => ['node20', 'node22', 'node24'].map((name) => `${folder}/${name}`))
    .filter((path) => existsSync(path))
    .map((path) => ({ path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() }))
  const all = [{ path: process.execPath, version: process.version }, ...found]
  return all.filter(({ version }, index) => all.findIndex((other) => other.version === version) === index)
}

const ROUNDS = 15

export const measureColdStart = async ({ root, rounds = ROUNDS, beside, say }: Place): Promise<ColdStart> => {
  const variants = await prepare(root, beside)
  const aws = await startLocalAws()
  healthySes(aws)
  let count = 0
  const measured = []
  try {
    for (const { path, version } of nodes()) {
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
      const of = (variant: string, what: keyof Times) => (times.get(variant) ?? []).map((time) => time[what])
      measured.push({
        node: version,
        variants: variants.map(({ variant, title }): Start => {
          const spread = (what: keyof Times) => spreadOf(of(variant, what), 1)
          const ratio = (what: keyof Times) => spreadOf(pairedRatios(of(variant, what), of('empty', what)))
          return {
            ...{ variant, title, loadedMs: spread('loadedMs'), loadedCpuMs: spread('loadedCpuMs') },
            ...{
              answeredMs: spread('answeredMs'),
              loadedRatio: ratio('loadedMs'),
              cpuRatio: ratio('loadedCpuMs'),
              answeredRatio: ratio('answeredMs'),
            },
          }
        }),
      })
    }
  } finally {
    await aws.close()
  }
  return { nodes: measured }
}
