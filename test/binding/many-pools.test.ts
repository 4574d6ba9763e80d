// One binding on several pools: what an Update of the list does, what one bad pool does, and what a short time does.
import { afterEach, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { IN_DOUBT_MS } from '../../lib/timing.ts'
import { SENDER } from '../driver.ts'
import type { FaultCall } from '../local-aws/faults.ts'
import { closeStages, deferred, OWN, OWNED, PLAIN, pauseAt, type Stage, settingsOf } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

/** A stage with pools, each with an EmailConfiguration of its own. */
const withPools = async (count: number) => {
  const stage = await openVirtualStage()
  const ids = Array.from({ length: count }, (_, index) =>
    stage.aws.createUserPool({ ...OWNED, EmailConfiguration: { ...OWN, From: `owner-${index}@example.com` } }),
  )
  const before = ids.map((id) => settingsOf(stage.aws.userPool(id)))
  return {
    stage,
    ids: ids as readonly string[] as readonly [string, string, string, string],
    before,
    mail: stage.resource(),
    now: () => ids.map((id) => settingsOf(stage.aws.userPool(id))),
    sets: () => ids.map((id) => stage.email(id)?.['ConfigurationSet']),
  }
}

const on = (...UserPoolIds: string[]) => ({ UserPoolIds, ConfigurationSet: 'mail' })
const GONE = 'us-east-1_goneForGood'
const ALSO_GONE = 'us-east-1_alsoGone'
const updates = (stage: Stage): unknown[] =>
  stage.aws.calls.filter(({ action }) => action === 'UpdateUserPool').map(({ request }) => request['UserPoolId'])
const isFor = (call: FaultCall, action: string, id: string): boolean => call.action === action && call.request['UserPoolId'] === id

describe('an Update of the list', () => {
  test('attaches what is new, applies what is kept again, detaches what is gone from it; the last Delete gives every pool back', async () => {
    const { stage, ids, before, mail, now, sets } = await withPools(3)
    const [first, second, third] = ids
    const created = await mail.create(on(first, second))
    expect(created.answer).toMatchObject({ Status: 'SUCCESS', Data: { UserPoolIds: `${first},${second}`, From: 'owner-0@example.com' } })
    stage.ownerSets(second, { ...OWN, From: 'owner-1@example.com' })

    const updated = await mail.update(on(third, second), on(first, second))
    expect(updated.answer).toMatchObject({ Status: 'SUCCESS', Data: { UserPoolIds: `${third},${second}`, From: 'owner-2@example.com' } })
    expect(updated.answer?.PhysicalResourceId).toBe(created.answer?.PhysicalResourceId)
    expect(sets()).toEqual([undefined, 'mail', 'mail'])
    expect(now()[0]).toEqual(before[0])
    expect(await stage.poolRecord(first)).toBeUndefined()

    await mail.delete(on(third, second))
    expect(now()).toEqual(before)
  })

  test('moves from UserPoolId to UserPoolIds without touching the pool', async () => {
    const { stage, ids, mail, sets } = await withPools(2)
    const [first, second] = ids
    await mail.create({ UserPoolId: first, ConfigurationSet: 'mail' })
    stage.aws.clearCalls()
    await mail.update(on(first, second), { UserPoolId: first, ConfigurationSet: 'mail' })
    expect(updates(stage)).toEqual([second])
    expect(sets()).toEqual(['mail', 'mail'])
  })

  test('detaches only after every attach: a mistyped new pool leaves the old one bound, untouched all the while', async () => {
    const { stage, ids, before, mail, now } = await withPools(1)
    const [id] = ids
    await mail.create(on(id))
    const bound = now()
    stage.aws.clearCalls()
    expect((await mail.update(on(GONE), on(id))).answer?.Reason).toMatch(new RegExp(`^NotFound: .*${GONE}`))
    expect(updates(stage)).toEqual([])
    expect(now()).toEqual(bound)
    expect((await mail.update(on(id), on(GONE))).answer?.Status).toBe('SUCCESS')
    expect(updates(stage)).toEqual([])
    await mail.delete(on(id))
    expect(now()).toEqual(before)
  })

  test('that fails to detach a pool is FAILED and names it; the rollback binds it as before', async () => {
    const { stage, ids, before, mail, now, sets } = await withPools(3)
    const [first, second, third] = ids
    await mail.create(on(first, second))
    const mend = stage.aws.fault((call) =>
      isFor(call, 'UpdateUserPool', first) ? { error: { code: 'InvalidParameterException', message: 'not today' } } : undefined,
    )
    const { answer } = await mail.update(on(third), on(first, second))
    mend()
    expect(answer?.Reason).toMatch(new RegExp(`^InvalidRequest: 2 of 3 .*not done: ${first}\\..*not today`))
    expect(sets()).toEqual(['mail', undefined, 'mail'])
    expect((await mail.update(on(first, second), on(third))).answer?.Status).toBe('SUCCESS')
    expect(sets()).toEqual(['mail', 'mail', undefined])
    await mail.delete(on(first, second))
    expect(now()).toEqual(before)
  })
})

describe('a pool that is dropped from the list', () => {
  test('follows the OnDelete of the very Update that drops it: RETAIN keeps the set', async () => {
    const { stage, ids, mail, sets } = await withPools(2)
    const [first, second] = ids
    await mail.create(on(first, second))
    await mail.update({ ...on(second), OnDelete: 'RETAIN' }, on(first, second))
    expect(sets()).toEqual(['mail', 'mail'])
    expect(await stage.poolRecord(first)).toBeUndefined()
    // It is the pool's own now: the binding's Delete does not know it any more.
    await mail.delete({ ...on(second), OnDelete: 'RESTORE' })
    expect(sets()).toEqual(['mail', undefined])
  })

  test('follows the OnDelete of the very Update that drops it: RESTORE gives it back, although its claim said RETAIN', async () => {
    const { ids, before, mail, now } = await withPools(2)
    const [first, second] = ids
    const retaining = { ...on(first, second), OnDelete: 'RETAIN' }
    await mail.create(retaining)
    await mail.update(on(second), retaining)
    expect(now()[0]).toEqual(before[0])
  })

  test('by a rollback is given back, although the properties say RETAIN: no SUCCESS has answered for it', async () => {
    const { ids, before, mail, now } = await withPools(2)
    const [first, second] = ids
    const [was, is] = [
      { ...on(first), OnDelete: 'RETAIN' },
      { ...on(first, second, GONE), OnDelete: 'RETAIN' },
    ]
    await mail.create(was)
    expect((await mail.update(is, was)).answer?.Status).toBe('FAILED')
    expect((await mail.update(was, is)).answer?.Status).toBe('SUCCESS')
    expect(now()[1]).toEqual(before[1])
  })
})

describe('one bad pool of several', () => {
  test('fails a Create that names every bad one; the others are bound, and the Delete that follows gives them back', async () => {
    const { stage, ids, before, mail, now, sets } = await withPools(3)
    const [first, second, third] = ids
    stage.aws.fault((call) =>
      isFor(call, 'UpdateUserPool', second) ? { error: { code: 'InvalidParameterException', message: 'not this one' } } : undefined,
    )
    const properties = on(first, GONE, second, ALSO_GONE, third)
    const { answer } = await mail.create(properties)
    expect(answer?.Status).toBe('FAILED')
    expect(answer?.Reason).toMatch(/^NotFound: 2 of 5 user pools are done; not done: /)
    for (const bad of [GONE, ALSO_GONE, second]) expect(answer?.Reason?.split(bad).length).toBeGreaterThan(2)
    for (const good of [first, third]) expect(answer?.Reason).not.toContain(good)
    expect(sets()).toEqual(['mail', undefined, 'mail'])
    expect((await mail.delete(properties)).answer?.Status).toBe('SUCCESS')
    expect(now()).toEqual(before)
    expect((await stage.aws.records()).map(({ Pools }) => Pools)).toEqual([[]])
  })

  test('fails an Update; the rollback gives the new pools back and puts the old wish on the kept ones', async () => {
    const { stage, ids, before, mail, now } = await withPools(3)
    const [first, second, third] = ids
    const was = on(first, second)
    const is = { ...on(first, second, third, GONE), ConfigurationSet: 'mail-2', ReplyToEmailAddress: 'answers@example.com' }
    await mail.create(was)
    const bound = now()
    expect((await mail.update(is, was)).answer?.Reason).toMatch(new RegExp(`^NotFound: 3 of 4 .*${GONE}`))
    expect([first, second, third].map((id) => stage.email(id)?.['ConfigurationSet'])).toEqual(['mail-2', 'mail-2', 'mail-2'])
    expect((await mail.update(was, is)).answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'mail' } })
    expect(now()).toEqual(bound)
    await mail.delete(was)
    expect(now()).toEqual(before)
  })

  test('that is gone for good does not keep a Delete from giving the others back', async () => {
    const { stage, ids, before, mail, now } = await withPools(2)
    const [first] = ids
    const gone = stage.aws.createUserPool(OWNED)
    const properties = on(gone, ...ids)
    await mail.create(properties)
    stage.aws.removeUserPool(gone)
    expect((await mail.delete(properties)).answer?.Status).toBe('SUCCESS')
    expect(now()).toEqual(before)
    expect(await stage.poolRecord(first)).toBeUndefined()
    expect(await stage.poolRecord(gone)).toBeUndefined()
  })

  test('never says that nothing was written where another pool was', async () => {
    const { stage, ids, mail } = await withPools(2)
    const [one, two] = ids
    stage.aws.fault((call) =>
      isFor(call, 'UpdateUserPool', two) ? { error: { code: 'InvalidParameterException', message: 'No.' } } : undefined,
    )
    const { answer } = await mail.create(on(one, two))
    expect(answer?.Reason).toMatch(/1 of 2 user pools are done/)
    expect(answer?.Reason).not.toMatch(/nothing was written/i)
    expect(answer?.Reason).toMatch(/It was not changed/)
  })

  test('keeps a Delete FAILED only while trying again can help: the others are done, and the next Delete does the rest', async () => {
    const { stage, ids, before, mail, now } = await withPools(2)
    const [first, second] = ids
    await mail.create(on(first, second))
    const mend = stage.aws.fault((call) =>
      isFor(call, 'UpdateUserPool', second) ? { error: { code: 'AccessDeniedException', message: 'no' } } : undefined,
    )
    expect((await mail.delete(on(first, second))).answer?.Reason).toMatch(new RegExp(`^AccessDenied: 1 of 2 .*not done: ${second}`))
    expect(now()[0]).toEqual(before[0])
    mend()
    expect((await mail.delete(on(first, second))).answer?.Status).toBe('SUCCESS')
    expect(now()).toEqual(before)
  })
})

describe.each([
  ['an Update', (mail: ReturnType<Stage['resource']>, id: string) => mail.update({ ...on(id), Nonce: '2' }, on(id))],
  ['a Delete', (mail: ReturnType<Stage['resource']>, id: string) => mail.delete(on(id))],
] as const)('a pool that a failed rollback left behind', (verb, next) => {
  test(`is in the binding’s record, and ${verb} that does not name it gives it back`, async () => {
    const { stage, ids, before, mail, now, sets } = await withPools(2)
    const [first, second] = ids
    await mail.create(on(first))
    await mail.update(on(first, second, GONE), on(first))
    const mend = stage.aws.fault((call) =>
      isFor(call, 'DescribeUserPool', second) ? { error: { code: 'AccessDeniedException', message: 'no' } } : undefined,
    )
    expect((await mail.update(on(first), on(first, second, GONE))).answer?.Status).toBe('FAILED')
    mend()
    expect(sets()).toEqual(['mail', 'mail'])
    expect(await stage.bindingRecord()).toMatchObject({ Pools: expect.arrayContaining([second]) })

    expect((await next(mail, first)).answer?.Status).toBe('SUCCESS')
    expect(now()[1]).toEqual(before[1])
    expect(await stage.poolRecord(second)).toBeUndefined()
  })
})

test('the pools stand in the binding’s record before anything is written to one of them', async () => {
  const { stage, ids, mail } = await withPools(3)
  expect((await mail.create(on(...ids))).answer?.Status).toBe('SUCCESS')
  const [recorded, ...others] = stage.aws.calls.filter(({ action }) => action === 'PutItem' || action === 'UpdateUserPool')
  expect(JSON.stringify(recorded?.request)).toContain('binding#')
  for (const { startedAt } of others) expect(startedAt).toBeGreaterThanOrEqual(recorded?.endedAt ?? Infinity)
})

test('nothing is written to any pool when the binding’s record cannot be', async () => {
  const { stage, ids, before, mail, now } = await withPools(3)
  stage.aws.fault(({ action, request }) =>
    action === 'PutItem' && JSON.stringify(request).includes('binding#')
      ? { error: { code: 'AccessDeniedException', message: 'no' } }
      : undefined,
  )
  expect((await mail.create(on(...ids))).answer?.Reason).toMatch(/^AccessDenied: .*dynamodb:PutItem/)
  expect(updates(stage)).toEqual([])
  expect(now()).toEqual(before)
  expect(await stage.aws.records()).toEqual([])
})

/** Resolves when such a call comes. */
const comes = (stage: Stage, action: string, id: string): Promise<void> => {
  const come = deferred<void>()
  stage.aws.fault((call) => {
    if (isFor(call, action, id)) come.resolve()
    return undefined
  })
  return come.promise
}

test('each pool goes from reading to writing by itself: one that is slow to answer keeps no other waiting', async () => {
  const { stage, ids, mail, sets } = await withPools(3)
  const [slow, ...others] = ids
  const held = pauseAt(stage.aws, (call) => isFor(call, 'DescribeUserPool', slow))
  const updated = others.map((id) => comes(stage, 'UpdateUserPool', id))
  const creating = mail.create(on(slow, ...others))
  await Promise.all([held.reached, ...updated])
  expect(sets()[0]).toBeUndefined()
  held.release()
  expect((await creating).answer?.Status).toBe('SUCCESS')
  expect(sets()).toEqual(['mail', 'mail', 'mail'])
})

describe('UserPoolIds', () => {
  const many = Array.from({ length: 101 }, (_, index) => `us-east-1_Pool${index}`)
  test.each<[string, JsonObject, RegExp]>([
    ['an empty list', { UserPoolIds: [] }, /UserPoolIds .*The list is empty/],
    ['a pool twice', { UserPoolIds: ['us-east-1_Twice', 'us-east-1_Once', 'us-east-1_Twice'] }, /"us-east-1_Twice".*twice/],
    ['101 pools', { UserPoolIds: many }, /1 to 100 .*"101 items".*several bindings/],
    ['a single string', { UserPoolIds: 'us-east-1_Once' }, /list.*UserPoolId/],
    ['a list that holds a list', { UserPoolIds: [['us-east-1_Once']] }, /UserPoolIds/],
    ['UserPoolId beside it', { UserPoolIds: ['us-east-1_Once'], UserPoolId: 'us-east-1_Once' }, /both given/],
    ['a malformed ID', { UserPoolIds: ['us-east-1_Once', 'pool'] }, /"pool"/],
  ])(
    'with %s is an InvalidRequest that says so; nothing is read or written, and the Delete that follows passes',
    async (_, pools, reason) => {
      const stage = await openVirtualStage()
      const mail = stage.resource()
      const properties = { ...pools, ConfigurationSet: 'mail', ...SENDER }
      const { answer } = await mail.create(properties)
      expect(answer?.Reason).toMatch(/^InvalidRequest: /)
      expect(answer?.Reason).toMatch(reason)
      expect(stage.aws.calls.map(({ service }) => service)).toEqual(['response'])
      expect((await mail.delete(properties)).answer?.Status).toBe('SUCCESS')
      expect(stage.count('DescribeUserPool')).toBe(0)
    },
  )

  test('with 100 pools is accepted', async () => {
    const stage = await openVirtualStage()
    const mail = stage.resource()
    stage.aws.fault(({ action }) =>
      action === 'DescribeUserPool' ? { error: { code: 'AccessDeniedException', message: 'no' } } : undefined,
    )
    const { answer } = await mail.create({ UserPoolIds: many.slice(0, 100), ConfigurationSet: 'mail' }, { context: { remainingMs: 2_000 } })
    expect(answer?.Reason).toMatch(/^AccessDenied: 0 of 100 /)
  })
})

test('25 pools are bound although the account’s quota leaves us less than we ask for: throttles are waited out', async () => {
  const stage = await openVirtualStage({ quotaPerSecond: 12 })
  const ids = Array.from({ length: 25 }, () => stage.aws.createUserPool(PLAIN))
  const { answer } = await stage.resource().create({ UserPoolIds: ids, ConfigurationSet: 'mail', ...SENDER })
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { UserPoolIds: ids.join() } })
  expect(ids.map((id) => stage.email(id)?.['ConfigurationSet'])).toEqual(ids.map(() => 'mail'))
  expect(stage.aws.calls.some(({ error }) => error?.code === 'TooManyRequestsException')).toBe(true)
})

describe('when the time runs short', () => {
  const TIME = 2_000

  test.each(['DescribeUserPool', 'UpdateUserPool'])(
    'because %s of a pool hangs, the answer comes in time and says how many pools are done; the same wish again does the rest',
    async (action) => {
      const { stage, ids, before, mail, now, sets } = await withPools(3)
      const [first, second, third] = ids
      const properties = on(first, second, third)
      const mend = stage.aws.fault((call) => (isFor(call, action, second) ? 'hang' : undefined))
      const startedAt = stage.now()
      const { answer, invoked } = await mail.create(properties, { context: { remainingMs: TIME } })
      expect(stage.now() - startedAt).toBeLessThan(TIME)
      expect(invoked.error).toBeUndefined()
      expect(answer?.Reason).toMatch(new RegExp(`^NotStabilized: 2 of 3 user pools are done when the time ran out; not done: ${second}\\.`))
      expect(sets()).toEqual(['mail', undefined, 'mail'])
      // No lease lasts longer than what may still take effect: whoever comes next waits two seconds at most.
      const leases = (await stage.aws.records()).flatMap(({ Lease }) => (Lease ? [Lease as JsonObject] : []))
      for (const { Until } of leases) expect(Date.parse(String(Until))).toBeLessThanOrEqual(stage.now() + IN_DOUBT_MS)
      mend()
      expect((await mail.create(properties)).answer?.Status).toBe('SUCCESS')
      await mail.delete(properties)
      expect(now()).toEqual(before)
    },
  )

  test.each(['DescribeUserPool', 'UpdateUserPool'])(
    'because the service throttles %s without end, the answer is Throttling, in time',
    async (action) => {
      const { stage, ids, mail } = await withPools(2)
      const [first, second] = ids
      stage.aws.fault((call) =>
        isFor(call, action, second) ? { error: { code: 'TooManyRequestsException', message: 'Rate exceeded' } } : undefined,
      )
      const { answer } = await mail.create(on(first, second), { context: { remainingMs: TIME } })
      expect(answer?.Reason).toMatch(new RegExp(`^Throttling: 1 of 2 user pools are done when the time ran out; not done: ${second}\\.`))
      expect(answer?.Reason).toContain(`cognito-idp:${action} on user pool ${second} was throttled`)
    },
  )

  test('after an update that was throttled, and one without an answer, the Reason is what the service said last', async () => {
    const { stage, ids, mail } = await withPools(1)
    stage.aws.fault(({ action, count }) => {
      if (action !== 'UpdateUserPool') return undefined
      return count === 1 ? { error: { code: 'TooManyRequestsException', message: 'Rate exceeded' } } : 'hang'
    })
    const { answer } = await mail.create(on(ids[0]), { context: { remainingMs: TIME } })
    expect(answer?.Reason).toMatch(/^Throttling: /)
  })

  test('while another event of the binding is at work, the Reason says so, even where the last look at it has no answer', async () => {
    const { stage, ids, mail } = await withPools(1)
    const held = pauseAt(stage.aws, ({ action }) => action === 'UpdateUserPool')
    const first = mail.create(on(ids[0]))
    await held.reached
    const mend = stage.aws.fault(({ action, count }) => (action === 'GetItem' && count > 1 ? 'hang' : undefined))
    const again = stage.resource('mail', 'Binding', await stage.newLambda())
    const { answer } = await again.create({ ...on(ids[0]), Nonce: '2' }, { context: { remainingMs: TIME } })
    mend()
    held.release()
    expect((await first).answer?.Status).toBe('SUCCESS')
    expect(answer?.Reason).toMatch(/^ResourceConflict: Another operation on Binding was still running when the time ran out/)
  })

  test('the Reason is what it hangs on now, not what was waited out before', async () => {
    const { stage, ids, mail } = await withPools(1)
    stage.aws.fault(({ action, count }) => {
      if (action === 'UpdateUserPool') return 'hang'
      return action === 'DescribeUserPool' && count === 1
        ? { error: { code: 'TooManyRequestsException', message: 'Rate exceeded' } }
        : undefined
    })
    const { answer } = await mail.create(on(ids[0]), { context: { remainingMs: TIME } })
    expect(answer?.Reason).toMatch(/^NotStabilized: .*time ran out/)
  })

  test('nothing runs on after the answer: no call comes when the process goes on with another event', async () => {
    const { stage, ids, mail } = await withPools(2)
    const [first, second] = ids
    const mend = stage.aws.fault((call) =>
      isFor(call, 'UpdateUserPool', second) ? { error: { code: 'TooManyRequestsException', message: '' } } : undefined,
    )
    await mail.create(on(first, second), { context: { remainingMs: TIME } })
    mend()
    stage.aws.clearCalls()
    await stage.resource('another').delete({})
    expect(updates(stage)).toEqual([])
    expect(stage.email(second)).not.toHaveProperty('ConfigurationSet')
  })
})
