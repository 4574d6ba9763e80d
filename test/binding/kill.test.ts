// kill -9 of the handler's process at each call that it makes: the same event again ends where an uninterrupted run ends. Real processes, over HTTP.
import { afterAll, describe, expect, test } from '@jest/globals'
import { isObject, type JsonObject, sameJson } from '../../lib/json.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { SENDER } from '../driver.ts'
import type { FaultCall } from '../local-aws/faults.ts'
import rich from '../local-aws/rich-user-pool.json'
import { closeStages, openStage, rawAnswers, type Stage, settingsOf } from '../stage.ts'

afterAll(closeStages)

const POOL = 'us-east-1_KillTest1'
const WISH = { UserPoolId: POOL, ConfigurationSet: 'mail', ...SENDER }
const OTHER = { ...WISH, ConfigurationSet: 'mail-2', ReplyToEmailAddress: 'answers@example.com' }
const SIDE_BY_SIDE = 4
/** Milliseconds; for a machine that is busy with other tests. */
const PATIENCE = 60_000

const VERBS = ['Create', 'Update', 'Delete'] as const
type Verb = (typeof VERBS)[number]

/** A stage with a pool that has all settings, and the stack that is about to send `verb`. */
const openScene = async (verb: Verb) => {
  const stage = await openStage()
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

/** Everything about the pool is as before, and the table has nothing but answers that go in a day. */
const expectNothingLeft = async (stage: Stage, before: JsonObject): Promise<void> => {
  expect(settingsOf(stage.aws.userPool(POOL))).toEqual(before)
  for (const { UserPoolId: key, Pools, Lease } of await stage.aws.records()) {
    expect([key, Pools, Lease]).toEqual([expect.stringMatching(/^binding#/), [], undefined])
  }
}

const attribute = (call: FaultCall, of: string, name: string, type: string): unknown => {
  const item = call.request[of]
  const value = isObject(item) ? item[name] : undefined
  return isObject(value) ? value[type] : undefined
}

/** For each call that changes something, whether the change is there. */
const EFFECTS: Readonly<Record<string, (stage: Stage, call: FaultCall) => Promise<boolean>>> = {
  PutItem: async ({ aws }, call) => {
    const item = await aws.table.read(String(attribute(call, 'Item', 'UserPoolId', 'S')))
    return String(item?.['Revision']) === attribute(call, 'Item', 'Revision', 'N')
  },
  DeleteItem: async ({ aws }, call) => (await aws.table.read(String(attribute(call, 'Key', 'UserPoolId', 'S')))) === undefined,
  UpdateUserPool: async (stage, call) => sameJson(stage.email(POOL), call.request['EmailConfiguration']),
  PutObject: async ({ aws }, call) => aws.answers(String(call.request['Key'])).length > 0,
}

const happened = async (stage: Stage, call: FaultCall): Promise<void> => {
  while (!(await EFFECTS[call.action]?.(stage, call))) await new Promise(setImmediate)
}

type Moment = 'before' | 'after'

/** Kills the stage's process at the call that `matches`: before it took effect, or after it did and before it was answered. */
const killAt = (stage: Stage, moment: Moment, matches: (call: FaultCall) => boolean): void => {
  stage.aws.fault((call) => {
    if (!matches(call)) return undefined
    if (moment === 'before') return stage.lambda.kill().then(() => 'hang' as const)
    void happened(stage, call).then(() => stage.lambda.kill())
    return 'hangAfter'
  })
}

/** What an uninterrupted run answers, and every point at which a process may die on the way to it. */
const uninterrupted = async (verb: Verb) => {
  const { stage, before, event, mail } = await openScene(verb)
  await mail.send(event)
  const [answer] = rawAnswers(stage.aws, event)
  const actions = stage.aws.calls.map(({ action }) => action)
  const points = actions.flatMap((action, index): { readonly index: number; readonly action: string; readonly moment: Moment }[] => [
    { index: index + 1, action, moment: 'before' },
    ...(EFFECTS[action] ? [{ index: index + 1, action, moment: 'after' as const }] : []),
  ])
  expect((await mail.delete(WISH)).answer?.Status).toBe('SUCCESS')
  await expectNothingLeft(stage, before)
  return { answer, points }
}

describe('a process that is killed', () => {
  test.each(VERBS)(
    'at any call of a %s: the same event again gives the same answer, and after Delete the pool is what it was',
    async (verb) => {
      const { answer, points } = await uninterrupted(verb)
      expect(JSON.parse(answer ?? '{}')).toMatchObject({ Status: 'SUCCESS' })
      expect(points.length).toBeGreaterThan(12)
      const problems = await mapConcurrently(points, SIDE_BY_SIDE, async ({ index, action, moment }) => {
        const { stage, before, event } = await openScene(verb)
        try {
          killAt(stage, moment, (call) => call.index === index)
          await expect(stage.lambda.invoke(event)).rejects.toThrow('the process died')
          const next = await stage.newLambda()
          expect((await next.invoke(event)).error).toBeUndefined()
          expect(new Set(rawAnswers(stage.aws, event))).toEqual(new Set([answer]))
          if (verb === 'Create') expect(stage.email(POOL)).toMatchObject({ ConfigurationSet: 'mail' })
          if (verb === 'Update') expect(stage.email(POOL)).toMatchObject({ ConfigurationSet: 'mail-2' })
          expect((await stage.resource('mail', 'Binding', next).delete(WISH)).answer?.Status).toBe('SUCCESS')
          await expectNothingLeft(stage, before)
          return []
        } catch (error) {
          return [`killed ${moment} call ${index} (${action}): ${error instanceof Error ? error.message : String(error)}`]
        } finally {
          await stage.close()
        }
      })
      expect(problems.flat()).toEqual([])
    },
    PATIENCE,
  )
})

/** The time of an invocation that will be killed: as long as this others must wait for its leases. */
const SHORT = { remainingMs: 4_000 }
const isFirstUpdate = ({ action, count }: FaultCall): boolean => action === 'UpdateUserPool' && count === 1

// These wait for leases and for late writes: side by side, to wait once.
describe('when another event comes than the one that was killed', () => {
  const MOMENTS = ['before', 'after'] as const

  test.concurrent(
    'two crashes in a row, of a Create and of an Update: the Delete that follows gives back what was there before both',
    async () => {
      const cases = MOMENTS.flatMap((first) => MOMENTS.map((second) => ({ first, second })))
      await Promise.all(
        cases.map(async ({ first, second }) => {
          const { stage, before, event } = await openScene('Create')
          killAt(stage, first, isFirstUpdate)
          await expect(stage.lambda.invoke(event, SHORT)).rejects.toThrow('the process died')

          const updating = { ...stage, lambda: await stage.newLambda() }
          killAt(updating, second, isFirstUpdate)
          const mail = stage.resource('mail', 'Binding', updating.lambda)
          await expect(mail.update(OTHER, WISH, { context: { remainingMs: 8_000 } })).rejects.toThrow('the process died')

          const last = stage.resource('mail', 'Binding', await stage.newLambda())
          const { answer } = await last.delete(OTHER)
          expect([first, second, answer?.Status, answer?.Reason]).toEqual([first, second, 'SUCCESS', undefined])
          await expectNothingLeft(stage, before)
        }),
      )
    },
    PATIENCE,
  )

  test.concurrent(
    'a write of the dead process that lands late lands before the next event is done, which takes it back',
    async () => {
      const { stage, before, event } = await openScene('Create')
      // Later than the lease of the dead process ends.
      stage.aws.fault((call) => (isFirstUpdate(call) ? stage.lambda.kill().then(() => ({ late: 2_300 })) : undefined))
      await expect(stage.lambda.invoke(event, { remainingMs: 2_400 })).rejects.toThrow('the process died')
      expect(settingsOf(stage.aws.userPool(POOL))).toEqual(before)
      const { answer } = await stage.resource('mail', 'Binding', await stage.newLambda()).delete(WISH)
      expect(answer?.Status).toBe('SUCCESS')
      // Two writes arrived: the late one, and the one that took it back.
      expect(stage.count('UpdateUserPool')).toBe(2)
      await expectNothingLeft(stage, before)
    },
    PATIENCE,
  )

  test.concurrent(
    'an owner’s change between the crash and the next event is kept',
    async () => {
      const { stage, before, event } = await openScene('Create')
      killAt(stage, 'after', isFirstUpdate)
      await expect(stage.lambda.invoke(event, SHORT)).rejects.toThrow('the process died')
      stage.ownerSets(POOL, { ...stage.email(POOL), ReplyToEmailAddress: 'owner@example.com' })
      const next = stage.resource('mail', 'Binding', await stage.newLambda())
      expect((await next.delete(WISH)).answer?.Status).toBe('SUCCESS')
      const EmailConfiguration = { ...(before['EmailConfiguration'] as JsonObject), ReplyToEmailAddress: 'owner@example.com' }
      await expectNothingLeft(stage, { ...before, EmailConfiguration })
    },
    PATIENCE,
  )
})
