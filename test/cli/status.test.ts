// status, as a person and a script meet it: the fleet and one pool of it, in every form.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import Ajv from 'ajv'
import type { LocalAws } from '../local-aws/index.ts'
import { addPlainPools, FLEET, POOLS } from '../start/fleet.ts'
import { beyondPolicy } from './calls.ts'
import { command, jsonOf, openAws, openFleet, printed } from './command.ts'

const validate = new Ajv({ strictTypes: false, strictRequired: false }).compile(JSON.parse(readFileSync('infra/cli.schema.json', 'utf8')))
const isValid = (value: unknown): unknown => (validate(value) ? true : validate.errors)

let aws: LocalAws
beforeAll(async () => {
  aws = await openFleet()
})
afterAll(() => {
  expect(beyondPolicy(aws)).toEqual([])
  expect(printed.join('')).not.toContain('\u001B')
  expect(printed.join('')).not.toMatch(/ at .+:\d+:\d+\)|Warning/)
})

const EXPECTED = {
  'future-prod': 'unread',
  'legacy-prod': 'contested',
  'intranet-prod': 'blocked',
  'admin-prod': 'drifted',
  'kiosk-prod': 'drifted',
  'deploying-prod': 'changing',
  'admin-dev': 'default',
  'legacy-dev': 'default',
  'shop-dev': 'default',
  'push-prod': 'external',
  'crm-prod': 'unbound',
  'news-prod': 'unbound',
  'shop-prod': 'bound',
}

test('every pool is a row of the table, the most urgent first, and counts and hints go to standard error', async () => {
  const { status, stdout, stderr } = await command(aws, ['status'])

  const [head, ...rows] = stdout.trimEnd().split('\n')
  expect(head).toMatch(/^STATE +POOL +NAME +SENDS WITH +BOUND BY +NOTE$/)
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 3))).toEqual(
    Object.entries(EXPECTED).map(([name, state]) => [state, POOLS[name as keyof typeof POOLS], name]),
  )
  const [first, ...others] = stderr.trimEnd().split('\n')
  expect(first).toBe(`account ${FLEET.account} · ${FLEET.region}`)
  expect(others).toEqual([
    '13 pools: 1 unread, 1 contested, 1 blocked, 2 drifted, 1 changing, 3 default, 1 external, 2 unbound, 1 bound · provider: eu-west-1 nodejs24.x, deployed 2026-11-20',
    'SES eu-west-1: production, 120 of 50000 mails in 24 hours',
    expect.stringMatching(
      /^eu-west-1: 6 on COGNITO_DEFAULT share its 50 mails a day\. To move them: cognito-ses-binding plan --region eu-west-1 .* \(takes the 3 in state default\)$/,
    ),
    '? 1 pool could not be read (future-prod): cognito-ses-binding status future-prod says why.',
  ])
  expect(status).toBe(1)
})

test('a note says why: an error code, what drifted, what is wrong, how many warnings, a replica', async () => {
  const { stdout } = await command(aws, ['status'])
  const noteOf = (name: string) => stdout.split('\n').find((row) => row.includes(` ${name} `))

  expect(noteOf('future-prod')).toMatch(/example\.com auth-mail +\? +InternalFailure$/)
  expect(noteOf('legacy-prod')).toMatch(/example\.com partners +mail\/AuthBinding +ConfigurationSet$/)
  expect(noteOf('admin-prod')).toMatch(/COGNITO_DEFAULT +mail\/AuthBinding +sender, ConfigurationSet$/)
  expect(noteOf('crm-prod')).toMatch(/crm\.example \(crm-mail\) +- +replica in us-west-2$/)
  expect(noteOf('news-prod')).toMatch(/news\.example auth-mail +- +identity-unverified$/)
  expect(noteOf('shop-prod')).toMatch(/example\.com auth-mail +mail\/AuthBinding$/)
})

test('each pool costs one GetItem and one DescribeUserPool, its item first, and SES is asked once for each thing', async () => {
  aws.clearCalls()
  await command(aws, ['status'])

  const of = (action: string) => aws.calls.filter((call) => call.action === action)
  expect(of('GetCallerIdentity').length).toBe(1)
  expect(of('ListUserPools').length).toBe(1)
  for (const id of Object.values(POOLS)) {
    const ofPool = aws.calls.filter(({ request }) => JSON.stringify(request).includes(id)).map(({ action }) => action)
    expect(ofPool).toEqual(['GetItem', 'DescribeUserPool'])
  }
  expect(of('GetAccount').length).toBe(1)
  for (const action of ['GetEmailIdentity', 'GetConfigurationSet']) expect(of(action).length).toBe(3)
})

describe('JSON', () => {
  test('holds to its schema, and says of each pool what the table says', async () => {
    const ended = await command(aws, ['status', '--json'])
    const answer = jsonOf(ended)

    expect(isValid(answer)).toBe(true)
    const { summary, regions, complete, problems } = answer
    expect(summary).toMatchObject({ pools: 13, attention: 8, states: { drifted: 2, default: 3, unread: 1 } })
    const unread = '1 pool could not be read (future-prod): cognito-ses-binding status future-prod says why.'
    expect({ complete, problems }).toEqual({ complete: false, problems: [unread] })
    expect(regions).toHaveLength(1)
    expect(regions[0].provider).toMatchObject({ functionName: 'cognito-ses-binding', table: 'cognito-ses-binding', state: 'Active' })
    expect(Object.fromEntries(regions[0].pools.map((pool: { name: string; state: string }) => [pool.name, pool.state]))).toEqual(EXPECTED)
    const legacy = regions[0].pools.find(({ name }: { name: string }) => name === 'legacy-prod')
    expect(legacy).toMatchObject({
      sender: 'example.com',
      configurationSet: { name: 'partners', from: 'pool' },
      bindings: [{ stack: 'mail', logicalId: 'AuthBinding', onDelete: 'RESTORE', heal: 'AUTO' }],
      drift: [{ member: 'ConfigurationSet', live: 'partners', wanted: 'auth-mail' }],
      error: null,
    })
  })

  test('of a pool whose record a later release wrote, all but the bindings is told', async () => {
    const [region] = jsonOf(await command(aws, ['status', POOLS['future-prod'], '-o', 'json'])).regions

    expect(region.pools[0]).toMatchObject({ state: 'unread', sender: 'example.com', bindings: null, error: { code: 'InternalFailure' } })
    expect(region.pools[0].error.message).toContain('was written by a newer version of cognito-ses-binding (SchemaVersion 2')
    expect(region.pools[0].error.message).toMatch(
      /deploy the newer provider again\. This command line \([0-9.]+\) is older than the record: update it\. If the function says the same, deploy the newer provider again\.$/,
    )
  })

  test('line by line, each line holds to the schema, and the last is the summary', async () => {
    const { stdout } = await command(aws, ['status', '-o', 'ndjson', '--only', 'drifted,contested'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

    expect(lines.map(isValid)).toEqual([true, true, true, true])
    expect(lines.map(({ type }) => type)).toEqual(['pool', 'pool', 'pool', 'summary'])
    expect(lines.at(-1)).toMatchObject({ complete: false, summary: { pools: 3, attention: 3, states: { bound: 1 } } })
  })
})

test('CSV has account and Region on each line; a cell that begins like a formula is none', async () => {
  const other = await openAws()
  other.createUserPool({ Id: 'eu-west-1_Formula11', Name: '=1+1, "a"' })
  const { stdout, stderr, status } = await command(other, ['status', '-o', 'csv'])

  expect(stdout).toBe(
    'ACCOUNT,REGION,STATE,POOL,NAME,SENDS WITH,BOUND BY,NOTE\n' +
      '111122223333,eu-west-1,default,eu-west-1_Formula11,"\'=1+1, ""a""",COGNITO_DEFAULT,-,\n',
  )
  expect(stderr).toContain('provider: eu-west-1 none')
  expect(status).toBe(0)
})

describe('a POOL', () => {
  test('by ID is described without a list, and told in full', async () => {
    aws.clearCalls()
    const { stdout, status } = await command(aws, ['status', POOLS['legacy-prod']])

    expect(aws.calls.some(({ action }) => action === 'ListUserPools')).toBe(false)
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'contested  legacy-prod  eu-west-1_5KBa6BJEP  example.com partners · bound by mail/AuthBinding',
      '    ConfigurationSet: partners → auth-mail',
      '  error   contested',
    ])
    expect(stdout.replace(/\n */g, ' ')).toContain(
      'contested: somebody set ConfigurationSet to another value; let binding and pool say the same',
    )
    expect(status).toBe(0)
  })

  test('by names, IDs and patterns gives their union', async () => {
    const ended = await command(aws, ['status', 'legacy-*', 'shop-prod', POOLS['shop-prod'], POOLS['admin-dev'], '--json'])
    const names = jsonOf(ended).regions[0].pools.map(({ name }: { name: string }) => name)

    expect(names).toEqual(['legacy-prod', 'admin-dev', 'legacy-dev', 'shop-prod'])
  })

  test('that nothing is named ends with 1 and the nearest name, and nothing is described', async () => {
    aws.clearCalls()
    const { stdout, stderr, status } = await command(aws, ['status', 'shop-prd', 'admin-dev'])

    expect({ stdout, status }).toEqual({ stdout: '', status: 1 })
    expect(stderr).toContain('cognito-ses-binding: No user pool in eu-west-1 is named shop-prd; did you mean shop-prod?\n')
    expect(aws.calls.some(({ action }) => action === 'DescribeUserPool')).toBe(false)
  })

  test('by an ID that is missing says so in the Lambda’s own words, and where it would be', async () => {
    const { stdout, status } = await command(aws, ['status', 'eu-west-1_NoSuch111', 'us-east-1_NoSuch111'])

    expect(stdout).toContain('There is no user pool eu-west-1_NoSuch111 in eu-west-1. Check the ID.')
    expect(stdout).toContain('Its ID names us-east-1')
    expect(stdout.replace(/\n */g, ' ')).toContain('; or add --region us-east-1.')
    expect(stdout).not.toContain('--region eu-west-1')
    expect(status).toBe(1)
  })

  test('that could not be read is named at the end, wherever the reason stands', async () => {
    const page = await command(aws, ['status', 'future-prod'])
    const rows = await command(aws, ['status', '--only', 'bound', '--region', 'eu-west-1'])

    expect(page.stderr).toMatch(/^\? 1 pool could not be read \(future-prod\)\.$/m)
    expect(rows.stderr).toContain('(future-prod): cognito-ses-binding status future-prod --region eu-west-1 says why.\n')
  })

  test('on which an operation works says since when, and until when it may', async () => {
    const { stdout } = await command(aws, ['status', 'deploying-prod'])
    const answer = jsonOf(await command(aws, ['status', 'deploying-prod', '--json']))
    const { changing } = answer.regions[0].pools[0]

    expect(stdout).toContain(
      `An operation has worked on it since ${changing.since}; it holds the pool until ${changing.until} at the latest.`,
    )
    expect(isValid(answer)).toBe(true)
    expect(stdout).not.toContain('Nothing is wrong')
  })

  test('says nothing is wrong where nothing is', async () => {
    const { stdout, status } = await command(aws, ['status', 'shop-prod', '--exit-code'])

    expect(stdout).toContain('Nothing is wrong that can be seen from here.')
    expect(status).toBe(0)
  })
})

test('--exit-code is 2 only where a row that is shown needs attention, and wins over 1', async () => {
  const statusOf = async (...args: string[]) => (await command(aws, ['status', ...args])).status

  expect(await statusOf('--exit-code', '--only', 'drifted,contested')).toBe(2)
  expect(await statusOf('--exit-code', '--only', 'drifted, contested')).toBe(2)
  expect(await statusOf('--exit-code', '--only', 'bound')).toBe(1)
  expect(await statusOf('--exit-code', 'crm-prod', 'shop-prod')).toBe(0)
  expect(await statusOf('--exit-code', 'news-prod')).toBe(2)
  expect(await statusOf('news-prod')).toBe(0)
})

test('all pages of the list are read', async () => {
  const many = await openAws()
  addPlainPools(many, 130)
  const { stdout } = await command(many, ['status', 'plain-0012*', '--json'])

  expect(JSON.parse(stdout).summary.pools).toBe(10)
  expect(many.calls.filter(({ action }) => action === 'ListUserPools').map(({ request }) => request['NextToken'])).toEqual([
    undefined,
    'after-60',
    'after-120',
  ])
  expect(many.calls.filter(({ action }) => action === 'DescribeUserPool').length).toBe(10)
})

describe('several Regions', () => {
  const many = async (args: readonly string[]) => {
    const other = await openAws()
    other.createUserPool({ Id: 'eu-west-1_Here11111', Name: 'here' })
    other.createUserPool({
      Id: 'us-east-1_There1111',
      Name: 'there',
      Arn: `arn:aws:cognito-idp:us-east-1:${FLEET.account}:userpool/us-east-1_There1111`,
    })
    const ended = await command(other, ['status', ...args, '--region', 'us-east-1', '--region', 'eu-west-1'])
    return { ended, calls: other.calls }
  }

  test('are read side by side and told in the order in which they were asked for, each row with its Region', async () => {
    const { ended } = await many([])

    expect(ended.stderr).toContain('account 111122223333 · us-east-1, eu-west-1\n')
    expect(ended.stdout).toMatch(/^STATE +REGION +POOL/)
    expect(
      ended.stdout
        .split('\n')
        .slice(1, 3)
        .map((row) => row.split(/ +/).slice(0, 4)),
    ).toEqual([
      ['default', 'us-east-1', 'us-east-1_There1111', 'there'],
      ['default', 'eu-west-1', 'eu-west-1_Here11111', 'here'],
    ])
  })

  test('SES is told for the Region where it was asked: a pool may send by another one', async () => {
    const other = await openAws()
    const SourceArn = `arn:aws:ses:us-east-1:${FLEET.account}:identity/far.example`
    other.createUserPool({ Name: 'far', EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn, From: 'a@far.example' } })
    other.ses.putIdentity('far.example', {}, 'us-east-1')
    const ended = await command(other, ['status', '--json'])

    expect(other.calls.filter(({ action }) => action === 'GetAccount').map(({ region }) => region)).toEqual(['us-east-1'])
    expect(jsonOf(ended).regions[0]).toMatchObject({ ses: null, pools: [{ name: 'far', sender: 'far.example' }] })
  })

  test('a name is known when one of them has it, and an ID is looked for in its own', async () => {
    const named = await many(['here', '--json'])
    const byId = await many(['us-east-1_There1111', '--json'])

    expect(named.ended.status).toBe(0)
    expect(jsonOf(named.ended).regions.map(({ pools }: { pools: unknown[] }) => pools.length)).toEqual([0, 1])
    expect(byId.ended.status).toBe(0)
    expect(byId.calls.filter(({ action }) => action === 'DescribeUserPool').map(({ region }) => region)).toEqual(['us-east-1'])
  })
})

describe('on a terminal', () => {
  test('rows fit its width, NOTE gives way first, and state and ID are whole', async () => {
    const { stdout } = await command(aws, ['status'], { terminal: 80 })
    const lines = stdout.trimEnd().split('\n')

    expect(lines.every((line) => stripVTControlCharacters(line).length <= 80)).toBe(true)
    for (const id of Object.values(POOLS)) expect(stdout).toContain(id)
    expect(stdout).toContain('\u001B[31mcontested\u001B[39m')
    expect(stdout).toContain('…')
  })
})
