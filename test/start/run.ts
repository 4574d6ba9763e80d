// One run of npm start: events in order on one stage, a block for each, and the verdict at the end.
import { existsSync, readdirSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { parseArn } from '../../lib/arn.ts'
import { child, type JsonObject, text } from '../../lib/json.ts'
import { startLambda } from '../lambda.ts'
import { accountStage } from './account.ts'
import { shown } from './expectation.ts'
import { type Fixture, readFixture } from './fixture.ts'
import type { Options } from './options.ts'
import { wrapped } from './paint.ts'
import { Problem } from './problem.ts'
import { eventBlock, type Page } from './report.ts'
import { FIXTURE } from './scene.ts'
import { createSender, type Sent } from './send.ts'
import { changesBetween, untouchedCount } from './settings.ts'
import { localStage, type Place, type Stage } from './stage.ts'

export type Desk = {
  /** The repository. */
  readonly root: string
  /** Where relative file names begin. */
  readonly folder: string
  readonly page: Page
  readonly print: (line: string) => void
}

const readFixtures = ({ files }: Options, { root, folder }: Desk): readonly Fixture[] => {
  if (files.length > 0)
    return files.map((file) => readFixture(file === '-' ? file : resolve(folder, file), file === '-' ? 'standard input' : file))
  const events = `${root}/test/events`
  return readdirSync(events)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => readFixture(`${events}/${file}`, relative(root, `${events}/${file}`)))
}

/** Where the first plain event says that it comes from. */
const placeOf = (fixtures: readonly Fixture[]): Place => {
  const stackId = fixtures.flatMap(({ isPlain, event }) => (isPlain ? [text(event, 'StackId')] : []))[0]
  return parseArn(stackId, 'cloudformation') ?? FIXTURE
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

const poolLine = (id: string, pool: JsonObject): string => {
  const email = child(pool, 'EmailConfiguration')
  return `User pool ${id}: EmailConfiguration (${shown(text(email, 'EmailSendingAccount'))}) and ${untouchedCount(pool, pool)} other settings, with members that no SDK knows at the top, nested, and in EmailConfiguration. Its trigger CustomEmailSender is there on purpose: the function must keep it, and warn of it.`
}

/** Why one event of the story takes so long beside the others. */
const HELD = 'After a FAILED its binding is held for two seconds, in case a write is still under way: the rollback waits for that.'

/** What the story leaves behind must be what it found. */
const leftovers = (before: JsonObject, after: JsonObject | undefined): readonly string[] =>
  after
    ? changesBetween(before, after).map((change) => `${change.setting}: was ${shown(change.before)}; is ${shown(change.after)}`)
    : ['the user pool is gone']

const summary = (
  sent: readonly Sent[],
  unsent: number,
  left: readonly string[] | undefined,
  stage: Stage,
  { page, print }: Desk,
): boolean => {
  const { paint, width } = page
  const line = (isGood: boolean, content: string): void => {
    for (const [index, part] of wrapped(content, width - 2).entries()) {
      print(`${index > 0 ? ' ' : paint(isGood ? 'green' : 'red', isGood ? '✓' : '✗')} ${part}`)
    }
  }
  const bad = sent.filter(({ differences }) => differences.length > 0)
  const numbers = bad.map((one) => sent.indexOf(one) + 1).join(', ')
  const verdict = bad.length === 0 ? 'all as expected' : `not as expected: ${numbers}`
  line(bad.length === 0, `${plural(sent.length, 'event')}, ${verdict}`)
  if (unsent > 0) line(false, `${plural(unsent, 'event')} not sent: the function’s process died`)
  const pool = stage.values['UserPoolId'] ?? ''
  if (left?.length === 0) line(true, `EmailConfiguration of ${pool} is what it was, and every other setting is identical`)
  if (left && left.length > 0) line(false, `User pool ${pool} is not as it was. ${left.join('\n')}`)
  const last = sent.at(-1)
  const ms = sent.reduce((sum, one) => sum + one.ms, 0)
  print(paint('dim', `  ${Math.round(ms)} ms in the function; peak RSS of its process ${Math.round((last?.maxRssKb ?? 0) / 1024)} MB`))
  return bad.length === 0 && (left ?? []).length === 0
}

/** @returns whether every answer is as its fixture says, and all is as it should be afterwards */
export const run = async (options: Options, desk: Desk): Promise<boolean> => {
  const { page, print, root } = desk
  const fixtures = readFixtures(options, desk)
  if (!existsSync(`${root}/dist/index.js`)) throw new Problem('dist/index.js is missing; npm run build makes it.')
  const stage = options.table === undefined ? await localStage(options.world, placeOf(fixtures)) : await accountStage(options.table)
  try {
    const id = stage.values['UserPoolId'] ?? ''
    const isStory = options.files.length === 0
    // A plain event names its own pools; a real account has no pool of the story's.
    const before = isStory ? await stage.userPool(id) : undefined
    for (const line of wrapped(`dist/index.js on ${stage.description}`, page.width)) print(page.paint('bold', line))
    if (before) for (const text of [poolLine(id, before), HELD]) for (const line of wrapped(text, page.width)) print(line)
    print('')
    const lambda = await startLambda(stage.environment, root)
    try {
      const send = createSender(stage, lambda)
      const told = new Set<string>()
      const sent: Sent[] = []
      for (const fixture of fixtures) {
        const one = await send(fixture)
        sent.push(one)
        for (const line of eventBlock(one, sent.length, told, page)) print(line)
        if (one.died) break
      }
      return summary(sent, fixtures.length - sent.length, before ? leftovers(before, await stage.userPool(id)) : undefined, stage, desk)
    } finally {
      await lambda.kill()
    }
  } finally {
    await stage.close()
  }
}
