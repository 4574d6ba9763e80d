// How a pool stands, from one reading: every state, the sender and the set that count, and the findings in their order.
import { describe, expect, test } from '@jest/globals'
import { refusal } from '../../lib/errors.ts'
import { asksSes, needsAttention, type Reading, statusOf, withEffectiveSet } from '../../lib/fleet/status.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { PoolRecord } from '../../lib/pool/record.ts'
import type { Facts } from '../../lib/preflight/facts.ts'

const [region, account] = ['eu-west-1', '111122223333']
const ARN = `arn:aws:ses:${region}:${account}:identity/example.com`
const LISTED = { region, id: 'eu-west-1_Pool11111', name: 'listed', replicas: [] }
const AT = Date.parse('2026-11-25T12:00:00Z')
const OWN = { EmailSendingAccount: 'DEVELOPER', SourceArn: ARN, From: 'a@example.com' }
const DECLARED = { ConfigurationSet: 'mail', SourceArn: ARN, From: 'a@example.com' }

const claim = (more: Partial<PoolRecord['Claims'][number]> = {}): PoolRecord['Claims'][number] => ({
  StackId: `arn:aws:cloudformation:${region}:${account}:stack/mail/1`,
  LogicalResourceId: 'Binding',
  Declared: DECLARED,
  OnDelete: 'RESTORE',
  Heal: 'AUTO',
  ...more,
})

const BOUND = { ...OWN, ConfigurationSet: 'mail' }

const recordOf = (more: Partial<PoolRecord> = {}): PoolRecord => ({
  ...{ UserPoolId: LISTED.id, SchemaVersion: 1, Revision: 1 },
  ...{ Base: {}, Asked: BOUND, Applied: BOUND, Claims: [claim()] },
  ...more,
})

const reading = (pool: JsonObject, record?: PoolRecord): Reading => ({
  ...{ ok: true, userPoolId: LISTED.id, region, account, partition: 'aws', readAt: AT },
  pool: { Name: 'described', ...pool },
  recorded: { ok: true, record },
})

const FACTS: Facts = {
  region,
  configurationSet: { found: { ConfigurationSetName: 'mail' } },
  eventDestinations: {
    found: [
      {
        Name: 'all',
        Enabled: true,
        MatchingEventTypes: ['SEND', 'REJECT', 'BOUNCE', 'COMPLAINT', 'DELIVERY', 'DELIVERY_DELAY', 'RENDERING_FAILURE'],
        EventBridgeDestination: {},
      },
    ],
  },
  account: { found: { ProductionAccessEnabled: true, SendingEnabled: true, EnforcementStatus: 'HEALTHY' } },
  identity: {
    found: { IdentityType: 'DOMAIN', VerifiedForSendingStatus: true, DkimAttributes: { SigningEnabled: true, Status: 'SUCCESS' } },
  },
  sendingPool: undefined,
  configurationSetInOwnRegion: undefined,
  parents: [],
}

const lease = (until: string) => ({ Event: 'e', Invocation: 'i', StartedAt: '2026-11-25T11:59:00Z', Until: until })

describe('the state', () => {
  test.each<[string, JsonObject, PoolRecord | undefined, string]>([
    ['nobody binds it and it is on COGNITO_DEFAULT', {}, undefined, 'default'],
    ['nobody binds it and its owner sends with SES', { EmailConfiguration: OWN }, undefined, 'unbound'],
    ['a trigger sends', { LambdaConfig: { CustomEmailSender: {} } }, undefined, 'external'],
    ['it is as its binding declares', { EmailConfiguration: BOUND }, recordOf(), 'bound'],
    ['its settings were wiped', {}, recordOf(), 'drifted'],
    ['its settings were wiped where nobody may heal', {}, recordOf({ Claims: [claim({ Heal: 'OFF' })] }), 'drifted'],
    ['somebody chose another set', { EmailConfiguration: { ...BOUND, ConfigurationSet: 'theirs' } }, recordOf(), 'contested'],
    ['nothing gives it a sender', {}, recordOf({ Claims: [claim({ Declared: { ConfigurationSet: 'mail' } })] }), 'blocked'],
    ['an operation is under way', {}, recordOf({ Lease: lease('2026-11-25T12:00:01Z') }), 'changing'],
    ['an operation is under way, to its last moment', {}, recordOf({ Lease: lease('2026-11-25T12:00:00Z') }), 'changing'],
    ['an operation takes the last claim away', {}, recordOf({ Claims: [], Lease: lease('2026-11-25T12:00:01Z') }), 'changing'],
    [
      'an operation died, and what it began counts',
      {},
      recordOf({ Claims: [], Intended: { EmailConfiguration: BOUND, Claims: [claim()], At: '' }, Lease: lease('2026-11-25T11:59:59Z') }),
      'drifted',
    ],
    ['no claim is left on its record', { EmailConfiguration: OWN }, recordOf({ Claims: [] }), 'unbound'],
  ])('%s: that is told as its state', (_, pool, record, state) => {
    expect(statusOf(LISTED, reading(pool, record), FACTS).state).toBe(state)
  })

  test('unread where it could not be described: then nothing is known but its name', () => {
    expect(statusOf(LISTED, refusal('AccessDenied', 'no'), undefined)).toEqual({
      ...LISTED,
      ...{
        state: 'unread',
        sender: '?',
        email: null,
        configurationSet: null,
        bindings: null,
        changing: null,
        drift: [],
        findings: [],
        lastModified: null,
      },
      error: { code: 'AccessDenied', message: 'no' },
    })
  })

  test('unread where its record could not be: sender and findings stand', () => {
    const read = { ...reading({ EmailConfiguration: OWN }), recorded: refusal('InternalFailure', 'newer') }

    expect(statusOf(LISTED, read, FACTS)).toMatchObject({
      ...{ state: 'unread', name: 'described', sender: 'example.com', bindings: null },
      ...{ findings: [{ id: 'no-configuration-set' }], error: { code: 'InternalFailure', message: 'newer' } },
    })
  })
})

test('a pool that is as its binding declares has this status, and nothing else', () => {
  expect(statusOf(LISTED, reading({ EmailConfiguration: BOUND, LastModifiedDate: 1_764_072_000.5 }, recordOf()), FACTS)).toEqual({
    ...LISTED,
    ...{ name: 'described', state: 'bound', sender: 'example.com', email: BOUND, configurationSet: { name: 'mail', from: 'pool' } },
    bindings: [{ stack: 'mail', stackId: claim().StackId, logicalId: 'Binding', declared: DECLARED, onDelete: 'RESTORE', heal: 'AUTO' }],
    ...{ changing: null, drift: [], findings: [], lastModified: '2025-11-25T12:00:00.500Z', error: null },
  })
})

test('a pool that nobody bound and that says little has this status: what is not there is null', () => {
  expect(statusOf(LISTED, { ...reading({}), pool: {} }, undefined)).toEqual({
    ...LISTED,
    ...{ state: 'default', sender: 'COGNITO_DEFAULT', email: {}, configurationSet: null, bindings: [], changing: null, drift: [] },
    findings: [{ id: 'cognito-default', level: 'warning', message: expect.stringContaining('COGNITO_DEFAULT') }],
    ...{ lastModified: null, error: null },
  })
})

test('a pool on which an operation works says since when and until when, and nothing of drift', () => {
  const status = statusOf(LISTED, reading({ EmailConfiguration: OWN }, recordOf({ Lease: lease('2026-11-25T12:00:01Z') })), undefined)

  expect(status).toMatchObject({
    changing: { since: '2026-11-25T11:59:00Z', until: '2026-11-25T12:00:01Z' },
    drift: [],
    findings: [{ id: 'no-configuration-set' }],
  })
})

test.each<[string, JsonObject, string]>([
  ['a trigger', { LambdaConfig: { CustomEmailSender: {} }, EmailConfiguration: OWN }, 'CustomEmailSender'],
  ['an address', { EmailConfiguration: { ...OWN, SourceArn: ARN.replace('example.com', 'a@example.com') } }, 'a@example.com'],
  ['what cannot be read', { EmailConfiguration: { ...OWN, SourceArn: 'arn:of:something' } }, '?'],
])('where %s sends, the sender says so', (_, pool, sender) => {
  expect(statusOf(LISTED, reading(pool), undefined).sender).toBe(sender)
})

test.each<[JsonObject, boolean]>([
  [OWN, true],
  [{ ConfigurationSet: 'mail' }, true],
  [{ EmailSendingAccount: 'COGNITO_DEFAULT' }, false],
  [{}, false],
])('SES is asked about %j: %s', (email, isAsked) => {
  expect(asksSes(email)).toBe(isAsked)
})

test('the drift of a pool has each member as it is and as it should be', () => {
  const { drift } = statusOf(LISTED, reading({ EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' } }, recordOf()), undefined)

  expect(drift).toEqual([
    { member: 'EmailSendingAccount', live: 'COGNITO_DEFAULT', wanted: 'DEVELOPER' },
    { member: 'ConfigurationSet', live: null, wanted: 'mail' },
    { member: 'SourceArn', live: null, wanted: ARN },
    { member: 'From', live: null, wanted: 'a@example.com' },
  ])
})

test.each<[string, PoolRecord, RegExp]>([
  ['heal', recordOf(), /; the next sweep puts it back, and where that is long over the function's log says why not\.$/],
  [
    'heal, after it was refused',
    recordOf({ Unhealed: { Kind: 'refused', Why: 'the set is gone', At: '2026-11-24T10:00:00Z' } }),
    /says why not\. The healer left it alone on 2026-11-24, refused: the set is gone\.$/,
  ],
  [
    'heal, after it was refused by 0.1, which wrote no day',
    recordOf({ Unhealed: { Kind: 'refused', Why: 'the set is gone.' } }),
    /says why not\. The healer left it alone, refused: the set is gone\.$/,
  ],
  ['notify', recordOf({ Claims: [claim({ Heal: 'NOTIFY' })] }), /; nobody puts it back \(Heal is NOTIFY\)\.$/],
  ['off', recordOf({ Claims: [claim({ Heal: 'OFF' })] }), /; nobody puts it back \(Heal is OFF, or the pool's tag says so\)\.$/],
  [
    'contested',
    recordOf({ Unhealed: { Kind: 'contested', Why: 'somebody set From to another value' } }),
    /, contested: somebody set From to another value; let binding and pool say the same/,
  ],
])('the finding of a drift says what is done about it: %s', (_, record, message) => {
  const below = claim({ StackId: claim().StackId.replace('stack/mail/', 'stack/below/') })
  const top = record.Claims.map((one) => ({ ...one, StackId: one.StackId.replace('stack/mail/', 'stack/top/') }))
  const [finding] = statusOf(LISTED, reading({}, { ...record, Claims: [below, below, ...top] }), undefined).findings

  expect(finding).toMatchObject({ level: 'error', message: expect.stringMatching(message) })
  const what = `User pool ${LISTED.id} has EmailSendingAccount, ConfigurationSet, SourceArn, From not as stack top declares`
  expect(finding?.message.startsWith(what)).toBe(true)
})

test('the finding of a pool that nothing gives a sender says what to declare', () => {
  const record = recordOf({ Claims: [claim({ Declared: { ConfigurationSet: 'mail' } })] })

  expect(statusOf(LISTED, reading({}, record), undefined).findings[0]).toEqual({
    ...{ id: 'blocked', level: 'error', message: expect.stringMatching(/nothing gives it a sender.* Declare SourceArn/) },
  })
})

describe('the set that mail goes through', () => {
  const identity = { found: { ...FACTS.identity, VerifiedForSendingStatus: true, ConfigurationSetName: 'theirs' } } as Facts['identity']

  test('is the pool’s own where it has one', () => {
    expect(statusOf(LISTED, reading({ EmailConfiguration: BOUND }), { ...FACTS, identity }).configurationSet).toEqual({
      name: 'mail',
      from: 'pool',
    })
  })

  test('is its identity’s default where it has none, and then bounces show somewhere', () => {
    const status = statusOf(LISTED, reading({ EmailConfiguration: OWN }), { ...FACTS, identity })

    expect(status.configurationSet).toEqual({ name: 'theirs', from: 'identity' })
    expect(status.findings.map(({ id }) => id)).not.toContain('no-configuration-set')
  })

  test('is none where neither has one: then SES need not be asked about another', () => {
    expect(withEffectiveSet(OWN, FACTS)).toBe(OWN)
    expect(withEffectiveSet(OWN, { ...FACTS, identity })).toEqual({ ...OWN, ConfigurationSet: 'theirs' })
  })
})

describe('findings', () => {
  test('come in this order: Cognito’s own, the state’s, the sender’s, then pre-flight’s on what stands live', () => {
    const facts: Facts = { ...FACTS, account: { found: { ProductionAccessEnabled: false, SendingEnabled: true } } }
    const pool = { EmailConfigurationFailure: 'example.com is gone.', EmailConfiguration: { ...OWN } }
    const { findings } = statusOf(LISTED, reading(pool, recordOf()), facts)

    expect(findings.map(({ id }) => id)).toEqual(['cognito-failure', 'drifted', 'no-configuration-set', 'sandbox'])
    expect(findings[0]).toMatchObject({
      level: 'error',
      message: 'Amazon Cognito says that it cannot send for user pool eu-west-1_Pool11111: example.com is gone.',
    })
  })

  test('have none about a read that the caller may not do, and none about a wish', () => {
    const denied = { failed: Object.assign(new Error('no'), { action: 'ses:GetX', code: 'AccessDeniedException', status: 403 }) } as never
    const facts: Facts = { ...FACTS, configurationSet: denied, eventDestinations: denied, account: denied }

    expect(statusOf(LISTED, reading({ EmailConfiguration: BOUND }), facts).findings).toEqual([])
  })

  test('speak of the trigger that sends only where a set is without effect for it', () => {
    const pool = (email: JsonObject) =>
      reading({
        LambdaConfig: { CustomEmailSender: { LambdaArn: 'arn:aws:lambda:eu-west-1:111122223333:function:push' } },
        EmailConfiguration: email,
      })
    const findings = (email: JsonObject) => statusOf(LISTED, pool(email), FACTS).findings

    expect(findings(BOUND).map(({ id }) => id)).toContain('custom-email-sender')
    expect(findings(OWN)).toHaveLength(0)
  })
})

test('a pool that is bound is not told to be bound, and one that is free is', () => {
  const messages = (record?: PoolRecord, pool: JsonObject = {}) =>
    statusOf(LISTED, reading(pool, record), undefined).findings.flatMap(({ level, message }) => (level === 'warning' ? [message] : []))

  expect(messages().join()).toContain('; bind it to an SES identity.')
  expect(messages(undefined, { EmailConfiguration: OWN }).join()).toContain('; bind it to one.')
  expect(messages(recordOf())).toEqual([expect.stringMatching(/ sends with COGNITO_DEFAULT: .* for those it drops\.$/)])
  expect(messages(recordOf(), { EmailConfiguration: OWN })).toEqual([expect.stringMatching(/ show nowhere\.$/)])
})

test('contested, blocked, drifted, default, and any error need attention; a warning and an unread pool do not', () => {
  const base = statusOf(LISTED, reading({ EmailConfiguration: BOUND }, recordOf()), FACTS)
  const of = (more: Partial<typeof base>) => needsAttention({ ...base, findings: [], ...more })

  expect((['contested', 'blocked', 'drifted', 'default'] as const).map((state) => of({ state }))).toEqual([true, true, true, true])
  expect((['unread', 'changing', 'external', 'unbound', 'bound'] as const).map((state) => of({ state }))).toEqual(Array(5).fill(false))
  expect(of({ findings: [{ id: 'sandbox', level: 'error', message: '' }] })).toBe(true)
  expect(of({ findings: [{ id: 'dkim', level: 'warning', message: '' }] })).toBe(false)
})
