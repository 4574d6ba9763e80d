// The pool's record: what is read of it, whose claims count, and which heals.
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Claim, openClaims, type PoolRecord, readPoolRecord, recentHeals } from '../../lib/pool/record.ts'
import { SENDER } from '../driver.ts'
import { closeStages } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

const claim = (LogicalResourceId: string, ConfigurationSet = 'mail'): Claim => ({
  ...{ StackId: 'stack', LogicalResourceId, Declared: { ConfigurationSet } },
  ...{ OnDelete: 'RESTORE', Heal: 'AUTO' },
})
const record = (more: Partial<PoolRecord>): PoolRecord => ({
  ...{ UserPoolId: 'us-east-1_a', SchemaVersion: 1, Revision: 1, Base: {}, Asked: {}, Applied: {}, Claims: [] },
  ...more,
})

test.each([
  ['contested: somebody set From: to another value', { Kind: 'contested', Why: 'somebody set From: to another value' }],
  ['blocked', { Kind: 'blocked', Why: '' }],
])('why 0.1 left a pool alone is a text, of which the kind stands before the first colon: %s', (Unhealed, read) => {
  expect(readPoolRecord({ ...record({}), Unhealed }, 'table')).toMatchObject({ ok: true, record: { Unhealed: read } })
})

test('an item whose member is of another kind is refused, and the member and what was expected are named', () => {
  const read = readPoolRecord({ ...record({}), Applied: 'DEVELOPER' }, 'table')
  expect(read).toMatchObject({ ok: false, message: expect.stringContaining('cannot be read: Applied: an object is expected.') })
})

test('a claim that is being changed counts once, as it is to be; one that is being taken off still counts', () => {
  const Intended = { EmailConfiguration: {}, Claims: [claim('Kept', 'mail-2')], At: '2026-11-25T12:00:00Z' }
  expect(openClaims(record({ Claims: [claim('Kept'), claim('Leaving')], Intended }))).toEqual([claim('Leaving'), claim('Kept', 'mail-2')])
})

describe('the heals that count', () => {
  test('are those of the 24 hours before', () => {
    const HealHistory = ['2026-11-24T11:59:59Z', '2026-11-24T12:00:00Z', '2026-11-24T12:00:01Z', '2026-11-25T11:00:00Z']
    expect(recentHeals(record({ HealHistory }), '2026-11-25T12:00:00Z')).toEqual(HealHistory.slice(2))
  })

  test.each([
    ['that was never healed', record({})],
    ['without a record', undefined],
  ])('are none of a pool %s', (_, none) => {
    expect(recentHeals(none, '2026-11-25T12:00:00Z')).toEqual([])
  })
})

test('an event that changes nothing leaves the record as it is, its revision too', async () => {
  const stage = await openVirtualStage()
  const UserPoolId = stage.aws.createUserPool({ Name: 'people' })
  const properties = { UserPoolId, ConfigurationSet: 'mail', ...SENDER }
  const binding = stage.resource()
  await binding.create(properties)
  const before = await stage.poolRecord(UserPoolId)
  expect((await binding.update({ ...properties, Nonce: 'again' }, properties)).answer?.Status).toBe('SUCCESS')
  expect(await stage.poolRecord(UserPoolId)).toEqual(before)
})
