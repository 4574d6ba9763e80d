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

type Waiting = { readonly resolve: (invoked: Invoked) => void; readonly reject: (error: Error) => void }

type Worker = {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  readonly waiting: Map<number, Waiting>
  /** Where the lines of the log go now. */
  log: JsonObject[]
  /** Until this line they are still those of the handler before. */
  mark: string | undefined
  next: JsonObject[]
  onReady: () => void
}

const environmentOf = (environment: Readonly<Record<string, string>>, folder: string) => ({
  PATH: process.env['PATH'],
  BUNDLE: `${folder}/dist/index.js`,
  ...environment,
})

const spawnWorker = async (environment: Readonly<Record<string, string>>, folder: string): Promise<Worker> => {
  const child: ChildProcess = fork(`${folder}/test/lambda-process.cjs`, {
    env: environmentOf(environment, folder),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const waiting = new Map<number, Waiting>()
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error('the process died'))
      waiting.clear()
      resolve()
    })
  })
  const worker: Worker = { child, ended, waiting, log: [], mark: undefined, next: [], onReady: () => undefined }
  const half = new Map<number, Invoked | undefined>()
  /** An invocation is over when its result and the last line of its log have come. */
  const over = (id: number, invoked?: Invoked): void => {
    if (!half.has(id)) return void half.set(id, invoked)
    const result = invoked ?? half.get(id)
    half.delete(id)
    if (result) waiting.get(id)?.resolve(result)
    waiting.delete(id)
  }
  const read = (line: string): void => {
    const end = /^-- end (\d+)$/.exec(line)
    if (end) over(Number(end[1]))
    else if (line === worker.mark) Object.assign(worker, { log: worker.next, mark: undefined })
    else worker.log.push(parse(line))
  }
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', read)
  await new Promise<void>((resolve, reject) => {
    worker.onReady = resolve
    child.on('message', (message: { readonly ready?: true; readonly id?: number } & Invoked) => {
      if (message.ready) return worker.onReady()
      over(message.id ?? -1, message)
    })
    child.once('exit', (code) => reject(new Error(`the bundle did not load (exit ${code}): ${JSON.stringify(worker.log)}`)))
  })
  return worker
}

let count = 0

const lambdaOf = ({ child, ended, waiting }: Worker, log: readonly JsonObject[], retire: () => boolean): Lambda => ({
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
    if (retire()) return
    child.kill(signal)
    await ended
  },
})

/** Starts a process with this environment and nothing of the caller's AWS settings. @param folder the repository's */
export const startLambda = async (environment: Readonly<Record<string, string>>, folder = process.cwd()): Promise<Lambda> => {
  const worker = await spawnWorker(environment, folder)
  return lambdaOf(worker, worker.log, () => false)
}

/**
 * Lambdas of which those that end with nothing to do are not killed: their process evaluates the bundle afresh, in the environment of whoever
 * starts the next one, and need not boot and compile again (four fifths of what a test with a process costs). One that is busy dies at once.
 */
export const createLambdas = (folder = process.cwd()) => {
  const idle: Worker[] = []
  let isClosed = false
  const start = async (environment: Readonly<Record<string, string>>): Promise<Lambda> => {
    const used = idle.pop()
    const worker = used ?? (await spawnWorker(environment, folder))
    if (used) {
      count += 1
      const [mark, next]: [string, JsonObject[]] = [`-- begin ${count}`, []]
      Object.assign(used, { mark, next })
      await new Promise<void>((resolve) => {
        used.onReady = resolve
        used.child.send({ environment: environmentOf(environment, folder), mark })
      })
    }
    let isOver = false
    const isAlive = () => worker.child.exitCode === null && worker.child.signalCode === null
    return lambdaOf(worker, used ? used.next : worker.log, () => {
      if (isOver || isClosed || worker.waiting.size > 0 || !isAlive()) return isOver
      isOver = true
      idle.push(worker)
      return true
    })
  }
  const close = async (): Promise<void> => {
    isClosed = true
    await Promise.all(
      idle.splice(0).map(({ child, ended }) => {
        child.kill('SIGKILL')
        return ended
      }),
    )
  }
  return { start, close }
}
