// The construct from the packed tarball, with the oldest and the newest CDK: synthesised, deployed, wiped, applied again, removed.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { buildSync } from 'esbuild'
import { child, isObject, type JsonObject, text } from '../../lib/json.ts'
import { installTarball } from '../construct/consumer.ts'
import { ACCOUNT, installed, REGION } from './engine.ts'
import { deployProvider } from './provider-stack.ts'
import { freePort, type ServerProcess, startServer } from './server-process.ts'
import { call, jsonCall, type Site, TEST_CREDENTIALS } from './signed-call.ts'
import { type Stacks, stacksOf } from './stacks.ts'

const TIMEOUT_MS = 300_000
/** What a pool without mail settings has, said or not. */
const COGNITO_DEFAULT: JsonObject = { EmailSendingAccount: 'COGNITO_DEFAULT' }
/** ministack forgets what is not sent, UnusedAccountValidityDays among it, and the binding says so. */
const ONLY_LIFETIME = /^(?:AdminCreateUserConfig\.UnusedAccountValidityDays of [^\n]*\n?)*$/
const NEWEST = 'node_modules/.cache/newest-cdk/node_modules'

/** ministack alone, its own Cognito and SES too: the pools are made by its CloudFormation. */
const startMinistack = async (folder: string): Promise<{ readonly site: Site; readonly server: ServerProcess }> => {
  const host = `127.0.0.1:${await freePort()}`
  const own = `http://${host}`
  const environment = {
    ...{ BIND_HOST: '127.0.0.1', MINISTACK_HOST: '127.0.0.1', GATEWAY_PORT: host.split(':')[1] ?? '' },
    ...{ LAMBDA_EXECUTOR: 'local', IOT_MTLS_ENABLED: '0', SFTP_ENABLED: '0', PERSIST_STATE: '0', S3_PERSIST: '0' },
    ...{ MINISTACK_ACCOUNT_ID: ACCOUNT, MINISTACK_REGION: REGION, DOCKER_HOST: 'unix:///nonexistent', TMPDIR: folder },
    ...{ AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: own, AWS_ENDPOINT_URL_SESV2: own, RESPONSE_HOSTS: host },
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  }
  const command = [installed('python'), '-m', 'ministack'] as const
  const server = await startServer([...command], environment, `${own}/_ministack/health`, join(folder, 'log'))
  return { server, site: { region: REGION, credentials: TEST_CREDENTIALS, endpoint: () => own } }
}

const newest = (...options: readonly string[]): void => {
  execFileSync(process.execPath, ['test/construct/newest.mjs', ...options], { stdio: 'pipe' })
}

beforeAll(() => newest('--install'), TIMEOUT_MS)

test('the recipes’ templates are without findings of cfn-lint', () => {
  const files = ['cloudformation/own-pool', 'cloudformation/binding', 'sam/template'].map((name) => `docs/recipes/${name}.yaml`)
  const { stdout, stderr } = spawnSync(installed('cfn-lint'), ['--format', 'parseable', '--', ...files], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' })
})

test('the construct’s own tests pass with the newest CDK', () => newest(), TIMEOUT_MS)

describe.each([
  ['oldest', 'node_modules'],
  ['newest', NEWEST],
])('with the %s CDK', (_, modules) => {
  const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-construct-'))
  const consumer = installTarball()
  let server: ServerProcess | undefined
  let site: Site
  let stacks: Stacks

  beforeAll(async () => {
    for (const name of ['aws-cdk-lib', 'constructs']) consumer.link(name, join(process.cwd(), modules))
    buildSync({
      ...{ entryPoints: ['test/construct/app/deployed.ts'], outfile: join(consumer.folder, 'app.cjs') },
      ...{ format: 'cjs', platform: 'node', packages: 'external', bundle: true },
    })
    const started = await startMinistack(folder)
    server = started.server
    site = started.site
    stacks = stacksOf(site, 100)
  }, TIMEOUT_MS)

  afterAll(async () => {
    await server?.stop()
    consumer.remove()
    rmSync(folder, { recursive: true, force: true })
  }, TIMEOUT_MS)

  const poolOf = async (id: string): Promise<JsonObject> =>
    child(await jsonCall(site, 'cognito-idp', 'DescribeUserPool', { UserPoolId: id }), 'UserPool') ?? {}

  /** The app's templates, with this as the shortest password of the pool Shop. */
  const synthesised = (minimumLength: number, imported: string) => {
    const out = join(folder, `cdk.out.${minimumLength}`)
    consumer.run(process.execPath, 'app.cjs', out, String(minimumLength), imported)
    return (stack: string): JsonObject => JSON.parse(readFileSync(join(out, `${stack}.template.json`), 'utf8'))
  }

  const uploaded = async (template: JsonObject): Promise<string> => {
    await call(site, 's3', { method: 'PUT', path: '/templates', body: '' })
    await call(site, 's3', { method: 'PUT', path: '/templates/provider.json', body: JSON.stringify(template) })
    return `${site.endpoint('s3')}/templates/provider.json`
  }

  const bindingIn = (template: JsonObject): JsonObject => {
    const resources = Object.values(child(template, 'Resources') ?? {}).filter(isObject)
    return (
      child(
        resources.find((resource) => resource['Type'] === 'Custom::CognitoSesBinding'),
        'Properties',
      ) ?? {}
    )
  }

  const deployed = async (name: string, template: JsonObject): Promise<Readonly<Record<string, string>>> => {
    const { status, outputs, events } = await stacks.deploy(name, { body: template })
    const failed = events.filter((event) => event.status.endsWith('FAILED'))
    expect({ status, failed }).toEqual({ status: expect.stringMatching(/^(CREATE|UPDATE)_COMPLETE$/), failed: [] })
    return outputs
  }

  test(
    'pools of the app and of others are bound; what their owner wipes comes back with the app’s next deployment; removal gives them back',
    async () => {
      const EmailConfiguration = { ...COGNITO_DEFAULT, ReplyToEmailAddress: 'theirs@example.com' }
      const created = await jsonCall(site, 'cognito-idp', 'CreateUserPool', { PoolName: 'theirs', EmailConfiguration })
      const theirs = text(child(created, 'UserPool'), 'Id') ?? ''
      const first = synthesised(8, theirs)
      await deployProvider(stacks, 'cognito-ses-binding', await uploaded(first('Provider')))
      const { ShopId = '', AdminId = '' } = await deployed('Pools', first('Pools'))
      const ids = [ShopId, AdminId, theirs]
      const emails = async () => (await Promise.all(ids.map(poolOf))).map((pool) => child(pool, 'EmailConfiguration') ?? COGNITO_DEFAULT)
      const before = await emails()

      const outputs = await deployed('Mail', first('Mail'))
      expect(outputs).toEqual({
        ConfigurationSet: 'cdk-set',
        From: 'Example <no-reply@example.com>',
        Warnings: expect.stringMatching(ONLY_LIFETIME),
      })
      const bound = await emails()
      for (const email of bound) expect(email).toMatchObject({ EmailSendingAccount: 'DEVELOPER', ConfigurationSet: 'cdk-set' })

      // What the owner's CloudFormation does to the settings on AWS, whose template has none.
      for (const UserPoolId of [ShopId, AdminId])
        await jsonCall(site, 'cognito-idp', 'UpdateUserPool', { UserPoolId, EmailConfiguration: COGNITO_DEFAULT })
      const wiped = await emails()
      expect(wiped.slice(0, 2).map((email) => email['ConfigurationSet'])).toEqual([undefined, undefined])

      // The pool's stack itself stays as it is: the emulator replaces a pool where CloudFormation updates it.
      const second = synthesised(12, theirs)
      const [{ Nonce: one, ...said }, { Nonce: two, ...saidThen }] = [bindingIn(first('Mail')), bindingIn(second('Mail'))]
      expect([typeof one, one === two, saidThen]).toEqual(['string', false, said])
      await deployed('Mail', second('Mail'))
      expect(await emails()).toEqual(bound)

      expect((await stacks.remove('Mail')).status).toBe('DELETE_COMPLETE')
      expect(await emails()).toEqual(before)
    },
    TIMEOUT_MS,
  )
})
