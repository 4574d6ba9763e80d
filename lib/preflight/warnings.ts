// The checks that find a warning, most important first: mail goes out, but not as its owner may think.
import { parseMailbox } from '../email-address.ts'
import { child, type JsonObject, text } from '../json.ts'
import { type Check, findingIf, isEnabled, number, strings, type View, verifiesByLink } from './check.ts'
import { isMissing, isUnverified, sendingPoolName } from './facts.ts'
import { denials, exclusion, type Sending } from './identity-policy.ts'
import { READ_WARNINGS } from './read-failures.ts'
import { isKnownPair, REGION_RULES } from './regions.ts'

const SET = 'ses:GetConfigurationSet on configuration-set/*'
const DESTINATIONS = 'ses:GetConfigurationSetEventDestinations on configuration-set/*'
const IDENTITY = 'ses:GetEmailIdentity on identity/*'
const ACCOUNT = 'ses:GetAccount on *'
const POOL = 'ses:GetDedicatedIpPool on dedicated-ip-pool/*'
const NONE = '–'

/** Codes live 3 to 15 minutes (MFA) up to a day. */
const LONG_DELIVERY_SECONDS = 3600
const HIGH_USE = 0.8

/** Statuses of MAIL FROM and DKIM that SES documents as not in order; one that it does not document is not judged. */
const NOT_READY: readonly unknown[] = ['PENDING', 'FAILED', 'TEMPORARY_FAILURE', 'NOT_STARTED']

const ASCII = /^[ -~]*$/

const mailFrom = (view: View): JsonObject | undefined => {
  const attributes = child(view.identity, 'MailFromAttributes')
  return text(attributes, 'MailFromDomain') && NOT_READY.includes(attributes?.['MailFromDomainStatus']) ? attributes : undefined
}

const mailFromValues = (attributes: JsonObject | undefined) => ({
  domain: text(attributes, 'MailFromDomain') ?? '',
  status: text(attributes, 'MailFromDomainStatus') ?? '',
})

const rejects = (attributes: JsonObject | undefined): boolean => attributes?.['BehaviorOnMxFailure'] === 'REJECT_MESSAGE'

/** The names of event types: UPPER_SNAKE in API v2, camelCase in v1. */
const eventTypes = (destination: JsonObject): readonly string[] =>
  strings(destination, 'MatchingEventTypes').map((type) => type.toUpperCase().replaceAll('_', ''))

const names = (destinations: readonly JsonObject[]): string =>
  destinations.map((destination) => text(destination, 'Name') ?? 'unnamed').join(', ')

const sending = ({ subject, source, from }: View): Sending => {
  const mailbox = from && 'domain' in from ? from : source?.address
  const { partition, region, account, userPoolId } = subject
  return {
    account,
    poolArn: account === undefined ? undefined : `arn:${partition ?? 'aws'}:cognito-idp:${region}:${account}:userpool/${userPoolId}`,
    fromAddress: mailbox && `${mailbox.localPart}@${mailbox.domain}`,
  }
}

export const WARNINGS: readonly Check[] = [
  {
    id: 'custom-email-sender',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'LambdaConfig.CustomEmailSender of the pool',
    sentence:
      'User pool {pool} has the trigger CustomEmailSender ({lambda}), so Amazon Cognito sends no mail by Amazon SES and configuration set {set} has no effect',
    remedy: 'name the set in the trigger’s own code, or take the trigger off',
    permission: NONE,
    evidence: 'documented',
    source: 'Cognito developer guide (2023), user-pool-lambda-custom-email-sender',
    find: ({ subject }) => {
      const trigger = child(child(subject.pool, 'LambdaConfig'), 'CustomEmailSender')
      const lambda = text(trigger, 'LambdaArn')
      return findingIf(lambda !== undefined && lambda !== '', { lambda: lambda ?? '' })
    },
  },
  {
    id: 'mail-from-rejects',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'MailFromAttributes of the identity, BehaviorOnMxFailure REJECT_MESSAGE',
    sentence:
      'MAIL FROM domain {domain} of identity {identity} is {status}, and Amazon SES rejects every mail meanwhile (BehaviorOnMxFailure REJECT_MESSAGE)',
    remedy: 'publish its MX record, or set BehaviorOnMxFailure to USE_DEFAULT_VALUE',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, MailFromAttributes',
    find: (view) => {
      const attributes = mailFrom(view)
      return findingIf(attributes !== undefined && rejects(attributes), mailFromValues(attributes))
    },
  },
  {
    id: 'reply-to-not-an-address',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'ReplyToEmailAddress',
    sentence: 'ReplyToEmailAddress of user pool {pool} is not one email address: {problem}',
    remedy: 'correct it, or sending fails with CodeDeliveryFailureException',
    permission: NONE,
    evidence: 'measured',
    source: 'amazon-cognito-identity-js#307',
    find: ({ subject }) => {
      const replyTo = text(subject.emailConfiguration, 'ReplyToEmailAddress')
      const mailbox = replyTo === undefined ? undefined : parseMailbox(replyTo)
      return mailbox && 'problem' in mailbox ? [{ problem: mailbox.problem }] : []
    },
  },
  {
    id: 'from-not-ascii',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'From, when it is one address',
    sentence: 'From {from} of user pool {pool} has characters beyond 7-bit ASCII, which Amazon SES takes only when they are encoded',
    remedy: 'write the domain as {domain}, and a display name as a MIME encoded-word (=?UTF-8?B?…?=)',
    permission: NONE,
    evidence: 'documented',
    source: 'SES API, SendEmail, note on SMTPUTF8; aws-cdk#8473, aws-cdk#23227',
    find: ({ from, values }) =>
      findingIf(from !== undefined && 'domain' in from && !ASCII.test(values['from'] ?? ''), {
        domain: from && 'domain' in from ? from.domain : '',
      }),
  },
  {
    id: 'sending-pool-missing',
    level: 'warning',
    code: 'NotFound',
    looksAt: 'GetDedicatedIpPool of DeliveryOptions.SendingPoolName',
    sentence: 'Configuration set {set} sends through the dedicated IP pool {ipPool}, which does not exist in {sesRegion}',
    remedy: 'create the IP pool, or name another one in the set’s DeliveryOptions',
    permission: POOL,
    evidence: 'documented',
    source: 'SES API v2, GetDedicatedIpPool; rain#271',
    find: ({ facts, configurationSet }) => findingIf(isMissing(facts.sendingPool), { ipPool: sendingPoolName(configurationSet) ?? '' }),
  },
  {
    id: 'region-pair',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'Region of the pool beside the Region of SourceArn',
    sentence: 'User pool {pool} in {region} would send through Amazon SES in {sesRegion}, and that pair of Regions is not known to work',
    remedy: 'use an identity and a set in {region} where SES exists there, or see whether Amazon Cognito takes the pair',
    permission: NONE,
    evidence: 'documented',
    source: REGION_RULES.source,
    find: ({ subject, facts, source }) =>
      findingIf(facts.region !== undefined && source !== undefined && !isKnownPair(subject.region, source.region)),
  },
  {
    id: 'account-probation',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'EnforcementStatus of GetAccount',
    sentence: 'Amazon SES has this account under review in {sesRegion} (EnforcementStatus PROBATION), and may shut down its sending',
    remedy: 'correct the issue that AWS wrote about',
    permission: ACCOUNT,
    evidence: 'documented',
    source: 'SES API v2, GetAccount',
    find: ({ account }) => findingIf(account?.['EnforcementStatus'] === 'PROBATION'),
  },
  {
    id: 'quota',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'SendQuota of GetAccount: SentLast24Hours over 80 % of Max24HourSend',
    sentence: 'This account sent {sent} of the {max} mails that Amazon SES in {sesRegion} allows in 24 hours; beyond that mail is dropped',
    remedy: 'ask for a higher sending quota in {sesRegion}',
    permission: ACCOUNT,
    evidence: 'documented',
    source: 'SES developer guide (2023), manage-sending-quotas-errors; Max24HourSend −1 is unlimited (SES API v2, SendQuota)',
    find: ({ account }) => {
      const quota = child(account, 'SendQuota')
      const [sent, max] = [number(quota, 'SentLast24Hours') ?? 0, number(quota, 'Max24HourSend') ?? 0]
      return findingIf(max > 0 && sent > HIGH_USE * max, { sent: `${sent}`, max: `${max}` })
    },
  },
  {
    id: 'identity-policy-denies',
    level: 'warning',
    code: 'AccessDenied',
    looksAt: 'Policies of the identity: Deny for Cognito or everyone, conditions judged where they can be',
    sentence: 'Statement {statement} of policy {policy} of identity {identity} {verdict} Amazon Cognito to send mail for user pool {pool}',
    remedy: 'except email.cognito-idp.amazonaws.com in that statement',
    permission: IDENTITY,
    evidence: 'inferred',
    source: 'IAM: an explicit Deny wins; principals of Cognito documented two ways (Cognito and SES developer guides, 2023)',
    find: (view) => denials(child(view.identity, 'Policies') ?? {}, sending(view)).map((denial) => ({ ...denial })),
  },
  {
    id: 'identity-policy-excludes',
    level: 'warning',
    code: 'AccessDenied',
    looksAt: 'Policies of the identity: Allow for Cognito whose conditions leave this pool out',
    sentence:
      'Statement {statement} of policy {policy} of identity {identity} lets Amazon Cognito send, but its condition on {keys} leaves user pool {pool} out',
    remedy: 'add the pool to the condition, unless the service-linked role of Cognito is enough for you',
    permission: IDENTITY,
    evidence: 'inferred',
    source: 'Cognito developer guide (2023): no policy is needed with the service-linked role; others report that one is',
    find: (view) => {
      const excluded = exclusion(child(view.identity, 'Policies') ?? {}, sending(view))
      return excluded ? [excluded] : []
    },
  },
  {
    id: 'identity-verification-failing',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'VerificationStatus of an identity that still may send',
    sentence: 'Identity {identity} may still send in {sesRegion}, but its VerificationStatus is {status}',
    remedy: 'restore the DNS records that Amazon SES shows for it before it loses its verification',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, GetEmailIdentity',
    find: ({ identity }) => {
      const status = text(identity, 'VerificationStatus') ?? ''
      return findingIf(!isUnverified(identity) && ['FAILED', 'TEMPORARY_FAILURE'].includes(status), { status })
    },
  },
  {
    id: 'suppression',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'SuppressionOptions.SuppressedReasons of the set',
    sentence:
      'Configuration set {set} suppresses addresses after {reasons}: a user whose address is on the suppression list never gets a code, and Amazon Cognito reports success',
    remedy: 'watch the suppression list (aws sesv2 list-suppressed-destinations), or set SuppressedReasons of the set to an empty list',
    permission: SET,
    evidence: 'documented',
    source: 'SES API v2, SuppressionOptions; SES developer guide, sending-email-suppression-list',
    find: ({ configurationSet }) => {
      const reasons = strings(child(configurationSet, 'SuppressionOptions'), 'SuppressedReasons')
      return findingIf(reasons.length > 0, { reasons: reasons.join(', ') })
    },
  },
  {
    id: 'address-validation',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'SuppressionOptions.ValidationOptions.ConditionThreshold of the set',
    sentence:
      'Configuration set {set} drops mail to addresses that Amazon SES takes for invalid (ConditionThresholdEnabled ENABLED), and Amazon Cognito reports success',
    remedy: 'turn Auto Validation off for the set, or watch its events',
    permission: SET,
    evidence: 'documented',
    source: 'SES API v2 (SDK 3.1169.0), SuppressionConditionThreshold',
    find: ({ configurationSet }) => {
      const options = child(child(configurationSet, 'SuppressionOptions'), 'ValidationOptions')
      return findingIf(child(options, 'ConditionThreshold')?.['ConditionThresholdEnabled'] === 'ENABLED')
    },
  },
  {
    id: 'long-delivery',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'DeliveryOptions.MaxDeliverySeconds of the set',
    sentence:
      'Configuration set {set} goes on delivering for {seconds} seconds (MaxDeliverySeconds), longer than most codes of Amazon Cognito are valid',
    remedy: 'set it to 3600 or less',
    permission: SET,
    evidence: 'documented',
    source: 'SES API v2, DeliveryOptions (300 to 50400 seconds); Cognito developer guide: codes live 3 minutes to 24 hours',
    find: ({ configurationSet }) => {
      const seconds = number(child(configurationSet, 'DeliveryOptions'), 'MaxDeliverySeconds') ?? 0
      return findingIf(seconds > LONG_DELIVERY_SECONDS, { seconds: `${seconds}` })
    },
  },
  {
    id: 'click-tracking',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'CLICK among the events of the set, beside VerificationMessageTemplate.DefaultEmailOption CONFIRM_WITH_LINK of the pool',
    sentence:
      'User pool {pool} verifies addresses by link, and configuration set {set} tracks clicks ({destinations}): Amazon SES would rewrite those links',
    remedy: 'take CLICK out of the event destination, or verify by code (CONFIRM_WITH_CODE)',
    permission: DESTINATIONS,
    evidence: 'inferred',
    source: 'SES developer guide, configure-custom-open-click-domains; Cognito API reference, VerificationMessageTemplateType',
    find: (view) => {
      const tracking = (view.destinations ?? []).filter(
        (destination) => isEnabled(destination) && eventTypes(destination).includes('CLICK'),
      )
      return findingIf(tracking.length > 0 && verifiesByLink(view), { destinations: names(tracking) })
    },
  },
  {
    id: 'dkim',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'DkimAttributes of the identity',
    sentence: 'Mail from identity {identity} is not signed with DKIM ({why}), so receivers may take it for spam',
    remedy: 'turn DKIM on for the identity in {sesRegion} and publish the records that Amazon SES shows',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, DkimAttributes; an address’s own setting overrides its domain’s (SES developer guide, verify-email-addresses)',
    find: ({ identity }) => {
      const dkim = child(identity, 'DkimAttributes')
      const status = text(dkim, 'Status')
      const why = [
        dkim?.['SigningEnabled'] === false ? 'SigningEnabled false' : [],
        NOT_READY.includes(status) ? `Status ${status}` : [],
      ].flat()
      return findingIf(why.length > 0, { why: why.join(', ') })
    },
  },
  {
    id: 'mail-from-not-ready',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'MailFromAttributes of the identity, BehaviorOnMxFailure other than REJECT_MESSAGE',
    sentence: 'MAIL FROM domain {domain} of identity {identity} is {status}, so Amazon SES sends with amazonses.com instead',
    remedy: 'publish its MX record',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, MailFromAttributes',
    find: (view) => {
      const attributes = mailFrom(view)
      return findingIf(attributes !== undefined && !rejects(attributes), mailFromValues(attributes))
    },
  },
  {
    id: 'event-destinations-none',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'GetConfigurationSetEventDestinations',
    sentence:
      'Configuration set {set} in {sesRegion} has no event destination, so nobody learns what became of the mail of user pool {pool}',
    remedy: 'add one (EventBridge, SNS, Firehose or CloudWatch) with at least BOUNCE and COMPLAINT',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES developer guide, event-destinations-manage',
    find: ({ destinations }) => findingIf(destinations?.length === 0),
  },
  {
    id: 'event-destination-disabled',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'Enabled of each event destination',
    sentence: 'Configuration set {set} in {sesRegion} has event destinations that are disabled: {destinations}',
    remedy: 'enable or remove them',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES API v2, EventDestination',
    find: ({ destinations = [] }) => {
      const off = destinations.filter((destination) => !isEnabled(destination))
      return findingIf(off.length > 0, { destinations: names(off) })
    },
  },
  {
    id: 'event-types-missing',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'MatchingEventTypes of the enabled event destinations',
    sentence: 'No enabled event destination of configuration set {set} in {sesRegion} reports {types}',
    remedy: 'add {types} to MatchingEventTypes of one of them',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES developer guide: senders must watch bounces and complaints',
    find: ({ destinations = [] }) => {
      const on = destinations.filter(isEnabled)
      const types = ['BOUNCE', 'COMPLAINT'].filter((type) => !on.some((destination) => eventTypes(destination).includes(type)))
      return findingIf(on.length > 0 && types.length > 0, { types: types.join(' and ') })
    },
  },
  {
    id: 'event-destination-fifo',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'SnsDestination.TopicArn of each event destination',
    sentence:
      'Event destination {destination} of configuration set {set} names the FIFO topic {topic}, and Amazon SES publishes to standard topics only',
    remedy: 'name a standard topic',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES developer guide (2023), event-publishing-add-event-destination-sns',
    find: ({ destinations = [] }) =>
      destinations.flatMap((destination) => {
        const topic = text(child(destination, 'SnsDestination'), 'TopicArn') ?? ''
        return findingIf(topic.endsWith('.fifo'), { destination: names([destination]), topic })
      }),
  },
  {
    id: 'identity-default-set-other',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'ConfigurationSetName of the identity',
    sentence:
      'Identity {identity} has the default configuration set {default}; user pool {pool} would use {set} instead, and the events of {default} would no longer show its mail',
    remedy: 'nothing is to be done if that is meant; else bind {default}',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, GetEmailIdentity, ConfigurationSetName; the explicit one wins (onetimesecret#4136)',
    find: (view) => {
      const own = text(view.identity, 'ConfigurationSetName')
      return findingIf(own !== undefined && own !== '' && own !== view.values['set'], { default: own ?? '' })
    },
  },
  {
    id: 'identity-default-set-same',
    level: 'warning',
    code: 'InvalidRequest',
    looksAt: 'ConfigurationSetName of the identity',
    sentence:
      'Configuration set {set} already is the default of identity {identity}, so mail of user pool {pool} goes through it without this binding too',
    remedy: 'keep the binding if the pool must not depend on that default; else it can go',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, GetEmailIdentity, ConfigurationSetName',
    find: (view) => findingIf(view.identity !== undefined && text(view.identity, 'ConfigurationSetName') === view.values['set']),
  },
  ...READ_WARNINGS,
]
