// Pre-flight: what Amazon SES and the pool say about a wish before it is written. A new check is one row and its test cases.
import { child, type JsonObject, text } from '../json.ts'
import { type Check, type Finding, findings, isEnabled, number, type Subject, viewOf } from './check.ts'
import { type Facts, valueIn } from './facts.ts'
import { OF_ACCOUNT } from './of-account.ts'
import { OF_IDENTITY } from './of-identity.ts'
import { OF_POOL } from './of-pool.ts'
import { OF_SENDER } from './of-sender.ts'
import { OF_SET } from './of-set.ts'
import { READ_ERRORS, READ_WARNINGS } from './read-failures.ts'

const ROWS: readonly Check[] = [...OF_SENDER, ...OF_SET, ...OF_IDENTITY, ...OF_ACCOUNT, ...OF_POOL, ...READ_ERRORS, ...READ_WARNINGS]

/** The ids of the rows, the most important first: so findings are told, and warnings that do not fit are dropped from the end. */
const ERRORS_BY_WEIGHT = [
  'source-arn-missing',
  'source-arn-unreadable',
  'source-arn-partition',
  'source-arn-account',
  'configuration-set-missing',
  'configuration-set-elsewhere',
  'configuration-set-sending-off',
  'identity-missing',
  'identity-inherits',
  'identity-unverified',
  'from-missing',
  'from-not-an-address',
  'from-outside-identity',
  'account-shut-down',
  'account-sending-off',
  'sandbox',
  'read-denied',
  'read-throttled',
  'read-no-endpoint',
  'read-failed',
]

const WARNINGS_BY_WEIGHT = [
  'custom-email-sender',
  'mail-from-rejects',
  'reply-to-not-an-address',
  'from-identity-case',
  'from-not-ascii',
  'sending-pool-missing',
  'region-pair',
  'account-probation',
  'quota',
  'identity-policy-denies',
  'identity-policy-excludes',
  'identity-verification-failing',
  'suppression',
  'address-validation',
  'long-delivery',
  'click-tracking',
  'dkim',
  'mail-from-not-ready',
  'event-destinations-none',
  'event-destination-disabled',
  'event-types-missing',
  'event-destination-fifo',
  'identity-default-set-other',
  'identity-default-set-same',
  'detail-denied',
  'detail-throttled',
  'detail-no-endpoint',
  'detail-failed',
]

/** Rows that nobody gave a weight come last. */
const weight = ({ id, level }: Check): number => {
  const place = (level === 'error' ? ERRORS_BY_WEIGHT : WARNINGS_BY_WEIGHT).indexOf(id)
  return (level === 'error' ? 0 : ROWS.length) + (place < 0 ? ROWS.length : place)
}

/** All checks: errors first, then warnings, the most important first. docs/preflight.md is generated from them. */
export const CHECKS: readonly Check[] = ROWS.toSorted((one, other) => weight(one) - weight(other))

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
  const account: JsonObject | undefined = valueIn(facts.account)
  return {
    SendingPoolName: text(child(valueIn(facts.configurationSet), 'DeliveryOptions'), 'SendingPoolName') ?? '',
    EventDestinations:
      valueIn(facts.eventDestinations)
        ?.filter(isEnabled)
        .flatMap((destination) => text(destination, 'Name') ?? [])
        .join() ?? '',
    Max24HourSend: `${number(child(account, 'SendQuota'), 'Max24HourSend') ?? ''}`,
  }
}
