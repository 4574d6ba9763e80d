// A small CloudFormation: deploys, cancels, rolls back, cleans up, waits an hour, and tries again what failed.
import type { CloudFormationEvent } from '../../handler/cloudformation.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { ExceptionId } from './exceptions.ts'
import type { Lambda, Request } from './lambda.ts'
import { between, chance, hashed, type Random, seeded } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Step, Template, Wish } from './steps.ts'

type Answer = { readonly Status: 'SUCCESS' | 'FAILED'; readonly Reason?: string; readonly PhysicalResourceId: string }

/** A resource as CloudFormation knows it. */
export type Resource = {
  readonly wish: Wish
  readonly physicalId: string
  /** What it may have instead, where rollbacks could not be done and the user skipped them. */
  readonly orElse?: readonly Wish[]
}

export type Stack = {
  readonly number: number
  /** Undefined when there is no such stack. */
  id: string | undefined
  created: number
  resources: Map<string, Resource>
  /** By the IDs of stacks that are gone: what they left on the pools. */
  readonly retained: Map<string, ReadonlyMap<string, Resource>>
  queue: Promise<void>
  /** An operation begins a second after the one before at the earliest. */
  busyUntil: number
}

export type CloudFormation = {
  readonly stacks: readonly Stack[]
  readonly requests: readonly Request[]
  /** Does a step when the stack has done the ones before. */
  readonly perform: (step: Step & { kind: 'deploy' | 'delete' }) => void
  /** The same properties again. Nothing is rolled back. */
  readonly applyAgain: (stack: Stack, logicalId: string, nonce: string) => Promise<Answer | undefined>
}

export type Office = {
  readonly scheduler: Scheduler
  readonly lambda: Lambda
  readonly seed: number
  readonly duplicates: readonly (Step & { kind: 'duplicate' })[]
  readonly poolId: (number: number) => string
  readonly violated: (rule: string, what: string) => void
  readonly tolerated: (id: ExceptionId) => void
  readonly trace: ((line: string) => void) | undefined
}

const HOUR = 3_600_000
const ACCOUNT = '123456789012'
const SERVICE_TOKEN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:cognito-ses-binding`

const amzDate = (time: number): string => new Date(time).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')

/** Why a rollback may fail for good: another stack has come in between, or the owner took the sender away. */
const LEGITIMATE =
  /^ResourceConflict: .*already bound|COGNITO_DEFAULT and nothing gives it a sender|has no SES identity to send from|is not an address that identity|Sending is off for configuration set/

type Act = { readonly step: number; readonly events: { count: number }; readonly random: Random; readonly requestId: string }

export const createCloudFormation = (office: Office, count: number): CloudFormation => {
  const { scheduler, lambda, seed, trace } = office
  const requests: Request[] = []
  const physicalIds = new Map<string, string>()
  const requestIds = new Map<string, string>()
  const stacks = Array.from(
    { length: count },
    (_, number): Stack => ({
      number,
      id: undefined,
      created: 0,
      resources: new Map(),
      retained: new Map(),
      queue: Promise.resolve(),
      busyUntil: 0,
    }),
  )
  const poolIds = (wish: Wish) => [...new Set(wish.pools.map(office.poolId))]
  const propertiesOf = ({ pools, ...rest }: Wish, nonce?: string): JsonObject => {
    const [only = '', ...others] = poolIds({ pools, ...rest })
    return {
      ServiceToken: SERVICE_TOKEN,
      ...rest,
      ...(others.length > 0 ? { UserPoolIds: [only, ...others] } : { UserPoolId: only }),
      ...(nonce === undefined ? {} : { Nonce: nonce }),
    }
  }

  const check = (request: Request, body: string): Answer => {
    const answer: Answer & Partial<Record<string, string>> = JSON.parse(body)
    const { event } = request
    const name = `${request.step}.${request.index}`
    for (const member of ['StackId', 'RequestId', 'LogicalResourceId'])
      if (answer[member] !== event[member]) office.violated('answer', `${name}: ${member} is ${answer[member]}, not ${event[member]}`)
    if (Buffer.byteLength(body) > 4_096) office.violated('answer', `${name}: over 4,096 bytes`)
    const resource = `${event.StackId}|${event.LogicalResourceId}`
    const expected = event.RequestType === 'Create' ? (physicalIds.get(resource) ?? answer.PhysicalResourceId) : event['PhysicalResourceId']
    if (event.RequestType === 'Create') physicalIds.set(resource, answer.PhysicalResourceId)
    if (answer.PhysicalResourceId !== expected) office.violated('physical ID', `${name}: ${answer.PhysicalResourceId}, not ${expected}`)
    return answer
  }

  const send = (act: Act, stackId: string, logicalId: string, rest: JsonObject & { readonly RequestType: string }) => {
    const index = act.events.count
    act.events.count += 1
    const now = scheduler.now()
    const name = `${act.step}.${index}`
    const event: CloudFormationEvent = {
      ServiceToken: SERVICE_TOKEN,
      ResponseURL: `https://bucket.example/${name}?signed=${now}`,
      StackId: stackId,
      RequestId: act.requestId,
      LogicalResourceId: logicalId,
      ResourceType: 'Custom::CognitoSesBinding',
      ...rest,
    }
    let resolve: (answer: Answer | undefined) => void = () => undefined
    const answer = new Promise<Answer | undefined>((done) => {
      resolve = done
    })
    const overdue = scheduler.at(now + HOUR, () => {
      if (!request.waits) return
      trace?.(`CloudFormation gives ${name} up`)
      request.waits = false
      resolve(undefined)
    })
    const request: Request = {
      step: act.step,
      index,
      event,
      signedAt: amzDate(signedAt(act, event, now)),
      waits: true,
      invocations: 0,
      bodies: [],
      lost: false,
      storedAt: undefined,
      unstorable: [],
      arrived: (body) => {
        request.bodies.push(body)
        const read = check(request, body)
        if (!request.waits) return
        request.waits = false
        overdue.run = undefined
        resolve(read)
      },
    }
    requests.push(request)
    const deliverAfter = (ms: number) => scheduler.at(now + ms, () => lambda.deliver(request))
    deliverAfter(between(act.random, 0, 300))
    for (const one of office.duplicates) if (one.of === act.step && one.event === index) deliverAfter(one.after)
    const stop = () => {
      if (!request.waits) return
      trace?.(`CloudFormation cancels ${name}`)
      request.waits = false
      overdue.run = undefined
      resolve(undefined)
    }
    return { answer, stop }
  }

  /**
   * A clock that differs, or a date that is forged: a Delete is served all the same, and locks nobody out. Only where everything before it is on
   * record: of an event that came to nothing before its first write nobody can know that it was older.
   */
  const signedAt = ({ random }: Act, { RequestType, StackId, LogicalResourceId }: CloudFormationEvent, now: number): number => {
    const isOfBinding = ({ event }: Request) => event.StackId === StackId && event.LogicalResourceId === LogicalResourceId
    const isKnown = requests.filter(isOfBinding).every(({ storedAt }) => storedAt !== undefined)
    if (RequestType !== 'Delete' || !isKnown || chance(random, 0.85)) return now
    return chance(random, 0.3) ? now + between(random, 1_000, 30 * 24 * HOUR) : now - between(random, 0, 25_000)
  }

  const actOf = (step: number, requestId?: string): Act => ({
    step,
    events: { count: 0 },
    random: seeded(hashed(seed, 'cloudformation', step)),
    requestId: requestId ?? `request-${step}`,
  })

  // X-Amz-Date has seconds: two events of one binding that are signed in the same one cannot be told apart by age.
  const soon = (act: Act) => scheduler.sleep(between(act.random, 1_000, 4_000))
  const later = (act: Act) => scheduler.sleep(between(act.random, 5_000, 600_000))

  /** Deletes until it is done. CloudFormation's user does not give up. */
  const deleteResource = async (act: Act, stackId: string, logicalId: string, wish: Wish, physicalId: string): Promise<void> => {
    let reason: string | undefined
    for (let tries = 0; tries < 8; tries += 1) {
      if (tries > 0) await later(act)
      const one = tries === 0 ? act : { ...act, requestId: `${act.requestId}-delete${act.events.count}` }
      const { answer } = send(one, stackId, logicalId, {
        RequestType: 'Delete',
        PhysicalResourceId: physicalId,
        ResourceProperties: propertiesOf(wish),
      })
      const got = await answer
      if (got?.Status === 'SUCCESS') return
      reason = got ? got.Reason : 'no answer'
    }
    office.violated('nothing is stuck', `Delete of ${logicalId} in step ${act.step}: ${reason}`)
  }

  const updateBack = async (act: Act, stackId: string, logicalId: string, is: Wish, back: Resource): Promise<Resource> => {
    let reason: string | undefined
    for (let tries = 0; tries < 6; tries += 1) {
      if (tries > 0) await later(act)
      const one = { ...act, requestId: `${act.requestId}-back${tries}` }
      const { answer } = send(one, stackId, logicalId, {
        RequestType: 'Update',
        PhysicalResourceId: back.physicalId,
        ResourceProperties: propertiesOf(back.wish),
        OldResourceProperties: propertiesOf(is),
      })
      const got = await answer
      if (got?.Status === 'SUCCESS') return { wish: back.wish, physicalId: back.physicalId }
      reason = got ? got.Reason : 'no answer'
    }
    if (!LEGITIMATE.test(reason ?? '')) office.violated('nothing is stuck', `rollback of ${logicalId} in step ${act.step}: ${reason}`)
    office.tolerated('rollback-skipped')
    return { ...back, orElse: [...(back.orElse ?? []), is] }
  }

  const madeUpId = (act: Act, logicalId: string): string => `stack-${logicalId}-${between(act.random, 1_000, 9_999)}`

  const deploy = async (stack: Stack, step: Step & { kind: 'deploy' }): Promise<void> => {
    const key = `${stack.number}`
    const act = actOf(step.id, step.oldRequestId ? requestIds.get(key) : undefined)
    requestIds.set(key, act.requestId)
    const isNew = stack.id === undefined
    if (stack.id === undefined) {
      stack.created += 1
      stack.id = `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/stack${stack.number}/${stack.created}`
    }
    const stackId = stack.id
    const before = stack.resources
    const template: Template = step.template
    const sent = Object.entries(template).flatMap(([logicalId, wish]) => {
      const known = before.get(logicalId)
      if (known && JSON.stringify(known.wish) === JSON.stringify(wish)) return []
      const one = known
        ? send(act, stackId, logicalId, {
            RequestType: 'Update',
            PhysicalResourceId: known.physicalId,
            ResourceProperties: propertiesOf(wish),
            OldResourceProperties: propertiesOf(known.wish),
          })
        : send(act, stackId, logicalId, { RequestType: 'Create', ResourceProperties: propertiesOf(wish) })
      return [{ logicalId, wish, known, ...one }]
    })
    if (step.cancelAfter !== undefined)
      scheduler.at(scheduler.now() + step.cancelAfter, () =>
        sent.forEach(({ stop }) => {
          stop()
        }),
      )
    const done = await Promise.all(sent.map(async (one) => ({ ...one, answer: await one.answer })))
    const failed = done.some(({ answer }) => answer?.Status !== 'SUCCESS')
    if (!failed && !step.otherFails) {
      const after = new Map(Object.keys(template).flatMap((id) => (before.has(id) ? [[id, before.get(id)] as const] : [])))
      for (const { logicalId, wish, answer } of done) after.set(logicalId, { wish, physicalId: answer?.PhysicalResourceId ?? '' })
      const removed = [...before].filter(([id]) => !Object.hasOwn(template, id))
      stack.resources = new Map([...after].flatMap(([id, resource]) => (resource ? [[id, resource] as const] : [])))
      if (removed.length > 0) await soon(act)
      await Promise.all(removed.map(([id, { wish, physicalId }]) => deleteResource(act, stackId, id, wish, physicalId)))
      return
    }
    if (!failed) await scheduler.sleep(between(act.random, 1_000, 60_000))
    else if (!done.every(({ answer }) => answer === undefined || answer.Status === 'SUCCESS') || chance(act.random, 0.5)) await soon(act)
    trace?.(`stack${stack.number} rolls back`)
    await Promise.all(
      done.map(async ({ logicalId, wish, known }) => {
        if (known) stack.resources.set(logicalId, await updateBack(act, stackId, logicalId, wish, known))
      }),
    )
    await Promise.all(
      done.map(({ logicalId, wish, known, answer }) =>
        known ? undefined : deleteResource(act, stackId, logicalId, wish, answer?.PhysicalResourceId ?? madeUpId(act, logicalId)),
      ),
    )
    if (isNew) stack.id = undefined
  }

  const removeStack = async (stack: Stack, step: Step & { kind: 'delete' }): Promise<void> => {
    const { id } = stack
    if (id === undefined) return
    const act = actOf(step.id)
    if (step.retained) stack.retained.set(id, stack.resources)
    else await Promise.all([...stack.resources].map(([name, { wish, physicalId }]) => deleteResource(act, id, name, wish, physicalId)))
    stack.resources = new Map()
    stack.id = undefined
  }

  const applyAgain = async (stack: Stack, logicalId: string, nonce: string): Promise<Answer | undefined> => {
    const resource = stack.resources.get(logicalId)
    if (!resource || stack.id === undefined) return undefined
    const { answer } = send(actOf(hashed(nonce)), stack.id, logicalId, {
      RequestType: 'Update',
      PhysicalResourceId: resource.physicalId,
      ResourceProperties: propertiesOf(resource.wish, nonce),
      OldResourceProperties: propertiesOf(resource.wish),
    })
    return answer
  }

  const perform = (step: Step & { kind: 'deploy' | 'delete' }): void => {
    const stack = stacks[step.stack % count]
    if (!stack) return
    stack.queue = stack.queue.then(async () => {
      await scheduler.sleep(Math.max(0, stack.busyUntil - scheduler.now()))
      trace?.(`stack${stack.number}: step #${step.id} ${step.kind}`)
      await (step.kind === 'deploy' ? deploy(stack, step) : removeStack(stack, step))
      stack.busyUntil = scheduler.now() + 1_000
    })
  }

  return { stacks, requests, perform, applyAgain }
}
