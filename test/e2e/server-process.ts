// Starts a server that others wrote, in a process group of its own, and ends it with all that it started.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

export type ServerProcess = {
  /** What it printed. */
  readonly log: () => string
  readonly stop: () => Promise<void>
}

/** A port that nobody listens on. Somebody may take it before the server does; then the server does not start, and says so. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })

/** Becomes the program; beside it waits what ends the whole group when our end of the pipe closes: also when we are killed. */
const TIED_TO_US = 'exec 3<&0; (trap "" TERM; cat <&3 >/dev/null; kill -TERM 0; sleep 5; kill -KILL 0) & exec "$@" 3<&- </dev/null'

const START_MS = 30_000
const STOP_MS = 5_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const answers = async (url: string, status: number): Promise<boolean> => {
  try {
    const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response.status === status
  } catch {
    return false
  }
}

/**
 * Starts `command` and waits until `health` answers with this status.
 * @param environment all that it sees of the environment, beside PATH and HOME: ministack hands its own on to every function
 */
export const startServer = async (
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
  health: string,
  logFile: string,
  healthyStatus = 200,
): Promise<ServerProcess> => {
  const output = openSync(logFile, 'a')
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('/bin/sh', ['-c', TIED_TO_US, 'sh', ...command], {
    env: { PATH, HOME, ...environment },
    stdio: ['pipe', output, output],
    detached: true,
  })
  closeSync(output)
  const log = () => readFileSync(logFile, 'utf8')
  let hasEnded = false
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      hasEnded = true
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  /** Its whole group: the functions that ministack runs are processes of their own. */
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    try {
      if (child.pid) process.kill(-child.pid, name)
    } catch {
      // The group is gone.
    }
  }
  const stop = async () => {
    signal('SIGTERM')
    const late = setTimeout(() => signal('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(late)
    // The program is over; what it started may not be.
    signal('SIGKILL')
  }
  const deadline = Date.now() + START_MS
  while (!(await answers(health, healthyStatus))) {
    if (hasEnded || Date.now() > deadline) {
      await stop()
      throw new Error(`${command.join(' ')} did not start:\n${log().slice(-2_000)}`)
    }
    await pause(50)
  }
  return { log, stop }
}
