// kill -9 of the function's process, at every call in virtual time and at those that matter for real: the same event again ends where an uninterrupted run ends.
import { afterAll, describe, expect, test } from '@jest/globals'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { SENDER } from '../driver.ts'
import type { Call } from '../local-aws/dispatch.ts'
import type { FaultCall } from '../local-aws/faults.ts'
import rich from '../local-aws/rich-user-pool.json'
import { closeStages, openStage, rawAnswers, type Stage, settingsOf } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterAll(closeStages)

const POOL = 'us-east-1_KillTest1'
const WISH = { UserPoolId: POOL, ConfigurationSet: 'mail', ...SENDER }
const OTHER = { ...WISH, ConfigurationSet: 'mail-2', ReplyToEmailAddress: 'answers@example.com' }

const VERBS = ['Create', 'Update', 'Delete'] as const
type Verb = (typeof VERBS)[number]

/** A stage with a pool that has all settings, and the stack that is about to send `verb`. */
const openScene = async (stage: Stage, verb: Verb) => {
  stage.aws.createUserPool({ ...(rich as JsonObject), Id: POOL })
  const before = settingsOf(stage.aws.userPool(POOL))
  const mail = stage.resource()
  if (verb !== 'Create') await mail.create(WISH)
  const event = mail.event(verb, {
    properties: verb === 'Update' ? OTHER : WISH,
    old: WISH,
    extra: { RequestId: `7ac1f3b2-0000-4000-8000-${verb}` },
  })
  stage.aws.clearCalls()
  return { stage, before, event, mail }
}
type Scene = Awaited<ReturnType<typeof openScene>>

/** Everything about the pool is as before, and the table has nothing but answers that go in a day. */
const expectNothingLeft = async (stage: Stage, before: JsonObject): Promise<void> => {
  expect(settingsOf(stage.aws.userPool(POOL))).toEqual(before)
  for (const { UserPoolId: key, Pools, Lease } of await stage.aws.records()) {
    expect([key, Pools, Lease]).toEqual([expect.stringMatching(/^binding#/), [], undefined])
  }
}

const WRITES: ReadonlySet<string> = new Set(['PutItem', 'DeleteItem', 'UpdateUserPool', 'PutObject'])

/** Before the call takes effect, or after it did and before it was answered. */
type Moment = 'before' | 'after'

/**
 * Kills the stage's process at the first call that `matches`. What it has sent is in the service's hands: it takes effect, or is lost.
 * @returns waits until it is dead and the effect is there
 */
const killAt = (stage: Stage, moment: Moment, matches: (call: FaultCall) => boolean): (() => Promise<void>) => {
  let fatal: Call | undefined
  stage.aws.fault((call) => {
    if (fatal || !matches(call)) return undefined
    fatal = stage.aws.calls.at(-1)
    return stage.lambda.kill().then(() => (moment === 'before' ? 'hang' : 'hangAfter'))
  })
  return async () => {
    while (moment === 'after' && fatal?.effectAt === undefined) await new Promise(setImmediate)
  }
}

/** What an uninterrupted run answers, and its calls in order. */
const uninterrupted = async ({ stage, before, event, mail }: Scene) => {
  await mail.send(event)
  const [answer = ''] = rawAnswers(stage.aws, event)
  const actions = stage.aws.calls.map(({ action }) => action)
  expect((await mail.delete(WISH)).answer?.Status).toBe('SUCCESS')
  await expectNothingLeft(stage, before)
  return { answer, actions }
}

/** The process is killed there, `passTime` goes by, and the same event comes again; then the stack is deleted. */
const crash = async (
  { stage, before, event }: Scene,
  answer: string,
  moment: Moment,
  matches: (call: FaultCall) => boolean,
  passTime: () => Promise<void>,
): Promise<void> => {
  const effect = killAt(stage, moment, matches)
  await expect(stage.lambda.invoke(event)).rejects.toThrow('the process died')
  await effect()
  await passTime()
  const next = await stage.newLambda()
  expect((await next.invoke(event, { remainingMs: 120_000 })).error).toBeUndefined()
  expect(new Set(rawAnswers(stage.aws, event))).toEqual(new Set([answer]))
  if (event['RequestType'] === 'Create') expect(stage.email(POOL)).toMatchObject({ ConfigurationSet: 'mail' })
  if (event['RequestType'] === 'Update') expect(stage.email(POOL)).toMatchObject({ ConfigurationSet: 'mail-2' })
  expect((await stage.resource('mail', 'Binding', next).delete(WISH)).answer?.Status).toBe('SUCCESS')
  await expectNothingLeft(stage, before)
}

describe('a process that is killed', () => {
  test.each(VERBS)(
    'at any call of a %s: the same event again gives the same answer, and after Delete the pool is what it was',
    async (verb) => {
      const open = async () => openScene(await openVirtualStage(), verb)
      const { answer, actions } = await uninterrupted(await open())
      expect(JSON.parse(answer)).toMatchObject({ Status: 'SUCCESS' })
      const points = actions.flatMap((action, index) =>
        (WRITES.has(action) ? (['before', 'after'] as const) : (['before'] as const)).map((moment) => ({ action, moment, nth: index + 1 })),
      )
      expect(points.length).toBeGreaterThan(12)
      const problems: string[] = []
      for (const { action, moment, nth } of points) {
        await crash(
          await open(),
          answer,
          moment,
          ({ index }) => index === nth,
          async () => undefined,
        ).catch((error: Error) => problems.push(`killed ${moment} call ${nth} (${action}): ${error.message}`))
      }
      expect(problems).toEqual([])
    },
  )
})

const member = (call: FaultCall, name: string): unknown => (isObject(call.request['Item']) ? call.request['Item'][name] : undefined)
const isOf = (call: FaultCall, key: string): boolean => JSON.stringify(call.request).includes(`"${key}`)

/** The four calls that matter: with each the state from which the next delivery must go on is another. */
const CALLS: readonly (readonly [string, (call: FaultCall) => boolean])[] = [
  ['the write-ahead', (call) => call.action === 'PutItem' && member(call, 'Intended') !== undefined],
  ['UpdateUserPool', ({ action }) => action === 'UpdateUserPool'],
  [
    'the record of what was done',
    (call) => call.action === 'DeleteItem' || (call.action === 'PutItem' && isOf(call, POOL) && member(call, 'Intended') === undefined),
  ],
  ['the answer’s storing', (call) => call.action === 'PutItem' && JSON.stringify(call.request).includes('\\"Status\\":\\"SUCCESS')],
]

/** The dead process's time is over: its leases end now. */
const endLeases = async ({ aws }: Stage): Promise<void> => {
  for (const item of await aws.records()) {
    const lease = item['Lease']
    if (isObject(lease)) await aws.table.put({ ...item, Lease: { ...lease, Until: new Date().toISOString() } })
  }
}

describe('the bundle’s process that is killed with SIGKILL', () => {
  test.each(VERBS)(
    'in a %s after the write-ahead, after the update, after its record, after the answer is stored: as above, over HTTP',
    async (verb) => {
      const { answer } = await uninterrupted(await openScene(await openStage(), verb))
      await Promise.all(
        CALLS.map(async ([name, matches]) => {
          const scene = await openScene(await openStage(), verb)
          await crash(scene, answer, 'after', matches, () => endLeases(scene.stage)).catch((error: Error) => {
            throw new Error(`killed after ${name}: ${error.message}`)
          })
        }),
      )
    },
  )
})

const isUpdate = ({ action }: FaultCall): boolean => action === 'UpdateUserPool'

describe('when another event comes than the one that was killed', () => {
  const MOMENTS = ['before', 'after'] as const
  const PATIENT = { context: { remainingMs: 120_000 } }

  test.each(MOMENTS.flatMap((first) => MOMENTS.map((second) => ({ first, second }))))(
    'two crashes in a row, of a Create ($first its write) and of an Update ($second its write): the Delete that follows gives back what was there before both',
    async ({ first, second }) => {
      const { stage, before, event } = await openScene(await openVirtualStage(), 'Create')
      killAt(stage, first, isUpdate)
      await expect(stage.lambda.invoke(event)).rejects.toThrow('the process died')

      const updating = { ...stage, lambda: await stage.newLambda() }
      killAt(updating, second, isUpdate)
      await expect(stage.resource('mail', 'Binding', updating.lambda).update(OTHER, WISH, PATIENT)).rejects.toThrow('the process died')

      const { answer } = await stage.resource('mail', 'Binding', await stage.newLambda()).delete(OTHER, PATIENT)
      expect([answer?.Status, answer?.Reason]).toEqual(['SUCCESS', undefined])
      await expectNothingLeft(stage, before)
    },
  )

  test('a write of the dead process that takes effect late does so before its lease ends, and the next event takes it back', async () => {
    const { stage, before, event } = await openScene(await openVirtualStage(), 'Create')
    // As late as the product assumes: two seconds after it was sent, at the very end of the time for work.
    stage.aws.fault((call) => (isUpdate(call) && call.count === 1 ? stage.lambda.kill().then(() => ({ late: 1_900 })) : undefined))
    await expect(stage.lambda.invoke(event, { remainingMs: 1_200 })).rejects.toThrow('the process died')
    expect(settingsOf(stage.aws.userPool(POOL))).toEqual(before)
    const { answer } = await stage.resource('mail', 'Binding', await stage.newLambda()).delete(WISH)
    expect(answer?.Status).toBe('SUCCESS')
    // Two writes arrived: the late one, and the one that took it back.
    expect(stage.count('UpdateUserPool')).toBe(2)
    await expectNothingLeft(stage, before)
  })

  test('an owner’s change between the crash and the next event is kept', async () => {
    const { stage, before, event } = await openScene(await openVirtualStage(), 'Create')
    const effect = killAt(stage, 'after', isUpdate)
    await expect(stage.lambda.invoke(event)).rejects.toThrow('the process died')
    await effect()
    stage.ownerSets(POOL, { ...stage.email(POOL), ReplyToEmailAddress: 'owner@example.com' })
    const next = stage.resource('mail', 'Binding', await stage.newLambda())
    expect((await next.delete(WISH, PATIENT)).answer?.Status).toBe('SUCCESS')
    const EmailConfiguration = { ...(before['EmailConfiguration'] as JsonObject), ReplyToEmailAddress: 'owner@example.com' }
    await expectNothingLeft(stage, { ...before, EmailConfiguration })
  })
})
