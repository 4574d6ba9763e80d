// What a plan says of one pool, from one reading: the claims that count are those that will be there when the template is deployed.
import { describe, expect, test } from '@jest/globals'
import { parseProperties } from '../../lib/binding/properties.ts'
import { ServiceError } from '../../lib/errors.ts'
import { boundBy, proposalOf, templateOf, type Wish } from '../../lib/fleet/proposal.ts'
import type { Reading } from '../../lib/fleet/status.ts'
import { child, type JsonObject } from '../../lib/json.ts'
import type { PoolRecord } from '../../lib/pool/record.ts'
import type { Facts } from '../../lib/preflight/facts.ts'

const [region, account, userPoolId] = ['eu-west-1', '111122223333', 'eu-west-1_Pool11111']
const SourceArn = `arn:aws:ses:${region}:${account}:identity/example.com`
const SENDER = { EmailSendingAccount: 'DEVELOPER', SourceArn, From: 'a@example.com' }

const claim = (stack: string, LogicalResourceId: string, Declared: JsonObject): PoolRecord['Claims'][number] => ({
  ...{ StackId: `arn:aws:cloudformation:${region}:${account}:stack/${stack}/1`, LogicalResourceId, Declared },
  ...{ OnDelete: 'RESTORE', Heal: 'AUTO' },
})

const recorded = (record: PoolRecord | undefined) => ({ recorded: { ok: true as const, record } })

const reading = (live: JsonObject, ...Claims: PoolRecord['Claims']): Reading => ({
  ...{ ok: true, userPoolId, region, account, partition: 'aws', readAt: 0 },
  pool: { Name: 'people', EmailConfiguration: live },
  recorded: {
    ok: true,
    record: { UserPoolId: userPoolId, SchemaVersion: 1, Revision: 1, Base: SENDER, Asked: live, Applied: live, Claims },
  },
})

const found = (answer: JsonObject) => ({ found: answer })
const FACTS = {
  ...{ region, configurationSet: found({}), eventDestinations: undefined, sendingPool: undefined, configurationSetInOwnRegion: undefined },
  account: found({ ProductionAccessEnabled: true, SendingEnabled: true }),
  identity: found({ VerifiedForSendingStatus: true }),
  parents: [],
} as Facts

const bindingOf = (more: JsonObject = {}) => {
  const wish = parseProperties({ UserPoolId: userPoolId, ConfigurationSet: 'mail', SourceArn, From: 'a@example.com', ...more })
  if (!wish.ok) throw new Error(wish.message)
  return wish.binding
}

const propose = (read: Reading, given: Partial<Wish> = {}, facts = FACTS) =>
  proposalOf(read, { binding: bindingOf(), stack: 'pool-mail', allowTakeover: true, ...given }, async () => facts)

test('what the stack bound under another name goes with the deployment, and its members with it', async () => {
  const live = { ...SENDER, ConfigurationSet: 'mail', ReplyToEmailAddress: 'help@example.com' }
  const old = claim('pool-mail', 'AuthBinding', { ConfigurationSet: 'mail', ReplyToEmailAddress: 'help@example.com' })

  expect(await propose(reading(live, old))).toMatchObject({
    ok: true,
    changes: [{ member: 'ReplyToEmailAddress', live: 'help@example.com', wanted: null }],
    logicalId: undefined,
  })
})

test('where another stack lies over that name, the new binding would be refused, and so it is here', async () => {
  const live = { ...SENDER, ConfigurationSet: 'theirs' }
  const claims = [claim('pool-mail', 'AuthBinding', { ConfigurationSet: 'mail' }), claim('other', 'Theirs', { ConfigurationSet: 'theirs' })]

  expect(await propose(reading(live, ...claims))).toMatchObject({ ok: false, code: 'ResourceConflict' })
})

test('a binding of a template of ours is replaced in its place, and what lies over it is told', async () => {
  const live = { ...SENDER, ConfigurationSet: 'theirs' }
  const claims = [claim('pool-mail', 'Binding2', { ConfigurationSet: 'old' }), claim('other', 'Theirs', { ConfigurationSet: 'theirs' })]

  expect(await propose(reading(live, ...claims))).toMatchObject({
    ...{ ok: true, changes: [], logicalId: 'Binding2' },
    warnings: [expect.stringContaining('The claim of Theirs of stack other')],
  })
})

test('a pool without a record gets all that is declared, and no binding is lain over', async () => {
  const read = { ...reading({ EmailSendingAccount: 'COGNITO_DEFAULT' }), ...recorded(undefined) }

  expect(await propose(read)).toEqual({
    ok: true,
    changes: [
      { member: 'EmailSendingAccount', live: 'COGNITO_DEFAULT', wanted: 'DEVELOPER' },
      { member: 'ConfigurationSet', live: null, wanted: 'mail' },
      { member: 'SourceArn', live: null, wanted: SourceArn },
      { member: 'From', live: null, wanted: 'a@example.com' },
    ],
    untouched: expect.any(Number),
    warnings: [],
    takesOver: [],
    logicalId: undefined,
  })
})

test('a binding that the template has already keeps its place, and lies over nobody', async () => {
  const live = { ...SENDER, ConfigurationSet: 'old' }
  const claims = [claim('other', 'Theirs', { ConfigurationSet: 'theirs' }), claim('pool-mail', 'Binding3', { ConfigurationSet: 'old' })]

  expect(await propose(reading(live, ...claims))).toMatchObject({
    changes: [{ member: 'ConfigurationSet', live: 'old', wanted: 'mail' }],
    takesOver: [],
    logicalId: 'Binding3',
  })
})

test('a claim that an older stack of the same name left behind goes, and the stack’s own keeps its place', async () => {
  const old = claim('pool-mail', 'AuthBinding', { ConfigurationSet: 'older' })
  const own = claim('pool-mail', 'Binding', { ConfigurationSet: 'old' })
  const claims = [old, { ...own, StackId: own.StackId.replace('/1', '/2') }]

  expect(await propose(reading({ ...SENDER, ConfigurationSet: 'old' }, ...claims))).toMatchObject({ ok: true, logicalId: 'Binding' })
})

test('of an operation that died what it began counts: a name that the template has not is gone from that too', async () => {
  const theirs = claim('other', 'Theirs', { ConfigurationSet: 'theirs' })
  const Intended = { EmailConfiguration: SENDER, Claims: [claim('pool-mail', 'AuthBinding', { ConfigurationSet: 'mail' }), theirs], At: '' }
  const { recorded: settled, ...read } = reading(SENDER)
  const record = settled.ok && settled.record ? { ...settled.record, Intended } : undefined

  expect(await propose({ ...read, ...recorded(record) }, { binding: bindingOf({ Takeover: 'true' }) })).toMatchObject({
    ok: true,
    takesOver: [{ stack: 'other', logicalId: 'Theirs' }],
    logicalId: undefined,
  })
})

describe('over the binding of another stack', () => {
  const theirs = reading({ ...SENDER, ConfigurationSet: 'theirs' }, claim('other', 'Theirs', { ConfigurationSet: 'theirs' }))

  test.each<[string, JsonObject, boolean, string]>([
    ['the plan says how, where nobody asked for it', {}, true, 'or set Takeover to true'],
    ['the plan says why not, where the provider does not allow it', { Takeover: 'true' }, false, 'AllowTakeover is false'],
  ])('%s', async (_, more, allowTakeover, words) => {
    expect(await propose(theirs, { binding: bindingOf(more), allowTakeover })).toMatchObject({
      ...{ ok: false, code: 'ResourceConflict', message: expect.stringContaining(words) },
    })
  })

  test('the plan lays this one, where that was asked for, and names whose it lies over', async () => {
    expect(await propose(theirs, { binding: bindingOf({ Takeover: 'true' }) })).toMatchObject({
      ok: true,
      changes: [{ member: 'ConfigurationSet', live: 'theirs', wanted: 'mail' }],
      takesOver: [{ stack: 'other', logicalId: 'Theirs', declared: { ConfigurationSet: 'theirs' } }],
    })
  })
})

describe('a pool is left out', () => {
  test('while another operation works on it, and not a moment longer', async () => {
    const leased = (Until: string) => {
      const { recorded: settled, ...read } = reading(SENDER)
      const Lease = { Event: 'e', Invocation: 'i', StartedAt: '1970-01-01T00:00:00.000Z', Until }
      return { ...read, readAt: 5_000, ...recorded(settled.ok && settled.record ? { ...settled.record, Lease } : undefined) }
    }

    expect(await propose(leased('1970-01-01T00:00:06.000Z'))).toMatchObject({
      ...{ ok: false, code: 'ResourceConflict', message: expect.stringContaining('Another operation on user pool') },
    })
    expect(await propose(leased('1970-01-01T00:00:04.000Z'))).toMatchObject({ ok: true })
  })

  test('where its record cannot be read, with the reason', async () => {
    const refused = { ok: false, code: 'InternalFailure', message: 'a newer version wrote it' } as const

    expect(await propose({ ...reading(SENDER), recorded: refused })).toEqual(refused)
  })

  test('where pre-flight refuses, with its words', async () => {
    const facts = { ...FACTS, identity: { found: { VerifiedForSendingStatus: false } } }

    expect(await propose(reading(SENDER), {}, facts)).toMatchObject({
      ...{ ok: false, code: 'InvalidRequest', message: expect.stringContaining('example.com is not verified') },
    })
  })

  test('where the caller may not ask SES: then nobody knows what the Lambda would say, and its role is not blamed', async () => {
    const failed = new ServiceError('ses:GetConfigurationSet', 'AccessDeniedException', 'not for you', 403)

    expect(await propose(reading(SENDER), {}, { ...FACTS, configurationSet: { failed } })).toEqual({
      ...{
        ok: false,
        code: 'AccessDenied',
        message: expect.stringMatching(`^What Amazon SES says of user pool ${userPoolId} could not be read`),
      },
    })
  })
})

test('a warning of pre-flight is told, but none about what the caller may not read', async () => {
  const failed = new ServiceError('ses:GetConfigurationSetEventDestinations', 'AccessDeniedException', 'not for you', 403)
  const account = { found: { ProductionAccessEnabled: true, SendingEnabled: true, EnforcementStatus: 'PROBATION' } }

  expect(await propose(reading(SENDER), {}, { ...FACTS, account, eventDestinations: { failed } })).toMatchObject({
    warnings: [expect.stringContaining('PROBATION')],
  })
})

type Resource = { readonly DependsOn?: string; readonly Properties: { readonly UserPoolIds: readonly string[] } }

describe('the template', () => {
  const fresh = Array.from({ length: 101 }, (_, index) => ({ id: `pool-${String(999 - index)}`, logicalId: undefined }))
  const sizes = (pools: Parameters<typeof templateOf>[0]) => {
    const resources = child(templateOf(pools, { ConfigurationSet: 'mail' }), 'Resources') as Readonly<Record<string, Resource>>
    return Object.entries(resources).map(([name, { DependsOn, Properties }]) => [name, Properties.UserPoolIds.length, DependsOn])
  }

  test('binds each pool by the provider’s function, the IDs in order', () => {
    expect(templateOf(fresh.slice(0, 2), { ConfigurationSet: 'mail' })).toEqual({
      AWSTemplateFormatVersion: '2010-09-09',
      Description: expect.stringContaining('cognito-ses-binding plan'),
      Resources: {
        Binding: {
          Type: 'Custom::CognitoSesBinding',
          Properties: {
            ServiceToken: {
              'Fn::Sub': 'arn:$' + '{AWS::Partition}:lambda:$' + '{AWS::Region}:$' + '{AWS::AccountId}:function:cognito-ses-binding',
            },
            ServiceTimeout: 600,
            ConfigurationSet: 'mail',
            UserPoolIds: ['pool-998', 'pool-999'],
          },
        },
      },
    })
  })

  test('has at most 100 pools in a binding, and one binding after the other', () => {
    expect(sizes(fresh)).toEqual([
      ['Binding', 100, undefined],
      ['Binding2', 1, 'Binding'],
    ])
  })

  test('leaves each pool in the binding that it is in, and fills up what is left', () => {
    const placed = [
      ...Array.from({ length: 99 }, (_, index) => ({ id: `mine-${index}`, logicalId: 'Binding' })),
      ...['Binding10', 'Binding2'].map((logicalId) => ({ id: `of-${logicalId}`, logicalId })),
    ]

    expect(sizes([...fresh.slice(0, 3), ...placed])).toEqual([
      ['Binding', 100, undefined],
      ['Binding2', 3, 'Binding'],
      ['Binding10', 1, 'Binding2'],
    ])
  })
})

test('a stack binds the pools on which it has a claim; a record that cannot be read counts where it names the stack', () => {
  const StackId = `arn:aws:cloudformation:${region}:${account}:stack/pool-mail/1`
  const item = (id: string, ...Claims: PoolRecord['Claims']): JsonObject => {
    const { recorded: settled } = reading(SENDER, ...Claims)
    return { ...(settled.ok ? (settled.record as JsonObject | undefined) : {}), UserPoolId: id }
  }
  const [ours, theirs] = [claim('pool-mail', 'Binding', {}), claim('other', 'Binding', {})]

  const items = [
    item('ours', ours, theirs),
    item('theirs', theirs),
    item('nobody’s'),
    { UserPoolId: 'newer', SchemaVersion: 99, Claims: [{ StackId }] },
    { UserPoolId: 'newer and theirs', SchemaVersion: 99, Claims: [{ StackId: theirs.StackId }] },
    { UserPoolId: 'binding#1', StackId },
    { UserPoolId: 'sweep', Revision: 1 },
  ]
  expect(boundBy('pool-mail', items, 'table')).toEqual(['ours', 'newer'])
})
