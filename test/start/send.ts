// Sends one event to the function, as CloudFormation and Lambda would, and gathers what came of it.

import { wellFormedPoolIds } from '../../lib/binding/properties.ts'
import { physicalResourceId } from '../../lib/binding/record.ts'
import { child, type JsonObject, text } from '../../lib/json.ts'
import type { Invoked, Lambda } from '../lambda.ts'
import type { Call } from '../local-aws/dispatch.ts'
import { differencesOf } from './expectation.ts'
import { type Fixture, filled } from './fixture.ts'
import { Problem } from './problem.ts'
import { type Change, changesBetween, untouchedCount } from './settings.ts'
import type { Stage } from './stage.ts'

export type Sent = {
  readonly fixture: Fixture
  /** As it was sent, but without its ResponseURL: that is nobody's to read. */
  readonly event: JsonObject
  /** What had to be put in place first. */
  readonly furnished: readonly string[]
  readonly answer: JsonObject | undefined
  /** How many answers came. */
  readonly answers: number
  /** For an event sent again: whether the answer is the very one of before. */
  readonly isRepeated: boolean | undefined
  /** Why the response bucket refused an answer. */
  readonly refused: readonly string[]
  /** What the handler threw. */
  readonly error: string | undefined
  /** Whether the function's process is gone: nothing more can be sent. */
  readonly died: boolean
  readonly pools: readonly string[]
  /** Those of them that do not exist. */
  readonly missing: readonly string[]
  readonly changes: readonly Change[]
  /** Settings besides EmailConfiguration that are as they were. */
  readonly untouched: number
  readonly calls: readonly Call[] | undefined
  readonly log: readonly JsonObject[]
  readonly ms: number
  readonly maxRssKb: number
  /** What is not as expected. */
  readonly differences: readonly string[]
}

/** Lets everything that has already arrived on the log's pipe be read. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type Before = { readonly event: JsonObject; readonly url: string; readonly id: string; readonly fixture: Fixture }

export const createSender = (stage: Stage, lambda: Lambda) => {
  const sentBefore = new Map<string, Before>()
  const physicalIds = new Map<string, string>()

  const address = (fixture: Fixture): Before => {
    if (fixture.again !== undefined) {
      const before = sentBefore.get(fixture.again)
      if (!before) throw new Problem(`${fixture.name} sends ${fixture.again} again, which has to stand before it.`)
      return before
    }
    const { url, id } = stage.bucket.responseUrl()
    const owner = {
      StackId: filled(text(fixture.event, 'StackId') ?? '', stage.values, fixture.name),
      LogicalResourceId: text(fixture.event, 'LogicalResourceId') ?? '',
    }
    const made = physicalResourceId(owner)
    const values = { ...stage.values, ResponseURL: url, PhysicalResourceId: physicalIds.get(made) ?? made }
    const filledIn = filled({ event: fixture.event, expect: fixture.expect }, values, fixture.name)
    return { event: filledIn.event, url, id, fixture: { ...fixture, expect: filledIn.expect } }
  }

  const read = async (pools: readonly string[]): Promise<ReadonlyMap<string, JsonObject>> => {
    const found = await Promise.all(pools.map(async (id) => [id, await stage.userPool(id)] as const))
    return new Map(found.filter((entry): entry is [string, JsonObject] => entry[1] !== undefined))
  }

  return async (fixture: Fixture): Promise<Sent> => {
    const addressed = address(fixture)
    sentBefore.set(fixture.name.split('/').at(-1) ?? '', addressed)
    const { event, url, id } = addressed
    const expect = fixture.again === undefined ? addressed.fixture.expect : filled(fixture.expect, stage.values, fixture.name)
    const furnished = fixture.isPlain ? stage.furnish(event) : []
    const pools = [...new Set([child(event, 'ResourceProperties'), child(event, 'OldResourceProperties')].flatMap(wellFormedPoolIds))]
    const before = await read(pools)
    const [answersBefore, refusedBefore, logBefore] = [stage.bucket.answers(id), stage.bucket.refusedAnswers(id).length, lambda.log.length]
    stage.takeCalls()

    const startedAt = performance.now()
    let died = false
    const invoked: Invoked = await lambda
      .invoke({ ...event, ResponseURL: url }, { invokedFunctionArn: stage.functionArn, remainingMs: stage.remainingMs })
      .catch((error: unknown) => {
        died = true
        return { error: String(error), maxRssKb: 0 }
      })
    const ms = performance.now() - startedAt
    const calls = stage.takeCalls()
    await turn()

    const answers = stage.bucket.answers(id).slice(answersBefore.length)
    const answer = answers.at(-1)
    const physicalId = text(answer?.body, 'PhysicalResourceId')
    const owner = { StackId: text(event, 'StackId') ?? '', LogicalResourceId: text(event, 'LogicalResourceId') ?? '' }
    if (physicalId !== undefined) physicalIds.set(physicalResourceId(owner), physicalId)
    const after = await read(pools)
    const readings = [...before].map(([pool, was]) => ({ pool, was, is: after.get(pool) ?? {} }))
    const { ResponseURL: _, ...shownEvent } = event
    const sent: Sent = {
      fixture,
      event: shownEvent,
      furnished,
      answer: answer?.body,
      answers: answers.length,
      isRepeated: fixture.again === undefined ? undefined : answer?.raw === answersBefore.at(-1)?.raw,
      refused: stage.bucket
        .refusedAnswers(id)
        .slice(refusedBefore)
        .map(({ error }) => `${error.code}: ${error.message}`),
      error: invoked.error,
      died,
      pools,
      missing: pools.filter((pool) => !before.has(pool)),
      changes: readings.flatMap(({ pool, was, is }) => changesBetween(was, is, pools.length > 1 ? `${pool} ` : '')),
      untouched: readings.reduce((sum, { was, is }) => sum + untouchedCount(was, is), 0),
      calls,
      log: lambda.log.slice(logBefore),
      ms,
      maxRssKb: invoked.maxRssKb,
      differences: [],
    }
    return { ...sent, differences: differencesOf(sent, expect) }
  }
}
