// The command line on emulators that others wrote: its plan, deployed by their CloudFormation as it was printed, does what it said.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { child, type JsonObject } from '../../lib/json.ts'
import { command, jsonOf } from '../cli/command.ts'
import { ACCOUNT } from './engine.ts'
import { type EngineTarget, engineTarget } from './engine-target.ts'
import { still } from './target.ts'

const TIMEOUT_MS = 90_000
const STACK = 'pool-mail'

let target: EngineTarget
beforeAll(async () => {
  target = await engineTarget()
}, TIMEOUT_MS)
afterAll(() => target?.close(), TIMEOUT_MS)

const cli = (...args: readonly string[]) => {
  const { endpoint, region } = target.site
  const env = {
    ...{ AWS_REGION: region, AWS_ENDPOINT_URL: endpoint('sts') },
    ...{ AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: endpoint('cognito-idp'), AWS_ENDPOINT_URL_SESV2: endpoint('email') },
  }
  return command(undefined, args, { env })
}

type Planned = { readonly id: string; readonly changes: readonly { readonly member: string; readonly wanted: JsonObject[string] }[] }

const email = async (id: string): Promise<JsonObject> => child(await target.pool(id), 'EmailConfiguration') ?? {}

test(
  'status finds the pools that need it, plan’s file is deployed as it is, and then nothing is left to do',
  async () => {
    const [one, two, theirs] = [
      await target.createPool({ PoolName: 'one' }),
      await target.createPool({ PoolName: 'two' }),
      await target.createPool({
        PoolName: 'theirs',
        EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: target.identity, From: target.from },
      }),
    ]
    const before = new Map(await Promise.all([one, two, theirs].map(async (id) => [id, await target.pool(id)] as const)))
    const wish = ['--configuration-set', await target.createSet(), '--source-arn', target.identity, '--from', target.from]

    const first = await cli('status')
    expect(first.stderr).toMatch(new RegExp(`^account ${ACCOUNT} · ${target.region}\n`))
    expect(first.stdout).toMatch(new RegExp(`^default +${one} +one `, 'm'))
    expect(first.stdout).toMatch(new RegExp(`^unbound +${theirs} +theirs `, 'm'))

    const { pools } = jsonOf(await cli('plan', ...wish, '--json'))
    expect(pools.map(({ id }: Planned) => id)).toEqual([one, two].sort())
    const { stdout: file } = await cli('plan', ...wish)
    expect((await target.stacks.deploy(STACK, { body: file })).status).toBe('CREATE_COMPLETE')
    for (const { id, changes } of pools as readonly Planned[]) {
      const was = child(before.get(id), 'EmailConfiguration') ?? {}
      const said = Object.fromEntries(changes.map(({ member, wanted }) => [member, wanted]))
      expect(await email(id)).toEqual({ ...was, ...said })
    }
    expect(still(await target.pool(theirs))).toEqual(still(before.get(theirs) ?? {}))

    const { regions, complete } = jsonOf(await cli('status', one, two, '--json'))
    expect(
      regions[0].pools.map(({ state, bindings }: { state: string; bindings: JsonObject[] }) => [state, bindings[0]?.['stack']]),
    ).toEqual([one, two].map(() => ['bound', STACK]))
    expect(complete).toBe(true)
    const again = await cli('plan', ...wish)
    expect(again.stdout.replace(/^#.*\n/gm, '')).toBe(file.replace(/^#.*\n/gm, ''))
    expect(again.stdout).toContain(': as it is\n')

    expect((await target.stacks.remove(STACK)).status).toBe('DELETE_COMPLETE')
    for (const id of [one, two]) expect(still(await target.pool(id))).toEqual(still(before.get(id) ?? {}))
  },
  TIMEOUT_MS,
)
