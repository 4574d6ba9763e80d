// Measures the command line on the local AWS: node test/run.mjs test/cli/measure.ts [POOLS] [MILLISECONDS A CALL]
import { spawn } from 'node:child_process'
import { startLambda } from '../lambda.ts'
import { addPlainPools, DECLARED, furnishFleet, POOLS, startFleetAws } from '../start/fleet.ts'

const [pools = 200, latencyMs = 60] = process.argv.slice(2).map(Number)

type Used = { readonly cpuMs: number; readonly rssKb: number }

const run = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ readonly stdout: string; readonly used: Used }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', './test/cli/usage.cjs', 'dist/cli.js', ...args], {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    })
    const text = { 1: '', 3: '' }
    for (const descriptor of [1, 3] as const) {
      child.stdio[descriptor]?.on('data', (part: Buffer) => {
        text[descriptor] += part.toString('latin1')
      })
    }
    child.once('error', reject)
    child.once('close', () => resolve({ stdout: text[1], used: JSON.parse(text[3]) }))
  })

const aws = await startFleetAws({ latencyMs })
const lambda = await startLambda(aws.environment)
await furnishFleet(aws, lambda)
await lambda.kill()
addPlainPools(aws, Math.max(0, pools - Object.keys(POOLS).length))
const wish = ['--configuration-set', DECLARED.ConfigurationSet, '--source-arn', DECLARED.SourceArn, '--from', 'no-reply@example.com']
try {
  for (const args of [['--help'], ['status'], ['status', '--json'], ['plan', ...wish]]) {
    aws.clearCalls()
    const begun = Date.now()
    const { stdout, used } = await run(args, aws.environment)
    const [seconds, cpu] = [Date.now() - begun, used.cpuMs].map((ms) => `${(ms / 1_000).toFixed(2)} s`)
    const size = `${Math.round(stdout.length / 1_024)} KB out`
    process.stdout.write(
      `${args.slice(0, 2).join(' ')}: ${seconds}, CPU ${cpu}, ${Math.round(used.rssKb / 1_024)} MB, ${aws.calls.length} calls, ${size}\n`,
    )
  }
} finally {
  await aws.close()
}
