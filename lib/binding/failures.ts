// What was not done, in one sentence for the stack's events.
import { type Refusal, refusal, ServiceError } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import { refusalFor } from '../pool/cognito-errors.ts'
import type { Log } from '../ports.ts'
import { tableRefusalFor } from '../table/errors.ts'

const MORE_TIME = 'Try again; if it stays so, give the function more time (Timeout).'

const notReached = (userPoolId: string): Refusal =>
  refusal('NotStabilized', `User pool ${userPoolId} was not done when the time ran out. ${MORE_TIME}`)

export const timeRanOut = (done: number, userPoolIds: readonly string[]): Refusal =>
  refusal(
    'NotStabilized',
    `The time ran out with ${done} of ${userPoolIds.length} user pools done (${userPoolIds.join(', ')}). ${MORE_TIME}`,
  )

/** What is true of one pool is not true of a request that has written another one. */
const ofOnePool = (messages: string): string =>
  messages.replace(
    /nothing was written(?: to (?:the user pool|user pool [\w-]+))?/gi,
    (words) => `${words.startsWith('N') ? 'It' : 'it'} was not changed`,
  )

/** One refusal that names every pool that was not done; undefined when all were. `results` stand in the order of `userPoolIds`. */
export const failuresOf = (
  userPoolIds: readonly string[],
  results: readonly ({ readonly ok: true } | Refusal)[],
  isTimeUp: boolean,
): Refusal | undefined => {
  const bad = results.flatMap((result, index) =>
    result.ok ? [] : [{ id: userPoolIds[index], code: result.code, message: result.message }],
  )
  const [worst] = bad
  if (!worst) return undefined
  const messages = [...new Set(bad.map(({ message }) => message))].join(' ')
  if (userPoolIds.length === 1) return refusal(worst.code, messages)
  const count = userPoolIds.length - bad.length
  const done = `${count} of ${userPoolIds.length} user pools are done${isTimeUp ? ' when the time ran out' : ''}`
  return refusal(worst.code, `${done}; not done: ${bad.map(({ id }) => id).join(', ')}. ${count > 0 ? ofOnePool(messages) : messages}`)
}

/** A fault of ours: the log has all of it, the sentence only its name. `where` completes `An unexpected error … on`. */
export const unexpected = (error: unknown, log: Log, where: string): Refusal => {
  log('error', 'unexpected error', { error: error instanceof Error ? error.stack : String(error) })
  const name = error instanceof Error ? error.name : 'unknown'
  return refusal(
    'InternalFailure',
    `An unexpected error (${name}) on ${where}; the function’s log has it. Try again, and report it if it stays so.`,
  )
}

/** Why one pool was not done, whatever was thrown. */
export const refusalOn = (error: unknown, userPoolId: string, work: PoolWork): Refusal => {
  if (work.signal.aborted) return work.waitingFor.get(userPoolId) ?? notReached(userPoolId)
  if (!(error instanceof ServiceError)) return unexpected(error, work.log, `user pool ${userPoolId}`)
  if (error.action.startsWith('dynamodb:')) return tableRefusalFor(error, work.ports.table.name)
  return refusalFor(error, { userPoolId, region: work.region })
}
