// Pre-flight: what Amazon SES and the pool say about a wish before it is written. A new check is one row and its test cases.
import { child, type JsonObject, text } from '../json.ts'
import { type Check, type Finding, findings, isEnabled, number, type Subject, viewOf } from './check.ts'
import { ERRORS } from './errors.ts'
import { type Facts, found } from './facts.ts'
import { WARNINGS } from './warnings.ts'

/** All checks: errors first, then warnings, the most important first. docs/preflight.md is generated from them. */
export const CHECKS: readonly Check[] = [...ERRORS, ...WARNINGS]

/** What is wrong with what a pool would get, in the order of CHECKS. Pure; what is not known is not wrong. */
export const findingsOf = (subject: Subject, facts: Facts): readonly Finding[] => {
  const view = viewOf(subject, facts)
  return CHECKS.flatMap((check) => findings(check, view))
}

/**
 * The answer's attributes about SES; '' where nothing is known.
 * EventDestinations: names of the enabled ones, comma-separated. Max24HourSend: mails in 24 hours, -1 without a limit.
 */
export const summary = (
  facts: Facts,
): { readonly SendingPoolName: string; readonly EventDestinations: string; readonly Max24HourSend: string } => {
  const account: JsonObject | undefined = found(facts.account)
  return {
    SendingPoolName: text(child(found(facts.configurationSet), 'DeliveryOptions'), 'SendingPoolName') ?? '',
    EventDestinations: (found(facts.eventDestinations) ?? [])
      .filter(isEnabled)
      .flatMap((destination) => text(destination, 'Name') ?? [])
      .join(),
    Max24HourSend: `${number(child(account, 'SendQuota'), 'Max24HourSend') ?? ''}`,
  }
}
