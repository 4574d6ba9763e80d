// Several bindings, and the pool's owner, on one pool: who wins, and what is left when one of them leaves.
import { afterEach, describe, expect, test } from '@jest/globals'
import { type JsonObject, without } from '../../lib/json.ts'
import { IDENTITY, SENDER, stackArn } from '../driver.ts'
import { closeStages, OWN, OWNED, PLAIN, pauseAt, type Stage, settingsOf } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

/** Bound by stack `shop` with its own set, and by stack `mail` over it. */
const twoStacks = async (stage: Stage, pool: JsonObject = PLAIN, upperDeclares: JsonObject = SENDER) => {
  const id = stage.aws.createUserPool(pool)
  const before = settingsOf(stage.aws.userPool(id))
  const [shop, mail] = [stage.resource('shop'), stage.resource('mail')]
  const lower = { UserPoolId: id, ConfigurationSet: 'other', ...SENDER }
  const upper = { UserPoolId: id, ConfigurationSet: 'mail', ...upperDeclares, Takeover: 'true' }
  expect((await shop.create(lower)).answer?.Status).toBe('SUCCESS')
  expect((await mail.create(upper)).answer?.Status).toBe('SUCCESS')
  return { id, before, shop, mail, lower, upper }
}

const claimsOf = async (stage: Stage, id: string) => (await stage.poolRecord(id))?.['Claims']
const DEVELOPER = { EmailSendingAccount: 'DEVELOPER', ...SENDER }

describe('a pool that another stack has bound', () => {
  test('is refused to a Create: ResourceConflict that names the stack, nothing written; the Delete that follows changes nothing', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    await stage.resource('shop').create({ UserPoolId: id, ConfigurationSet: 'other', ...SENDER })
    const [before, record] = [stage.aws.userPool(id), await stage.poolRecord(id)]
    stage.aws.clearCalls()

    const mail = stage.resource('mail')
    const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    const { answer } = await mail.create(properties)
    expect(answer?.Status).toBe('FAILED')
    expect(answer?.Reason).toMatch(new RegExp(`^ResourceConflict: .*${id}.*stack shop.*Takeover`))
    expect((await mail.delete(properties)).answer?.Status).toBe('SUCCESS')
    expect(stage.count('UpdateUserPool')).toBe(0)
    expect(stage.aws.userPool(id)).toEqual(before)
    expect(await stage.poolRecord(id)).toEqual(record)
  })

  test('is refused to an Update that adds it; the rollback leaves both stacks as they were', async () => {
    const stage = await openVirtualStage()
    const [own, foreign] = [stage.aws.createUserPool(PLAIN), stage.aws.createUserPool(PLAIN)]
    await stage.resource('shop').create({ UserPoolId: foreign, ConfigurationSet: 'other', ...SENDER })
    const mail = stage.resource('mail')
    const one = { UserPoolIds: [own], ConfigurationSet: 'mail', ...SENDER }
    const both = { ...one, UserPoolIds: [own, foreign] }
    await mail.create(one)
    const before = [own, foreign].map(stage.email)

    expect((await mail.update(both, one)).answer?.Reason).toMatch(new RegExp(`^ResourceConflict: .*not done: ${foreign}.*stack shop`))
    expect((await mail.update(one, both)).answer?.Status).toBe('SUCCESS')
    expect([own, foreign].map(stage.email)).toEqual(before)
  })

  test.each(['true', true])('is laid over with Takeover %j; another stack’s claim stays in the record beneath', async (Takeover) => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    await stage.resource('shop').create({ UserPoolId: id, ConfigurationSet: 'other', ...SENDER })
    const { answer } = await stage.resource('mail').create({ UserPoolId: id, ConfigurationSet: 'mail', From: 'mail@example.com', Takeover })
    expect(answer?.Data).toMatchObject({ ConfigurationSet: 'mail', From: 'mail@example.com', SourceArn: SENDER.SourceArn })
    expect(await claimsOf(stage, id)).toMatchObject([{ StackId: stackArn('shop') }, { StackId: stackArn('mail') }])
  })

  test('needs no Takeover again for an Update, nor for a Create of the binding that has laid itself over it', async () => {
    const stage = await openVirtualStage()
    const { id, mail, upper } = await twoStacks(stage)
    const modest = { ...without(upper, ['Takeover']), ConfigurationSet: 'mail-2' }
    expect((await mail.update(modest, upper)).answer?.Status).toBe('SUCCESS')
    expect((await mail.create(modest)).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
  })

  test('is worked on by one stack at a time: the second waits for the first and then lays over what that left', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(OWNED)
    // Held when its write has taken effect and it is about to look: nothing but its lease says that it is not done.
    const held = pauseAt(stage.aws, ({ action, count }) => action === 'DescribeUserPool' && count === 2)
    const first = stage.resource('shop').create({ UserPoolId: id, ConfigurationSet: 'other' })
    await held.reached

    // It is seen waiting: it looks at the pool's record a second time while the first is still at work.
    const waiting = pauseAt(stage.aws, ({ action, request, count }) => action === 'GetItem' && isFor(request, id) && count > 2)
    const second = stage
      .resource('mail', 'Binding', await stage.newLambda())
      .create({ UserPoolId: id, ConfigurationSet: 'mail', Takeover: 'true' })
    await waiting.reached
    expect(stage.count('UpdateUserPool')).toBe(1)
    held.release()
    expect((await first).answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'other' } })
    waiting.release()
    expect((await second).answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'mail' } })
    expect(await stage.poolRecord(id)).toMatchObject({ Base: OWN, Claims: [{ StackId: stackArn('shop') }, { StackId: stackArn('mail') }] })
  })
})

describe('a pool on which another stack is at work', () => {
  /** Over a binding of stack `till`, stack `shop` has two on the pool, and is held in the middle of what `next` does; stack `mail` comes meanwhile. */
  const heldAt = async (next: (second: ReturnType<Stage['resource']>, declared: JsonObject) => Promise<unknown>) => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(OWNED)
    const declared = { UserPoolId: id, ConfigurationSet: 'other', Takeover: 'true' }
    await stage.resource('till').create(declared)
    await stage.resource('shop', 'First').create(declared)
    await stage.resource('shop', 'Second').create({ ...declared, ConfigurationSet: 'mail-2' })
    const held = pauseAt(stage.aws, ({ action }) => action === 'UpdateUserPool')
    const working = next(stage.resource('shop', 'Second'), declared)
    await held.reached
    const mail = stage.resource('mail', 'Binding', await stage.newLambda())
    const wish = { UserPoolId: id, ConfigurationSet: 'mail', Takeover: 'true' }
    return { ...stage, id, working, held, create: (remainingMs: number) => mail.create(wish, { context: { remainingMs } }) }
  }
  const updating = (second: ReturnType<Stage['resource']>, declared: JsonObject) =>
    second.update(declared, { ...declared, ConfigurationSet: 'mail-2' })

  test('is waited for until the time runs out: ResourceConflict that names the pool, and who has bound it, each stack once', async () => {
    const { id, working, held, create, count } = await heldAt(updating)
    const { answer } = await create(3_000)
    expect(answer?.Reason).toMatch(
      new RegExp(
        `^ResourceConflict: Another operation on user pool ${id} \\(bound by till, shop\\) was still running when the time ran out\\. Try again`,
      ),
    )
    expect(count('UpdateUserPool')).toBe(3)
    held.release()
    await working
  })

  test('is left to that stack by the healer, which does not wait', async () => {
    const { lambda, now, working, held, lines } = await heldAt(updating)
    const began = now()
    const { error } = await lambda.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })
    expect([error, lines('ERROR')]).toEqual([undefined, []])
    expect(now() - began).toBeLessThan(200)
    held.release()
    await working
  })

  test('that gives up its only claim is named without anybody who has bound it', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(OWNED)
    const wish = { UserPoolId: id, ConfigurationSet: 'mail' }
    const shop = stage.resource('shop')
    await shop.create(wish)
    const held = pauseAt(stage.aws, ({ action }) => action === 'UpdateUserPool')
    const working = shop.delete(wish)
    await held.reached
    const mail = stage.resource('mail', 'Binding', await stage.newLambda())
    const { answer } = await mail.create(wish, { context: { remainingMs: 3_000 } })
    expect(answer?.Reason).toContain(`Another operation on user pool ${id} was still running when the time ran out.`)
    held.release()
    expect((await working).answer?.Status).toBe('SUCCESS')
  })

  test('is no reason any more once it is done: what hangs afterwards is the reason', async () => {
    const { aws, working, held, create } = await heldAt(updating)
    const waiting = pauseAt(
      aws,
      ({ action, request, count }) => action === 'GetItem' && JSON.stringify(request).includes('us-east-1_') && count > 2,
    )
    const second = create(3_000)
    await waiting.reached
    held.release()
    await working
    aws.fault(({ action }) => (action === 'UpdateUserPool' ? 'hang' : undefined))
    waiting.release()
    expect((await second).answer?.Reason).toMatch(/^NotStabilized: User pool .* was not done when the time ran out/)
  })
})

const isFor = (request: JsonObject, id: string): boolean => JSON.stringify(request['Key']).includes(`"${id}"`)

describe('of two stacks on one pool', () => {
  test('the upper one leaves first: the lower one’s settings are in force again, and after it the pool is what it was', async () => {
    const stage = await openVirtualStage()
    const { id, before, shop, mail, lower, upper } = await twoStacks(stage)
    expect((await mail.delete(upper)).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'other' })
    expect((await shop.delete(lower)).answer?.Status).toBe('SUCCESS')
    expect(settingsOf(stage.aws.userPool(id))).toEqual(before)
    expect(await stage.poolRecord(id)).toBeUndefined()
  })

  test('the lower one leaves first: the upper one’s settings stay, nothing is written, and after it the pool is what it was', async () => {
    const stage = await openVirtualStage()
    const { id, before, shop, mail, lower, upper } = await twoStacks(stage)
    const bound = stage.aws.userPool(id)
    expect((await shop.delete(lower)).answer?.Status).toBe('SUCCESS')
    expect(stage.aws.userPool(id)).toEqual(bound)
    expect((await mail.delete(upper)).answer?.Status).toBe('SUCCESS')
    expect(settingsOf(stage.aws.userPool(id))).toEqual(before)
    expect(await stage.poolRecord(id)).toBeUndefined()
  })

  test('the lower one updates beneath: SUCCESS and a warning that names the upper one; its new wish comes to light when that leaves', async () => {
    const stage = await openVirtualStage()
    const { id, shop, mail, lower, upper } = await twoStacks(stage)
    const bound = stage.aws.userPool(id)
    const newer = { ...lower, ConfigurationSet: 'mail-2', ReplyToEmailAddress: 'shop@example.com' }

    const updated = (await shop.update(newer, lower)).answer
    expect(updated?.Status).toBe('SUCCESS')
    expect(updated?.Data).toMatchObject({
      ConfigurationSet: 'mail',
      ReplyToEmailAddress: 'shop@example.com',
      Warnings: expect.stringMatching(/Binding of stack mail on user pool .* lies over this one/),
    })
    expect(stage.email(id)).toEqual({ ...(bound['EmailConfiguration'] as JsonObject), ReplyToEmailAddress: 'shop@example.com' })
    await mail.delete(upper)
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail-2', ReplyToEmailAddress: 'shop@example.com' })
  })

  test('only the declared members are laid over: what the upper one does not declare is the lower one’s', async () => {
    const stage = await openVirtualStage()
    const { id } = await twoStacks(stage, PLAIN, { ReplyToEmailAddress: 'mail@example.com' })
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail', ReplyToEmailAddress: 'mail@example.com' })
  })
})

test('of two stacks on a pool that is gone each Delete takes its own claim off the record, and the last one the record', async () => {
  const stage = await openVirtualStage()
  const { id, shop, mail, lower, upper } = await twoStacks(stage)
  stage.aws.removeUserPool(id)
  expect((await mail.delete(upper)).answer?.Status).toBe('SUCCESS')
  expect(await claimsOf(stage, id)).toMatchObject([{ StackId: stackArn('shop') }])
  expect((await shop.delete(lower)).answer?.Status).toBe('SUCCESS')
  expect(await stage.poolRecord(id)).toBeUndefined()
})

describe('a binding that is renamed in its stack', () => {
  const renamed = async (stage: Stage, pool: JsonObject) => {
    const id = stage.aws.createUserPool(pool)
    const before = settingsOf(stage.aws.userPool(id))
    const [old, fresh] = [stage.resource('mail', 'Old'), stage.resource('mail', 'New')]
    const [was, is] = [
      { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER },
      { UserPoolId: id, ConfigurationSet: 'mail-2', ...SENDER },
    ]
    await old.create(was)
    expect((await fresh.create(is)).answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'mail-2', Warnings: '' } })
    return { id, before, old, fresh, was, is }
  }

  test('hands over: Create New, Delete Old. The pool never loses its set, and Delete New gives back what was there before Old', async () => {
    const stage = await openVirtualStage()
    const { id, before, old, fresh, was, is } = await renamed(stage, PLAIN)
    stage.aws.clearCalls()
    expect((await old.delete(was)).answer?.Status).toBe('SUCCESS')
    expect(stage.count('UpdateUserPool')).toBe(0)
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail-2' })
    await fresh.delete(is)
    expect(settingsOf(stage.aws.userPool(id))).toEqual(before)
  })

  test('is rolled back: Delete New. Old stands, and its Delete gives back what was there before it', async () => {
    const stage = await openVirtualStage()
    const { id, before, old, fresh, was, is } = await renamed(stage, OWNED)
    expect((await fresh.delete(is)).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail' })
    expect((await old.update({ ...was, Nonce: '2' }, was)).answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: '' } })
    await old.delete(was)
    expect(settingsOf(stage.aws.userPool(id))).toEqual(before)
  })

  test('with nothing else changed writes nothing to the pool at all', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    await stage.resource('mail', 'Old').create(properties)
    stage.aws.clearCalls()
    await stage.resource('mail', 'New').create(properties)
    await stage.resource('mail', 'Old').delete(properties)
    expect(stage.count('UpdateUserPool')).toBe(0)
    expect(await claimsOf(stage, id)).toMatchObject([{ LogicalResourceId: 'New' }])
  })
})

test('two bindings of one stack share a pool: the later one wins, each leaves with its own members only', async () => {
  const stage = await openVirtualStage()
  const id = stage.aws.createUserPool(OWNED)
  const [set, replies] = [stage.resource('mail', 'Set'), stage.resource('mail', 'Replies')]
  const first = { UserPoolId: id, ConfigurationSet: 'mail' }
  const second = { UserPoolId: id, ConfigurationSet: 'mail', ReplyToEmailAddress: 'answers@example.com' }
  const ids = [(await set.create(first)).answer?.PhysicalResourceId, (await replies.create(second)).answer?.PhysicalResourceId]
  expect(new Set(ids).size).toBe(2)
  expect(stage.email(id)).toEqual({ ...OWN, ConfigurationSet: 'mail', ReplyToEmailAddress: 'answers@example.com' })
  await set.delete(first)
  expect(stage.email(id)).toEqual({ ...OWN, ConfigurationSet: 'mail', ReplyToEmailAddress: 'answers@example.com' })
  await replies.delete(second)
  expect(stage.email(id)).toEqual(OWN)
})

test('two bindings of one stack that are created at the same moment are both in force, and in no order do they harm each other', async () => {
  const stage = await openVirtualStage()
  const id = stage.aws.createUserPool(PLAIN)
  const before = stage.email(id)
  const other = await stage.newLambda()
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  const created = await Promise.all([
    stage.resource('mail', 'A').create(properties),
    stage.resource('mail', 'B', other).create({ ...properties, ConfigurationSet: 'mail-2' }),
  ])
  expect(created.map(({ answer }) => answer?.Status)).toEqual(['SUCCESS', 'SUCCESS'])
  expect(await claimsOf(stage, id)).toHaveLength(2)
  const deleted = await Promise.all([
    stage.resource('mail', 'A').delete(properties),
    stage.resource('mail', 'B', other).delete({ ...properties, ConfigurationSet: 'mail-2' }),
  ])
  expect(deleted.map(({ answer }) => answer?.Status)).toEqual(['SUCCESS', 'SUCCESS'])
  expect(stage.email(id)).toEqual(before)
  expect(await stage.poolRecord(id)).toBeUndefined()
})

describe('a claim that is left without a sender', () => {
  test('keeps the sender that the pool has, with a warning', async () => {
    const stage = await openVirtualStage()
    const { id, before, shop, mail, lower, upper } = await twoStacks(stage, PLAIN, {})
    stage.aws.clearCalls()
    expect((await shop.delete(lower)).answer?.Status).toBe('SUCCESS')
    expect(stage.count('UpdateUserPool')).toBe(0)
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail' })
    expect(stage.lines('WARN').join()).toMatch(/declares a SourceArn.*keeps the sender/)

    const { answer } = await mail.update({ ...upper, Nonce: '2' }, upper)
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: expect.stringMatching(/keeps the sender.*Declare SourceArn/) } })
    const named = await mail.update({ ...upper, From: 'mail@example.com' }, upper)
    expect(named.answer?.Data).toMatchObject({ SourceArn: SENDER.SourceArn, From: 'mail@example.com' })
    await mail.delete(upper)
    expect(settingsOf(stage.aws.userPool(id))).toEqual(before)
  })

  test('is blocked when the pool has none either: Create and Update fail and write nothing, every Delete passes', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(OWNED)
    const [first, second, third] = ['First', 'Second', 'Third'].map((name) => stage.resource('mail', name))
    const properties = { UserPoolId: id, ConfigurationSet: 'mail' }
    await first?.create(properties)
    await second?.create(properties)
    // The owner's template without EmailConfiguration: set and sender are gone.
    const wiped = { EmailSendingAccount: 'COGNITO_DEFAULT' }
    stage.ownerSets(id, wiped)
    stage.aws.clearCalls()

    const refused = /^InvalidRequest: .*COGNITO_DEFAULT.*Declare SourceArn/
    expect((await first?.update({ ...properties, ConfigurationSet: 'mail-2' }, properties))?.answer?.Reason).toMatch(refused)
    expect((await third?.create(properties))?.answer?.Reason).toMatch(refused)
    expect((await third?.delete(properties))?.answer?.Status).toBe('SUCCESS')
    expect((await first?.delete(properties))?.answer?.Status).toBe('SUCCESS')
    expect(stage.lines('WARN').join()).toMatch(/claims that remain on it have no effect; nothing was written/)
    expect(await claimsOf(stage, id)).toMatchObject([{ LogicalResourceId: 'Second' }])
    expect((await second?.delete(properties))?.answer?.Status).toBe('SUCCESS')
    expect(stage.count('UpdateUserPool')).toBe(0)
    expect(stage.email(id)).toEqual(wiped)
    expect(await stage.poolRecord(id)).toBeUndefined()
  })

  test('is freed by an Update that declares a sender', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(OWNED)
    const properties = { UserPoolId: id, ConfigurationSet: 'mail' }
    const mail = stage.resource()
    await mail.create(properties)
    stage.ownerSets(id, { EmailSendingAccount: 'COGNITO_DEFAULT' })
    expect((await mail.update({ ...properties, ...SENDER }, properties)).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail' })
    await mail.delete({ ...properties, ...SENDER })
    expect(stage.email(id)).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
  })
})

describe('base follows the owner', () => {
  const bound = async (pool: JsonObject, declared: JsonObject = SENDER) => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(pool)
    const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...declared }
    const mail = stage.resource()
    await mail.create(properties)
    return { ...stage, id, mail, properties }
  }

  test('a ConfigurationSet that the owner sets stays after Delete, and an Update meanwhile puts ours over it', async () => {
    const { id, mail, properties, ownerSets, email } = await bound(OWNED, {})
    ownerSets(id, { ...OWN, ConfigurationSet: 'other' })
    const again = { ...properties, Nonce: '2' }
    expect((await mail.update(again, properties)).answer?.Data).toMatchObject({ ConfigurationSet: 'mail' })
    expect(email(id)).toEqual({ ...OWN, ConfigurationSet: 'mail' })
    await mail.delete(again)
    expect(email(id)).toEqual({ ...OWN, ConfigurationSet: 'other' })
  })

  test('a set that the owner takes away is put back by an Update, and away after Delete', async () => {
    const { id, mail, properties, ownerSets, email } = await bound(
      { Name: 'people', EmailConfiguration: { ...OWN, ConfigurationSet: 'other' } },
      {},
    )
    ownerSets(id, OWN)
    await mail.update({ ...properties, Nonce: '2' }, properties)
    expect(email(id)).toEqual({ ...OWN, ConfigurationSet: 'mail' })
    await mail.delete(properties)
    expect(email(id)).toEqual(OWN)
  })

  test.each<[string, JsonObject]>([
    ['no sender of the owner’s', { EmailSendingAccount: 'COGNITO_DEFAULT' }],
    ['the owner’s first sender', { ...OWN, SourceArn: `${IDENTITY}.old`, From: 'owner@example.com.old' }],
  ])(
    'over %s, EmailSendingAccount, SourceArn and From move together: who changes From alone has wished for all three',
    async (_, first) => {
      const { id, mail, properties, ownerSets, email } = await bound({ Name: 'people', EmailConfiguration: first })
      const wish = { ...DEVELOPER, From: 'owner@example.com' }
      ownerSets(id, { ...wish, ConfigurationSet: 'mail' })
      await mail.delete(properties)
      expect(email(id)).toEqual(wish)
    },
  )

  test('what the owner sets to exactly what we had applied counts as ours', async () => {
    const { id, mail, properties, ownerSets, email } = await bound(OWNED, {})
    ownerSets(id, { ...OWN, ConfigurationSet: 'mail', ReplyToEmailAddress: 'owner@example.com' })
    await mail.delete(properties)
    expect(email(id)).toEqual({ ...OWN, ReplyToEmailAddress: 'owner@example.com' })
  })

  test('a sender that the owner writes as ours lands is theirs; a copy of ours that they write later is not, and the Delete takes it away', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    const before = stage.email(id)
    const mail = stage.resource()
    const wish = { UserPoolId: id, ConfigurationSet: 'mail', SourceArn: IDENTITY, Preflight: 'SKIP' }
    let ours: JsonObject = {}
    stage.aws.fault(({ action, count }) => {
      if (action !== 'DescribeUserPool' || count !== 2) return undefined
      ours = stage.email(id) ?? {}
      stage.ownerSets(id, { ...OWN, SourceArn: `${IDENTITY}.of.theirs` })
      return undefined
    })
    expect((await mail.create(wish)).answer?.Reason).toContain('ConfigurationSet did not change')
    expect(ours).toEqual({ EmailSendingAccount: 'DEVELOPER', SourceArn: IDENTITY, ConfigurationSet: 'mail' })
    stage.ownerSets(id, ours)
    expect((await mail.delete(wish)).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual(before)
  })

  test('a set needs a sender: with the owner’s set the sender that the pool has moves into a base that had none', async () => {
    const { id, mail, properties, ownerSets, email } = await bound(PLAIN)
    ownerSets(id, { ...DEVELOPER, ConfigurationSet: 'other' })
    await mail.delete(properties)
    expect(email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'other' })
  })

  test('members that no SDK knows follow the owner one by one', async () => {
    const { id, mail, properties, ownerSets, email } = await bound(
      { Name: 'people', EmailConfiguration: { ...OWN, Drone: { Fleet: 'north' } } },
      {},
    )
    ownerSets(id, { ...OWN, ConfigurationSet: 'mail', Drone: { Fleet: 'south' }, Pigeon: true })
    await mail.update({ ...properties, ReplyToEmailAddress: 'a@example.com' }, properties)
    expect(email(id)).toEqual({
      ...{ ...OWN, ConfigurationSet: 'mail', ReplyToEmailAddress: 'a@example.com' },
      ...{ Drone: { Fleet: 'south' }, Pigeon: true },
    })
    await mail.delete(properties)
    expect(email(id)).toEqual({ ...OWN, Drone: { Fleet: 'south' }, Pigeon: true })
  })
})

describe('OnDelete RETAIN', () => {
  test('of the upper claim: its members become the pool’s own, beneath the claim that stays', async () => {
    const stage = await openVirtualStage()
    const { id, shop, mail, lower, upper } = await twoStacks(stage)
    const retaining = { ...upper, ReplyToEmailAddress: 'mail@example.com', OnDelete: 'RETAIN' }
    await mail.update(retaining, upper)
    await mail.delete(retaining)
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'other', ReplyToEmailAddress: 'mail@example.com' })
    await shop.delete(lower)
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail', ReplyToEmailAddress: 'mail@example.com' })
  })

  test('of the lower claim: what it declared comes to light when the upper one leaves, and a new Create takes it for its base', async () => {
    const stage = await openVirtualStage()
    const { id, shop, mail, lower, upper } = await twoStacks(stage)
    const retaining = { ...lower, OnDelete: 'RETAIN' }
    await shop.update(retaining, lower)
    const bound = stage.aws.userPool(id)
    await shop.delete(retaining)
    expect(stage.aws.userPool(id)).toEqual(bound)
    await mail.delete(upper)
    const retained = { ...DEVELOPER, ConfigurationSet: 'other' }
    expect(stage.email(id)).toEqual(retained)
    expect(await stage.poolRecord(id)).toBeUndefined()

    const next = stage.resource('next')
    expect((await next.create({ UserPoolId: id, ConfigurationSet: 'mail-2' })).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual({ ...retained, ConfigurationSet: 'mail-2' })
    await next.delete({ UserPoolId: id, ConfigurationSet: 'mail-2' })
    expect(stage.email(id)).toEqual(retained)
  })

  test('holds only where a SUCCESS answered: a Takeover that failed is undone down to the claim beneath', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    const [shop, mail] = [stage.resource('shop'), stage.resource('mail')]
    await shop.create({ UserPoolId: id, ConfigurationSet: 'other', ...SENDER })
    const before = stage.email(id)
    const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, Takeover: 'true', OnDelete: 'RETAIN' }
    stage.aws.afterUpdate = (pool) => ({ ...pool, DeletionProtection: 'ACTIVE' })
    expect((await mail.create(properties)).answer?.Reason).toMatch(/^NotStabilized/)
    stage.aws.afterUpdate = undefined
    expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
    expect((await mail.delete(properties)).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual(before)
  })
})

describe.each(['the pool’s item alone', 'the binding’s item too'])('when the table has lost %s', (lost) => {
  test('an Update records the claim anew, with a base that is the pool without the old set, and a warning', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    const mail = stage.resource()
    const was = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    const is = { ...was, ConfigurationSet: 'mail-2' }
    await mail.create(was)
    const all = await stage.aws.records()
    for (const { UserPoolId: key } of all) if (key === id || lost === 'the binding’s item too') await stage.aws.table.remove(String(key))

    const { answer } = await mail.update(is, was)
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: expect.stringMatching(/no record of this binding/) } })
    expect(stage.email(id)).toEqual({ ...DEVELOPER, ConfigurationSet: 'mail-2' })
    expect(await stage.poolRecord(id)).toMatchObject({ Base: DEVELOPER })
    await mail.delete(is)
    expect(stage.email(id)).toEqual(DEVELOPER)
  })

  test('an Update leaves a set that is not the old one in the base: it is the owner’s', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(OWNED)
    const mail = stage.resource()
    const was = { UserPoolId: id, ConfigurationSet: 'mail' }
    await mail.create(was)
    for (const { UserPoolId: key } of await stage.aws.records()) await stage.aws.table.remove(String(key))
    stage.ownerSets(id, { ...OWN, ConfigurationSet: 'other' })
    await mail.update({ ...was, ConfigurationSet: 'mail-2' }, was)
    await mail.delete(was)
    expect(stage.email(id)).toEqual({ ...OWN, ConfigurationSet: 'other' })
  })
})

test('a Create on the binding’s own claim is an Update: in its place beneath the others, and with the same base', async () => {
  const stage = await openVirtualStage()
  const { id, before, shop, mail, lower, upper } = await twoStacks(stage)
  const newer = { ...lower, ConfigurationSet: 'mail-2' }
  const { answer } = await shop.create(newer)
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: expect.stringContaining('stack mail') } })
  expect(await claimsOf(stage, id)).toMatchObject([
    { StackId: stackArn('shop'), Declared: { ConfigurationSet: 'mail-2' } },
    { StackId: stackArn('mail') },
  ])
  await mail.delete(upper)
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
  await shop.delete(newer)
  expect(settingsOf(stage.aws.userPool(id))).toEqual(before)
})
