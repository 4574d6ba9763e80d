// The table on DynamoDBs that others wrote: the table's own tests, the life of bindings, and many stacks at once on one pool.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { SENDER } from '../driver.ts'
import { closeStages, openStage, PLAIN } from '../stage.ts'
import { installed } from './engine.ts'
import { lifecycleSuite } from './lifecycle-suite.ts'
import { playedTarget } from './played-target.ts'
import { freePort, startServer } from './server-process.ts'
import { describeWith, folderOf, wantsAll } from './tools/installed.ts'

/** They are served one after the other: forty take minutes on a busy machine. */
const AT_ONCE = wantsAll ? 40 : 10
const TEST_MS = 240_000

/** Starts a DynamoDB, at this port where it is ours to say; gives where it is. */
type Start = (port: number, logFile: string) => Promise<{ readonly endpoint: string; readonly stop: () => Promise<void> }>

const started = async (command: readonly [string, ...string[]], port: number, logFile: string, health: string, status = 200) => ({
  ...(await startServer(command, {}, `http://127.0.0.1:${port}${health}`, logFile, status)),
  endpoint: `http://127.0.0.1:${port}`,
})

/** Everything that is made from here on keeps its table there. */
const withDynamoDb = (start: Start) => {
  let [server, folder]: [Awaited<ReturnType<Start>> | undefined, string] = [undefined, '']
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-table-'))
    server = await start(await freePort(), join(folder, 'log'))
    process.env['DYNAMODB_ENDPOINT'] = server.endpoint
  }, TEST_MS)
  afterAll(async () => {
    delete process.env['DYNAMODB_ENDPOINT']
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
}

const crowd = () => {
  test(
    `${AT_ONCE} stacks take one pool over at once and leave it at once: it is as it was, and nothing is left in the table`,
    async () => {
      const stage = await openStage()
      const id = stage.aws.createUserPool(PLAIN)
      const [settings, email] = [stage.settings(id), stage.email(id)]
      const wish = { UserPoolId: id, ConfigurationSet: 'mail', Takeover: 'true', ...SENDER }
      const bindings = Array.from({ length: AT_ONCE }, (_, index) => stage.resource(`stack-${index}`))
      const context = { remainingMs: 300_000 }
      for (const type of ['create', 'delete'] as const) {
        const sent = await Promise.all(bindings.map((binding) => binding[type](wish, { context })))
        expect(sent.map(({ answer }) => answer?.Reason ?? answer?.Status)).toEqual(Array.from({ length: AT_ONCE }, () => 'SUCCESS'))
      }
      expect([stage.settings(id), stage.email(id)]).toEqual([settings, email])
      expect(await stage.poolRecord(id)).toBeUndefined()
    },
    TEST_MS,
  )
  afterEach(closeStages)
}

/** The table's own tests, and the crowd. */
const tableSuites = (start: Start) => {
  withDynamoDb(start)
  crowd()
  // Its tests register where they are loaded; each place wants its own.
  jest.isolateModules(() => require('../table/table.test.ts'))
}

/** And the life of bindings. */
const suites = (start: Start) => {
  tableSuites(start)
  lifecycleSuite('the life of bindings', () => playedTarget(), { timeoutMs: 60_000, rollback: true, failedCreates: true })
}

describe('the table on dynalite, as in npm test', crowd)

// The life of bindings with its records there: moto.e2e.ts.
describe('the table on moto’s DynamoDB', () =>
  tableSuites((port, logFile) => started([installed('moto_server'), '-H', '127.0.0.1', '-p', String(port)], port, logFile, '/moto-api/')))

describeWith(['dynoxide'], 'the table on dynoxide', () =>
  suites((port, logFile) => started([join(folderOf('dynoxide'), 'bin/dynoxide'), '--port', String(port)], port, logFile, '/')),
)

// Amazon's DynamoDB Local, or any other that somebody has started: docs/e2e.md.
const { AWS_ENDPOINT_URL_DYNAMODB: theirs } = process.env
if (theirs) describe(`the table on ${theirs}`, () => suites(async () => ({ endpoint: theirs, stop: async () => undefined })))
else
  test.skip('the table on Amazon’s DynamoDB Local, or another of yours: start it, and name it in AWS_ENDPOINT_URL_DYNAMODB', () =>
    undefined)
