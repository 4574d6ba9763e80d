// The command line where AWS, the network or the reader fails it: what is told, and with which exit status.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { FaultRule } from '../local-aws/faults.ts'
import type { LocalAws } from '../local-aws/index.ts'
import { deferred } from '../stage.ts'
import { POOLS } from '../start/fleet.ts'
import { command, jsonOf, openAws, openFleet } from './command.ts'

const failing =
  (action: string, code: string, message: string, status = 400): FaultRule =>
  (call) =>
    call.action === action ? { error: { code, message, status } } : undefined

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1)

const twoPools = async (): Promise<LocalAws> => {
  const aws = await openAws()
  aws.createUserPool({ Id: 'eu-west-1_One111111', Name: 'one' })
  aws.createUserPool({ Id: 'eu-west-1_Two222222', Name: 'two' })
  return aws
}

describe('credentials', () => {
  const NONE = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }

  test('that are missing are told in one line with what to do', async () => {
    const { stdout, stderr, status } = await command(await openAws(), ['status'], { env: NONE })

    expect({ stdout, status }).toEqual({ stdout: '', status: 1 })
    expect(stderr).toMatch(
      /^cognito-ses-binding: No usable credentials \(CredentialsProviderError: .+\)\. Sign in \(aws sso login\), or set AWS_PROFILE or AWS_ACCESS_KEY_ID\.\n$/,
    )
  })

  test('of a profile name the profile, and keys beside it do not count and warn of nothing', async () => {
    const { stderr, status } = await command(await openAws(), ['status', '--profile', 'shop'])

    expect(stderr).toMatch(
      /^cognito-ses-binding: No usable credentials in profile shop \(.+\)\. Sign in \(aws sso login --profile shop\), or .+\.\n$/,
    )
    expect(stderr).toContain('(CredentialsProviderError: there is no profile shop in ~/.aws/config).')
    expect(status).toBe(1)
  })

  test('of a profile that is there and has none are told as the SDK says it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-profile-'))
    const file = join(folder, 'config')
    writeFileSync(file, '[profile shop]\nregion = eu-north-1\n')
    const { stderr, status } = await command(await openAws(), ['status', '--profile', 'shop'], { env: { AWS_CONFIG_FILE: file } })
    rmSync(folder, { recursive: true })

    expect(stderr).toMatch(
      /^cognito-ses-binding: No usable credentials in profile shop \(CredentialsProviderError: Could not load credentials/,
    )
    expect(status).toBe(1)
  })

  test('that have expired are told as AWS says it', async () => {
    const aws = await openAws()
    aws.fault(failing('GetCallerIdentity', 'ExpiredToken', 'The security token included in the request is expired', 403))
    const { stderr, status } = await command(aws, ['status'])

    expect(stderr).toContain('No usable credentials (ExpiredToken: The security token included in the request is expired). Sign in')
    expect(status).toBe(1)
  })

  test('are not blamed where AWS does not answer', async () => {
    const { stderr, status } = await command(undefined, ['status'], {
      env: { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
    })

    expect(stderr).toMatch(/^cognito-ses-binding: sts:GetCallerIdentity in eu-west-1 failed \(ECONNREFUSED\): .+\.\n$/)
    expect(status).toBe(1)
  })
})

test('a profile gives the Region and the credentials, and is named in the first line', async () => {
  const aws = await openAws()
  const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-profile-'))
  const file = join(folder, 'config')
  writeFileSync(file, '[profile shop]\nregion = eu-north-1\naws_access_key_id = of-the-profile\naws_secret_access_key = secret\n')
  const env = { AWS_CONFIG_FILE: file, AWS_REGION: undefined }
  const { stderr, status } = await command(aws, ['status', '--profile', 'shop'], { env })
  rmSync(folder, { recursive: true })

  expect(stderr).toMatch(/^account 111122223333 · eu-north-1 · profile shop\n0 pools: none/)
  expect(status).toBe(0)
})

describe('Regions', () => {
  test('none is set: that is the command’s fault', async () => {
    const { stdout, stderr, status } = await command(await openAws(), ['status'], { env: { AWS_REGION: undefined } })

    expect({ stdout, status }).toEqual({ stdout: '', status: 3 })
    expect(stderr).toBe('cognito-ses-binding: No Region is set: give --region, AWS_REGION, or a profile that has one.\n')
  })

  test('AWS_DEFAULT_REGION counts where AWS_REGION is not set', async () => {
    const { stderr } = await command(await openAws(), ['status'], { env: { AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-north-1' } })

    expect(stderr).toContain('account 111122223333 · eu-north-1\n')
  })

  test('one that is off costs one line, and the others are told', async () => {
    const aws = await twoPools()
    aws.fault(({ service, region }) =>
      region === 'ap-east-1' && service !== 'sts'
        ? { error: { code: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' } }
        : undefined,
    )
    const ended = await command(aws, ['status', '--region', 'eu-west-1', '--region', 'ap-east-1', '--json'])

    const { problems, complete, summary, regions } = jsonOf(ended)
    expect(problems).toEqual(['ap-east-1 is not enabled for this account, or has no Amazon Cognito.'])
    expect({ complete, pools: summary.pools, regions: regions.length, status: ended.status }).toEqual({
      complete: false,
      pools: 2,
      regions: 2,
      status: 1,
    })
    expect(lastLine(ended.stderr)).toBe('? ap-east-1 is not enabled for this account, or has no Amazon Cognito.')
  })

  test('one that is off and asked first takes nobody’s credentials: the others say who asks', async () => {
    const aws = await twoPools()
    aws.fault(({ region, service }) =>
      region === 'ap-east-1'
        ? { error: { code: service === 'sts' ? 'InvalidClientTokenId' : 'UnrecognizedClientException', message: 'invalid', status: 403 } }
        : undefined,
    )
    const { stderr, status } = await command(aws, ['status', '--region', 'ap-east-1'])

    expect(stderr).toMatch(/^account 111122223333 · ap-east-1\n/)
    expect(lastLine(stderr)).toBe('? ap-east-1 is not enabled for this account, or has no Amazon Cognito.')
    expect(status).toBe(1)
  })
})

describe('what is denied costs its column or row, never the run', () => {
  test.each([
    ['GetItem', 'AccessDeniedException', 400, 'dynamodb:GetItem'],
    ['GetFunctionConfiguration', 'AccessDeniedException', 403, 'lambda:GetFunctionConfiguration'],
  ])('%s: nobody knows who bound the pools, and all else is told', async (action, code, answered, named) => {
    const aws = await openFleet()
    aws.fault(failing(action, code, 'You are not authorized.', answered))
    const ended = await command(aws, ['status', '--json'])

    const { problems, summary, regions } = jsonOf(ended)
    expect(problems).toEqual([`${named} in eu-west-1 was denied to you: You are not authorized.`])
    expect(summary.states.unread).toBe(13)
    const crm = regions[0].pools.find(({ name }: { name: string }) => name === 'crm-prod')
    expect(crm).toMatchObject({ state: 'unread', bindings: null, sender: 'crm.example', error: { code: 'AccessDenied' } })
    expect(ended.status).toBe(1)
    // What is denied for one is denied for all: it is not asked thirteen times, beyond those that were under way.
    expect(aws.calls.filter((call) => call.action === action).length).toBeLessThanOrEqual(8)
  })

  test('DescribeUserPool of one pool: its row says so', async () => {
    const aws = await twoPools()
    aws.fault(({ action, request }) =>
      action === 'DescribeUserPool' && request['UserPoolId'] === 'eu-west-1_Two222222'
        ? { error: { code: 'AccessDeniedException', message: 'not this one' } }
        : undefined,
    )
    const { stdout, stderr, status } = await command(aws, ['status'])

    expect(stdout).toMatch(/^unread +eu-west-1_Two222222 +two +\? +\? +AccessDenied$/m)
    expect(stdout).toMatch(/^default +eu-west-1_One111111/m)
    expect(stderr).toContain('? cognito-idp:DescribeUserPool in eu-west-1 was denied to you: not this one.\n')
    expect(status).toBe(1)
  })

  test('reads of SES: the pools stand as they stand, and nobody’s role is blamed', async () => {
    const aws = await openFleet()
    aws.fault(({ service }) =>
      service === 'ses' ? { error: { code: 'AccessDeniedException', message: 'no SES for you', status: 403 } } : undefined,
    )
    const { stdout, stderr, status } = await command(aws, ['status', 'shop-prod', 'crm-prod'])

    expect(stdout).toContain('bound  shop-prod')
    expect(stdout + stderr).not.toContain('role')
    expect(stderr).toContain('? ses:GetEmailIdentity in eu-west-1 was denied to you: no SES for you.\n')
    expect(stderr).toContain('? ses:GetConfigurationSetEventDestinations in eu-west-1 was denied to you: no SES for you.\n')
    expect(status).toBe(1)
  })

  test('ListUserPools: nothing can be listed, and the line says so', async () => {
    const aws = await twoPools()
    aws.fault(failing('ListUserPools', 'AccessDeniedException', 'no list'))
    const { stdout, stderr, status } = await command(aws, ['status', '-o', 'json'])

    expect(JSON.parse(stdout).problems).toEqual(['cognito-idp:ListUserPools in eu-west-1 was denied to you: no list.'])
    expect(lastLine(stderr)).toBe('? cognito-idp:ListUserPools in eu-west-1 was denied to you: no list.')
    expect(status).toBe(1)
  })
})

test('throttling is waited out', async () => {
  const aws = await twoPools()
  aws.fault(({ action, count }) =>
    (action === 'DescribeUserPool' && count <= 3) || (action === 'ListUserPools' && count === 1)
      ? { error: { code: 'TooManyRequestsException', message: 'Rate exceeded', status: 429 } }
      : undefined,
  )
  const { stdout, status } = await command(aws, ['status', '--json'])

  expect(JSON.parse(stdout)).toMatchObject({ complete: true, summary: { pools: 2 } })
  expect(aws.calls.filter(({ action }) => action === 'DescribeUserPool').length).toBe(5)
  expect(status).toBe(0)
})

test('a pool that is deleted between list and look is no row, and is counted', async () => {
  const aws = await twoPools()
  aws.fault(({ action, request }) => {
    if (action === 'DescribeUserPool' && request['UserPoolId'] === 'eu-west-1_Two222222') aws.removeUserPool('eu-west-1_Two222222')
    return undefined
  })
  const { stdout, stderr, status } = await command(aws, ['status', '--json'])

  expect(JSON.parse(stdout).regions[0].pools.map(({ name }: { name: string }) => name)).toEqual(['one'])
  expect(stderr).toContain('eu-west-1: 1 deleted while they were read\n')
  expect(status).toBe(0)
})

test('a function without a table is not taken for a provider that bound nothing', async () => {
  const aws = await twoPools()
  aws.putFunction('cognito-ses-binding', { Environment: { Error: { ErrorCode: 'KMSAccessDeniedException', Message: 'no key' } } })
  const { stdout, stderr } = await command(aws, ['status', '--json'])

  expect(JSON.parse(stdout).regions[0].pools.every(({ bindings }: { bindings: unknown }) => bindings === null)).toBe(true)
  expect(stderr).toContain('? lambda:GetFunctionConfiguration in eu-west-1 failed (KMSAccessDeniedException): no key.\n')
})

describe('whoever waits, or reads, may have enough', () => {
  /** Lets `before` pools be described, and holds the others until they are let go. */
  const heldFleet = async (before: number) => {
    const aws = await openFleet()
    const [reached, gate] = [deferred<undefined>(), deferred<undefined>()]
    aws.fault(({ action, count }) => {
      if (action !== 'DescribeUserPool' || count <= before) return undefined
      reached.resolve(undefined)
      return gate.promise
    })
    return { aws, reached: reached.promise, release: () => gate.resolve(undefined) }
  }

  test('an interrupt ends with 130, and what was read is told as incomplete', async () => {
    const { aws, reached, release } = await heldFleet(4)
    const ended = await command(aws, ['status', '--json'], {
      onStart: (child) => void reached.then(() => child.kill('SIGINT')),
    })
    release()

    const { complete, summary, problems } = jsonOf(ended)
    expect(ended.status).toBe(130)
    expect(complete).toBe(false)
    expect(summary.pools).toBeLessThan(13)
    const told = `interrupted: ${summary.pools} of 13 pools read; this is not the whole picture.`
    expect(problems).toContain(told)
    expect(lastLine(ended.stderr)).toBe(`! ${told}`)
    expect(ended.stderr).not.toMatch(/ at .+:\d+/)
  })

  test('an interrupt before anything was read says so, and blames nobody’s credentials', async () => {
    const aws = await openAws()
    const [reached, gate] = [deferred<undefined>(), deferred<undefined>()]
    aws.fault(({ action }) => {
      if (action !== 'GetCallerIdentity') return undefined
      reached.resolve(undefined)
      return gate.promise
    })
    const ended = await command(aws, ['status'], { onStart: (child) => void reached.promise.then(() => child.kill('SIGINT')) })
    gate.resolve(undefined)

    expect(ended).toEqual({ stdout: '', stderr: '! interrupted: nothing was read.\n', status: 130 })
  })

  test('an interrupted ndjson has whole lines and no summary', async () => {
    const { aws, reached, release } = await heldFleet(4)
    const ended = await command(aws, ['status', '-o', 'ndjson'], {
      onStart: (child) => void reached.then(() => child.stdout?.once('data', () => child.kill('SIGINT'))),
    })
    release()

    const lines = ended.stdout.split('\n').filter(Boolean)
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(lines.map(() => 'pool'))
    expect(lastLine(ended.stderr)).toBe(`! interrupted: ${lines.length} of 13 pools read; this is not the whole picture.`)
    expect(ended.status).toBe(130)
  })

  test('an interrupted plan prints no template', async () => {
    const { aws, reached, release } = await heldFleet(4)
    const ended = await command(aws, ['plan', '--configuration-set', 'auth-mail'], {
      onStart: (child) => void reached.then(() => child.kill('SIGINT')),
    })
    release()

    expect({ stdout: ended.stdout, status: ended.status }).toEqual({ stdout: '', status: 130 })
    expect(lastLine(ended.stderr)).toBe('! interrupted: no template.')
  })

  test('a reader that goes away, as head does, ends it with 0 and without a word', async () => {
    const { aws, release } = await heldFleet(1)
    const ended = await command(aws, ['status', '-o', 'ndjson'], {
      onStart: ({ stdout }) =>
        void stdout?.once('data', () => {
          stdout.destroy()
          release()
        }),
    })

    expect(ended.status).toBe(0)
    expect(ended.stderr).toBe('account 111122223333 · eu-west-1\n')
  })
})

test('an endpoint that is none is told in one line, without a trace', async () => {
  const { stdout, stderr, status } = await command(undefined, ['status'], {
    env: { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'nonsense' },
  })

  expect({ stdout, status }).toEqual({ stdout: '', status: 1 })
  expect(stderr).toMatch(/^cognito-ses-binding: [^\n]+\n$/)
})

test('an answer that is no JSON, as of a proxy, costs the row', async () => {
  const aws = await twoPools()
  aws.fault(({ action, count }) =>
    action === 'DescribeUserPool' && count === 1 ? { error: { code: '<html>', message: 'sign in here', status: 407 } } : undefined,
  )
  const { stdout, status } = await command(aws, ['status'])

  expect(stdout).toMatch(/^unread /m)
  expect(stdout).toMatch(/^default /m)
  expect(status).toBe(1)
})

test('names and messages from outside cannot break a line or reach the terminal’s controls', async () => {
  const aws = await openAws()
  aws.createUserPool({ Id: 'eu-west-1_Evil11111', Name: 'a\nb\u001B[31mc\u2028d' })
  for (const args of [['status'], ['status', 'eu-west-1_Evil11111'], ['status', '-o', 'csv']]) {
    const { stdout } = await command(aws, args)
    expect(stdout).toContain('a b [31mc d')
    expect(stdout).not.toContain('\u001B')
  }
})

test('a pool’s record that makes no sense is named, and its pool is unread', async () => {
  const aws = await openFleet()
  await aws.table.put({ UserPoolId: POOLS['shop-prod'], SchemaVersion: 1, Revision: 1 })
  const { stdout, status } = await command(aws, ['status', 'shop-prod'])

  expect(stdout.replace(/\n +/g, ' ')).toContain(`The item ${POOLS['shop-prod']} in table cognito-ses-binding cannot be read: Base:`)
  expect(status).toBe(1)
})
