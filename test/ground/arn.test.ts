// One pattern for each of AWS's names, wide enough for every Region and partition that the SDK knows.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { homeRegion, isRegion, isUserPoolId, parseArn, REGION, SES_IDENTITY_ARN, USER_POOL_ID, userPoolArn } from '../../lib/arn.ts'
import { parseProperties } from '../../lib/binding/properties.ts'
import { child, isObject, type JsonObject, text } from '../../lib/json.ts'
import { parseSourceArn } from '../../lib/preflight/source-arn.ts'

/** The SDK's own table: `export const partitionsInfo = { … }`. */
const sdkPartitions = (): readonly JsonObject[] => {
  const core = dirname(createRequire(__filename).resolve('@aws-sdk/core/package.json'))
  const source = readFileSync(join(core, 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js'), 'utf8')
  const table: unknown = JSON.parse(source.slice(source.indexOf('{'), source.lastIndexOf('}') + 1))
  const partitions = isObject(table) ? table['partitions'] : undefined
  return Array.isArray(partitions) ? partitions.filter(isObject) : []
}

const PLACES = sdkPartitions().flatMap((partition) =>
  Object.keys(child(partition, 'regions') ?? {})
    .filter((region) => !region.endsWith('-global'))
    .map((region) => [region, text(partition, 'id') ?? ''] as const),
)

test('the SDK’s table has eight partitions, the European Sovereign Cloud among them', () => {
  expect(PLACES).toContainEqual(['eusc-de-east-1', 'aws-eusc'])
  expect(new Set(PLACES.map(([, partition]) => partition)).size).toBe(8)
  expect(PLACES.length).toBeGreaterThan(40)
})

describe.each([...PLACES, ['eu-isof-central-22', 'aws-iso-z'] as const])('%s of %s', (region, partition) => {
  const sourceArn = `arn:${partition}:ses:${region}:123456789012:identity/no-reply+x@example.com`

  test('a pool there is bound with an identity there', () => {
    const properties = { UserPoolId: `${region}_Ab3dEf6hI`, ConfigurationSet: 'mail', SourceArn: sourceArn }
    expect(parseProperties(properties)).toMatchObject({ ok: true, binding: { userPoolIds: [`${region}_Ab3dEf6hI`] } })
  })

  test('its stack, function and identity are read', () => {
    expect(parseArn(`arn:${partition}:cloudformation:${region}:123456789012:stack/mail/1`, 'cloudformation')).toEqual({
      ...{ partition, region, account: '123456789012', resource: 'stack/mail/1' },
    })
    expect(parseArn(`arn:${partition}:lambda:${region}:123456789012:function:x`, 'lambda')).toMatchObject({ partition, region })
    expect(parseSourceArn(sourceArn)).toMatchObject({ partition, region, identity: 'no-reply+x@example.com', domain: 'example.com' })
  })
})

test.each([
  ['of another service', 'arn:aws:lambda:us-east-1:123456789012:function:x', undefined],
  ['that begins like one', 'arn:aws:cloudformations:us-east-1:123456789012:stack/x/1', undefined],
  ['without a resource', 'arn:aws:cloudformation:us-east-1:123456789012:', undefined],
  ['that is none', 'stack/x/1', undefined],
  ['that is not there', undefined, undefined],
  ['of a stack', 'arn:aws:cloudformation:us-east-1:123456789012:stack/x/1', 'stack/x/1'],
])('as the ARN of a stack, one %s is read so', (_, arn, resource) => {
  expect(parseArn(arn, 'cloudformation')?.resource).toBe(resource)
})

test('a pool’s ID names its Region, and its ARN all of where it is', () => {
  expect(homeRegion('eusc-de-east-1_Ab3dEf6hI')).toBe('eusc-de-east-1')
  expect(userPoolArn({ partition: 'aws-cn', region: 'cn-north-1', account: '123456789012' }, 'cn-north-1_Ab3dEf6hI')).toBe(
    'arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_Ab3dEf6hI',
  )
})

test.each(['us-east-1', 'ap-southeast-7', 'us-isob-east-1'])('%s is a Region; with a word before or after it is none', (region) => {
  expect([isRegion(region), isRegion(`${region}.evil.example`), isRegion(`evil.example/${region}`)]).toEqual([true, false, false])
})

test.each([
  'us-east-1',
  'us-east-1_',
  'us-east-1_a-b',
  'useast1_Ab3dEf6hI',
  'us-east-1.evil.example_Ab3dEf6hI',
  'US-EAST-1_Ab3dEf6hI',
  ' us-east-1_Ab3dEf6hI',
  'us-east-1_Ab3dEf6hI\n',
  `us-east-1_${'a'.repeat(56)}`,
])('%j is no pool ID', (id) => {
  expect(isUserPoolId(id)).toBe(false)
})

test.each([
  'arn:aws:ses:us-east-1:123456789012:identity/example.com/more',
  'arn:aws:ses:us-east-1:123456789012:identity/a b@example.com',
  'arn:aws:ses:us-east-1:123456789012:identity/',
  'arn:aws:ses:us-east-1:12345678901:identity/example.com',
  'arn:aws:ses:evil.example/#:123456789012:identity/example.com',
  'arn:aws:ses:us-east-1:123456789012:configuration-set/mail',
  'arn:aws:ses:us-east-1:123456789012:identity/example.com\n',
])('%j is no ARN of an SES identity', (arn) => {
  expect(parseSourceArn(arn)).toBeUndefined()
})

/** The model's own pattern of SourceArn (ArnType, botocore 1.44.8). */
const ARN_TYPE = /^arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?$/

test.each([
  "a'b@example.com",
  'büro@example.com',
  'bücher.example',
  'a!b@example.com',
  'a:b:c:d@example.com',
  'a/b=c,d@example.com',
  'x_y.example',
])('the parser takes identity/%s where the service’s model does', (identity) => {
  const arn = `arn:aws:ses:us-east-1:123456789012:identity/${identity}`
  expect(new RegExp(SES_IDENTITY_ARN).test(arn)).toBe(ARN_TYPE.test(arn))
})

test('the examples ask for a pool, a Region and an identity with the parser’s own patterns', () => {
  const kinds: Readonly<Record<string, string>> = {
    UserPoolId: USER_POOL_ID,
    SourceArn: SES_IDENTITY_ARN,
    Regions: `^${REGION}$`,
  }
  const patterns = readdirSync('infra/examples').flatMap((file) => {
    const template: unknown = parse(readFileSync(`infra/examples/${file}`, 'utf8'), { logLevel: 'silent' })
    const parameters = isObject(template) ? (child(template, 'Parameters') ?? {}) : {}
    return Object.keys(parameters).map((name) => ({
      file,
      name,
      pattern: text(child(parameters, name), 'AllowedPattern')?.replace('^$|', ''),
    }))
  })
  const known = patterns.filter(({ name }) => kinds[name] !== undefined)
  expect(known.map(({ file, name, pattern }) => [file, name, pattern])).toEqual(known.map(({ file, name }) => [file, name, kinds[name]]))
  expect(new Set(known.map(({ name }) => name)).size).toBeGreaterThan(1)
  expect(patterns.filter(({ pattern }) => pattern?.includes('a-z]{2}('))).toEqual([])
})
