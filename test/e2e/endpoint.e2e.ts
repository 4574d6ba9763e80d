// The suite on whatever AWS_ENDPOINT_URL names, with the credentials of the environment. CloudFormation is played as documented.
import { describe, test } from '@jest/globals'
import { EMULATORS } from './emulators.ts'
import { lifecycleSuite } from './lifecycle-suite.ts'
import { startMotoProxy } from './moto-proxy.ts'
import { playedTarget } from './played-target.ts'
import { TEST_CREDENTIALS } from './signed-call.ts'

/** A service's own variable wins, as in the SDKs. @returns without a slash at the end */
const endpointOf = (service: string): string | undefined =>
  (process.env[`AWS_ENDPOINT_URL_${service}`] || process.env['AWS_ENDPOINT_URL'])?.replace(/\/$/, '')

const endpoints = { cognito: endpointOf('COGNITO_IDENTITY_PROVIDER'), ses: endpointOf('SESV2'), dynamodb: endpointOf('DYNAMODB') }

const credentials = {
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] || TEST_CREDENTIALS.accessKeyId,
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] || TEST_CREDENTIALS.secretAccessKey,
  sessionToken: process.env['AWS_SESSION_TOKEN'],
}

const open = async () => {
  const { EMULATOR: name } = process.env
  const known = name === undefined ? undefined : EMULATORS[name]
  if (name !== undefined && !known) throw new Error(`EMULATOR=${name} is not known; known are ${Object.keys(EMULATORS).join(', ')}.`)
  // Each has a memory of its own, as each has a part of the services.
  const proxies = await Promise.all(
    [endpoints.cognito, endpoints.ses].map((endpoint) =>
      endpoint && known ? startMotoProxy(endpoint, known.differences, known.poolPrefix) : undefined,
    ),
  )
  const [cognito, ses] = proxies
  const target = await playedTarget({
    cognito: cognito?.endpoint ?? endpoints.cognito,
    ses: ses?.endpoint ?? endpoints.ses,
    ...{ dynamodb: endpoints.dynamodb, credentials, cleanUp: true },
  })
  return {
    ...target,
    close: async () => {
      try {
        await target.close()
      } finally {
        await Promise.all(proxies.map((proxy) => proxy?.close()))
      }
    },
  }
}

const where = Object.entries(endpoints).map(([service, endpoint]) => `${service} at ${endpoint ?? 'the double'}`)
if (Object.values(endpoints).some(Boolean))
  lifecycleSuite(`on ${where.join(', ')}`, open, { timeoutMs: 60_000, rollback: true, failedCreates: true })
else describe('on an endpoint', () => test.skip('not asked for with AWS_ENDPOINT_URL, see docs/e2e.md', () => undefined))
