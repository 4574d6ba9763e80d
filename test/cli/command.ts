// Runs dist/cli.js as a person or a script does: a process of its own, on the local AWS and nothing else.
import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll } from '@jest/globals'
import { startLambda } from '../lambda.ts'
import type { LocalAws } from '../local-aws/index.ts'
import { furnishFleet, startFleetAws } from '../start/fleet.ts'

export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

export type Given = {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The width of the terminal that it believes to have. */
  readonly terminal?: number
  readonly file?: string
  readonly onStart?: (child: ChildProcess) => void
}

/** Everything that any run of this file's tests printed. */
export const printed: string[] = []

/** @param aws undefined: nothing can be reached */
export const command = (aws: LocalAws | undefined, args: readonly string[], given: Given = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const { env, terminal, file = 'dist/cli.js', onStart } = given
    const preload = terminal === undefined ? [] : ['--require', './test/cli/terminal.cjs']
    const reachable = aws ? { AWS_ENDPOINT_URL: aws.endpoint, AWS_REGION: aws.region } : {}
    const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true' }
    const child = spawn(process.execPath, [...preload, file, ...args], {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', TERMINAL_COLUMNS: String(terminal), ...credentials, ...reachable, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const out = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        out[stream] += text
      })
    }
    child.once('error', reject)
    child.once('close', (status) => {
      if (terminal === undefined) printed.push(out.stdout, out.stderr)
      resolve({ status, ...out })
    })
    onStart?.(child)
  })

const opened: LocalAws[] = []
afterAll(() => Promise.all(opened.map((aws) => aws.close())))

/** An AWS that ends with this file's tests. */
export const openAws = async (options: Parameters<typeof startFleetAws>[0] = {}): Promise<LocalAws> => {
  const aws = await startFleetAws(options)
  opened.push(aws)
  return aws
}

/** The fleet of odd pools. */
export const openFleet = async (): Promise<LocalAws> => {
  const aws = await openAws()
  const lambda = await startLambda(aws.environment)
  await furnishFleet(aws, lambda)
  await lambda.kill()
  aws.clearCalls()
  return aws
}

export const jsonOf = ({ stdout }: Ended) => JSON.parse(stdout)
