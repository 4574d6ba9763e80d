// Items of the table as releases wrote them, frozen: today's code must read each of them for ever, and go on from it. A file here is never changed.
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from '@jest/globals'
import { answeredPools } from '../../lib/binding/admission.ts'
import { parseProperties } from '../../lib/binding/properties.ts'
import { readBindingRecord } from '../../lib/binding/record.ts'
import type { JsonObject } from '../../lib/json.ts'
import { readPoolRecord } from '../../lib/pool/record.ts'
import { ACCOUNT, IDENTITY, REGION, SENDER } from '../driver.ts'
import { closeStages } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

const V1 = 'test/records/v1'
const item = (file: string): JsonObject => JSON.parse(readFileSync(`${V1}/${file}.json`, 'utf8'))
const filesOf = (kind: string): string[] =>
  readdirSync(V1, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes(kind) && name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort()

test('there is one of each kind, of each shape that was ever written', () => {
  expect([...filesOf('pool-'), ...filesOf('binding'), ...filesOf('sweep')]).toEqual([
    // As first written: a claim says nothing of Preflight, and why a pool is left alone is a text.
    'first/pool-contested',
    'first/pool-intended',
    'first/pool-settled',
    // From November 2026 on.
    'preflight/pool-contested',
    'preflight/pool-intended',
    'preflight/pool-settled',
    'first/binding',
    'first/binding-expiring',
    'first/binding-leased',
    'first/sweep',
  ])
})

describe('today’s code reads', () => {
  test.each(filesOf('pool-'))('%s, and nothing of it is lost', (file) => {
    const read = readPoolRecord(item(file), 'table')
    const Unhealed = { Kind: 'contested', Why: 'somebody set ConfigurationSet to another value' }
    const asText = typeof item(file)['Unhealed'] === 'string'
    expect(read).toEqual({ ok: true, record: { ...item(file), ...(asText ? { Unhealed } : {}) } })
  })

  test.each(filesOf('binding'))('%s, and nothing of it is lost', (file) => {
    expect(readBindingRecord(item(file), 'table')).toEqual({ ok: true, record: item(file) })
  })

  test('the wish that was answered, so that a rollback over a release is still known as one', () => {
    const read = readBindingRecord(item('first/binding-leased'), 'table')
    const isKnown = (change: JsonObject): boolean => {
      const parsed = parseProperties({ UserPoolId: 'us-east-1_Intended1', ConfigurationSet: 'mail', ...SENDER, ...change })
      if (!read.ok || !parsed.ok) return false
      const pools = answeredPools(read.record, parsed.binding)
      return parsed.binding.userPoolIds.every((id) => pools.includes(id))
    }
    expect([{}, { ConfigurationSet: 'other' }, { UserPoolId: 'us-east-1_Another12' }].map(isKnown)).toEqual([true, false, false])
  })
})

const OWN = { EmailSendingAccount: 'DEVELOPER', SourceArn: IDENTITY, From: 'owner@example.com' }

/** A stage at a time when all of these were written and no lease in them lasts, with a pool as its item says that it was left. */
const openAfter = async (pool: JsonObject, ...others: readonly JsonObject[]) => {
  const stage = await openVirtualStage()
  await stage.passTime(Date.parse('2026-11-25T21:05:00Z') - stage.now())
  const id = stage.aws.createUserPool({ Id: String(pool['UserPoolId']), EmailConfiguration: pool['Applied'] ?? OWN })
  for (const one of [pool, ...others]) await stage.aws.table.put(one)
  const sweep = () =>
    stage.lambda.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', account: ACCOUNT, region: REGION, detail: {} })
  return { ...stage, id, sweep }
}

describe.each(['first', 'preflight'])('from the records of %s', (shape) => {
  test('a Delete of a settled binding gives base back', async () => {
    const { id, resource, email, poolRecord } = await openAfter(item(`${shape}/pool-settled`), item('first/binding'))
    const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    expect((await resource('mail').delete({ ...wish, OnDelete: 'RESTORE' })).answer?.Status).toBe('SUCCESS')
    expect(email(id)).toEqual(OWN)
    expect(await poolRecord(id)).toBeUndefined()
  })

  test('a Delete of a settled binding that says RETAIN leaves what was declared', async () => {
    const settled = item(`${shape}/pool-settled`)
    const { id, resource, email } = await openAfter(settled, item('first/binding'))
    await resource('mail').delete({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, OnDelete: 'RETAIN' })
    expect(email(id)).toEqual(settled['Applied'])
  })

  test('an Update goes on where one died between its write-ahead and its update', async () => {
    const { id, resource, email, poolRecord } = await openAfter(item(`${shape}/pool-intended`), item('first/binding-leased'))
    const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    expect((await resource('shop').update({ ...wish, ConfigurationSet: 'mail-2' }, wish)).answer?.Status).toBe('SUCCESS')
    expect(email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
    expect(await poolRecord(id)).not.toHaveProperty('Intended')
    await resource('shop').delete(wish)
    expect(email(id)).toEqual(OWN)
  })

  test('a contested pool stays contested in a sweep, for the same reason', async () => {
    const contested = item(`${shape}/pool-contested`)
    const { id, aws, sweep, poolRecord, count, ownerSets } = await openAfter(contested)
    ownerSets(id, { ...(aws.userPool(id)['EmailConfiguration'] as JsonObject), ConfigurationSet: 'other' })
    expect((await sweep()).error).toBeUndefined()
    expect(count('UpdateUserPool')).toBe(0)
    expect(readPoolRecord((await poolRecord(id)) ?? {}, 'table')).toMatchObject({ record: { Unhealed: { Kind: 'contested' } } })
  })
})

test('a sweep goes on after the place that the cursor names, and then begins at the first again', async () => {
  const [before, after] = ['us-east-1_More00001', 'us-east-1_More00003'].map((UserPoolId) => ({
    ...item('first/pool-settled'),
    UserPoolId,
  }))
  const stage = await openAfter({ ...before }, { ...after }, item('first/sweep'))
  stage.aws.createUserPool({ Id: 'us-east-1_More00003', EmailConfiguration: item('first/pool-settled')['Applied'] ?? {} })
  const looked = () => stage.aws.calls.filter(({ action }) => action === 'DescribeUserPool').map(({ request }) => request['UserPoolId'])
  await stage.sweep()
  expect(looked()).toEqual(['us-east-1_More00003'])
  await stage.sweep()
  expect(looked().sort()).toEqual(['us-east-1_More00001', 'us-east-1_More00003', 'us-east-1_More00003'])
})

test('a Create of a binding whose record expires is a new binding', async () => {
  const stage = await openVirtualStage()
  await stage.passTime(Date.parse('2026-11-25T21:05:00Z') - stage.now())
  await stage.aws.table.put(item('first/binding-expiring'))
  const id = stage.aws.createUserPool({ EmailConfiguration: OWN })
  expect((await stage.resource('mail').create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })).answer?.Status).toBe('SUCCESS')
  expect(await stage.bindingRecord('mail')).toMatchObject({ Pools: [id], Answered: [id] })
  expect(await stage.bindingRecord('mail')).not.toHaveProperty('ExpiresAt')
})
