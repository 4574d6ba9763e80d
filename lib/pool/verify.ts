// Reading a pool, and after a write reading it again: what took, what did not, and what somebody else changed.
import { isNotFound, type Refusal, refusal } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import { child, type JsonObject } from '../json.ts'
import { retrying } from '../retry.ts'
import { refusalFor } from './cognito-errors.ts'
import { differingMembers, type EmailConfiguration, type ReadBack, readBack } from './layers.ts'
import { changedSecondFactors, readSecondFactors, type SecondFactors } from './second-factors.ts'
import { changedSettings, changedUnsent, type Difference, settingsCount, type UpdateOptions } from './settings.ts'

export const emailConfigurationOf = (pool: JsonObject): EmailConfiguration => child(pool, 'EmailConfiguration') ?? {}

/** The pool as it is, or undefined when there is none. */
export const describe = async (work: PoolWork, userPoolId: string): Promise<JsonObject | undefined> => {
  let isWaitedOut = false
  const read = () => work.ports.userPools.describe(userPoolId, work.signal)
  try {
    const pool = await retrying(work.ports.clock, work.signal, read, (error) => {
      isWaitedOut = true
      work.waitingFor.set(userPoolId, refusalFor(error, { userPoolId, region: work.region }))
    })
    if (isWaitedOut) work.waitingFor.delete(userPoolId)
    return pool
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** What stood there when an update of ours was sent. */
export type Sent = { readonly pool: JsonObject; readonly secondFactors: SecondFactors }

/** What a reading after an update says. `lost` are settings outside EmailConfiguration, second factors included. */
export type Verified = ReadBack & {
  readonly live: EmailConfiguration
  readonly lost: readonly Difference[]
  /** What could not be sent, and should have stayed all the same. */
  readonly unsent: readonly Difference[]
  /** Why something could not be compared. */
  readonly unread: readonly string[]
}

/** What differs outside EmailConfiguration. MfaConfiguration stands in both answers, and is named once. */
const changedOutside = (before: Sent, pool: JsonObject, factors: SecondFactors, options: UpdateOptions): Difference[] => {
  const settings = changedSettings(before.pool, pool, options)
  const named = new Set(settings.map(({ setting }) => setting))
  return [...settings, ...changedSecondFactors(before.secondFactors, factors).filter(({ setting }) => !named.has(setting))]
}

/** What differs outside EmailConfiguration between the time of an update and `pool` as it was just read. */
export const changedSince = async (
  work: PoolWork,
  userPoolId: string,
  before: Sent,
  pool: JsonObject,
  options: UpdateOptions,
): Promise<Difference[]> => changedOutside(before, pool, await readSecondFactors(work, userPoolId, before.pool), options)

const compare = (before: Sent, sent: EmailConfiguration, pool: JsonObject, factors: SecondFactors, options: UpdateOptions): Verified => {
  const live = emailConfigurationOf(pool)
  return {
    ...readBack(emailConfigurationOf(before.pool), sent, live),
    live,
    lost: changedOutside(before, pool, factors, options),
    unsent: changedUnsent(before.pool, pool),
    unread: [before.secondFactors.unread ?? factors.unread ?? []].flat(),
  }
}

/** Reads the pool again, and once more a second later when something is not as sent. */
export const verify = async (
  work: PoolWork,
  userPoolId: string,
  before: Sent,
  sent: EmailConfiguration,
  options: UpdateOptions,
): Promise<Verified> => {
  const look = async (): Promise<Verified> => {
    const [after, factors] = await Promise.all([describe(work, userPoolId), readSecondFactors(work, userPoolId, before.pool)])
    if (after) return compare(before, sent, after, factors, options)
    // The pool was removed right after the write: there is nothing to compare.
    const live = emailConfigurationOf(before.pool)
    return { live, lost: [], unsent: [], ignored: [], normalized: [], changedByOthers: [], unread: [] }
  }
  const seen = await look()
  if ([seen.lost, seen.unsent, seen.ignored, seen.normalized, seen.changedByOthers].every((found) => found.length === 0)) return seen
  await work.ports.clock.sleep(1_000, work.signal)
  return look()
}

export const lostRefusal = (userPoolId: string, lost: readonly Difference[]): Refusal | undefined =>
  lost.length === 0
    ? undefined
    : refusal(
        'NotStabilized',
        `After the update of user pool ${userPoolId} these settings differ from before: ${lost.map(({ setting }) => setting).join(', ')}. They were sent unchanged; either somebody changed them at the same moment or Amazon Cognito did not keep them. The log has the values before and after; set them again if nobody meant it.`,
      )

export const failure = (userPoolId: string, { lost, ignored }: Verified): Refusal | undefined =>
  lostRefusal(userPoolId, lost) ??
  (ignored.length === 0
    ? undefined
    : refusal(
        'NotStabilized',
        `Amazon Cognito accepted the update of user pool ${userPoolId}, but ${ignored.join(', ')} did not change. Try again; if it stays so, look at the user pool’s email settings in the console.`,
      ))

export const seenWarnings = (userPoolId: string, { normalized, changedByOthers, unsent, unread }: Verified): string[] => [
  ...unread,
  ...normalized.map((name) => `Amazon Cognito stored ${name} of user pool ${userPoolId} in another spelling than it was sent.`),
  ...(changedByOthers.length > 0
    ? [`Somebody else changed ${changedByOthers.join(', ')} of user pool ${userPoolId} at the moment of this update.`]
    : []),
  ...unsent.map(
    ({ setting }) =>
      `${setting} of user pool ${userPoolId} is not what it was before this update. Amazon Cognito refuses it beside Policies.PasswordPolicy.TemporaryPasswordValidityDays, so it was not sent, and it was expected to follow that one. The log has the values before and after; set the one that you mean.`,
  ),
]

/** What was sent unchanged and is not as it was, with the values before and after. */
export const logLost = (work: PoolWork, userPoolId: string, lost: readonly Difference[]): void => {
  if (lost.length > 0) work.log('error', `user pool ${userPoolId}: settings differ after the update`, { lost: [...lost] })
}

export const report = (work: PoolWork, userPoolId: string, before: JsonObject, seen: Verified): void => {
  const [live, after] = [emailConfigurationOf(before), seen.live]
  const changed = differingMembers(live, after).map((setting) => ({ setting, before: live[setting], after: after[setting] }))
  const untouched = settingsCount(before) - seen.lost.length
  work.log('info', `user pool ${userPoolId}: EmailConfiguration written, ${untouched} other settings untouched`, { changed })
  logLost(work, userPoolId, seen.lost)
  if (seen.unsent.length > 0)
    work.log('warn', `user pool ${userPoolId}: a setting that cannot be sent differs after the update`, { unsent: [...seen.unsent] })
}

export const notRestored = (userPoolId: string, name: string): string =>
  `Amazon Cognito kept ${name} of user pool ${userPoolId} although it was to be put back.`
