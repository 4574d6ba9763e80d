// Pre-flight's verdict on a request: what it finds refuses new wishes, and only warns where a wish comes back.
import { type BindingRecord, digest } from './binding.ts'
import { isThrottled, refusal } from './errors.ts'
import { type Facts, factFinder, judge } from './preflight.ts'
import type { Binding } from './properties.ts'
import { type Judge, noJudge } from './reconcile.ts'
import type { Office, Request } from './request.ts'
import type { Run } from './run.ts'

/** What a binding wishes, pools apart: two Updates with the same one are a wish and its repetition. */
export const wishOf = ({ userPoolIds: _, ...wish }: Binding): string => digest(wish)

export const judgeOf = (
  request: Request,
  office: Office,
  run: Run,
  binding: Binding,
  record: BindingRecord | undefined,
  wish: string,
  found: Map<string, Facts>,
): Judge => {
  if (binding.preflight === 'SKIP') return noJudge
  let isWaitedOut = false
  const finder = factFinder(office.ports.ses, office.ports.clock, run.signal, office.region, (error) => {
    const waiting = refusal(
      isThrottled(error) ? 'Throttling' : 'InternalFailure',
      `Amazon SES did not answer ${error.action} (${error.code}) until the time ran out. Nothing was written; try again.`,
    )
    isWaitedOut = true
    for (const id of binding.userPoolIds) run.waitingFor.set(id, waiting)
  })
  finder.prefetch(binding.declared)
  return async ({ userPoolId, desired: emailConfiguration, pool }) => {
    const facts = await finder.gather(emailConfiguration)
    if (isWaitedOut) run.waitingFor.delete(userPoolId)
    found.set(userPoolId, facts)
    const { region, account, partition } = office
    const findings = judge({ userPoolId, emailConfiguration, pool, region, account, partition, allowSandbox: binding.allowSandbox }, facts)
    const errors = findings.filter(({ level }) => level === 'error')
    const isReplay =
      request.type === 'Update' && (record?.Wishes.includes(wish) ?? false) && (record?.Answered.includes(userPoolId) ?? false)
    const [worst] = errors
    if (worst && binding.preflight === 'ENFORCE' && !isReplay) {
      return { refusal: refusal(worst.code, errors.map(({ message }) => message).join(' ')), warnings: [] }
    }
    return { warnings: findings.map(({ message }) => message) }
  }
}
