// Pre-flight's verdict on a request: what it finds refuses new wishes, and only warns where a wish comes back.
import { isThrottled, refusal } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import { type Admission, admitAll } from '../pool/reconcile.ts'
import type { Finding } from '../preflight/check.ts'
import { findingsOf } from '../preflight/checks.ts'
import { type Facts, factFinder } from '../preflight/facts.ts'
import type { Binding } from './properties.ts'
import { digest } from './record.ts'

/** What a binding wishes, pools apart: two Updates with the same one are a wish and its repetition. */
export const fingerprintOf = ({ userPoolIds: _, ...wish }: Binding): string => digest(wish)

/** What findings come to: a refusal that says every error, or warnings. */
export const verdictOf = (findings: readonly Finding[], isEnforced: boolean): Awaited<ReturnType<Admission>> => {
  const errors = findings.filter(({ level }) => level === 'error')
  const [worst] = errors
  if (worst && isEnforced) return { refusal: refusal(worst.code, errors.map(({ message }) => message).join(' ')), warnings: [] }
  return { warnings: findings.map(({ message }) => message) }
}

/** @param isReplay whether this wish for the pool was answered with a SUCCESS before. @param found gets the facts of each pool */
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
  return async ({ userPoolId, pool }, { desired: emailConfiguration }) => {
    const facts = await finder.gather(emailConfiguration)
    if (isWaitedOut) work.waitingFor.delete(userPoolId)
    found.set(userPoolId, facts)
    const { region, account, partition } = work
    const findings = findingsOf(
      { userPoolId, emailConfiguration, pool, region, account, partition, allowSandbox: binding.allowSandbox },
      facts,
    )
    return verdictOf(findings, binding.preflight === 'ENFORCE' && !isReplay(userPoolId))
  }
}
