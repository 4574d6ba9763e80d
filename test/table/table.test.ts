// A table that is missing, not reachable, or was edited by hand: a FAILED that says which item or table and what to do, and no write to the pool.
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../lib/errors.ts'
import { isObject, type JsonObject, without } from '../../lib/json.ts'
import type { Item, Table } from '../../lib/ports.ts'
import { tableRefusalFor } from '../../lib/table/errors.ts'
import { remove, save } from '../../lib/table/items.ts'
import { SENDER } from '../driver.ts'
import { closeStages, everyTime, openStage, PLAIN, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

const VERBS = ['Create', 'Update', 'Delete'] as const
const NAME = 'cognito-ses-binding'

/** Each verb in turn is FAILED for this reason, and the pool stays as it is. */
const expectRefused = async (stage: Stage, id: string, reason: RegExp, verbs: readonly string[] = VERBS): Promise<void> => {
  const before = stage.aws.userPool(id)
  const mail = stage.resource()
  const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  for (const type of verbs) {
    const properties = type === 'Update' ? { ...wish, ConfigurationSet: 'mail-2' } : wish
    const { answer } = await mail.send(mail.event(type, { properties, old: wish }))
    expect([type, answer?.Status, answer?.Reason]).toEqual([type, 'FAILED', expect.stringMatching(reason)])
  }
  expect(stage.aws.userPool(id)).toEqual(before)
}

/** A port of this machine on which nobody listens. */
const closedPort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

describe('the table', () => {
  test('is missing: the Reason names it and the parameter of the provider stack', async () => {
    const stage = await openStage({}, { TABLE_NAME: 'no-such-table' })
    await expectRefused(stage, stage.aws.createUserPool(PLAIN), /^NotFound: There is no table no-such-table.*TableName/)
    expect(stage.count('UpdateUserPool')).toBe(0)
  })

  test('is not reachable: the Reason names it and the error of the network', async () => {
    const stage = await openStage({}, { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${await closedPort()}` })
    await expectRefused(
      stage,
      stage.aws.createUserPool(PLAIN),
      new RegExp(`^InternalFailure: .*table ${NAME} failed \\(ECONNREFUSED\\).*Try again`),
      ['Create', 'Delete'],
    )
    expect(stage.count('UpdateUserPool')).toBe(0)
  })

  test('is not ours to read: the Reason names the action', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    stage.aws.fault(
      everyTime('GetItem', { error: { code: 'AccessDeniedException', message: 'User is not authorized to perform: dynamodb:GetItem' } }),
    )
    await expectRefused(stage, id, new RegExp(`^AccessDenied: dynamodb:GetItem on table ${NAME} was denied.*not authorized`))
  })

  test('is not ours to write: nothing is written to the pool either', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    stage.aws.fault(everyTime('PutItem', { error: { code: 'AccessDeniedException', message: 'no' } }))
    await expectRefused(stage, id, new RegExp(`^AccessDenied: dynamodb:PutItem on table ${NAME} was denied`))
    expect(stage.count('UpdateUserPool')).toBe(0)
  })

  test('fails for a moment: that is waited out', async () => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    const passing = { error: { code: 'InternalServerError', message: 'once', status: 500 } }
    stage.aws.fault(({ service, count }) => (service === 'dynamodb' && count === 1 ? passing : undefined))
    const { answer } = await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
    expect(answer?.Status).toBe('SUCCESS')
  })

  test.each(['errorAfter', 'resetAfter'])(
    'takes a write whose answer is lost (%s): the write is known as our own, and the pool is written once',
    async (kind) => {
      const stage = await openVirtualStage()
      const id = stage.aws.createUserPool(PLAIN)
      const before = stage.email(id)
      const mail = stage.resource()
      const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
      const lost =
        kind === 'resetAfter' ? ('resetAfter' as const) : { errorAfter: { code: 'InternalServerError', message: 'lost', status: 500 } }
      // The first answer to every put, one after the other, and to the removal.
      stage.aws.fault(({ action, count }) =>
        (action === 'PutItem' && count % 2 === 1) || (action === 'DeleteItem' && count === 1) ? lost : undefined,
      )
      expect((await mail.create(wish)).answer?.Status).toBe('SUCCESS')
      expect(stage.count('UpdateUserPool')).toBe(1)
      expect((await mail.delete(wish)).answer?.Status).toBe('SUCCESS')
      expect(stage.email(id)).toEqual(before)
      expect(await stage.poolRecord(id)).toBeUndefined()
    },
  )
})

type Reply = boolean | Error

/** A table that answers to writes and reads as told, in a time that passes only while somebody waits. `at` are the times of the writes. */
const tableThat = ({ writes, reads = [] }: { readonly writes: readonly Reply[]; readonly reads?: readonly (Item | undefined)[] }) => {
  let now = 0
  const [at, left] = [[] as number[], [...reads]]
  const write = async (): Promise<boolean> => {
    const reply = writes[Math.min(at.push(now), writes.length) - 1]
    if (reply instanceof Error) throw reply
    return reply ?? true
  }
  const table: Table = {
    name: NAME,
    read: async () => left.shift(),
    scan: async () => ({ items: [], next: undefined }),
    remove: write,
    put: write,
  }
  const sleep = async (ms: number) => {
    now += ms
  }
  const chance = (random: number) => ({ now: () => now, sleep, random: () => random })
  return { table, at, unread: left, clock: chance(0), clockWith: chance }
}
const NEVER = new AbortController().signal
const IN_DOUBT = new ServiceError('dynamodb:PutItem', 'InternalServerError', 'once', 500)
const THROTTLED = new ServiceError('dynamodb:PutItem', 'ProvisionedThroughputExceededException', 'once', 400)

describe('a put without an answer', () => {
  test.each([
    [
      'of a new item is repeated only when it can no longer take effect: else it could bring back what others have removed',
      undefined,
      2_001,
    ],
    ['over a revision is repeated at once: after it has taken effect the condition fails', 5, 0],
  ])('%s', async (_, seen, after) => {
    const { table, clock, at } = tableThat({ writes: [IN_DOUBT, true] })
    await save(table, clock, { UserPoolId: 'a' }, seen, NEVER)
    expect(at).toEqual([0, after])
  })

  test('is none where the table refused it for sure', async () => {
    const { table, clock, at } = tableThat({ writes: [THROTTLED, true] })
    await save(table, clock, { UserPoolId: 'a' }, undefined, NEVER)
    expect(at).toEqual([0, 0])
  })

  test('is tried five times', async () => {
    const { table, clock, at } = tableThat({ writes: [IN_DOUBT] })
    await expect(save(table, clock, { UserPoolId: 'a' }, 5, NEVER)).rejects.toBe(IN_DOUBT)
    expect(at).toHaveLength(5)
  })
})

describe('a write whose condition fails', () => {
  const ours = { UserPoolId: 'a', Revision: 6 }
  const others = { UserPoolId: 'a', Revision: 7 }

  test.each<[string, readonly Reply[], readonly (Item | undefined)[], Item | undefined]>([
    ['was ours before, if the item is the one that we put', [IN_DOUBT, false], [ours], ours],
    ['was somebody else’s, if the item is another', [IN_DOUBT, false], [others], undefined],
    ['at the first try was somebody else’s, whatever the item says', [false], [ours], undefined],
    ['after a refusal was somebody else’s, whatever the item says', [THROTTLED, false], [ours], undefined],
  ])('%s', async (_, writes, reads, saved) => {
    const { table, clock } = tableThat({ writes, reads })
    expect(await save(table, clock, { UserPoolId: 'a' }, 5, NEVER)).toEqual(saved)
  })

  test.each<[string, Item | undefined, boolean]>([
    ['gone, and ours was the removal', undefined, true],
    ['still there, as somebody else’s', others, false],
  ])('finds the item that it was to remove %s', async (_, item, isRemoved) => {
    const { table, clock, unread } = tableThat({ writes: [IN_DOUBT, false], reads: [item] })
    expect(await remove(table, clock, 'a', 5, NEVER)).toBe(isRemoved)
    expect(unread).toEqual([])
  })
})

describe('a revision', () => {
  const NOW = 1_795_600_800_123
  test.each([
    [
      'is the time, with chance behind it, so that an item that is removed and made again never gets an old one',
      undefined,
      NOW * 1_000 + 500,
    ],
    ['is greater than the one before, also when the clock was put back', (NOW + 60_000) * 1_000, (NOW + 60_000) * 1_000 + 1],
  ])('%s', async (_, seen, revision) => {
    const { table, clockWith } = tableThat({ writes: [true] })
    const clock = { ...clockWith(0.5), now: () => NOW }
    expect(await save(table, clock, { UserPoolId: 'a' }, seen, NEVER)).toEqual({ UserPoolId: 'a', Revision: revision })
  })
})

test.each<[string, string, string, number | undefined, RegExp]>([
  ['ThrottlingException', 'Rate exceeded.', 'Throttling', 400, /^Table mail is throttled: Rate exceeded\. Try again later/],
  [
    'AccessDeniedException',
    'User is not authorized to perform: dynamodb:PutItem',
    'AccessDenied',
    400,
    /^dynamodb:PutItem on table mail was denied: User .*PutItem\. Let the function’s role call it; the provider stack’s role does/,
  ],
  [
    'AccessDeniedException',
    'User is not authorized to perform: kms:Decrypt',
    'AccessDenied',
    400,
    /^dynamodb:PutItem on table mail was denied: .* Let the function’s role call kms:Decrypt, which this table needs/,
  ],
  ['AccessDeniedException', 'No.', 'AccessDenied', 400, /was denied: No\. Let the function’s role call it/],
  [
    'ResourceNotFoundException',
    'not found',
    'NotFound',
    400,
    /^There is no table mail.*TABLE_NAME.*Deploy the provider stack again.*parameter TableName/,
  ],
  [
    'ECONNREFUSED',
    '',
    'InternalFailure',
    undefined,
    /^dynamodb:PutItem on table mail failed \(ECONNREFUSED\): it gave no reason\. Try again/,
  ],
])('%s (%s) is told as %s', (error, said, code, status, sentence) => {
  expect(tableRefusalFor(new ServiceError('dynamodb:PutItem', error, said, status), 'mail')).toEqual({
    ...{ ok: false, code },
    message: expect.stringMatching(sentence),
  })
})

type Edit = readonly [string, (item: JsonObject) => JsonObject, RegExp]

const REPAIR = /.*point-in-time recovery.*or delete it, then try again/

describe('an item that was edited by hand into nonsense is named, with the attribute, and with the way out', () => {
  /** A binding is made, one of its items edited, and everything refused; with the item as it was, Delete gives the pool back. */
  const edited = async (which: 'pool' | 'binding', edit: (item: JsonObject) => JsonObject, reason: RegExp) => {
    const stage = await openVirtualStage()
    const id = stage.aws.createUserPool(PLAIN)
    const before = stage.email(id)
    const mail = stage.resource()
    const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    await mail.create(wish)
    const item = (await (which === 'pool' ? stage.poolRecord(id) : stage.bindingRecord())) ?? {}
    const key = String(item['UserPoolId'])
    const nonsense = { ...edit(item), UserPoolId: key }
    await stage.aws.table.put(nonsense)

    await expectRefused(stage, id, new RegExp(`^InternalFailure: The item ${key} in table ${NAME} .*${reason.source}`))
    expect(await stage.aws.table.read(key)).toEqual(nonsense)
    expect(stage.count('UpdateUserPool')).toBe(1)

    await stage.aws.table.put(item)
    expect((await mail.delete(wish)).answer?.Status).toBe('SUCCESS')
    expect(stage.email(id)).toEqual(before)
  }

  test.each<Edit>([
    ['Claims is a text', (item) => ({ ...item, Claims: 'none' }), /Claims/],
    ['Claims is missing', (item) => without(item, ['Claims']), /Claims/],
    ['a claim has lost its StackId', (item) => ({ ...item, Claims: [{ LogicalResourceId: 'Binding' }] }), /Claims\.0\.StackId/],
    [
      'OnDelete of a claim is a word that we do not know',
      (item) => ({ ...item, Claims: claimsWith(item, { OnDelete: 'KEEP' }) }),
      /OnDelete.*"KEEP"/,
    ],
    ['Base is a list', (item) => ({ ...item, Base: [] }), /Base/],
    ['Base is missing', (item) => without(item, ['Base']), /Base/],
    ['Applied is a number', (item) => ({ ...item, Applied: 7 }), /Applied/],
    ['Intended is a text', (item) => ({ ...item, Intended: 'mail' }), /Intended/],
    ['Lease is empty', (item) => ({ ...item, Lease: {} }), /Lease/],
    ['Revision is a text', (item) => ({ ...item, Revision: 'seven' }), /Revision/],
    ['SchemaVersion is a text', (item) => ({ ...item, SchemaVersion: '2' }), /SchemaVersion/],
    ['SchemaVersion is missing', (item) => without(item, ['SchemaVersion']), /SchemaVersion/],
    ['nothing is left but the key', () => ({}), /SchemaVersion|Revision/],
  ])('the pool’s: %s', async (_, edit, reason) => {
    await edited('pool', edit, new RegExp(`(?:${reason.source})${REPAIR.source}`))
  })

  test.each<Edit>([
    ['Pools is a text', (item) => ({ ...item, Pools: 'us-east-1_One' }), /Pools/],
    ['Answers is missing', (item) => without(item, ['Answers']), /Answers/],
    ['an answer has lost its Body', (item) => ({ ...item, Answers: [{ Event: 'a', At: 'b' }] }), /Answers\.0\.Body/],
    ['Wishes has numbers', (item) => ({ ...item, Wishes: [1] }), /Wishes\.0/],
    ['Lease is a text', (item) => ({ ...item, Lease: 'mine' }), /Lease/],
    ['nothing is left but the key', () => ({}), /SchemaVersion|Revision/],
  ])('the binding’s: %s', async (_, edit, reason) => {
    await edited('binding', edit, new RegExp(`(?:${reason.source})${REPAIR.source}`))
  })

  test.each(['pool', 'binding'] as const)(
    'the %s’s has the SchemaVersion of a newer release: the Reason says to deploy that again',
    async (which) => {
      await edited(
        which,
        (item) => ({ ...item, SchemaVersion: 2 }),
        /newer version of cognito-ses-binding \(SchemaVersion 2; this one knows 1\).*deploy the newer provider/,
      )
    },
  )
})

const claimsWith = (item: JsonObject, members: JsonObject): JsonObject[] => {
  const claims = item['Claims']
  return Array.isArray(claims) ? claims.filter(isObject).map((claim) => ({ ...claim, ...members })) : []
}

test('one pool’s item that cannot be read does not keep the others of a binding from being served', async () => {
  const stage = await openVirtualStage()
  const [good, bad] = [stage.aws.createUserPool(PLAIN), stage.aws.createUserPool(PLAIN)]
  await stage.aws.table.put({ UserPoolId: bad, SchemaVersion: 1, Revision: 1, Claims: 'none' })
  const wish = { UserPoolIds: [good, bad], ConfigurationSet: 'mail', ...SENDER }
  const mail = stage.resource()
  const { answer } = await mail.create(wish)
  expect(answer?.Reason).toMatch(new RegExp(`^InternalFailure: 1 of 2 .*not done: ${bad}\\. The item ${bad} in table ${NAME}`))
  expect(stage.email(good)).toMatchObject({ ConfigurationSet: 'mail' })
  expect(stage.email(bad)).not.toHaveProperty('ConfigurationSet')
})

test('times of a lease that cannot be read hold nobody up', async () => {
  const stage = await openVirtualStage()
  const id = stage.aws.createUserPool(PLAIN)
  const before = stage.email(id)
  const mail = stage.resource()
  const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  await mail.create(wish)
  const Lease = { Event: 'somebody', Invocation: 'somebody', StartedAt: 'yesterday', Until: 'tomorrow' }
  for (const item of await stage.aws.records()) await stage.aws.table.put({ ...item, Lease })
  expect((await mail.delete(wish)).answer?.Status).toBe('SUCCESS')
  expect(stage.email(id)).toEqual(before)
})
