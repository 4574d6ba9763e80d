// npm start as a person meets it: what it prints, and the exit status that a script goes by.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import { filled, readFixture } from './fixture.ts'
import { readOptions } from './options.ts'
import { Problem } from './problem.ts'
import { layScene } from './scene.ts'

const ROOT = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'start-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }
type Given = { readonly input?: string; readonly env?: Readonly<Record<string, string>>; readonly root?: string }

/** What every run of these tests printed. */
const printed: string[] = []

const start = (args: readonly string[], { input = '', env = {}, root = ROOT }: Given = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['test/run.mjs', 'test/start.ts', ...args], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: folder, ...env },
    })
    const out = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        out[stream] += text
      })
    child.once('error', reject)
    child.once('close', (status) => {
      printed.push(out.stdout, out.stderr)
      resolve({ status, ...out })
    })
    child.stdin.end(input)
  })

const file = (name: string, content: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const SECRET = 'c0ffee-signature'
const plainEvent = (properties: Readonly<Record<string, unknown>> = {}) => ({
  RequestType: 'Create',
  ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:binding',
  ResponseURL: `https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/?X-Amz-Signature=${SECRET}`,
  StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/mine/6f2d1c40',
  RequestId: '0c9a7be2',
  ResourceType: 'Custom::CognitoSesBinding',
  LogicalResourceId: 'Binding',
  ResourceProperties: {
    ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:binding',
    UserPoolId: 'eu-west-1_Ab3dEf6hI',
    ConfigurationSet: 'my-set',
    SourceArn: 'arn:aws:ses:eu-west-1:111122223333:identity/me@example.org',
    ...properties,
  },
})

const story = readdirSync('test/events')
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, content: JSON.parse(readFileSync(`test/events/${name}`, 'utf8')) }))

describe('the story', () => {
  test.each(['reset', 'keep'])(
    'ends well, and leaves the pool as it was, where Cognito does this with what is omitted: %s',
    async (world) => {
      const { status, stdout, stderr } = await start(['--world', world])

      // What would look like a fault to whoever does not know: a warning that comes with the pool, and one event that takes seconds.
      expect(stdout.replace(/\s+/g, ' ')).toContain('Its trigger CustomEmailSender is there on purpose')
      expect(stdout.replace(/\s+/g, ' ')).toContain('After a FAILED its binding is held for two seconds')

      expect(stderr).toBe('')
      expect(stdout).not.toContain('✗')
      expect(stdout).toContain(`✓ ${story.length} events, all as expected`)
      expect(stdout).toContain('is what it was, and every other setting is identical')
      expect(stdout).toMatch(/peak RSS of its process \d+ MB/)
      expect(stdout.split('\n').length).toBeLessThan(100)
      expect(status).toBe(0)
    },
  )

  test('has a Create, its redelivery, an Update, a bad one, a rollback and a Delete', () => {
    const types = story.map(({ content }) => content.event?.RequestType ?? `again ${content.again}`)
    expect(types).toEqual(['Create', 'again 01-create.json', 'Update', 'Create', 'Delete', 'Update', 'Update', 'Delete'])
  })

  test('is in the form of the wire: every scalar a string, ServiceToken among the properties too', () => {
    const leaves = (value: unknown): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
    for (const { content } of story.filter(({ content: { event } }) => event)) {
      expect(leaves(content.event).every((leaf) => typeof leaf === 'string')).toBe(true)
      expect(content.event.ResourceProperties.ServiceToken).toBe(content.event.ServiceToken)
      expect(content.event.ResourceType).toBe('Custom::CognitoSesBinding')
    }
  })
})

describe('an expectation that is not met', () => {
  test('ends with 1 and names all that differs', async () => {
    const create = story[0]?.content
    const wrong = {
      ...create,
      expect: {
        Status: 'FAILED',
        Reason: 'NotFound',
        Data: { Max24HourSend: '7', Warnings: '/no such warning/' },
        changed: { 'EmailConfiguration.From': [null, 'other@example.com'], MfaConfiguration: ['OPTIONAL', 'OFF'] },
        callsAtMost: { cognito: 2 },
      },
    }
    const { status, stdout } = await start([file('wrong.json', wrong)])

    expect(stdout).toContain('Status: expected FAILED; got SUCCESS')
    expect(stdout).toContain('Reason: expected NotFound; got –')
    expect(stdout).toContain('Data.Max24HourSend: expected 7; got 50000')
    expect(stdout).toContain('Data.Warnings: expected /no such warning/; got ')
    expect(stdout).toContain('EmailConfiguration.From: expected – → other@example.com; got – → no-reply@example.com')
    expect(stdout).toContain('EmailConfiguration.ConfigurationSet: not expected to change; got – → sign-in-mail')
    expect(stdout).toContain('MfaConfiguration: expected OPTIONAL → OFF; it did not change')
    expect(stdout).toContain('calls of cognito: expected at most 2; got 5')
    expect(stdout).toContain('✗ 1 event, not as expected: 1')
    expect(status).toBe(1)
  })

  /** The repository with another function in it. */
  const rootWith = (name: string, code: string): string => {
    const root = join(folder, name)
    mkdirSync(join(root, 'dist'), { recursive: true })
    for (const part of ['test', 'lib', 'handler', 'node_modules']) symlinkSync(join(ROOT, part), join(root, part))
    writeFileSync(join(root, 'dist/index.js'), code)
    return root
  }

  test('a function that reads and writes through the SDK’s types is caught: it loses what the SDK does not know', async () => {
    const root = rootWith(
      'lossy',
      `const { CognitoIdentityProviderClient, DescribeUserPoolCommand, UpdateUserPoolCommand } = require('@aws-sdk/client-cognito-identity-provider')
       const client = new CognitoIdentityProviderClient({})
       exports.handler = async ({ ResponseURL, StackId, RequestId, LogicalResourceId, ResourceProperties }) => {
         const { UserPoolId, ConfigurationSet, SourceArn, From } = ResourceProperties
         const { UserPool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }))
         delete UserPool.AdminCreateUserConfig.UnusedAccountValidityDays
         delete UserPool.UserPoolTags['aws:servicecatalog:applicationName']
         const EmailConfiguration = { ...UserPool.EmailConfiguration, EmailSendingAccount: 'DEVELOPER', ConfigurationSet, SourceArn, From }
         await client.send(new UpdateUserPoolCommand({ ...UserPool, UserPoolId, EmailConfiguration }))
         const body = JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: 'x', StackId, RequestId, LogicalResourceId })
         await fetch(ResponseURL, { method: 'PUT', body: Buffer.from(body) })
       }`,
    )
    const { status, stdout } = await start(['test/events/01-create.json'], { root })

    expect(stdout).toMatch(/FuturePolicy was lost or changed: \{.*\} → –/)
    expect(stdout).toMatch(/Policies\.PasswordPolicy\.FutureRule was lost or changed: \{.*\} → –/)
    expect(stdout).toContain('EmailConfiguration.FutureFooter: not expected to change')
    expect(status).toBe(1)
  })

  test('a function that dies is told, and nothing more is sent', async () => {
    const root = rootWith('dying', 'exports.handler = async () => process.exit(3)')
    const { status, stdout } = await start([], { root })

    expect(stdout).toContain('answer: there is none (Error: the process died)')
    expect(stdout).toContain(`✗ ${story.length - 1} events not sent: the function’s process died`)
    expect(status).toBe(1)
  })

  test('a function that throws and does not answer is told', async () => {
    const root = rootWith('silent', "exports.handler = async () => { throw new Error('not today') }")
    const { status, stdout } = await start(['test/events/01-create.json'], { root })

    expect(stdout).toContain('the function threw “not today”')
    expect(stdout).toContain('answer: there is none (not today)')
    expect(status).toBe(1)
  })
})

describe('a plain event', () => {
  test('runs in the Region and account of its stack; what it names is put there, and said', async () => {
    const { status, stdout } = await start([file('plain.json', plainEvent())])

    expect(stdout).toContain('(eu-west-1, 111122223333)')
    expect(stdout).toContain('put here   user pool eu-west-1_Ab3dEf6hI (a copy of the rich one)')
    expect(stdout).toContain('configuration set my-set in eu-west-1')
    expect(stdout).toContain('identity me@example.org in eu-west-1')
    expect(stdout).toMatch(/EmailConfiguration\.ConfigurationSet +– → my-set/)
    expect(status).toBe(0)
  })

  test.each([
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-eusc', 'eusc-de-east-1'],
  ])('runs in the partition of its stack too: %s', async (partition, region) => {
    const moved = JSON.stringify(plainEvent()).replaceAll('arn:aws:', `arn:${partition}:`).replaceAll('eu-west-1', region)
    const { status, stdout } = await start([file(`${partition}.json`, moved)])

    expect(stdout).toContain(`(${region}, 111122223333)`)
    expect(stdout).toContain(`identity me@example.org in ${region}`)
    expect(stdout).toMatch(/EmailConfiguration\.ConfigurationSet +– → my-set/)
    expect(status).toBe(0)
  })

  test('may come by standard input; a FAILED makes it 1, --log shows why and never where the answer went', async () => {
    const { status, stdout } = await start(['--log', '-'], { input: JSON.stringify(plainEvent({ ConfigurationSett: 'x' })) })

    expect(stdout).toContain('InvalidRequest: Unknown property "ConfigurationSett"; did you mean ConfigurationSet?')
    expect(stdout).toContain('ERROR answer: FAILED InvalidRequest')
    expect(stdout).toContain('Status: expected SUCCESS; got FAILED')
    expect(status).toBe(1)
  })
})

describe('--aws', () => {
  let account: LocalAws
  let userPoolId: string
  beforeAll(async () => {
    // dynalite's ARNs are of this account.
    account = await startLocalAws({ account: '000000000000', tableName: 'my-table' })
    userPoolId = layScene(account)
  })
  afterAll(() => account.close())

  const environment = () => ({
    AWS_ENDPOINT_URL: account.endpoint,
    AWS_REGION: account.region,
    AWS_ACCESS_KEY_ID: 'AKIDOFTHECALLER',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-caller',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
  const event = () =>
    file('aws.json', {
      ...plainEvent({
        UserPoolId: userPoolId,
        ConfigurationSet: 'sign-in-mail',
        SourceArn: 'arn:aws:ses:us-east-1:000000000000:identity/example.com',
        From: 'me@example.com',
      }),
      StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/mine/6f2d1c40',
    })

  test('works on the account that the credentials are of, says which, and keeps the answer here', async () => {
    const { status, stdout, stderr } = await start(['--aws', '--table', 'my-table', event()], { env: environment() })

    expect(stderr).toBe('')
    expect(stdout.split('\n')[0]).toContain('account 000000000000, us-east-1, table my-table')
    expect(stdout).toMatch(/EmailConfiguration\.ConfigurationSet +– → sign-in-mail/)
    expect(stdout).not.toContain('secret-of-the-caller')
    expect(account.userPool(userPoolId)['EmailConfiguration']).toMatchObject({ ConfigurationSet: 'sign-in-mail' })
    expect(account.calls.filter(({ service }) => service === 'response')).toEqual([])
    expect(status).toBe(0)
  })

  test.each([
    ['the table', ['--table', 'none'], {}, 'The table none cannot be described in us-east-1 (ResourceNotFoundException'],
    ['credentials', ['--table', 'my-table'], { AWS_ACCESS_KEY_ID: '' }, 'No credentials were found'],
    ['a Region', ['--table', 'my-table'], { AWS_REGION: '' }, 'No Region is set: give AWS_REGION'],
  ] as const)('says in one line what is missing: %s', async (_, args, env, sentence) => {
    const { status, stdout, stderr } = await start(['--aws', ...args, event()], { env: { ...environment(), ...env } })

    expect(stdout).toBe('')
    expect(stderr).toMatch(/^npm start: [^\n]+\n$/)
    expect(stderr).toContain(sentence)
    expect(status).toBe(2)
  })
})

describe('the command line', () => {
  test('--help tells every option, with examples', async () => {
    const { status, stdout } = await start(['--help'])

    for (const word of ['--world reset|keep', '--log', '--aws', '--table NAME', 'FILE', 'Examples', 'Exit status'])
      expect(stdout).toContain(word)
    expect(stdout).toContain("aws cloudformation describe-stacks --stack-name cognito-ses-binding --query 'Stacks[0].Outputs'")
    expect(stdout).not.toContain('--table cognito-ses-binding create.json')
    for (const [, example] of stdout.matchAll(/(test\/events\/\S+\.json)/g))
      expect(readFileSync(String(example), 'utf8')).toContain('"title"')
    expect(status).toBe(0)
  })

  /** What the person is told, or nothing. */
  const problem = (act: () => unknown): string | undefined => {
    try {
      act()
      return undefined
    } catch (error) {
      if (error instanceof Problem) return error.message
      throw error
    }
  }

  test.each([
    ['a broken file, without quoting it', `{ "ResponseURL": "https://x/?${SECRET}",\n}`, 'x.json is not JSON (line 2, column 1).'],
    ['an empty file', '', 'x.json is not JSON: it is empty.'],
    ['JSON that is no object', [], 'Expected x.json to hold one JSON object: an event of CloudFormation.'],
    [
      'an object that is no event',
      { RequestType: 'Create' },
      'x.json is no event of CloudFormation: StackId, RequestId, LogicalResourceId must be strings.',
    ],
    [
      'a misspelt expectation',
      { event: plainEvent(), expect: { Stauts: 'SUCCESS' } },
      'x.json has members that mean nothing here: expect.Stauts.',
    ],
  ])('%s: one sentence', (_, content, sentence) => {
    const path = file('x.json', content)
    expect(problem(() => readFixture(path, 'x.json'))).toBe(sentence)
  })

  test('a placeholder without a value: one sentence', () => {
    expect(problem(() => filled({ From: ['{{Colour}}'] }, {}, 'x.json'))).toBe('x.json has {{Colour}}, which has no value here.')
  })

  test.each([
    ['an unknown option', ['--colour'], "Unknown option '--colour'. npm start -- --help tells the options."],
    ['an unknown world', ['--world', 'flat'], 'Expected --world to be reset or keep; got "flat".'],
    ['--aws without a table', ['--aws', 'x.json'], '--aws needs --table NAME: '],
    ['--aws without events', ['--aws', '--table', 'x'], '--aws needs a FILE: '],
    ['--aws with a world', ['--aws', '--table', 'x', '--world', 'keep', 'x.json'], '--world is for the local AWS; '],
    ['--table without --aws', ['--table', 'x'], '--table goes with --aws; '],
  ])('%s: one sentence', (_, args, sentence) => {
    expect(problem(() => readOptions(args))).toContain(sentence)
  })

  test.each([
    ['a broken file', ['broken.json'], 'broken.json is not JSON (line 2, column 1).'],
    ['a file that is not there', ['none.json'], 'There is no file'],
    ['an event again that was not sent', ['again.json'], 'again.json sends 01-create.json again, which has to stand before it.'],
    ['an unknown option', ['--colour'], "Unknown option '--colour'."],
  ])('ends with 2, and nothing but a sentence: %s', async (_, args, sentence) => {
    file('broken.json', `{ "ResponseURL": "https://example.com/?X-Amz-Signature=${SECRET}",\n}`)
    file('again.json', { again: '01-create.json' })
    const { status, stderr } = await start(args.map((arg) => (arg.endsWith('.json') ? join(folder, arg) : arg)))

    expect(stderr).toMatch(/^npm start: [^\n]+\n$/)
    expect(stderr).toContain(sentence)
    expect(status).toBe(2)
  })
})

test('nothing printed a ResponseURL', () => {
  expect(printed.length).toBeGreaterThan(20)
  const all = printed.join('\n')
  expect(all).not.toContain(SECRET)
  expect(all).not.toMatch(/X-Amz-Signature|\/response\/[0-9a-f-]{36}/)
})
