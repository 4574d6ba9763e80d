// Runs the shipped bundle in a process of its own and invokes it: what Lambda does, for tests, npm start and the bench.
import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { isObject, type JsonObject } from '../lib/json.ts'

export type Invoked = {
  readonly result?: unknown
  /** The message of what the handler threw. */
  readonly error?: string
  readonly maxRssKb: number
}

export type Context = {
  readonly remainingMs?: number
  readonly awsRequestId?: string
  readonly invokedFunctionArn?: string
  readonly logStreamName?: string
}

export type Lambda = {
  readonly pid: number
  /** Resolves when the handler is over; rejects when its process dies first. */
  readonly invoke: (event: unknown, context?: Context) => Promise<Invoked>
  /** Every line of the log, parsed where it is JSON. */
  readonly log: readonly JsonObject[]
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>
}

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:cognito-ses-binding'

const parse = (line: string): JsonObject => {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : { line }
  } catch {
    return { line }
  }
}

/** Starts a process with this environment and nothing of the caller's AWS settings. @param folder the repository's */
export const startLambda = async (environment: Readonly<Record<string, string>>, folder = process.cwd()): Promise<Lambda> => {
  const child: ChildProcess = fork(`${folder}/test/lambda-process.cjs`, {
    env: { PATH: process.env['PATH'], BUNDLE: `${folder}/dist/index.js`, ...environment },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const log: JsonObject[] = []
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => log.push(parse(line)))
  const waiting = new Map<number, { resolve: (invoked: Invoked) => void; reject: (error: Error) => void }>()
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error('the process died'))
      waiting.clear()
      resolve()
    })
  })
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: { readonly ready?: true; readonly id?: number } & Invoked) => {
      if (message.ready) return resolve()
      waiting.get(message.id ?? -1)?.resolve(message)
      waiting.delete(message.id ?? -1)
    })
    child.once('exit', (code) => reject(new Error(`the bundle did not load (exit ${code}): ${JSON.stringify(log)}`)))
  })
  await ready
  let count = 0
  return {
    pid: child.pid ?? 0,
    log,
    invoke: (event, context = {}) =>
      new Promise((resolve, reject) => {
        count += 1
        const id = count
        waiting.set(id, { resolve, reject })
        const defaults = {
          remainingMs: 30_000,
          awsRequestId: `invocation-${id}`,
          invokedFunctionArn: FUNCTION_ARN,
          logStreamName: '2026/11/23/[$LATEST]local',
        }
        child.send({ id, event, context: { ...defaults, ...context } })
      }),
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal)
      await ended
    },
  }
}
