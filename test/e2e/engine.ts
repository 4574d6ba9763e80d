// The world of the end-to-end run: ministack's CloudFormation, Lambda, DynamoDB, SQS and S3, with moto's Cognito and SES behind a proxy.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MotoProxy, startMotoProxy } from './moto-proxy.ts'
import { freePort, startServer } from './server-process.ts'
import { call, type Site, TEST_CREDENTIALS } from './signed-call.ts'

export const ACCOUNT = '123456789012'
export const REGION = 'us-east-1'

/** What npm run test:e2e has installed there. */
const PYTHON = join(process.cwd(), '.venv/bin')

/** A program of the virtual environment. */
export const installed = (program: string): string => {
  const path = join(PYTHON, program)
  if (!existsSync(path)) throw new Error(`${path} is missing: run npm run test:e2e, which installs it.`)
  return path
}

export type Moto = { readonly proxy: MotoProxy; readonly close: () => Promise<void> }

/** moto on a free port, and the proxy in front of it. */
export const startMoto = async (): Promise<Moto> => {
  const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-moto-'))
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const { hostname, port } = new URL(endpoint)
  const server = await startServer([installed('moto_server'), '-H', hostname, '-p', port], {}, `${endpoint}/moto-api/`, join(folder, 'log'))
  const proxy = await startMotoProxy(endpoint)
  return {
    proxy,
    close: async () => {
      await proxy.close()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type Engine = {
  readonly site: Site
  readonly moto: MotoProxy
  /** What ministack and the functions in it printed. */
  readonly log: () => string
  readonly close: () => Promise<void>
}

/** Starts everything; nothing is deployed yet. */
export const startEngine = async (): Promise<Engine> => {
  const moto = await startMoto()
  const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-engine-'))
  const host = `127.0.0.1:${await freePort()}`
  const own = `http://${host}`
  const environment = {
    ...{ BIND_HOST: '127.0.0.1', MINISTACK_HOST: '127.0.0.1', GATEWAY_PORT: host.split(':')[1] ?? '' },
    ...{ LAMBDA_EXECUTOR: 'local', IOT_MTLS_ENABLED: '0', SFTP_ENABLED: '0', PERSIST_STATE: '0', S3_PERSIST: '0' },
    ...{ MINISTACK_ACCOUNT_ID: ACCOUNT, MINISTACK_REGION: REGION, DOCKER_HOST: 'unix:///nonexistent', TMPDIR: folder },
    // For the function: ministack hands its own environment on.
    ...{ AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: moto.proxy.endpoint, AWS_ENDPOINT_URL_SESV2: moto.proxy.endpoint },
    ...{ RESPONSE_HOSTS: host, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  }
  try {
    const command = [installed('python'), '-m', 'ministack'] as const
    const server = await startServer([...command], environment, `${own}/_ministack/health`, join(folder, 'log'))
    const site: Site = {
      region: REGION,
      credentials: TEST_CREDENTIALS,
      endpoint: (service) => (service === 'cognito-idp' || service === 'email' ? moto.proxy.endpoint : own),
    }
    const ministack: Site = { ...site, endpoint: () => own }
    moto.proxy.lookElsewhere = async (set) =>
      (await call(ministack, 'email', { method: 'GET', path: `/v2/email/configuration-sets/${encodeURIComponent(set)}` })).status === 200
    return {
      site,
      moto: moto.proxy,
      log: server.log,
      close: async () => {
        await server.stop()
        await moto.close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await moto.close()
    throw error
  }
}
