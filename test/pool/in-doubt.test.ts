// Writes whose answer never came: whoever comes next waits until they can no longer take effect, and no longer than that.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { child, type JsonObject, text } from '../../lib/json.ts'
import { SENDER, stackArn } from '../driver.ts'
import { closeStages, OWN, OWNED, openStage, pauseAt, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let stage: Stage
let id: string
beforeEach(async () => {
  stage = await openStage()
  id = stage.aws.createUserPool(OWNED)
})
afterEach(closeStages)

const wish = (more: JsonObject = {}): JsonObject => ({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ...more })

test('a write-ahead that lands after the watchdog has answered FAILED leaves nothing behind the Delete that follows', async () => {
  const keyOf = (request: JsonObject) => text(child(child(request, 'Item') ?? child(request, 'Key'), 'UserPoolId'), 'S') ?? ''
  const writeAhead = pauseAt(stage.aws, ({ action, request }) => action === 'PutItem' && keyOf(request) === id)
  const binding = stage.resource()
  const create = await binding.create(wish(), { context: { remainingMs: 1_600 } })
  expect(create.answer?.Status).toBe('FAILED')
  // It lands while the Delete waits for what the Create left in doubt; if the Delete does not wait, after it.
  let looks = 0
  stage.aws.fault(({ action, request }) => {
    if (action === 'GetItem' && keyOf(request).startsWith('binding#')) looks += 1
    if (looks === 2) writeAhead.release()
    return undefined
  })
  const { answer } = await binding.delete(wish())
  writeAhead.release()
  expect(answer?.Status).toBe('SUCCESS')
  const landed = () => stage.aws.calls.some(({ action, request, effectAt }) => action === 'PutItem' && keyOf(request) === id && effectAt)
  while (!landed()) await new Promise(setImmediate)
  expect(stage.email(id)).toEqual(OWN)
  expect(await stage.poolRecord(id)).toBeUndefined()
})

test('after a FAILED the binding is held for two seconds, and for no longer', async () => {
  const binding = stage.resource()
  const before = Date.now()
  await binding.create(wish({ ConfigurationSet: 'missing' }))
  const until = Date.parse(text(child(await stage.bindingRecord(), 'Lease'), 'Until') ?? '')
  expect(until).toBeGreaterThan(before + 1_900)
  expect(until).toBeLessThanOrEqual(Date.now() + 2_000)
})

test('after a SUCCESS nobody is held up', async () => {
  await stage.resource().create(wish())
  expect(await stage.bindingRecord()).not.toHaveProperty('Lease')
  for (const passing of ['Lease', 'Intended', 'HealHistory']) expect(await stage.poolRecord(id)).not.toHaveProperty(passing)
})

test('a ConfigurationSet that its owner writes between our update and our reading is theirs: the next event lays the declared one, Delete gives theirs back', async () => {
  const binding = stage.resource()
  stage.aws.afterUpdate = (pool) => {
    stage.aws.afterUpdate = undefined
    return { ...pool, EmailConfiguration: { ...(pool['EmailConfiguration'] as JsonObject), ConfigurationSet: 'other' } }
  }
  const { answer } = await binding.create(wish())
  expect(answer?.Status).toBe('SUCCESS')
  expect(answer?.Data?.['Warnings']).toContain('Somebody else changed ConfigurationSet')
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'other' })
  await binding.update(wish({ Nonce: 'again' }), wish())
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
  await binding.delete(wish())
  expect(stage.email(id)).toEqual({ ...OWN, ConfigurationSet: 'other' })
})

test.each([
  ['at the top of the event', { extra: { ServiceTimeout: '3' } }, {}],
  ['among the properties', {}, { ServiceTimeout: '3' }],
] as const)(
  'the answer comes before ServiceTimeout %s is over, when that is earlier than the end of Lambda’s time',
  async (_, options, more) => {
    const { aws, resource, now } = await openVirtualStage()
    const UserPoolId = aws.createUserPool(OWNED)
    aws.fault(({ action }) => (action === 'DescribeUserPool' ? 'hang' : undefined))
    const began = now()
    const { answer } = await resource().create(wish({ ...more, UserPoolId }), { ...options, context: { remainingMs: 300_000 } })
    expect(answer?.Reason).toMatch(/^NotStabilized: /)
    expect(now() - began).toBeLessThan(3_000)
  },
)

describe('an update of which nothing is known, that took effect', () => {
  /** Bound by a Create; from now on the next update takes effect and is answered with a 500. */
  const boundAndInDoubt = async () => {
    const virtual = await openVirtualStage()
    const pool = virtual.aws.createUserPool(OWNED)
    const binding = virtual.resource()
    const properties = { ...wish(), UserPoolId: pool }
    await binding.create(properties)
    virtual.aws.fault(({ action, count }) =>
      action === 'UpdateUserPool' && count === 1
        ? { errorAfter: { code: 'InternalErrorException', message: 'what?', status: 500 } }
        : undefined,
    )
    const loses = () => {
      virtual.aws.afterUpdate = (after) => ({ ...after, DeletionProtection: 'ACTIVE' })
    }
    return { ...virtual, pool, binding, properties, loses }
  }

  test('of a Delete is SUCCESS even where another setting differs afterwards: that is in the log', async () => {
    const { binding, properties, loses, lines } = await boundAndInDoubt()
    loses()
    const { answer } = await binding.delete(properties)
    expect(answer?.Status).toBe('SUCCESS')
    expect(lines('ERROR').join()).toContain('settings differ after the update')
  })

  test('of an Update is FAILED where another setting differs afterwards, and SUCCESS where none does', async () => {
    const { binding, properties, loses } = await boundAndInDoubt()
    loses()
    const first = await binding.update({ ...properties, ConfigurationSet: 'mail-2' }, properties)
    expect(first.answer?.Reason).toMatch(/^NotStabilized: .*DeletionProtection/)
    const calm = await boundAndInDoubt()
    const second = await calm.binding.update({ ...properties, UserPoolId: calm.pool, ConfigurationSet: 'mail-2' }, calm.properties)
    expect(second.answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'mail-2', Warnings: '' } })
    expect([calm.lines('ERROR'), calm.count('UpdateUserPool')]).toEqual([[], 2])
  })

  test('of a heal counts as one, and a look that finds nothing to do does not', async () => {
    const { pool, ownerSets, lambda } = await boundAndInDoubt()
    ownerSets(pool, OWN)
    const sweep = async () => {
      await lambda.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })
      return lambda.log.findLast((line) => line['_aws'] !== undefined)?.['Healed']
    }
    expect([await sweep(), await sweep()]).toEqual([1, 0])
  })
})

test('a record that somebody writes between our update and our reading: the event observes again, and its claim is on record', async () => {
  const virtual = await openVirtualStage()
  const pool = virtual.aws.createUserPool(OWNED)
  virtual.aws.fault(async ({ action, count }) => {
    if (action !== 'DescribeUserPool' || count !== 2) return undefined
    const record = (await virtual.poolRecord(pool)) ?? {}
    await virtual.aws.table.put({ ...record, Revision: Number(record['Revision']) + 1 })
    return undefined
  })
  const binding = virtual.resource()
  const properties = { ...wish(), UserPoolId: pool }
  expect((await binding.create(properties)).answer?.Status).toBe('SUCCESS')
  const record = await virtual.poolRecord(pool)
  expect(record).toMatchObject({ Base: OWN, Claims: [{ LogicalResourceId: 'Binding' }] })
  expect([record?.['Intended'], record?.['Lease']]).toEqual([undefined, undefined])
  expect(virtual.count('UpdateUserPool')).toBe(1)
  await binding.delete(properties)
  expect(virtual.email(pool)).toEqual(OWN)
})

test('an event that is refused finishes what a killed one began: the pool and its record are whole again', async () => {
  const virtual = await openVirtualStage()
  const pool = virtual.aws.createUserPool(OWNED)
  const updating = pauseAt(virtual.aws, ({ action }) => action === 'UpdateUserPool')
  const dying = virtual.resource('shop').create({ ...wish(), UserPoolId: pool }, { context: { remainingMs: 10_000 } })
  await updating.reached
  await Promise.all([expect(dying).rejects.toThrow('the process died'), virtual.lambda.kill()])
  updating.release('hang')
  const { answer } = await virtual
    .resource('mail', 'Binding', await virtual.newLambda())
    .create({ ...wish(), UserPoolId: pool, ConfigurationSet: 'other' })
  expect(answer?.Reason).toMatch(/^ResourceConflict: .*stack shop/)
  expect(virtual.email(pool)).toMatchObject({ ConfigurationSet: 'mail' })
  const record = await virtual.poolRecord(pool)
  expect(record).toMatchObject({ Base: OWN, Claims: [{ StackId: stackArn('shop') }] })
  expect([record?.['Intended'], record?.['Lease']]).toEqual([undefined, undefined])
})
