// The command line itself: what may stand on it, what it says when that is wrong, and what its file can do.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { PROPERTIES } from '../../lib/binding/properties.ts'
import packageJson from '../../package.json'
import { granted } from './calls.ts'
import { command, openAws } from './command.ts'

describe('what is wrong with a command is one line with the nearest name, and 3, before any call', () => {
  test.each([
    [['status', '--regoin', 'x'], 'Unknown flag --regoin; did you mean --region?'],
    [['stats'], 'Unknown command stats; did you mean status?'],
    [['--json'], 'Give a command: status or plan (--help tells more).'],
    [['status', '--only', 'drfted'], 'Unknown state drfted; did you mean drifted?'],
    [['status', '-o', 'yaml'], 'Expected --output of status to be table, json, ndjson, csv; got yaml.'],
    [['plan', '-o', 'csv', '--configuration-set', 'mail'], 'Expected --output of plan to be yaml, json; got csv.'],
    [['status', '--stack', 'x'], '--stack is no flag of status, but of plan.'],
    [['status', '--region'], '--region needs a value.'],
    [['status', '--region', ''], '--region needs a value.'],
    [['status', '--region', '--json'], '--region needs a value.'],
    [['status', '-o'], '--output needs a value. status: table, json, ndjson, csv; plan: yaml, json.'],
    [
      ['status', '--only'],
      '--only needs a value. Some of unread, contested, blocked, drifted, changing, default, external, unbound, bound.',
    ],
    [
      ['status', '--only', ' , '],
      '--only needs a value. Some of unread, contested, blocked, drifted, changing, default, external, unbound, bound.',
    ],
    [['status', ''], 'A POOL is empty; give an ID, a name, or a name with * in it.'],
    [['plan', '--takeover', 'true', '--configuration-set', 'mail'], '--takeover takes no value.'],
    [['plan', '--allow-sandbox', 'false', '--configuration-set', 'mail'], '--allow-sandbox takes no value.'],
    [['plan', '--takeover=true', '--configuration-set', 'mail'], '--takeover takes no value.'],
    [['plan', '--configuration-set', 'a', '--configuration-set', 'b'], '--configuration-set is given twice; give it once.'],
    [['status', '-o', 'csv', '--output', 'json'], '--output is given twice; give it once.'],
    [['status', '--region', 'eu west'], 'Expected --region to be a Region, like eu-west-1; got "eu west".'],
    [['plan'], 'ConfigurationSet is missing: give the name of the SES configuration set.'],
    [
      ['plan', '--configuration-set', 'mail', '--stack', 'a/b'],
      'Expected --stack to be a stack\'s name: a letter, then letters, digits and -; got "a/b".',
    ],
    [
      ['plan', '--configuration-set', 'mail', '--region', 'eu-west-1', '--region', 'us-east-1'],
      'plan makes the template of one stack, and a stack is in one Region: give --region once.',
    ],
    [['plan', '--configuration-set', 'mail', '--heal', 'maybe'], 'Expected Heal to be AUTO, NOTIFY or OFF; got "maybe".'],
  ])('%j', async (args, message) => {
    const aws = await openAws()
    const { stdout, stderr, status } = await command(aws, args)

    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: `cognito-ses-binding: ${message}\n`, status: 3 })
    expect(aws.calls).toEqual([])
  })
})

describe('--help', () => {
  test('wins over everything else on the line', async () => {
    for (const args of [['--help'], ['-h', '--regoin'], ['nonsense', '--only', 'x', '--help'], ['plan', '--version', '-h']]) {
      const { stdout, stderr, status } = await command(undefined, args)
      expect(stdout).toMatch(/^What do your Cognito user pools send mail with/)
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    }
  })

  test('has the flags of plan from the Lambda’s own properties, and every permission of the policy', async () => {
    const { stdout } = await command(undefined, ['--help'])

    expect(stdout).toMatch(new RegExp(`--configuration-set +${PROPERTIES.ConfigurationSet.description.slice(0, 30)}`))
    const flags = [...stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, flag]) => flag)
    expect(flags.slice(-5)).toEqual(['reply-to-email-address', 'allow-sandbox', 'on-delete', 'heal', 'takeover'])
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([])
    expect(stdout).not.toMatch(/YAML makes|"OFF"|--takeover +true/)
    for (const action of granted) expect(stdout).toContain(action.split(':')[1] ?? action)
  })
})

test('--version is that of the package', async () => {
  expect((await command(undefined, ['status', '--version'])).stdout).toBe(`${packageJson.version}\n`)
})

describe('dist/cli.js', () => {
  const meta: {
    readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>>
  } = JSON.parse(readFileSync('dist/cli.meta.json', 'utf8'))
  const inFile = Object.entries(meta.outputs['dist/cli.js']?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [path] : [],
  )

  test('has no command in it that writes: just those that the policy allows, and who asks', () => {
    const services = { 'cognito-identity-provider': 'cognito-idp', sesv2: 'ses', dynamodb: 'dynamodb', lambda: 'lambda', sts: 'sts' }
    const actions = inFile.flatMap((path) => {
      const [, client, name] = /node_modules\/@aws-sdk\/client-([a-z0-9-]+)\/dist-es\/commands\/(\w+)Command\.js$/.exec(path) ?? []
      return client === undefined ? [] : [`${services[client as keyof typeof services] ?? client}:${name}`]
    })
    // The DynamoDB client has it for its endpoint discovery, which is off.
    expect(actions.sort()).toEqual([...granted, 'sts:GetCallerIdentity', 'dynamodb:DescribeEndpoints'].sort())
  })

  test('has no adapter in it that writes', () => {
    expect(inFile.filter((path) => /^handler\/aws\/[^/]+$/.test(path)).sort()).toEqual([
      'handler/aws/client-settings.ts',
      'handler/aws/cognito-reader.ts',
      'handler/aws/dynamodb-reader.ts',
      'handler/aws/raw-json.ts',
      'handler/aws/service-error.ts',
      'handler/aws/ses.ts',
    ])
  })

  test('is small, and may be run as it is', () => {
    expect(statSync('dist/cli.js').size).toBeLessThan(650 * 1024)
    expect(statSync('dist/cli.js').mode & 0o111).toBe(0o111)
    expect(readFileSync('dist/cli.js', 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })
})

describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-package-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('runs by itself, unpacked anywhere: it depends on nothing', async () => {
    expect(packageJson).not.toHaveProperty('dependencies')
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { stdio: 'ignore' })
    execFileSync('tar', ['-xzf', `cognito-ses-binding-${packageJson.version}.tgz`], { cwd: folder })
    const file = join(folder, 'package', packageJson.bin['cognito-ses-binding'])
    const aws = await openAws()
    aws.createUserPool({ Id: 'eu-west-1_One111111', Name: 'one' })
    const { stdout, status } = await command(aws, ['status'], { file })

    expect(stdout).toMatch(/^STATE .*\ndefault +eu-west-1_One111111 +one +COGNITO_DEFAULT +-\n$/)
    expect(status).toBe(0)
  })
})
