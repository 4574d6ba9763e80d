// The signing time of a ResponseURL orders a binding's events, and no date can lock a binding.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { SENDER } from '../driver.ts'
import { closeStages, PLAIN, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

const SECOND = 1_000
const DAY = 24 * 60 * 60 * SECOND

let stage: Stage
let id: string

beforeEach(async () => {
  stage = await openVirtualStage()
  id = stage.aws.createUserPool(PLAIN)
})
afterEach(closeStages)

const wish = (set = 'mail') => ({ UserPoolId: id, ConfigurationSet: set, ...SENDER })

test('an event with a date in the future is served, and the genuine Update and Delete after it are served too', async () => {
  const binding = stage.resource()
  const now = stage.now()
  expect((await binding.create(wish(), { signedAt: now })).answer?.Status).toBe('SUCCESS')
  expect((await binding.update(wish('mail-2'), wish(), { signedAt: now + 365 * DAY })).answer?.Status).toBe('SUCCESS')
  expect((await binding.update(wish('other'), wish('mail-2'), { signedAt: stage.now() + SECOND })).answer).toMatchObject({
    Status: 'SUCCESS',
  })
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'other' })
  expect((await binding.delete(wish('other'), { signedAt: stage.now() })).answer?.Status).toBe('SUCCESS')
  expect(await stage.poolRecord(id)).toBeUndefined()
})

test('a date in the future is stored as now', async () => {
  const before = stage.now()
  await stage.resource().create(wish(), { signedAt: before + DAY })
  const newest = String((await stage.bindingRecord())?.['Newest'])
  const at = Date.parse(newest.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  expect(at).toBeGreaterThanOrEqual(before - SECOND)
  expect(at).toBeLessThanOrEqual(stage.now())
})

test('a record that has a date in the future already locks nobody out', async () => {
  const binding = stage.resource()
  await binding.create(wish(), { signedAt: stage.now() - 10 * SECOND })
  const record = await stage.bindingRecord()
  await stage.aws.table.put({ ...record, UserPoolId: String(record?.['UserPoolId']), Newest: '29991231T235959Z' })
  expect((await binding.update(wish('mail-2'), wish(), { signedAt: stage.now() - 5 * SECOND })).answer?.Status).toBe('SUCCESS')
  expect((await binding.delete(wish('mail-2'), { signedAt: stage.now() })).answer?.Status).toBe('SUCCESS')
})

test.each([
  ['Create', 1, 'FAILED'],
  ['Update', 1, 'FAILED'],
  ['Delete', 30, 'SUCCESS'],
  ['Delete', 32, 'FAILED'],
] as const)('a %s that was signed %i s before the newest event handled: %s', async (type, seconds, status) => {
  const binding = stage.resource()
  const newest = stage.now() - 60 * SECOND
  await binding.create(wish(), { signedAt: newest })
  const late = { signedAt: newest - seconds * SECOND }
  const { answer } = await (type === 'Create'
    ? binding.create(wish('mail-2'), late)
    : type === 'Update'
      ? binding.update(wish('mail-2'), wish(), late)
      : binding.delete(wish(), late))
  expect(answer?.Status).toBe(status)
  if (status === 'FAILED') expect(answer?.Reason).toMatch(/^ResourceConflict: .*superseded/)
  else expect(stage.email(id)).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
})

test('a date that is none is no date', async () => {
  const binding = stage.resource()
  const event = binding.event('Create', { properties: wish() })
  const forged = { ...event, ResponseURL: String(event['ResponseURL']).replace(/X-Amz-Date=[^&]*/, 'X-Amz-Date=20269999T999999Z') }
  await stage.lambda.invoke(forged)
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
})
