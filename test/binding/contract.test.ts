// Verb × verb: what a second request does after, or beside, a first one. As CloudFormation's own contract tests for resource handlers do. In virtual time.
import { afterEach, expect, test } from '@jest/globals'
import { physicalResourceId } from '../../lib/binding/record.ts'
import { type JsonObject, without } from '../../lib/json.ts'
import { SENDER, type Sent, stackArn } from '../driver.ts'
import type { FaultCall } from '../local-aws/faults.ts'
import { closeStages, everyTime, OWN, OWNED, PLAIN, pauseAt, rawAnswers, rendezvous, settingsOf } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

/** A stack `mail` with one binding on one pool, and three wishes for it. */
const openScenario = async (pool: JsonObject = PLAIN) => {
  const stage = await openVirtualStage()
  const id = stage.aws.createUserPool(pool)
  const before = settingsOf(stage.aws.userPool(id))
  const wish = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  return {
    ...stage,
    stage,
    id,
    before,
    mail: stage.resource(),
    wish,
    other: { ...wish, ConfigurationSet: 'mail-2', ReplyToEmailAddress: 'answers@example.com' },
    third: { ...wish, ConfigurationSet: 'other', From: 'third@example.com' },
    current: () => settingsOf(stage.aws.userPool(id)),
    writes: () => stage.count('UpdateUserPool'),
  }
}
type Scenario = Awaited<ReturnType<typeof openScenario>>

const succeeded = (sent: Sent, data: Readonly<Record<string, unknown>> = {}): void => {
  expect(sent.answer?.Reason).toBeUndefined()
  expect(sent.answer).toMatchObject({ Status: 'SUCCESS', ...(Object.keys(data).length > 0 ? { Data: data } : {}) })
}
const failed = (sent: Sent, reason: RegExp): void => {
  expect(sent.answer?.Status).toBe('FAILED')
  expect(sent.answer?.Reason).toMatch(reason)
}

/** The pool is as before the first Create, and nothing is on record but answers that go in a day. */
const nothingLeft = async ({ stage, id, before, current, now }: Scenario): Promise<void> => {
  expect(current()).toEqual(before)
  expect(await stage.poolRecord(id)).toBeUndefined()
  for (const record of await stage.aws.records()) {
    expect(record).toMatchObject({ Pools: [], Answered: [], Wishes: [], ExpiresAt: expect.any(Number) })
    expect(record['Lease']).toBeUndefined()
    expect(Math.abs(Number(record['ExpiresAt']) - now() / 1_000 - 24 * 3_600)).toBeLessThan(60)
  }
}

const MINUTE = 60_000
/** The time that is left to an invocation whose PUT never arrives: enough for the work, and for two attempts. */
const SHORT = { remainingMs: 2_000 }

/** The reading after a write that has taken effect: nothing but its lease says that the event is not done. */
const isVerification = ({ action, count }: FaultCall): boolean => action === 'DescribeUserPool' && count === 2

const isBindingRead = ({ action, request }: FaultCall): boolean => action === 'GetItem' && JSON.stringify(request).includes('binding#')

const sameAnswerTwice = (raw: readonly string[]): void => {
  expect(raw).toHaveLength(2)
  expect(raw[1]).toBe(raw[0])
}

type Row = {
  readonly verbs: string
  readonly statement: string
  readonly pool?: JsonObject
  readonly run: (scenario: Scenario) => Promise<void>
}

const ROWS: readonly Row[] = [
  {
    verbs: 'Create-Create',
    statement: 'the same event again gets the same answer, to the byte, and does nothing',
    run: async ({ mail, wish, aws, writes, current }) => {
      const first = await mail.create(wish)
      const bound = current()
      aws.clearCalls()
      succeeded(await mail.send(first.event))
      const [answer, again, ...rest] = rawAnswers(aws, first.event)
      expect(again).toBe(answer)
      expect(rest).toEqual([])
      expect(writes()).toBe(0)
      expect(current()).toEqual(bound)
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'with another RequestId is an Update: same physical ID, same base',
    run: async (scenario) => {
      const { mail, wish, other, writes } = scenario
      const first = await mail.create(wish)
      const second = await mail.create(wish)
      succeeded(second, { ConfigurationSet: 'mail', Warnings: '' })
      expect(second.answer?.PhysicalResourceId).toBe(first.answer?.PhysicalResourceId)
      expect(writes()).toBe(1)
      succeeded(await mail.create(other), { ConfigurationSet: 'mail-2' })
      succeeded(await mail.delete(other))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'with the same RequestId and other content is another event (aws-cdk#35957)',
    run: async ({ mail, wish, other, id, email }) => {
      const RequestId = '7ac1f3b2-0000-4000-8000-000000000001'
      succeeded(await mail.create(wish, { extra: { RequestId } }), { ConfigurationSet: 'mail' })
      succeeded(await mail.create(other, { extra: { RequestId } }), { ConfigurationSet: 'mail-2' })
      expect(email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'the same event twice at the same moment: one of the deliveries does the work, and both give its answer',
    run: async (scenario) => {
      const { stage, mail, wish, aws, writes, lambda } = scenario
      const event = mail.event('Create', { properties: wish })
      const second = await stage.newLambda()
      rendezvous(aws, 2, ({ action }) => action === 'PutItem')
      const invoked = await Promise.all([lambda.invoke(event), second.invoke(event)])
      expect(invoked.map(({ error }) => error)).toEqual([undefined, undefined])
      sameAnswerTwice(rawAnswers(aws, event))
      expect(writes()).toBe(1)
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'the same event while the first delivery is at work: the second waits, and gives the stored answer when the first is done',
    run: async (scenario) => {
      const { stage, mail, wish, aws, lambda, writes } = scenario
      const event = mail.event('Create', { properties: wish })
      const working = pauseAt(aws, ({ action }) => action === 'UpdateUserPool')
      const first = lambda.invoke(event)
      await working.reached
      const waiting = pauseAt(aws, (call) => isBindingRead(call) && call.count > 1)
      const second = (await stage.newLambda()).invoke(event)
      await waiting.reached
      expect(rawAnswers(aws, event)).toEqual([])
      working.release()
      expect((await first).error).toBeUndefined()
      waiting.release()
      expect((await second).error).toBeUndefined()
      sameAnswerTwice(rawAnswers(aws, event))
      expect(writes()).toBe(1)
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'the same event after the first delivery was killed: the second waits until the dead one’s time is over, and does the work',
    run: async (scenario) => {
      const { stage, mail, wish, aws, lambda, now } = scenario
      const event = mail.event('Create', { properties: wish })
      const working = pauseAt(aws, ({ action }) => action === 'UpdateUserPool')
      const deadline = now() + 20_000
      const first = lambda.invoke(event, { remainingMs: 20_000 })
      await working.reached
      await Promise.all([expect(first).rejects.toThrow('the process died'), lambda.kill()])
      working.release('hang')
      const second = await (await stage.newLambda()).invoke(event, { remainingMs: 300_000 })
      expect(second.error).toBeUndefined()
      expect(now()).toBeGreaterThanOrEqual(deadline)
      expect(now()).toBeLessThan(deadline + 5_000)
      expect(rawAnswers(aws, event)).toHaveLength(1)
      succeeded(await stage.resource('mail', 'Binding', await stage.newLambda()).delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'the same event, answered by a second delivery before the first has written anything: the first gives the same answer',
    run: async (scenario) => {
      const { stage, mail, wish, aws, lambda, writes } = scenario
      const event = mail.event('Create', { properties: wish })
      const slow = pauseAt(aws, ({ action }) => action === 'PutItem')
      const first = lambda.invoke(event)
      await slow.reached
      await (await stage.newLambda()).invoke(event)
      slow.release()
      expect((await first).error).toBeUndefined()
      sameAnswerTwice(rawAnswers(aws, event))
      expect(writes()).toBe(1)
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'the same event while the first delivery stores its answer: the second waits for that, and gives the same one',
    run: async (scenario) => {
      const { stage, mail, wish, aws, lambda, writes } = scenario
      const event = mail.event('Create', { properties: wish })
      const storing = pauseAt(
        aws,
        ({ action, request }) => action === 'PutItem' && JSON.stringify(request).includes('\\"Status\\":\\"SUCCESS'),
      )
      const first = lambda.invoke(event)
      await storing.reached
      const waiting = pauseAt(aws, (call) => isBindingRead(call) && call.count > 1)
      const second = (await stage.newLambda()).invoke(event)
      await waiting.reached
      storing.release()
      expect((await first).error).toBeUndefined()
      waiting.release()
      expect((await second).error).toBeUndefined()
      sameAnswerTwice(rawAnswers(aws, event))
      expect(writes()).toBe(1)
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Create',
    statement: 'an answer that could not be delivered: the handler throws, and the event delivered again gets the stored answer',
    run: async ({ mail, wish, aws, writes }) => {
      const mend = aws.fault(everyTime('PutObject', { error: { code: 'AccessDenied', message: 'Access Denied', status: 403 } }))
      const first = await mail.create(wish, { context: SHORT })
      mend()
      expect(first.count).toBe(0)
      expect(first.invoked.error).toMatch(/could not be delivered/)
      const answered = await mail.send(first.event)
      succeeded(answered, { ConfigurationSet: 'mail' })
      expect(writes()).toBe(1)
    },
  },
  {
    verbs: 'Create-Update',
    statement: 'the claim is replaced: what the old one declared and the new one does not is as it was before Create',
    run: async (scenario) => {
      const { mail, other, wish, id, email } = scenario
      const created = await mail.create(other)
      const updated = await mail.update(wish, other)
      succeeded(updated, { ConfigurationSet: 'mail', ReplyToEmailAddress: '' })
      expect(updated.answer?.PhysicalResourceId).toBe(created.answer?.PhysicalResourceId)
      expect(email(id)).toEqual({ EmailSendingAccount: 'DEVELOPER', ...SENDER, ConfigurationSet: 'mail' })
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'the pool is as before, and nothing is left on record but answers that go in a day',
    run: async (scenario) => {
      const { mail, wish } = scenario
      succeeded(await mail.create(wish))
      const deleted = await mail.delete(wish)
      succeeded(deleted)
      expect(deleted.answer?.Data).toBeUndefined()
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'a Delete while the Create is at work: it waits until the Create is over, and takes it back',
    run: async (scenario) => {
      const { stage, mail, wish, aws } = scenario
      const working = pauseAt(aws, ({ action }) => action === 'UpdateUserPool')
      const created = mail.create(wish)
      await working.reached
      const waiting = pauseAt(aws, (call) => isBindingRead(call) && call.count > 1)
      const deleted = stage.resource('mail', 'Binding', await stage.newLambda()).delete(wish)
      await waiting.reached
      working.release()
      succeeded(await created)
      waiting.release()
      succeeded(await deleted)
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'a Create that was refused before it did anything: Delete succeeds and writes nothing',
    run: async (scenario) => {
      const { mail, wish, writes } = scenario
      const refused = { ...wish, ConfigurationSet: 'no-such-set' }
      failed(await mail.create(refused), /^NotFound: .*no-such-set/)
      succeeded(await mail.delete(refused))
      expect(writes()).toBe(0)
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'a Create that failed after its write: Delete, with the ID of the FAILED answer, takes it back',
    run: async (scenario) => {
      const { mail, wish, aws, id, email } = scenario
      const mend = aws.fault(({ action, count }) => (action === 'DescribeUserPool' && count > 1 ? denied : undefined))
      const created = await mail.create(wish)
      mend()
      failed(created, /^AccessDenied/)
      expect(email(id)).toMatchObject({ ConfigurationSet: 'mail' })
      succeeded(await mail.delete(wish, { physicalResourceId: String(created.answer?.PhysicalResourceId) }))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'a Create that was never answered: Delete, with an ID that CloudFormation made up, takes it back and echoes that ID',
    run: async (scenario) => {
      const { mail, wish, aws } = scenario
      const mend = aws.fault(everyTime('PutObject', 'reset'))
      expect((await mail.create(wish, { context: SHORT })).invoked.error).toMatch(/could not be delivered/)
      mend()
      const deleted = await mail.delete(wish, { physicalResourceId: 'mail-Binding-1XQ5ZJ0WEXAMPLE' })
      succeeded(deleted)
      expect(deleted.answer?.PhysicalResourceId).toBe('mail-Binding-1XQ5ZJ0WEXAMPLE')
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'a Create that ran out of time with its write unanswered: Delete takes back what may have been written',
    run: async (scenario) => {
      const { mail, wish, aws, id, email } = scenario
      const mend = aws.fault(everyTime('UpdateUserPool', 'hangAfter'))
      failed(await mail.create(wish, { context: SHORT }), /^NotStabilized: .*time ran out/)
      mend()
      expect(email(id)).toMatchObject({ ConfigurationSet: 'mail' })
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Update-Update',
    statement: 'the same event again gets the same answer and does nothing, although the pool has changed since',
    run: async ({ mail, wish, other, aws, id, writes, ownerSets, email }) => {
      await mail.create(wish)
      const first = await mail.update(other, wish)
      ownerSets(id, OWN)
      aws.clearCalls()
      await mail.send(first.event)
      const [answer, again] = rawAnswers(aws, first.event)
      expect(again).toBe(answer)
      expect(writes()).toBe(0)
      expect(email(id)).toEqual(OWN)
    },
  },
  {
    verbs: 'Update-Update',
    statement: 'one after the other, the base stays that of before Create',
    run: async (scenario) => {
      const { mail, wish, other, third } = scenario
      await mail.create(wish)
      succeeded(await mail.update(other, wish))
      succeeded(await mail.update(third, other), { ConfigurationSet: 'other', From: 'third@example.com', ReplyToEmailAddress: '' })
      succeeded(await mail.delete(third))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Update-Update',
    statement: 'with the same RequestId and other content is another event',
    run: async ({ mail, wish, other, third }) => {
      const RequestId = '7ac1f3b2-0000-4000-8000-000000000002'
      await mail.create(wish)
      succeeded(await mail.update(other, wish, { extra: { RequestId } }), { ConfigurationSet: 'mail-2' })
      succeeded(await mail.update(third, other, { extra: { RequestId } }), { ConfigurationSet: 'other' })
    },
  },
  {
    verbs: 'Update-Update',
    statement: 'whose answer was lost: the handler throws, and the same event again gets the same answer without a second write',
    run: async ({ mail, wish, other, aws, writes }) => {
      await mail.create(wish)
      aws.clearCalls()
      const mend = aws.fault(
        everyTime('PutObject', { errorAfter: { code: 'InternalError', message: 'We encountered an internal error.', status: 500 } }),
      )
      const first = await mail.update(other, wish, { context: SHORT })
      mend()
      expect(first.invoked.error).toMatch(/could not be delivered/)
      expect(writes()).toBe(1)
      await mail.send(first.event)
      expect(new Set(rawAnswers(aws, first.event)).size).toBe(1)
      expect(writes()).toBe(1)
    },
  },
  {
    verbs: 'Update-Update',
    statement: 'two different ones at the same moment: the second waits until the first is over',
    run: async ({ stage, mail, wish, other, third, aws, id, email, writes }) => {
      await mail.create(wish)
      aws.clearCalls()
      const held = pauseAt(aws, isVerification)
      const first = mail.update(other, wish)
      await held.reached
      const looks = pauseAt(aws, (call) => isBindingRead(call) && call.count > 1)
      const second = stage.resource('mail', 'Binding', await stage.newLambda()).update(third, other)
      await looks.reached
      expect(writes()).toBe(1)
      held.release()
      succeeded(await first, { ConfigurationSet: 'mail-2' })
      looks.release()
      succeeded(await second, { ConfigurationSet: 'other' })
      expect(email(id)).toMatchObject({ ConfigurationSet: 'other' })
    },
  },
  {
    verbs: 'Update-Update',
    statement: 'the same event twice while another holds the binding: when that is over one does the work, and both give its answer',
    run: async ({ stage, mail, wish, other, third, aws, lambda, writes }) => {
      await mail.create(wish)
      aws.clearCalls()
      const working = pauseAt(aws, isVerification)
      const first = mail.update(other, wish)
      await working.reached
      // One delivery sees the binding held, and its next look comes after the other delivery has answered.
      const event = mail.event('Update', { properties: third, old: other })
      const slowLook = pauseAt(aws, (call) => isBindingRead(call) && call.count > 1)
      const slow = lambda.invoke(event)
      await slowLook.reached
      working.release()
      succeeded(await first, { ConfigurationSet: 'mail-2' })
      await (await stage.newLambda()).invoke(event)
      expect(rawAnswers(aws, event)).toHaveLength(1)
      slowLook.release()
      expect((await slow).error).toBeUndefined()
      sameAnswerTwice(rawAnswers(aws, event))
      expect(writes()).toBe(2)
    },
  },
  {
    verbs: 'Update-rollback',
    statement: 'of an Update that failed after its write: the pool is as the first wish says again, and Delete gives it back',
    run: async (scenario) => {
      const { mail, wish, other, aws, current } = scenario
      await mail.create(wish)
      const bound = current()
      const mend = aws.fault(({ action, count }) => (action === 'DescribeUserPool' && count > 1 ? denied : undefined))
      failed(await mail.update(other, wish), /^AccessDenied/)
      mend()
      succeeded(await mail.update(wish, other), { ConfigurationSet: 'mail', ReplyToEmailAddress: '' })
      expect(current()).toEqual(bound)
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Update-rollback',
    statement: 'of an Update that was refused before it did anything writes nothing',
    run: async ({ mail, wish, aws, writes }) => {
      await mail.create(wish)
      aws.clearCalls()
      const refused = { ...wish, ConfigurationSet: 'no-such-set' }
      failed(await mail.update(refused, wish), /^NotFound: .*no-such-set/)
      succeeded(await mail.update(wish, refused))
      expect(writes()).toBe(0)
    },
  },
  {
    verbs: 'Update-rollback',
    statement: 'of an Update that never came: it is an Update that changes nothing',
    run: async ({ mail, wish, other, aws, writes }) => {
      await mail.create(wish)
      aws.clearCalls()
      succeeded(await mail.update(wish, other))
      expect(writes()).toBe(0)
    },
  },
  {
    verbs: 'Update-rollback',
    statement: 'to a wish that a SUCCESS answered passes although its set is gone by now: a finding is a warning then',
    run: async ({ mail, wish, other, aws }) => {
      await mail.create(wish)
      await mail.update(other, wish)
      aws.ses.removeConfigurationSet('mail')
      succeeded(await mail.update(wish, other), { ConfigurationSet: 'mail', Warnings: expect.stringContaining('does not exist') })
    },
  },
  {
    verbs: 'Update-rollback',
    statement: 'to pools that the Update had taken off passes likewise: the wish was answered, these pools with it',
    run: async ({ mail, wish, aws }) => {
      await mail.create(wish)
      const moved = { ...wish, UserPoolId: aws.createUserPool({ Name: 'others' }) }
      succeeded(await mail.update(moved, wish))
      aws.ses.removeConfigurationSet('mail')
      succeeded(await mail.update(wish, moved), { ConfigurationSet: 'mail', Warnings: expect.stringContaining('does not exist') })
    },
  },
  {
    verbs: 'Update',
    statement: 'to the wish before the last one, for fewer pools, is no new wish for those that it keeps',
    run: async ({ mail, wish, other, aws }) => {
      const [kept, left] = [String(wish['UserPoolId']), aws.createUserPool({ Name: 'others' })]
      const { UserPoolId: _, ...both } = { ...wish, UserPoolIds: [kept, left] }
      const { UserPoolId: _one, ...next } = { ...other, UserPoolIds: [kept, left] }
      succeeded(await mail.create(both))
      succeeded(await mail.update(next, both))
      aws.ses.removeConfigurationSet('mail')
      succeeded(await mail.update(wish, next), { ConfigurationSet: 'mail', Warnings: expect.stringContaining('does not exist') })
    },
  },
  {
    verbs: 'Update',
    statement: 'with the same wish for a pool that it never had is a new wish for that pool, and is refused',
    run: async ({ mail, wish, aws }) => {
      await mail.create(wish)
      const moved = { ...wish, UserPoolId: aws.createUserPool({ Name: 'others' }) }
      aws.ses.removeConfigurationSet('mail')
      failed(await mail.update(moved, wish), /^NotFound: .*"?mail"? does not exist/)
    },
  },
  {
    verbs: 'Update-rollback',
    statement: 'to a wish that no SUCCESS answered is a new wish, and is refused',
    run: async ({ mail, wish, other, third, aws }) => {
      await mail.create(wish)
      await mail.update(other, wish)
      await mail.update(third, other)
      aws.ses.removeConfigurationSet('mail')
      // Three wishes ago: only the last two can be what a rollback goes back to.
      failed(await mail.update(wish, third), /^NotFound: .*"?mail"? does not exist/)
    },
  },
  {
    verbs: 'Update-Delete',
    statement: 'an Update that failed after its write, then the stack is deleted: the pool is as before Create',
    run: async (scenario) => {
      const { mail, wish, other, aws } = scenario
      await mail.create(wish)
      const mend = aws.fault(({ action, count }) => (action === 'DescribeUserPool' && count > 1 ? denied : undefined))
      failed(await mail.update(other, wish), /^AccessDenied/)
      mend()
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Update without Create',
    statement: 'is a Create with a warning, whose base is the pool without the old set',
    run: async ({ mail, wish, other, id, email }) => {
      const sent = await mail.update(wish, other)
      succeeded(sent, { ConfigurationSet: 'mail', Warnings: expect.stringContaining('recorded anew') })
      expect(sent.answer?.PhysicalResourceId).toBe(sent.event['PhysicalResourceId'])
      await mail.delete(wish)
      expect(email(id)).not.toHaveProperty('ConfigurationSet')
    },
  },
  {
    verbs: 'Delete-Delete',
    statement: 'the same event again gets the same answer and does nothing, although another binding is there by now',
    run: async ({ mail, wish, aws, stage, current, writes }) => {
      await mail.create(wish)
      const first = await mail.delete(wish)
      await stage.resource('shop').create(wish)
      const bound = current()
      aws.clearCalls()
      await mail.send(first.event)
      const [answer, again] = rawAnswers(aws, first.event)
      expect(again).toBe(answer)
      expect(writes()).toBe(0)
      expect(current()).toEqual(bound)
    },
  },
  {
    verbs: 'Delete-Delete',
    statement: 'a second one succeeds and writes nothing, whatever the pool has by now',
    run: async ({ mail, wish, aws, id, writes, ownerSets, email }) => {
      await mail.create(wish)
      await mail.delete(wish)
      const owners = { ...OWN, ConfigurationSet: 'mail' }
      ownerSets(id, owners)
      aws.clearCalls()
      succeeded(await mail.delete(wish))
      expect(writes()).toBe(0)
      expect(email(id)).toEqual(owners)
    },
  },
  {
    verbs: 'Delete-Delete',
    statement: 'a first one that failed is done by the second',
    run: async (scenario) => {
      const { mail, wish, aws } = scenario
      await mail.create(wish)
      const mend = aws.fault(everyTime('UpdateUserPool', denied))
      failed(await mail.delete(wish), /^AccessDenied/)
      mend()
      succeeded(await mail.delete(wish))
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Delete-Delete',
    statement: 'the same event twice at the same moment: one of the deliveries does the work, and both give its answer',
    run: async (scenario) => {
      const { stage, mail, wish, aws, lambda, writes } = scenario
      await mail.create(wish)
      aws.clearCalls()
      const event = mail.event('Delete', { properties: wish })
      const second = await stage.newLambda()
      rendezvous(aws, 2, ({ action }) => action === 'PutItem')
      await Promise.all([lambda.invoke(event), second.invoke(event)])
      sameAnswerTwice(rawAnswers(aws, event))
      expect(writes()).toBe(1)
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Delete without Create',
    statement: 'succeeds without a call to Cognito, with the ID that it came with',
    run: async ({ mail, wish, aws }) => {
      const sent = await mail.delete(wish)
      succeeded(sent)
      expect(sent.answer?.PhysicalResourceId).toBe(sent.event['PhysicalResourceId'])
      expect(aws.calls.filter(({ service }) => service === 'cognito')).toEqual([])
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'a Delete with the ID of another binding does nothing: both bindings stand',
    run: async ({ stage, mail, wish, other, current, writes, aws }) => {
      await stage.resource('mail', 'Other').create(wish)
      await mail.create(other)
      const bound = current()
      aws.clearCalls()
      const foreign = physicalResourceId({ StackId: stackArn('mail'), LogicalResourceId: 'Other' })
      succeeded(await mail.delete(wish, { physicalResourceId: foreign }))
      expect(writes()).toBe(0)
      expect(current()).toEqual(bound)
    },
  },
  {
    verbs: 'Delete-Create',
    statement: 'is a new binding: its base is what the owner has by then, its physical ID the same',
    run: async ({ mail, wish, id, ownerSets, email }) => {
      const first = await mail.create(wish)
      await mail.delete(wish)
      ownerSets(id, { ...OWN, ConfigurationSet: 'other' })
      const again = await mail.create(without(wish, ['SourceArn', 'From']))
      succeeded(again, { ConfigurationSet: 'mail', From: String(OWN['From']) })
      expect(again.answer?.PhysicalResourceId).toBe(first.answer?.PhysicalResourceId)
      await mail.delete(wish)
      expect(email(id)).toEqual({ ...OWN, ConfigurationSet: 'other' })
    },
  },
  {
    verbs: 'Delete-Create',
    statement: 'the very Create of before, delivered again after the Delete, gets its stored answer and does nothing',
    run: async (scenario) => {
      const { mail, wish, aws, writes } = scenario
      const created = await mail.create(wish)
      await mail.delete(wish)
      aws.clearCalls()
      await mail.send(created.event)
      const [answer, again] = rawAnswers(aws, created.event)
      expect(again).toBe(answer)
      expect(writes()).toBe(0)
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Delete-Create',
    statement: 'a Create that was signed before the Delete but comes after it is late: FAILED superseded, nothing done',
    run: async (scenario) => {
      const { mail, wish, writes, now } = scenario
      succeeded(await mail.delete(wish))
      failed(await mail.create(wish, { signedAt: now() - MINUTE }), /^ResourceConflict: .*superseded/)
      expect(writes()).toBe(0)
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Delete-Update',
    statement: 'an Update that was signed before the Delete but comes after it is late: FAILED superseded, nothing done',
    run: async (scenario) => {
      const { mail, wish, other, aws, writes, now } = scenario
      await mail.create(wish, { signedAt: now() - 2 * MINUTE })
      const late = mail.event('Update', { properties: other, old: wish, signedAt: now() - MINUTE })
      succeeded(await mail.delete(wish))
      aws.clearCalls()
      failed(await mail.send(late), /^ResourceConflict: This Update of Binding is superseded.*Nothing was done/)
      expect(writes()).toBe(0)
      await nothingLeft(scenario)
    },
  },
  {
    verbs: 'Update-Create',
    statement: 'the Create of before, delivered again after an Update, gets its stored answer and does not undo the Update',
    run: async ({ mail, wish, other, aws, writes, id, email }) => {
      const created = await mail.create(wish)
      await mail.update(other, wish)
      aws.clearCalls()
      succeeded(await mail.send(created.event), { ConfigurationSet: 'mail' })
      expect(writes()).toBe(0)
      expect(email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
    },
  },
  {
    verbs: 'Update-Delete',
    statement: 'a Delete that was signed before a newer Update is late too: FAILED superseded, the binding stands',
    run: async ({ mail, wish, other, id, email, now }) => {
      await mail.create(wish, { signedAt: now() - 3 * MINUTE })
      const late = mail.event('Delete', { properties: wish, signedAt: now() - 2 * MINUTE })
      await mail.update(other, wish, { signedAt: now() - MINUTE })
      failed(await mail.send(late), /^ResourceConflict: This Delete .*superseded/)
      expect(email(id)).toMatchObject({ ConfigurationSet: 'mail-2' })
    },
  },
  {
    verbs: 'Create-Delete',
    statement: 'without X-Amz-Date in the URL, as old URLs are, nothing is late',
    run: async (scenario) => {
      const { mail, wish, aws } = scenario
      await mail.create(wish)
      const undated = mail.event('Delete', { properties: wish })
      const url = new URL(String(undated['ResponseURL']))
      url.search = '?AWSAccessKeyId=AKIAEXAMPLE&Expires=1&Signature=abc'
      // The local bucket wants the query that it signed; what counts here is what was done before the PUT was refused.
      const sent = await mail.send({ ...undated, ResponseURL: url.href }, SHORT)
      expect(sent.invoked.error).toMatch(/could not be delivered/)
      expect(aws.refusedAnswers(url.pathname.split('/').at(-1) ?? '')[0]?.raw).toContain('"Status":"SUCCESS"')
      await nothingLeft(scenario)
    },
  },
]

const denied = { error: { code: 'AccessDeniedException', message: 'User is not authorized' } } as const

test.each(ROWS)('$verbs: $statement', async ({ pool, run }) => {
  await run(await openScenario(pool))
})

test('a pool with an owner’s sender: the whole life twice over leaves it as it was', async () => {
  const scenario = await openScenario(OWNED)
  const { mail, wish, other } = scenario
  for (let turn = 0; turn < 2; turn += 1) {
    succeeded(await mail.create(wish))
    succeeded(await mail.update(other, wish))
    succeeded(await mail.delete(other))
    await nothingLeft(scenario)
  }
})
