// How a pool stands, from one reading: every state, the sender and the set that count, and the findings in their order.
import { describe, expect, test } from '@jest/globals'
import { refusal } from '../../lib/errors.ts'
import { needsAttention, type Reading, statusOf } from '../../lib/fleet/status.ts'
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
  ['notify', recordOf({ Claims: [claim({ Heal: 'NOTIFY' })] }), /; nobody puts it back \(Heal is NOTIFY\)\.$/],
  ['off', recordOf({ Claims: [claim({ Heal: 'OFF' })] }), /; nobody puts it back \(Heal is OFF, or the pool's tag says so\)\.$/],
  [
    'contested',
    recordOf({ Unhealed: { Kind: 'contested', Why: 'somebody set From to another value' } }),
    /, contested: somebody set From to another value; let binding and pool say the same/,
  ],
])('the finding of a drift says what is done about it: %s', (_, record, message) => {
  const [finding] = statusOf(LISTED, reading({}, record), undefined).findings

  expect(finding).toMatchObject({ level: 'error', message: expect.stringMatching(message) })
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
})

describe('findings', () => {
  test('come in this order: Cognito’s own, the state’s, the sender’s, then pre-flight’s on what stands live', () => {
    const facts: Facts = { ...FACTS, account: { found: { ProductionAccessEnabled: false, SendingEnabled: true } } }
    const pool = { EmailConfigurationFailure: 'role is gone', EmailConfiguration: { ...OWN } }
    const { findings } = statusOf(LISTED, reading(pool, recordOf()), facts)

    expect(findings.map(({ id }) => id)).toEqual(['cognito-failure', 'drifted', 'no-configuration-set', 'sandbox'])
    expect(findings[0]?.message).toBe('Amazon Cognito says that it cannot send for user pool eu-west-1_Pool11111: role is gone.')
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
    const ids = (email: JsonObject) => statusOf(LISTED, pool(email), FACTS).findings.map(({ id }) => id)

    expect(ids(BOUND)).toContain('custom-email-sender')
    expect(ids(OWN)).not.toContain('custom-email-sender')
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
