// The binding's item while an event is served: what is read beside it, and what is answered when the answer cannot be stored.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { bindingKey } from '../../lib/binding/record.ts'
import { child, type JsonObject } from '../../lib/json.ts'
import { SENDER, stackArn } from '../driver.ts'
import type { Fault, FaultCall } from '../local-aws/faults.ts'
import { closeStages, PLAIN, pauseAt, rawAnswers, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let stage: Stage & { readonly passTime: (ms: number) => Promise<void> }
let id: string
beforeEach(async () => {
  stage = await openVirtualStage()
  id = stage.aws.createUserPool(PLAIN)
})
afterEach(closeStages)

const BINDING = bindingKey({ StackId: stackArn('mail'), LogicalResourceId: 'Binding' })
const wish = (): JsonObject => ({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })

const isRead = ({ action, request }: Pick<FaultCall, 'action' | 'request'>, key: string): boolean =>
  action === 'GetItem' && child(request, 'Key')?.['UserPoolId'] === key
const readsOf = (key: string): number => stage.aws.calls.filter((call) => isRead(call, key)).length

/** The put that stores an answer. */
const storesAnswer = ({ action, request }: FaultCall): boolean => {
  const item = child(request, 'Item')
  const answers = item?.['Answers']
  return action === 'PutItem' && item?.['UserPoolId'] === BINDING && Array.isArray(answers) && answers.length > 0
}

describe('the item of the first pool', () => {
  test('is read beside the put that takes the lease, so that it costs no round trip', async () => {
    const put = pauseAt(stage.aws, ({ action }) => action === 'PutItem')
    const created = stage.resource().create(wish())
    await put.reached
    await stage.passTime(100)
    expect(readsOf(id)).toBe(1)
    put.release()
    expect((await created).answer?.Status).toBe('SUCCESS')
    expect(readsOf(id)).toBe(1)
  })

  test.each<Fault>(['reset', { error: { code: 'InternalServerError', message: 'once', status: 500 } }])(
    'that cannot be read then (%j) is read again in its turn',
    async (fault) => {
      let count = 0
      stage.aws.fault((call) => {
        if (!isRead(call, id)) return undefined
        count += 1
        return count === 1 ? fault : undefined
      })
      expect((await stage.resource().create(wish())).answer?.Status).toBe('SUCCESS')
      expect(count).toBe(2)
    },
  )

  test('is not read where the event names no pool', async () => {
    expect((await stage.resource().delete({ UserPoolId: 'nonsense' })).answer?.Status).toBe('SUCCESS')
    expect(stage.count('GetItem')).toBe(1)
  })
})

test('an event that is delivered again gets the same answer, and the log says that it is one', async () => {
  const mail = stage.resource()
  const { event, answer } = await mail.create(wish())
  expect((await mail.send(event)).answer).toEqual(answer)
  expect(stage.lines('INFO')).toContain('Create: this event was answered before; the same answer again')
})

describe('a wish that a SUCCESS answered, when its set is gone', () => {
  const conflict = /^NotFound: Configuration set mail does not exist/

  test('is a new wish in a Create: pre-flight refuses it', async () => {
    const mail = stage.resource()
    await mail.create(wish())
    stage.aws.ses.removeConfigurationSet('mail')
    expect((await mail.create(wish())).answer?.Reason).toMatch(conflict)
  })

  test('is a new wish for a binding without a record', async () => {
    const mail = stage.resource()
    await mail.create(wish())
    await stage.aws.table.remove(BINDING)
    stage.aws.ses.removeConfigurationSet('mail')
    expect((await mail.update(wish(), wish())).answer?.Reason).toMatch(conflict)
  })
})

test('a Delete of a binding whose record is lost undoes it, whatever OnDelete says: nothing tells that a SUCCESS was given', async () => {
  const mail = stage.resource()
  const before = stage.email(id)
  await mail.create({ ...wish(), OnDelete: 'RETAIN' })
  await stage.aws.table.remove(BINDING)
  expect((await mail.delete({ ...wish(), OnDelete: 'RETAIN' })).answer?.Status).toBe('SUCCESS')
  expect(stage.email(id)).toEqual(before)
})

test('a pool of another stack is refused, and the sentence names Takeover', async () => {
  await stage.resource('other').create(wish())
  expect((await stage.resource().create(wish())).answer?.Reason).toMatch(/^ResourceConflict: .*of stack other.*or set Takeover to true/)
})

describe('an event that waits for another one of its binding', () => {
  const waiting = async (): Promise<void> => {
    const Lease = { Event: 'x', Invocation: 'x', StartedAt: '2026-01-01T00:00:00.000Z', Until: '2999-01-01T00:00:00.000Z' }
    await stage.resource().create(wish())
    await stage.aws.table.put({ ...(await stage.bindingRecord()), Lease })
  }
  const context = { remainingMs: 3_000 }
  const reads = (from: number, fault: Fault) => {
    let count = 0
    stage.aws.fault((call) => {
      if (!isRead(call, BINDING)) return undefined
      count += 1
      return count >= from ? fault : undefined
    })
  }

  test.each([
    ['between two looks', () => undefined],
    ['in the middle of a look', () => reads(3, 'hang')],
  ])('and whose time ends %s names the other', async (_, fault) => {
    await waiting()
    fault()
    const { answer } = await stage.resource().create(wish(), { context })
    expect(answer?.Reason).toMatch(/^ResourceConflict: Another operation on Binding was still running when the time ran out/)
  })

  test('and may not look any more says so: the other is not to blame', async () => {
    await waiting()
    reads(3, { error: { code: 'AccessDeniedException', message: 'not authorized to perform: dynamodb:GetItem' } })
    expect((await stage.resource().create(wish(), { context })).answer?.Reason).toMatch(/^AccessDenied: dynamodb:GetItem on table/)
  })

  test('sends the stored answer where that came after its last look', async () => {
    const stored = pauseAt(stage.aws, storesAnswer)
    const mail = stage.resource()
    const event = mail.event('Create', { properties: wish() })
    const first = mail.send(event)
    await stored.reached
    let looks = 0
    stage.aws.fault((call) => {
      looks += Number(isRead(call, BINDING))
      return isRead(call, BINDING) && looks === 2 ? 'hang' : undefined
    })
    const second = mail.send(event, context)
    await stage.passTime(1_000)
    expect(looks).toBe(2)
    stored.release()
    await Promise.all([first, second])
    expect(rawAnswers(stage.aws, event)).toEqual(Array(2).fill(expect.stringContaining('"SUCCESS"')))
  })
})

test('an event whose first look at its item has no answer until the time is over says that, and names no other operation', async () => {
  stage.aws.fault((call) => (isRead(call, BINDING) ? 'hang' : undefined))
  const { answer } = await stage.resource().create(wish(), { context: { remainingMs: 3_000 } })
  expect(answer?.Reason).toMatch(/^NotStabilized: The time ran out with 0 of 1 user pools done/)
})

describe('when the answer cannot be stored', () => {
  const denied = { error: { code: 'AccessDeniedException', message: 'not authorized to perform: dynamodb:PutItem' } }

  test('a SUCCESS becomes a FAILED that says why, and the log has the error: a repetition could not be known as one', async () => {
    stage.aws.fault((call) => (storesAnswer(call) ? denied : undefined))
    const { answer } = await stage.resource().create(wish())
    expect(answer?.Reason).toMatch(/^AccessDenied: dynamodb:PutItem on table cognito-ses-binding was denied/)
    expect(stage.lambda.log.find(({ message }) => message === 'the answer could not be stored')).toMatchObject({
      level: 'ERROR',
      error: expect.stringContaining('dynamodb:PutItem'),
    })
  })

  test('a FAILED stays as it is: its reason is the one to act on', async () => {
    stage.aws.fault((call) => (storesAnswer(call) ? denied : undefined))
    const { answer } = await stage.resource().create({ ...wish(), ConfigurationSet: 'gone' })
    expect(answer?.Reason).toMatch(/^NotFound: Configuration set gone/)
  })

  test('in time, but the put has taken effect without an answer, the stored answer is the one that is given', async () => {
    stage.aws.fault((call) => (storesAnswer(call) ? 'hangAfter' : undefined))
    const context = { remainingMs: 5_500 }
    expect((await stage.resource().create(wish(), { context })).answer?.Status).toBe('SUCCESS')
  })

  test.each([
    ['cannot be read either', { ...denied, error: { ...denied.error, message: 'no' } }],
    ['has no answer', undefined],
  ])('in time and the item %s, the answer is FAILED all the same', async (_, fault) => {
    let hangs = false
    stage.aws.fault((call) => {
      hangs ||= storesAnswer(call)
      if (storesAnswer(call)) return 'hang'
      return hangs && isRead(call, BINDING) ? fault : undefined
    })
    const { answer } = await stage.resource().create(wish(), { context: { remainingMs: 5_500 } })
    expect(answer?.Reason).toMatch(/^NotStabilized: The time ran out with 1 of 1 user pools done/)
  })

  test('in time and the item is gone, the answer is FAILED all the same', async () => {
    stage.aws.fault((call) => {
      if (!storesAnswer(call)) return undefined
      return stage.aws.table.remove(BINDING).then(() => 'hang' as const)
    })
    const { answer } = await stage.resource().create(wish(), { context: { remainingMs: 5_500 } })
    expect(answer?.Reason).toMatch(/^NotStabilized: The time ran out with 1 of 1 user pools done/)
  })
})
