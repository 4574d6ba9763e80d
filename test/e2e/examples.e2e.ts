// The examples as a reader deploys them, beside the real provider. The engine's own pools are not moto's, so each gets a pool of moto's.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { child, type JsonObject } from '../../lib/json.ts'
import { ACCOUNT, REGION } from './engine.ts'
import { type EngineTarget, engineTarget } from './engine-target.ts'
import { sesCall } from './signed-call.ts'
import { still } from './target.ts'

const TIMEOUT_MS = 60_000
const ADDRESS = 'you@example.com'
const ADDRESS_ARN = `arn:aws:ses:${REGION}:${ACCOUNT}:identity/${ADDRESS}`

let target: EngineTarget
beforeAll(async () => {
  target = await engineTarget()
  await sesCall(target.site, 'POST', 'identities', { EmailIdentity: ADDRESS })
}, TIMEOUT_MS)
afterAll(() => target?.close(), TIMEOUT_MS)

const OWN: JsonObject = { EmailSendingAccount: 'DEVELOPER', SourceArn: ADDRESS_ARN }

type Case = {
  readonly file: string
  readonly when: string
  readonly pool: JsonObject
  readonly parameters: (userPoolId: string) => Readonly<Record<string, string>>
  /** What the pool has then, beside the set. */
  readonly attached: JsonObject
  readonly outputs: JsonObject
  /** A stack that must be there first. */
  readonly before?: (userPoolId: string) => Promise<void>
}

const exporting = (UserPoolId: string): JsonObject => ({
  Resources: { Topic: { Type: 'AWS::SNS::Topic' } },
  Outputs: { UserPoolId: { Value: UserPoolId, Export: { Name: 'sign-in-UserPoolId' } } },
})

const CASES: readonly Case[] = [
  {
    ...{ file: 'bare-set.yaml', when: 'on a pool that sends by SES' },
    pool: { EmailConfiguration: OWN },
    parameters: (UserPoolId) => ({ UserPoolId }),
    ...{ attached: OWN, outputs: { Warnings: expect.stringContaining('no event destination') } as unknown as JsonObject },
  },
  {
    ...{ file: 'bare-set.yaml', when: 'with SourceArn on a pool that does not' },
    pool: {},
    parameters: (UserPoolId) => ({ UserPoolId, SourceArn: ADDRESS_ARN }),
    ...{ attached: OWN, outputs: { Warnings: expect.any(String) } as unknown as JsonObject },
  },
  {
    ...{ file: 'domain-identity.yaml', when: 'with a domain that SES has already' },
    pool: {},
    parameters: (UserPoolId) => ({ UserPoolId, Domain: 'example.com' }),
    attached: {
      ...{ EmailSendingAccount: 'DEVELOPER', SourceArn: `arn:aws:ses:${REGION}:${ACCOUNT}:identity/example.com` },
      ...{ From: 'Sign in <no-reply@example.com>', ReplyToEmailAddress: 'help@example.com' },
    },
    outputs: { From: 'Sign in <no-reply@example.com>' },
  },
  {
    ...{ file: 'eventbridge-to-dynamodb.yaml', when: 'on a pool that sends by SES' },
    pool: { EmailConfiguration: OWN },
    parameters: (UserPoolId) => ({ UserPoolId }),
    ...{ attached: OWN, outputs: { TableName: expect.stringMatching(/./) } as unknown as JsonObject },
  },
  {
    ...{ file: 'imported-pool.yaml', when: 'with the Export of another stack' },
    pool: { EmailConfiguration: OWN },
    parameters: () => ({ PoolExport: 'sign-in-UserPoolId' }),
    before: async (userPoolId) => {
      expect((await target.stacks.deploy('sign-in', { body: exporting(userPoolId) })).status).toBe('CREATE_COMPLETE')
    },
    ...{ attached: OWN, outputs: { ConfigurationSet: expect.stringMatching(/./) } as unknown as JsonObject },
  },
]

test.each(CASES)(
  '$file $when: deploys, binds, and is gone without a trace',
  async ({ file, pool, parameters, attached, outputs, before }) => {
    const id = await target.createPool({ PoolName: 'people', ...pool })
    const was = await target.pool(id)
    await before?.(id)
    const state = await target.stacks.deploy('example', { body: readFileSync(join('infra/examples', file), 'utf8') }, parameters(id))
    expect({ status: state.status, failed: state.events.filter(({ status }) => status.endsWith('FAILED')) }).toEqual({
      status: 'CREATE_COMPLETE',
      failed: [],
    })
    expect(state.outputs).toEqual(outputs)
    const { ConfigurationSet } = await target.stacks.resources('example')
    expect(child(await target.pool(id), 'EmailConfiguration')).toEqual({ ...attached, ConfigurationSet })
    expect((await target.stacks.remove('example')).status).toBe('DELETE_COMPLETE')
    expect(still(await target.pool(id))).toEqual(still(was))
  },
  TIMEOUT_MS,
)

const CANNOT: readonly (readonly [file: string, why: string])[] = [
  ['pool-and-binding.yaml', 'the pool would be ministack’s, and the function speaks to moto’s Cognito'],
  ['domain-identity.yaml with HostedZoneId', 'ministack 1.4 gives an identity no DKIM attributes'],
  ['dedicated-ip-pool.yaml', 'ministack 1.4 has no AWS::SES::DedicatedIpPool'],
  ['firehose-to-s3.yaml', 'ministack 1.4 has no AWS::Logs::LogStream'],
  ['organisation-stackset.yaml', 'ministack 1.4 has no AWS::CloudFormation::StackSet'],
]
for (const [file, why] of CANNOT) test.skip(`${file}: ${why}`, () => undefined)
