// The shipped bundle in Lambda's own surroundings: AWS's runtime client for Node, under AWS's runtime interface emulator.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { healthySes, resource } from '../driver.ts'
import type { FaultRule } from '../local-aws/faults.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import { everyTime } from '../stage.ts'
import { freePort, type ServerProcess, startServer } from './server-process.ts'
import { describeWith, folderOf } from './tools/installed.ts'

/** The emulator's: it puts it into every function's ARN. */
const ACCOUNT = '012345678912'
const TIMEOUT_S = 4
const TEST_MS = 30_000
const TABLE = 'cognito-ses-binding'

const SENDER = { SourceArn: `arn:aws:ses:us-east-1:${ACCOUNT}:identity/example.com`, From: 'no-reply@example.com' }

type Runtime = ServerProcess & {
  /** What the runtime gave back: JSON, or what the emulator says in its place. */
  readonly invoke: (event: JsonObject) => Promise<unknown>
}

/** The emulator with this Node in it, on two free ports. */
const startRuntime = async (node: string, aws: LocalAws, logFile: string): Promise<Runtime> => {
  const [host, api] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const server = await startServer(
    [
      join(folderOf('emulator'), 'aws-lambda-rie'),
      ...['--runtime-interface-emulator-address', host, '--runtime-api-address', api],
      ...[node, join(folderOf('runtime'), 'node_modules/aws-lambda-ric/index.mjs'), 'index.handler'],
    ],
    {
      ...aws.environment,
      LAMBDA_TASK_ROOT: join(process.cwd(), 'dist'),
      AWS_LAMBDA_FUNCTION_NAME: 'cognito-ses-binding',
      AWS_LAMBDA_FUNCTION_TIMEOUT: String(TIMEOUT_S),
      // As LoggingConfig of the template has it.
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
    },
    `http://${host}/`,
    logFile,
    404,
  )
  return {
    ...server,
    invoke: async (event) => {
      const response = await fetch(`http://${host}/2015-03-31/functions/function/invocations`, {
        method: 'POST',
        body: JSON.stringify(event),
      })
      const text = await response.text()
      return text.startsWith('Task timed out') ? text : JSON.parse(text)
    },
  }
}

const story = (name: string, tell: () => Promise<void>) => test(name, tell, TEST_MS)

/** The statements, on one Node. */
const onNode = (node: string) => {
  let [aws, runtime, folder]: [LocalAws, Runtime, string] = [undefined as never, undefined as never, '']
  let pool = ''

  beforeAll(async () => {
    aws = await startLocalAws({ account: ACCOUNT, tableName: TABLE })
    healthySes(aws)
    pool = aws.createUserPool({ Name: 'people' })
    folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-runtime-'))
    runtime = await startRuntime(node, aws, join(folder, 'log'))
  }, TEST_MS)
  afterAll(async () => {
    await runtime?.stop()
    await aws?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const StackId = `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/mail/11111111-2222-3333-4444-555555555555`
  const ServiceToken = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:cognito-ses-binding`
  const mail = () => {
    const binding = resource(aws, async (event) => ({ result: await runtime.invoke(event), maxRssKb: 0 }))
    const properties = { ServiceToken, UserPoolId: pool, ConfigurationSet: 'mail', ...SENDER }
    const event = (type: string, more: JsonObject = {}) =>
      binding.event(type, { properties: { ...properties, ...more }, old: properties, extra: { StackId, ServiceToken } })
    return { event, send: binding.send }
  }
  /** As long as `work` goes on, `rule` is laid over the calls. */
  const during = async <T>(rule: FaultRule, work: () => Promise<T>): Promise<T> => {
    const lift = aws.fault(rule)
    try {
      return await work()
    } finally {
      lift()
    }
  }
  /** A binding that holds the pool. */
  const bound = async () => {
    const binding = mail()
    expect((await binding.send(binding.event('Create'))).answer?.Status).toBe('SUCCESS')
    return binding
  }
  const queued = (messageId: string, userPoolId: string): JsonObject => ({
    ...{ messageId, receiptHandle: 'r', eventSource: 'aws:sqs', awsRegion: 'us-east-1', attributes: {}, messageAttributes: {} },
    eventSourceARN: `arn:aws:sqs:us-east-1:${ACCOUNT}:drift`,
    body: JSON.stringify({
      ...{ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.cognito-idp', account: ACCOUNT, region: 'us-east-1' },
      detail: { eventSource: 'cognito-idp.amazonaws.com', eventName: 'UpdateUserPool', requestParameters: { userPoolId } },
    }),
  })
  /** What was printed since `from`, without the emulator's own lines. */
  const printed = (from: number): string[] =>
    runtime
      .log()
      .slice(from)
      .split('\n')
      .filter((line) => !/^$|\(rapid\)|^(START|END|REPORT) RequestId/.test(line))
  const lines = (from: number): JsonObject[] =>
    printed(from).map((line) => {
      const value: unknown = JSON.parse(line)
      return isObject(value) ? value : {}
    })
  const messages = (from: number) => lines(from).map(({ level, message }) => `${level} ${message}`)
  const inits = () => runtime.log().split('INIT START').length - 1

  story('a cold start serves a Create: the answer is delivered, and the runtime is given null', async () => {
    const { event, send } = mail()
    const { answer, invoked, count } = await send(event('Create'))
    expect({ answer, count, result: invoked.result }).toMatchObject({ answer: { Status: 'SUCCESS' }, count: 1, result: null })
    expect(aws.userPool(pool)).toMatchObject({ EmailConfiguration: { ConfigurationSet: 'mail' } })
    expect(runtime.log()).toMatch(/INIT REPORT\(durationMs: \d/)
  })

  story('a warm one serves an Update in the same process', async () => {
    const { event, send } = await bound()
    const { answer } = await send(event('Update', { ConfigurationSet: 'mail-2' }))
    expect(answer?.Status).toBe('SUCCESS')
    expect(inits()).toBe(1)
  })

  story('every line of the log is one JSON object with time and level, as it was written', async () => {
    const { event, send } = mail()
    const from = runtime.log().length
    await send(event('Create', { ConfigurationSet: 'no-such-set' }))
    const written = lines(from)
    expect(written.length).toBeGreaterThan(0)
    for (const line of written) {
      expect(line).toMatchObject({
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        level: expect.stringMatching(/^(INFO|WARN|ERROR)$/),
        message: expect.any(String),
      })
    }
    expect(messages(from)).toContainEqual(expect.stringMatching(/^ERROR answer: FAILED NotFound: /))
    // The presigned URL is a secret until it expires.
    expect(printed(from).join('')).not.toContain('Signature')
  })

  story('an unknown event is a thrown error, which Lambda counts and retries, and the process lives on', async () => {
    expect(await runtime.invoke({ hello: 'world' })).toMatchObject({ errorType: 'Error', errorMessage: 'unknown event' })
    expect(await runtime.invoke({ Records: [{ ...queued('nonsense', pool), body: 'no JSON' }] })).toEqual({ batchItemFailures: [] })
    expect(inits()).toBe(1)
  })

  story('batchItemFailures names the message whose pool could not be looked at, alone', async () => {
    await bound()
    const other = aws.createUserPool({ Name: 'others' })
    const batch = { Records: [queued('bound', pool), queued('unbound', other), { ...queued('nonsense', pool), body: 'no JSON' }] }
    const denied: FaultRule = ({ action, request }) =>
      action === 'DescribeUserPool' && request['UserPoolId'] === pool
        ? { error: { code: 'NotAuthorizedException', message: 'not now' } }
        : undefined
    expect(await during(denied, () => runtime.invoke(batch))).toEqual({ batchItemFailures: [{ itemIdentifier: 'bound' }] })
    expect(await runtime.invoke(batch)).toEqual({ batchItemFailures: [] })
  })

  story('a Cognito that hangs is answered FAILED before the runtime’s own time is over', async () => {
    const { event, send } = await bound()
    const begun = Date.now()
    const { answer, invoked } = await during(everyTime('DescribeUserPool', 'hang'), () =>
      send(event('Update', { ConfigurationSet: 'mail-2' })),
    )
    expect({ status: answer?.Status, result: invoked.result }).toEqual({ status: 'FAILED', result: null })
    expect(Date.now() - begun).toBeLessThan(TIMEOUT_S * 1_000)
  })

  story('an answer that cannot be delivered is a thrown error, not a time-out: so Lambda delivers the event again', async () => {
    const { event } = await bound()
    const sent = event('Delete')
    expect(await during(everyTime('PutObject', 'hang'), () => runtime.invoke(sent))).toMatchObject({ errorType: 'Error' })
    expect(await runtime.invoke(sent)).toBeNull()
    expect(aws.userPool(pool)).not.toHaveProperty('EmailConfiguration.ConfigurationSet')
    expect(inits()).toBe(1)
    expect(runtime.log()).not.toContain('Task timed out')
  })
}

/** A Node of an npm package; on a machine for which there is none, the one that runs this. */
const packaged = (part: 'nodes' | 'runtime', name: string): string | undefined => {
  const path = join(folderOf(part), `node_modules/${name}/bin/node`)
  return existsSync(path) ? path : undefined
}

const node24 = packaged('runtime', 'node24')
const which = node24 ? 'Node 24, the template’s' : `the Node that runs this, ${process.version}: no npm package has 24 for this machine`
describeWith(['runtime', 'emulator'], `in Lambda’s runtime, on ${which}`, () => onNode(node24 ?? process.execPath))

for (const version of ['20', '22']) {
  describeWith(['runtime', 'emulator', 'nodes'], `in Lambda’s runtime, on Node ${version}`, () => {
    const node = packaged('nodes', `node${version}`)
    if (node) onNode(node)
    else describe('no npm package has it for this machine', () => test.skip('not run', () => undefined))
  })
}
