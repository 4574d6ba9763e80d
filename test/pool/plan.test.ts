// What is planned, or refused, before anything is asked of a service.
import { expect, test } from '@jest/globals'
import { type Operation, plan } from '../../lib/pool/plan.ts'
import type { Claim, PoolRecord } from '../../lib/pool/record.ts'

const LIVE = {
  EmailSendingAccount: 'DEVELOPER',
  SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/a.example',
  ConfigurationSet: 'one',
}
const { ConfigurationSet: _, ...BASE } = LIVE
const claim = (StackId: string): Claim => ({
  StackId: `arn:aws:cloudformation:us-east-1:123456789012:stack/${StackId}/1`,
  LogicalResourceId: 'Binding',
  Declared: { ConfigurationSet: 'one' },
  OnDelete: 'RETAIN',
  Heal: 'AUTO',
})
const RECORD: PoolRecord = {
  ...{ UserPoolId: 'pool', SchemaVersion: 1, Revision: 1 },
  ...{ Base: BASE, Asked: LIVE, Applied: LIVE, Claims: [claim('shop')] },
}

const attach = (takeover: 'no' | 'yes' | 'forbidden'): Operation => ({
  kind: 'attach',
  claim: claim('mail'),
  takeover,
  formerSet: undefined,
})

test.each([
  ['no', 'set Takeover to true', 'AllowTakeover'],
  ['forbidden', 'the provider stack’s parameter AllowTakeover is false', 'set Takeover'],
] as const)('another stack’s pool is refused with the remedy of who reads it (Takeover %s)', (takeover, said, unsaid) => {
  const refused = plan('pool', RECORD, LIVE, attach(takeover))
  expect(refused).toMatchObject({ ok: false, code: 'ResourceConflict', message: expect.stringContaining(said) })
  expect(refused).not.toMatchObject({ message: expect.stringContaining(unsaid) })
})

test.each<[string, Operation]>([
  ['a Create', attach('yes')],
  ['a Delete', { kind: 'detach', owner: claim('shop'), onDelete: undefined, answered: true }],
  ['whoever finishes what was begun', { kind: 'recover' }],
  ['a heal that is the first one', { kind: 'heal', at: '2026-11-25T12:00:00.000Z' }],
])('%s has nothing to warn of where all is as it should be', (_, operation) => {
  expect(plan('pool', RECORD, LIVE, operation)).toMatchObject({ ok: true, changes: [], warnings: [] })
})

test('a Delete whose claim an unfinished write has taken off already gives back what is beneath, and has no OnDelete to go by', () => {
  const Intended = { EmailConfiguration: BASE, Claims: [], At: '2026-11-25T12:00:00.000Z' }
  const detach: Operation = { kind: 'detach', owner: claim('shop'), onDelete: undefined, answered: true }
  expect(plan('pool', { ...RECORD, Intended }, LIVE, detach)).toMatchObject({
    ok: true,
    claims: [],
    toSend: BASE,
    changes: ['ConfigurationSet'],
  })
})

test('the heals of a pool stand beside every plan, and a heal adds itself', () => {
  const at = '2026-11-25T12:00:00.000Z'
  const HealHistory = ['2026-11-25T11:00:00.000Z']
  const heals = (record: PoolRecord, operation: Operation) => {
    const next = plan('pool', record, LIVE, operation)
    return next.ok && next.heals
  }
  expect(heals(RECORD, { kind: 'recover' })).toEqual([])
  expect(heals({ ...RECORD, HealHistory }, { kind: 'recover' })).toEqual(HealHistory)
  expect(heals({ ...RECORD, HealHistory }, { kind: 'heal', at })).toEqual([...HealHistory, at])
})
