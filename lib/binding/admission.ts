// Pre-flight's verdict on a request: its errors refuse a new wish, and only warn about one that succeeded before (a rollback).
import { isThrottled, refusal, ServiceError } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import { text } from '../json.ts'
import { type EmailConfiguration, memberNames, withMembersOf } from '../pool/layers.ts'
import { type Admission, admitAll } from '../pool/reconcile.ts'
import type { Finding } from '../preflight/check.ts'
import { findingsOf } from '../preflight/checks.ts'
import { type Facts, factFinder } from '../preflight/facts.ts'
import { parseSourceArn } from '../preflight/source-arn.ts'
import type { Binding } from './properties.ts'
import { type BindingRecord, digest } from './record.ts'

/** What a binding wishes, pools apart: two Updates with the same one are a wish and its repetition. */
const fingerprintOf = ({ userPoolIds: _, ...wish }: Binding): string => digest(wish)

/** A wish as it is put on record: its fingerprint, and a digest of its pools. Older records have the fingerprint alone. */
export const wishOf = (binding: Binding): string => `${fingerprintOf(binding)} ${digest(binding.userPoolIds.toSorted())}`

/**
 * The pools for which a SUCCESS has answered this wish. If one of the last two wishes was the very same, they are all of its pools: a rollback
 * brings back a pool that the Update had taken off. If one was the same but for its pools, they are those that are still answered.
 */
export const answeredPools = ({ Wishes, Answered }: Pick<BindingRecord, 'Wishes' | 'Answered'>, binding: Binding): readonly string[] => {
  if (Wishes.includes(wishOf(binding))) return binding.userPoolIds
  const fingerprint = fingerprintOf(binding)
  return Wishes.some((wish) => wish.startsWith(fingerprint)) ? Answered : []
}

/** What findings come to: a refusal that says every error, or warnings. */
export const verdictOf = (findings: readonly Finding[], isEnforced: boolean): Awaited<ReturnType<Admission>> => {
  const errors = findings.filter(({ level }) => level === 'error')
  const [worst] = errors
  if (worst && isEnforced) return { refusal: refusal(worst.code, errors.map(({ message }) => message).join(' ')), warnings: [] }
  return { warnings: findings.map(({ message }) => message) }
}

/**
 * Before a detach puts another claim's configuration set back: mail by a set that is gone fails, so where SES says that it is gone the pool gets none.
 * SES is asked once; where it cannot be asked the set is put back.
 */
export const admitDetach =
  (work: PoolWork): Admission =>
  async ({ userPoolId, live }, next) => {
    const name = text(next.desired, 'ConfigurationSet')
    const isAnothers = next.claims.at(-1)?.Declared['ConfigurationSet'] === name
    if (name === undefined || !isAnothers || !next.changes.includes('ConfigurationSet')) return { warnings: [] }
    const region = parseSourceArn(text(next.desired, 'SourceArn'))?.region ?? work.region
    if (!(await isGone(work, region, name))) return { warnings: [] }
    const why = `Configuration set ${name} does not exist any more in Amazon SES in ${region}, so it was not put back on user pool ${userPoolId}; the pool has no ConfigurationSet. Create the set, or let its binding name another one.`
    const without = (email: EmailConfiguration) => withMembersOf(email, {}, ['ConfigurationSet'])
    const unhealed = { Kind: 'refused', Why: why, At: new Date(work.ports.clock.now()).toISOString() }
    const changes = next.changes.filter((member) => member !== 'ConfigurationSet' || live['ConfigurationSet'] !== undefined)
    return { warnings: [why], instead: { ...next, desired: without(next.desired), toSend: without(next.toSend), changes, unhealed } }
  }

const isGone = async ({ ports: { ses }, signal }: PoolWork, region: string, name: string): Promise<boolean> => {
  try {
    return (await ses.getConfigurationSet(region, name, signal)) === undefined
  } catch (error) {
    if (error instanceof ServiceError) return false
    throw error
  }
}

/**
 * Begins to read SES at once, so that this runs beside the reading of the pools.
 * @param isReplay whether this wish for the pool was answered with a SUCCESS before
 * @param found gets the facts of each pool
 */
export const admissionOf = (
  binding: Binding,
  isReplay: (userPoolId: string) => boolean,
  work: PoolWork,
  found: Map<string, Facts>,
): Admission => {
  if (binding.preflight === 'SKIP') return admitAll
  let isWaitedOut = false
  const finder = factFinder(work.ports.ses, work.ports.clock, work.signal, work.region, (error) => {
    const waiting = refusal(
      isThrottled(error) ? 'Throttling' : 'InternalFailure',
      `Amazon SES did not answer ${error.action} (${error.code}) until the time ran out. Nothing was written; try again.`,
    )
    isWaitedOut = true
    for (const id of binding.userPoolIds) work.waitingFor.set(id, waiting)
  })
  finder.prefetch(binding.declared)
  return async ({ userPoolId, pool }, { desired: emailConfiguration, claims }) => {
    const facts = await finder.gather(emailConfiguration)
    if (isWaitedOut) work.waitingFor.delete(userPoolId)
    found.set(userPoolId, facts)
    const { region, account, partition } = work
    const findings = findingsOf(
      {
        userPoolId,
        emailConfiguration,
        pool,
        region,
        account,
        partition,
        allowSandbox: binding.allowSandbox,
        declared: memberNames(...claims.map(({ Declared }) => Declared)),
      },
      facts,
    )
    return verdictOf(findings, binding.preflight === 'ENFORCE' && !isReplay(userPoolId))
  }
}
