// AWS's own models judge what the bundle sends and what the local AWS answers: botocore's validator and parsers read a record of whole suites.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { installed } from './engine.ts'

/** Suites whose calls go over the wire, and among them every action and every verb. */
const SUITES = [
  'binding/lifecycle',
  'binding/refusals',
  'binding/cognito-errors',
  'handler/events',
  'handler/protocol',
  'pool',
  'table',
  'start',
]
const RECORDING_MS = 420_000

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-wire-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Verdict = { readonly exchanges: number; readonly actions: readonly string[]; readonly findings: JsonObject }

/** Runs a script with the pinned models, which stand beside the other packages of .venv. */
const python = (...script: readonly string[]) =>
  spawnSync(installed('python'), script, { encoding: 'utf8', env: { ...process.env, PYTHONPATH: join(process.cwd(), '.venv/models') } })

const validate = (record: string): Verdict => {
  const { stdout, stderr } = python('test/e2e/validate_wire.py', record)
  expect(stderr).toBe('')
  const { exchanges, actions, findings } = JSON.parse(stdout)
  return { exchanges, actions: Object.keys(actions), findings }
}

test('the table of the local AWS is what the pinned botocore says', () => {
  const { status, stderr } = python('test/local-aws/model/generate.py', '--check')
  expect([status, stderr]).toEqual([0, ''])
})

describe('a record of whole suites', () => {
  test(
    'has every action of the function, each request as the model wants it, and each answer as the service could give it',
    () => {
      const jest = ['node_modules/jest/bin/jest.js', '--silent', ...SUITES.map((suite) => `test/${suite}`)]
      // Whether they pass is for npm test to say, on a machine with less to do; here it counts what they sent and heard.
      spawnSync(process.execPath, jest, { stdio: 'ignore', env: { ...process.env, RECORD_WIRE: folder } })
      const { exchanges, actions, findings } = validate(folder)
      expect(findings).toEqual({})
      expect(exchanges).toBeGreaterThan(200)
      expect(actions).toEqual(
        expect.arrayContaining([
          ...['DescribeUserPool', 'UpdateUserPool', 'GetItem', 'PutItem', 'DeleteItem', 'Scan'],
          ...['GetAccount', 'GetConfigurationSet', 'GetConfigurationSetEventDestinations', 'GetEmailIdentity', 'GetDedicatedIpPool'],
        ]),
      )
    },
    RECORDING_MS,
  )

  /** An exchange of the record, and what is done to it. */
  const broken: readonly (readonly [string, (exchange: JsonObject) => boolean, (text: string) => string, RegExp])[] = [
    [
      'a request with a value that no pattern allows',
      ({ action, isFault }) => action === 'UpdateUserPool' && isFault === false,
      (text) => text.replace('"ConfigurationSet":"mail', '"ConfigurationSet":"my mail'),
      /^UpdateUserPool: request\.EmailConfiguration\.ConfigurationSet: .* expected$/,
    ],
    [
      'a request without what is required',
      ({ action }) => action === 'UpdateUserPool',
      (text) => text.replace('"UserPoolId":', '"Pool":'),
      /^UpdateUserPool: request: UserPoolId is required$/,
    ],
    [
      'an answer with a member that the service does not have',
      ({ action, isFault }) => action === 'DescribeUserPool' && isFault === false,
      (text) => text.replace('\\"MfaConfiguration\\"', '\\"MFAConfiguration\\"'),
      /^DescribeUserPool: answer\.UserPool: unknown member MFAConfiguration$/,
    ],
  ]

  test.each(broken)('and %s would be found', (_title, isFit, change, finding) => {
    const spoiled = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-spoiled-'))
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8')
      const exchange: unknown = JSON.parse(text)
      const next =
        isObject(exchange) && isFit(exchange) && isObject(exchange['answer']) && exchange['answer']['status'] === 200 ? change(text) : text
      writeFileSync(join(spoiled, name), next)
    }
    const { findings } = validate(spoiled)
    rmSync(spoiled, { recursive: true })
    expect(Object.keys(findings).filter((found) => finding.test(found))).not.toEqual([])
  })
})
