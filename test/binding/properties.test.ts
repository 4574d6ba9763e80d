// What a template may say, and the sentence for everything that it may not.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { onDeleteOf, PROPERTIES, parseProperties, wellFormedPoolIds } from '../../lib/binding/properties.ts'
import { propertySchema } from '../../lib/binding/property-schema.ts'
import { child, type JsonObject } from '../../lib/json.ts'
import { schemaText } from '../infra/schema.ts'

const POOL = 'us-east-1_Ab3dEf6hI'
const GOOD: JsonObject = { ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:x', UserPoolId: POOL, ConfigurationSet: 'mail' }

const refused = (properties: unknown): string => {
  const result = parseProperties(properties)
  if (result.ok) throw new Error(`accepted: ${JSON.stringify(result.binding)}`)
  expect(result.code).toBe('InvalidRequest')
  return result.message
}

test('the least that a binding says is one pool and one set; all else has a default', () => {
  expect(parseProperties(GOOD)).toEqual({
    ok: true,
    binding: {
      userPoolIds: [POOL],
      declared: { ConfigurationSet: 'mail' },
      preflight: 'ENFORCE',
      allowSandbox: false,
      onDelete: 'RESTORE',
      heal: 'AUTO',
      takeover: false,
    },
  })
})

test('a block of a pool’s EmailConfiguration can be pasted, and CloudFormation’s own properties may stand beside it', () => {
  const block = {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/a@example.com',
    From: 'A <a@example.com>',
    ReplyToEmailAddress: 'b@example.com',
  }
  const { EmailSendingAccount: _, ...members } = block
  const result = parseProperties({ ...GOOD, ...block, ServiceTimeout: '300', Nonce: '7', AllowSandbox: 'true', Takeover: 'false' })
  expect(result).toMatchObject({ ok: true, binding: { allowSandbox: true, takeover: false } })
  expect(result.ok && result.binding.declared).toEqual({ ConfigurationSet: 'mail', ...members })
})

describe('is refused with the value and the remedy:', () => {
  const long = 'x'.repeat(20_000)
  test.each<[string, JsonObject, RegExp]>([
    ['no pool', { UserPoolId: undefined }, /UserPoolId is missing: name the user pool/],
    ['both pool properties', { UserPoolIds: [POOL] }, /UserPoolId and UserPoolIds are both given: leave one/],
    ['a list as UserPoolId', { UserPoolId: [POOL] }, /Expected UserPoolId .* Use UserPoolIds for a list/],
    ['a string as UserPoolIds', { UserPoolId: undefined, UserPoolIds: POOL }, /Expected UserPoolIds .*Write it as a list/],
    ['an empty list', { UserPoolId: undefined, UserPoolIds: [] }, /The list is empty/],
    ['a pool twice', { UserPoolId: undefined, UserPoolIds: [POOL, POOL] }, /us-east-1_Ab3dEf6hI.*twice; remove one/],
    [
      '101 pools',
      { UserPoolId: undefined, UserPoolIds: Array.from({ length: 101 }, (_, i) => `us-east-1_${i}`) },
      /101 items.*several bindings/,
    ],
    [
      'a pool’s ARN',
      { UserPoolId: `arn:aws:cognito-idp:us-east-1:123456789012:userpool/${POOL}` },
      /An ARN is given; use its last part, the ID: us-east-1_Ab3dEf6hI/,
    ],
    ['an ID of another shape', { UserPoolId: 'pool' }, /Expected UserPoolId to be the ID of a user pool, like .*; got "pool"/],
    ['no set', { ConfigurationSet: undefined }, /ConfigurationSet is missing: give the name/],
    ['an empty set', { ConfigurationSet: '' }, /got ""\. Leave the property out/],
    [
      'a set’s ARN',
      { ConfigurationSet: 'arn:aws:ses:us-east-1:123456789012:configuration-set/mail' },
      /An ARN is given; use the name in it: mail/,
    ],
    ['a set with a blank', { ConfigurationSet: 'my set' }, /1 to 64 letters, digits, _ and -; got "my set"/],
    ['a set of 65 letters', { ConfigurationSet: 'x'.repeat(65) }, /Expected ConfigurationSet/],
    ['a number as set', { ConfigurationSet: 7 }, /Expected ConfigurationSet .* got "7"/],
    ['an object as set', { ConfigurationSet: { Ref: 'Set' } }, /got "\{"Ref":"Set"\}"/],
    ['a SourceArn that is none', { SourceArn: 'a@example.com' }, /Expected SourceArn to be the ARN of an SES identity, like/],
    ['a SourceArn of another service', { SourceArn: 'arn:aws:sns:us-east-1:123456789012:identity/x' }, /Expected SourceArn/],
    [
      'a SourceArn with a character that the service does not take',
      { SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/o'hara@example.com" },
      /Expected SourceArn .* nothing else: "o'hara@example\.com" has another character/,
    ],
    [
      'a SourceArn whose domain is not in punycode',
      { SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/bücher.example' },
      /Expected SourceArn .* Write the domain as xn--bcher-kva\.example\./,
    ],
    [
      'a SourceArn of 2049 characters',
      { SourceArn: `arn:aws:ses:us-east-1:123456789012:identity/${'a'.repeat(2_005)}` },
      /Expected SourceArn .*It has 2049 characters/,
    ],
    [
      'a name in brackets',
      { From: '[Staging] Acme <a@example.com>' },
      /a bracket that is not in double quotes; put the name in double quotes/,
    ],
    ['two addresses as From', { From: 'a@example.com, b@example.com' }, /Expected From to be one e-mail address/],
    ['a From without a host', { From: 'nobody' }, /Expected From/],
    ['a line end in From', { From: 'a@example.com\r\nBcc: all@example.com' }, /Expected From .*control characters; remove them/],
    ['20,000 characters of From', { From: `${long}@example.com` }, /Expected From .*It has 20012 characters/],
    [
      'a Reply-To with a name',
      { ReplyToEmailAddress: 'Support <support@example.com>' },
      /Expected ReplyToEmailAddress to be one bare .* takes no name, bracket or blank here; give the address alone: support@example\.com\./,
    ],
    ['a Reply-To in brackets', { ReplyToEmailAddress: '<support@example.com>' }, /give the address alone: support@example\.com/],
    ['a quoted Reply-To without a blank', { ReplyToEmailAddress: '"Support"<support@example.com>' }, /give the address alone/],
    ['a blank after Reply-To', { ReplyToEmailAddress: 'support@example.com ' }, /give the address alone: support@example\.com/],
    ['a blank in Reply-To', { ReplyToEmailAddress: '"john doe"@example.com' }, /Expected ReplyToEmailAddress .*such as a blank/],
    ['999 characters of Reply-To', { ReplyToEmailAddress: `a@${'a.'.repeat(497)}com` }, /It has 999 characters/],
    ['a Reply-To with a typo', { ReplyToEmailAddress: 'a@@example.com' }, /Expected ReplyToEmailAddress/],
    [
      'COGNITO_DEFAULT',
      { EmailSendingAccount: 'COGNITO_DEFAULT' },
      /Expected EmailSendingAccount to be DEVELOPER or absent.*got "COGNITO_DEFAULT"/,
    ],
    ['an odd Preflight', { Preflight: 'enforce' }, /Expected Preflight to be ENFORCE, WARN or SKIP; got "enforce"/],
    ['an odd AllowSandbox', { AllowSandbox: 'yes' }, /Expected AllowSandbox to be true or false; got "yes"/],
    ['an odd OnDelete', { OnDelete: 'DELETE' }, /Expected OnDelete to be RESTORE or RETAIN/],
    ['Heal: ON without quotes', { Heal: 'true' }, /Expected Heal to be AUTO, NOTIFY or OFF; got "true"/],
    ['an odd Heal', { Heal: 'ALWAYS' }, /Expected Heal to be AUTO, NOTIFY or OFF/],
    ['an odd Takeover', { Takeover: '1' }, /Expected Takeover to be true or false/],
    ['ConfigurationSetName', { ConfigurationSetName: 'mail' }, /Unknown property "ConfigurationSetName"; did you mean ConfigurationSet\?/],
    ['a swapped name', { Form: 'x' }, /did you mean From\?/],
    ['ReplyTo', { ReplyTo: 'a@example.com' }, /did you mean ReplyToEmailAddress\?/],
    ['a transposed name', { SuorceArn: 'x' }, /did you mean SourceArn\?/],
    ['UserPoolID', { UserPoolID: POOL }, /did you mean UserPoolId\?/],
    ['a name that is near to none', { Tags: 'x' }, /Unknown property "Tags"; remove it\./],
    ['a name of another language', { 配置集: 'x' }, /Unknown property "配置集"; remove it\./],
    [
      'the block under its name',
      { EmailConfiguration: { From: 'a@example.com' } },
      /Unknown property "EmailConfiguration"; its members stand directly among the properties: write ConfigurationSet, SourceArn, From, ReplyToEmailAddress beside/,
    ],
    ['the block under the name of its type', { EmailConfigurationType: {} }, /its members stand directly among the properties/],
    ['a name of Object.prototype', { constructor: 'x' }, /Unknown property "constructor"; remove it\./],
  ])('%s', (_, change, sentence) => {
    expect(refused({ ...GOOD, ...change })).toMatch(sentence)
  })

  test.each([undefined, null, 'x', 7, []])('ResourceProperties %p', (properties) => {
    expect(refused(properties)).toMatch(/no ResourceProperties/)
  })
})

const POOL_IS = 'the ID of a user pool, like us-east-1_Ab3dEf6hI'
const IDENTITY_IS = 'the ARN of an SES identity, like arn:aws:ses:us-east-1:111122223333:identity/example.com'
const SET_IS = 'the name of an SES configuration set: 1 to 64 letters, digits, _ and -'
const POOLS_ARE = 'a list of 1 to 100 IDs of user pools, none twice, each like us-east-1_Ab3dEf6hI'
const long = 'x'.repeat(5_000)

test.each<[JsonObject, string]>([
  [{ ConfigurationSet: true }, `Expected ConfigurationSet to be ${SET_IS}; got "true".`],
  [{ AllowSandbox: { a: 1 } }, 'Expected AllowSandbox to be true or false; got "{"a":1}".'],
  [{ Heal: 'constructor' }, 'Expected Heal to be AUTO, NOTIFY or OFF; got "constructor".'],
  [{ UserPoolId: undefined, UserPoolIds: [POOL, 'pool'] }, `Expected UserPoolIds to be ${POOLS_ARE}; got "pool".`],
  [{ Preflight: true }, 'Expected Preflight to be ENFORCE, WARN or SKIP; got "true".'],
  [{ ConfigurationSet: ['mail'] }, `Expected ConfigurationSet to be ${SET_IS}; got "["mail"]".`],
  [{ ConfigurationSet: 'a/b' }, `Expected ConfigurationSet to be ${SET_IS}; got "a/b".`],
  [{ UserPoolId: 'a/b' }, `Expected UserPoolId to be ${POOL_IS}; got "a/b".`],
  [{ UserPoolId: undefined, UserPoolIds: [7] }, `Expected UserPoolIds to be ${POOLS_ARE}; got "7".`],
  [{ UserPoolId: undefined, UserPoolIds: { a: 1 } }, `Expected UserPoolIds to be ${POOLS_ARE}; got "{"a":1}".`],
  [{ UserPoolId: long }, `Expected UserPoolId to be ${POOL_IS}; got "${long.slice(0, 79)}…". It has 5000 characters.`],
  [{ UserPoolId: null }, 'UserPoolId is missing: name the user pool by UserPoolId, or several by UserPoolIds.'],
  [{ SourceArn: 'a/b' }, `Expected SourceArn to be ${IDENTITY_IS}; got "a/b".`],
  [{ EmailConfigurations: 'x' }, 'Unknown property "EmailConfigurations"; remove it.'],
  [{ MyEmailConfiguration: 'x' }, 'Unknown property "MyEmailConfiguration"; remove it.'],
  [{ Takeover: 'no', Heal: 'no' }, 'Expected Heal to be AUTO, NOTIFY or OFF; got "no". Expected Takeover to be true or false; got "no".'],
])('%j is told in just these words: no remedy that does not fit', (change, sentence) => {
  expect(refused({ ...GOOD, ...change })).toBe(sentence)
})

test('a value may be as long, and a list as full, as the sentences say', () => {
  const SourceArn = `arn:aws:ses:us-east-1:123456789012:identity/${'a'.repeat(2_004)}`
  const UserPoolIds = Array.from({ length: 100 }, (_, index) => `us-east-1_${index}`)
  expect(parseProperties({ ...GOOD, SourceArn })).toMatchObject({ ok: true, binding: { declared: { SourceArn } } })
  expect(parseProperties({ ...GOOD, UserPoolId: undefined, UserPoolIds })).toMatchObject({
    ok: true,
    binding: { userPoolIds: UserPoolIds },
  })
})

test('each choice is taken, also as the boolean that a template may have; Nonce may be anything', () => {
  const choices = { Preflight: 'WARN', AllowSandbox: true, OnDelete: 'RETAIN', Heal: 'NOTIFY', Takeover: 'true', Nonce: { a: 1 } }
  expect(parseProperties({ ...GOOD, ...choices })).toMatchObject({
    ok: true,
    binding: { preflight: 'WARN', allowSandbox: true, onDelete: 'RETAIN', heal: 'NOTIFY', takeover: true },
  })
})

test('what is null is absent', () => {
  const nothing = { From: null, UserPoolIds: null, Heal: null, AllowSandbox: null }
  expect(parseProperties({ ...GOOD, ...nothing })).toEqual(parseProperties(GOOD))
})

test.each(['false', false])('Heal: OFF without quotes arrives as %j and is OFF; the schema takes it too', (Heal) => {
  expect(parseProperties({ ...GOOD, Heal })).toMatchObject({ ok: true, binding: { heal: 'OFF' } })
  const heal = child(child(propertySchema(), 'properties'), 'Heal')
  expect(heal).toMatchObject({ enum: expect.arrayContaining(['OFF', Heal]) })
  expect(heal).not.toHaveProperty('type')
})

test('every wrong thing is named, not only the first', () => {
  expect(refused({ ...GOOD, Preflight: 'no', Heal: 'no', Typo: 'no' })).toMatch(/Typo.*Preflight.*Heal/)
})

test('no value, however hostile, gets into a message whole or with control characters', () => {
  void fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(PROPERTIES)),
      fc.oneof(fc.string({ unit: 'binary', maxLength: 4_000 }), fc.jsonValue()),
      (name, value) => {
        const result = parseProperties({ ...GOOD, [name]: value as string })
        if (result.ok) return
        expect(result.message).not.toMatch(/\p{Cc}/u)
        expect(result.message.length).toBeLessThan(1_500)
      },
    ),
  )
})

test('a Delete judges nothing: it takes the well-formed pool IDs and what it can read of OnDelete', () => {
  expect(wellFormedPoolIds({ UserPoolId: POOL, UserPoolIds: ['us-east-1_b', 7, 'nonsense', POOL] })).toEqual([POOL, 'us-east-1_b'])
  expect(wellFormedPoolIds({ UserPoolIds: [['us-east-1_b']] })).toEqual([])
  expect([wellFormedPoolIds('x'), wellFormedPoolIds(undefined)]).toEqual([[], []])
  const said = (OnDelete: unknown) => onDeleteOf({ OnDelete })
  expect([onDeleteOf({}), onDeleteOf('x'), said(null), said('RESTORE')]).toEqual(Array.from({ length: 4 }, () => 'RESTORE'))
  expect([said('RETAIN'), said('x')]).toEqual(['RETAIN', undefined])
})

test('the schema knows every property, and no other', () => {
  const schema = propertySchema()
  expect(Object.keys(schema['properties'] as JsonObject)).toEqual(Object.keys(PROPERTIES))
  expect(schema['additionalProperties']).toBe(false)
})

test('infra/cognito-ses-binding.schema.json is what the parser says; if not: node test/run.mjs test/infra/schema.ts', () => {
  expect(JSON.parse(readFileSync('infra/cognito-ses-binding.schema.json', 'utf8'))).toEqual(JSON.parse(schemaText()))
})
