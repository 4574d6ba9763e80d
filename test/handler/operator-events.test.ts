// Claims whose stack is gone: seen, rehearsed, released by an operator's event, and bound by another stack.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { SENDER, stackArn } from '../driver.ts'
import { closeStages, everyTime, OWN, OWNED, PLAIN, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openVirtualStage()
})
afterEach(closeStages)

const wish = (id: string | readonly string[], more: JsonObject = {}): JsonObject => ({
  ...(typeof id === 'string' ? { UserPoolId: id } : { UserPoolIds: id }),
  ConfigurationSet: 'mail',
  ...SENDER,
  ...more,
})
const release = async (more: JsonObject = {}): Promise<JsonObject> => {
  const { result, error } = await stage.lambda.invoke({ Operation: 'Release', StackId: stackArn('gone'), ...more })
  if (error !== undefined) throw new Error(error)
  return result as JsonObject
}
const updates = (): number => stage.count('UpdateUserPool')

test('the claims of a stack that was deleted with its binding retained are released, and another stack binds', async () => {
  const [own, plain] = [stage.aws.createUserPool(OWNED), stage.aws.createUserPool(PLAIN)]
  await stage.resource('gone').create(wish([own, plain]))
  const other = stage.resource('next')
  expect((await other.create(wish(own, { ConfigurationSet: 'other' }))).answer?.Reason).toContain('bound by Binding of stack gone')

  const result = await release()
  expect(result['Failed']).toEqual([])
  expect(result['Released']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        UserPoolId: own,
        StackId: stackArn('gone'),
        LogicalResourceId: 'Binding',
        Before: expect.objectContaining({ ConfigurationSet: 'mail' }),
        After: OWN,
      }),
      expect.objectContaining({ UserPoolId: plain, After: { EmailSendingAccount: 'COGNITO_DEFAULT' } }),
    ]),
  )
  expect(stage.email(own)).toEqual(OWN)
  expect(await stage.poolRecord(own)).toBeUndefined()
  expect(await stage.bindingRecord('gone')).toMatchObject({ Pools: [], ExpiresAt: expect.any(Number) })
  expect(stage.lambda.log.filter(({ message }) => String(message).endsWith('is released'))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        ...{ level: 'INFO', message: `user pool ${own}: the claim of Binding is released` },
        ...{ StackId: stackArn('gone'), LogicalResourceId: 'Binding' },
        ...{ Before: expect.objectContaining({ ConfigurationSet: 'mail' }), After: OWN },
      }),
    ]),
  )
  expect(await release()).toEqual({ Released: [], Failed: [] })
  expect((await other.create(wish(own, { ConfigurationSet: 'other' }))).answer?.Status).toBe('SUCCESS')
})

test('a dry run says what a release would do, and writes nothing', async () => {
  const id = stage.aws.createUserPool(OWNED)
  await stage.resource('gone').create(wish(id))
  const [before, records] = [updates(), await stage.aws.records()]
  const rehearsed = await release({ DryRun: true })
  expect(updates()).toBe(before)
  expect(await stage.aws.records()).toEqual(records)
  expect(await release()).toEqual(rehearsed)
})

test('only the resource and the pools that are named are released', async () => {
  const [one, two] = [stage.aws.createUserPool(OWNED), stage.aws.createUserPool(OWNED)]
  await stage.resource('gone', 'First').create(wish(one))
  await stage.resource('gone', 'Second').create(wish([two]))
  expect(await release({ LogicalResourceId: 'Third' })).toEqual({ Released: [], Failed: [] })
  expect((await release({ LogicalResourceId: 'First' }))['Released']).toHaveLength(1)
  expect(stage.email(two)).toMatchObject({ ConfigurationSet: 'mail' })
  expect((await release({ UserPoolIds: [one] }))['Released']).toEqual([])
  expect((await release({ UserPoolIds: [two] }))['Released']).toHaveLength(1)
})

test.each([
  [{}, 'RETAIN', 'mail'],
  [{}, 'RESTORE', undefined],
  [{ OnDelete: 'RETAIN' }, 'RESTORE', 'mail'],
  [{ OnDelete: 'RESTORE' }, 'RETAIN', undefined],
] as const)('with %j, where the claim says %s, the pool has the set %s afterwards', async (more, onDelete, set) => {
  const id = stage.aws.createUserPool(OWNED)
  await stage.resource('gone').create(wish(id, { OnDelete: onDelete }))
  await release(more)
  expect(stage.email(id)?.['ConfigurationSet']).toBe(set)
  expect(await stage.poolRecord(id)).toBeUndefined()
})

test('a claim of another stack stays, and its set with it', async () => {
  const id = stage.aws.createUserPool(OWNED)
  await stage.resource('gone').create(wish(id))
  await stage.resource('next').create(wish(id, { ConfigurationSet: 'other', Takeover: 'true' }))
  expect((await release())['Released']).toHaveLength(1)
  expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'other' })
  await stage.resource('next').delete(wish(id))
  expect(stage.email(id)).toEqual(OWN)
})

test('a pool that is gone gives its claim up; one that cannot be written is named with the reason', async () => {
  const [gone, refused] = [stage.aws.createUserPool(OWNED), stage.aws.createUserPool(OWNED)]
  await stage.resource('gone').create(wish([gone, refused]))
  stage.aws.removeUserPool(gone)
  stage.aws.fault(({ action }) =>
    action === 'UpdateUserPool'
      ? { error: { code: 'AccessDeniedException', message: 'no cognito-idp:UpdateUserPool for you' } }
      : undefined,
  )
  const { Released, Failed } = await release()
  expect(Released).toEqual([expect.objectContaining({ UserPoolId: gone })])
  expect(Failed).toEqual([{ UserPoolId: refused, Reason: expect.stringMatching(/^AccessDenied: .*UpdateUserPool/) }])
})

test('a dry run of a pool that is gone has nothing before and nothing after', async () => {
  const id = stage.aws.createUserPool(OWNED)
  await stage.resource('gone').create(wish(id))
  stage.aws.removeUserPool(id)
  expect((await release({ DryRun: true }))['Released']).toEqual([expect.objectContaining({ UserPoolId: id, Before: {}, After: {} })])
  expect(await stage.poolRecord(id)).toBeDefined()
})

describe('an item of the table that makes no sense keeps nothing else from being released:', () => {
  const nonsense = async (id: string): Promise<void> =>
    stage.aws.table.put({ ...(await stage.poolRecord(id)), UserPoolId: id, Base: 'nonsense' })
  const named = (id: string) => ({ UserPoolId: id, Reason: expect.stringMatching(`^InternalFailure: The item ${id} .* cannot be read`) })

  test('a pool’s item is named with the reason', async () => {
    const [bad, good] = [stage.aws.createUserPool(OWNED), stage.aws.createUserPool(OWNED)]
    await stage.resource('gone').create(wish([bad, good]))
    await nonsense(bad)
    expect(await release()).toEqual({ Released: [expect.objectContaining({ UserPoolId: good })], Failed: [named(bad)] })
  })

  test.each([true, false])('also one that was still good when the table was scanned (DryRun %p)', async (DryRun) => {
    const id = stage.aws.createUserPool(OWNED)
    await stage.resource('gone').create(wish(id))
    let isScanned = false
    stage.aws.fault(({ action }) => {
      isScanned ||= action === 'Scan'
      return isScanned && action === 'GetItem' ? nonsense(id).then(() => undefined) : undefined
    })
    expect(await release({ DryRun })).toEqual({ Released: [], Failed: [named(id)] })
  })

  test('a binding’s item that cannot be asked for is named by its pool', async () => {
    const id = stage.aws.createUserPool(OWNED)
    await stage.resource('gone').create(wish(id))
    stage.aws.fault(everyTime('GetItem', { error: { code: 'AccessDeniedException', message: 'no' } }))
    expect(await release()).toEqual({
      Released: [],
      Failed: [{ UserPoolId: id, Reason: expect.stringMatching(/^AccessDenied: dynamodb:GetItem on table/) }],
    })
  })
})

describe('the binding’s item', () => {
  test('keeps the pools that are not released', async () => {
    const [one, two] = [stage.aws.createUserPool(OWNED), stage.aws.createUserPool(OWNED)]
    await stage.resource('gone').create(wish([one, two]))
    await release({ UserPoolIds: [one] })
    expect(await stage.bindingRecord('gone')).toMatchObject({ Pools: [two], Answered: [two] })
  })

  test('is missing: OnDelete of the claim holds, RETAIN too', async () => {
    const id = stage.aws.createUserPool(OWNED)
    await stage.resource('gone').create(wish(id, { OnDelete: 'RETAIN' }))
    await stage.aws.table.remove(String((await stage.bindingRecord('gone'))?.['UserPoolId']))
    expect((await release())['Released']).toEqual([expect.objectContaining({ UserPoolId: id })])
    expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
    expect(await stage.bindingRecord('gone')).toBeUndefined()
  })

  test('has no SUCCESS for the pool: what failed is undone, RETAIN or not', async () => {
    const id = stage.aws.createUserPool(OWNED)
    await stage.resource('gone').create(wish(id, { OnDelete: 'RETAIN' }))
    const item = await stage.bindingRecord('gone')
    await stage.aws.table.put({ ...item, UserPoolId: String(item?.['UserPoolId']), Answered: [] })
    await release()
    expect(stage.email(id)).toEqual(OWN)
  })

  test('is left alone while another event has its lease', async () => {
    const id = stage.aws.createUserPool(OWNED)
    await stage.resource('gone').create(wish(id))
    const Until = new Date(stage.now() + 60_000).toISOString()
    const item = { ...(await stage.bindingRecord('gone')), Lease: { Event: 'e', Invocation: 'another', StartedAt: Until, Until } }
    await stage.aws.table.put({ ...item, UserPoolId: String((await stage.bindingRecord('gone'))?.['UserPoolId']) })
    expect((await release())['Released']).toHaveLength(1)
    expect(stage.email(id)).toEqual(OWN)
    expect(await stage.bindingRecord('gone')).toEqual(item)
  })
})

test('a set of another claim that is gone is not put back, and the log warns of it', async () => {
  const id = stage.aws.createUserPool(OWNED)
  await stage.resource('below').create(wish(id))
  await stage.resource('gone').create(wish(id, { ConfigurationSet: 'other', Takeover: 'true' }))
  stage.aws.ses.removeConfigurationSet('mail')
  await release()
  expect(stage.email(id)).not.toHaveProperty('ConfigurationSet')
  expect(stage.lines('WARN').join()).toContain('Configuration set mail does not exist any more')
})

describe('an operator’s event that is wrong is thrown, with a sentence, and nothing is done', () => {
  test.each([
    [{ Operation: 'Remove' }, 'Expected Operation to be Release; got "Remove"'],
    [{ StackId: undefined }, 'StackId is missing'],
    [{ StackId: 'mail' }, 'Expected StackId to be the ARN of a stack'],
    [{ StackId: 'arn:aws:cloudformation:us-east-1:999999999999:stack/gone/1' }, 'own account and Region'],
    [{ Pools: [] }, 'Unknown member "Pools"'],
    [{ UserPoolIds: 'us-east-1_Ab3dEf6hI' }, 'Expected UserPoolIds to be a list'],
    [{ UserPoolIds: ['nonsense'] }, 'Expected UserPoolIds to be a list'],
    [{ OnDelete: 'KEEP' }, 'Expected OnDelete to be RESTORE or RETAIN'],
    [{ DryRun: 'yes' }, 'Expected DryRun to be true or false'],
  ] as const)('%j', async (more, sentence) => {
    const id = stage.aws.createUserPool(OWNED)
    await stage.resource('gone').create(wish(id))
    await expect(release(more as JsonObject)).rejects.toThrow(sentence)
    expect(stage.email(id)).toMatchObject({ ConfigurationSet: 'mail' })
  })
})
