// A stage for one test: a local AWS, the bundle in a process of its own, and short names for what a test looks at.
import { afterAll } from '@jest/globals'
import { bindingKey } from '../lib/binding/record.ts'
import { child, type JsonObject, without } from '../lib/json.ts'
import { healthySes, IDENTITY, resource, stackArn } from './driver.ts'
import { createLambdas, type Lambda } from './lambda.ts'
import type { Fault, FaultCall, FaultRule } from './local-aws/faults.ts'
import { type LocalAws, type LocalAwsOptions, startLocalAws } from './local-aws/index.ts'

/** A plain pool is on COGNITO_DEFAULT. */
export const PLAIN: JsonObject = { Name: 'people' }
/** What an owner gives the pool who sends with an identity of their own. */
export const OWN: JsonObject = { EmailSendingAccount: 'DEVELOPER', SourceArn: IDENTITY, From: 'owner@example.com' }
export const OWNED: JsonObject = { Name: 'people', EmailConfiguration: OWN }

/** The pool without what lives by itself. */
export const settingsOf = (pool: JsonObject): JsonObject => without(pool, ['LastModifiedDate', 'EstimatedNumberOfUsers'])

export type Stage = Awaited<ReturnType<typeof stageOn>>

const lambdas = createLambdas()
afterAll(lambdas.close)

/** A process for a test, which may have been another test's. */
export const { start: startLambda } = lambdas

const open: { readonly close: () => Promise<void> }[] = []

/** @param start starts a process of the function on this AWS @param now the time of both */
export const stageOn = async (aws: LocalAws, start: () => Promise<Lambda>, now: () => number) => {
  healthySes(aws)
  const mine: Lambda[] = []
  /** Another process on the same AWS. */
  const newLambda = async (): Promise<Lambda> => {
    const lambda = await start()
    mine.push(lambda)
    return lambda
  }
  const lambda = await newLambda()
  const stage = {
    aws,
    lambda,
    newLambda,
    now,
    resource: (stack = 'mail', logicalResourceId = 'Binding', by: Lambda = lambda) =>
      resource(aws, (event, context) => by.invoke(event, context), stack, logicalResourceId),
    email: (id: string): JsonObject | undefined => child(aws.userPool(id), 'EmailConfiguration'),
    /** All that must never change. */
    settings: (id: string): JsonObject => without(settingsOf(aws.userPool(id)), ['EmailConfiguration']),
    count: (action: string): number => aws.calls.filter((call) => call.action === action).length,
    poolRecord: (id: string) => aws.table.read(id),
    bindingRecord: (stack = 'mail', logicalResourceId = 'Binding') =>
      aws.table.read(bindingKey({ StackId: stackArn(stack), LogicalResourceId: logicalResourceId })),
    /** The messages of the log, of all processes. */
    lines: (level: string): string[] =>
      mine.flatMap(({ log }) => log.filter((line) => line['level'] === level).map((line) => String(line['message']))),
    /** The whole log, as text. */
    logText: (): string => mine.map(({ log }) => JSON.stringify(log)).join('\n'),
    /** What the owner makes of EmailConfiguration, behind our back. */
    ownerSets: (id: string, EmailConfiguration: JsonObject): void => aws.changeUserPool(id, (pool) => ({ ...pool, EmailConfiguration })),
    close: async (): Promise<void> => {
      await Promise.all(mine.map((one) => one.kill()))
      await aws.close()
    },
  }
  open.push(stage)
  return stage
}

/** The bundle in a process of its own, over HTTP, on the clock on the wall. */
export const openStage = async (options: LocalAwsOptions = {}, environment: Readonly<Record<string, string>> = {}): Promise<Stage> => {
  const aws = await startLocalAws(options)
  return stageOn(aws, () => startLambda({ ...aws.environment, ...environment }), Date.now)
}

/** For afterEach. */
export const closeStages = async (): Promise<void> => {
  await Promise.all(open.splice(0).map((stage) => stage.close()))
}

/** The id of an event's ResponseURL, by which the local AWS knows its answers. */
export const answerId = (event: JsonObject): string => new URL(String(event['ResponseURL'])).pathname.split('/').at(-1) ?? ''

/** Every answer that an event got, as it came. */
export const rawAnswers = (aws: LocalAws, event: JsonObject): string[] => aws.answers(answerId(event)).map(({ raw }) => raw)

/** A promise and what settles it (Promise.withResolvers came with Node 22). */
export const deferred = <T>() => {
  let settle: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: (value: T): void => settle(value) }
}

/**
 * Holds back the first call that `matches`, before it takes effect.
 * `reached` resolves when it has come; `release` lets it go, or lets a fault happen to it.
 */
export const pauseAt = (aws: LocalAws, matches: (call: FaultCall) => boolean) => {
  const reached = deferred<FaultCall>()
  const gate = deferred<Fault | undefined>()
  let isHeld = false
  aws.fault((call) => {
    if (isHeld || !matches(call)) return undefined
    isHeld = true
    reached.resolve(call)
    return gate.promise
  })
  return { reached: reached.promise, release: (fault?: Fault): void => gate.resolve(fault) }
}

/** Holds back the first `count` calls that `matches`, until all of them have come: so that what makes them runs at the same moment. */
export const rendezvous = (aws: LocalAws, count: number, matches: (call: FaultCall) => boolean): void => {
  const all = deferred<undefined>()
  let come = 0
  aws.fault((call) => {
    if (come === count || !matches(call)) return undefined
    come += 1
    if (come === count) all.resolve(undefined)
    return all.promise
  })
}

/** A rule for every call of an action. */
export const everyTime =
  (action: string, fault: Fault): FaultRule =>
  (call) =>
    call.action === action ? fault : undefined
