// The checks of the configuration set, its IP pool and its event destinations.
import { child, text } from '../json.ts'
import { type Check, eventTypes, findingIf, isEnabled, names, number, strings } from './check.ts'
import { isMissing, sendingPoolName, valueIn } from './facts.ts'

const SET = 'ses:GetConfigurationSet on configuration-set/*'
const DESTINATIONS = 'ses:GetConfigurationSetEventDestinations on configuration-set/*'
const IP_POOL = 'ses:GetDedicatedIpPool on dedicated-ip-pool/*'

/** Codes live 3 to 15 minutes (MFA) up to a day. */
const LONG_DELIVERY_SECONDS = 3600

export const OF_SET: readonly Check[] = [
  {
    id: 'configuration-set-missing',
    level: 'error',
    of: 'live',
    members: ['ConfigurationSet', 'SourceArn'],
    code: 'NotFound',
    looksAt: 'GetConfigurationSet in SourceArn’s Region',
    sentence: 'Configuration set {set} does not exist in Amazon SES in {sesRegion}, the Region of SourceArn {sourceArn}',
    remedy: 'create it there, or correct ConfigurationSet (upper and lower case differ)',
    permission: SET,
    evidence: 'inferred',
    source: 'Cognito sends through SES in SourceArn’s Region, and configuration sets are regional (SES developer guide, regions)',
    find: ({ facts }) => findingIf(isMissing(facts.configurationSet) && !valueIn(facts.configurationSetInOwnRegion)),
  },
  {
    id: 'configuration-set-elsewhere',
    level: 'error',
    of: 'live',
    members: ['ConfigurationSet', 'SourceArn'],
    code: 'NotFound',
    looksAt: 'GetConfigurationSet in the function’s own Region, when the set is missing in SourceArn’s',
    sentence:
      'Configuration set {set} exists in {region} but not in Amazon SES in {sesRegion}, the Region of SourceArn {sourceArn}, where user pool {pool} would send',
    remedy: 'create the set in {sesRegion}, or use a SourceArn in {region}',
    permission: SET,
    evidence: 'inferred',
    source: 'as configuration-set-missing',
    find: ({ facts }) => findingIf(isMissing(facts.configurationSet) && valueIn(facts.configurationSetInOwnRegion) !== undefined),
  },
  {
    id: 'configuration-set-sending-off',
    level: 'error',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'SendingOptions.SendingEnabled of the set',
    sentence: 'Sending is off for configuration set {set} in {sesRegion}, so Amazon SES would drop the mail of user pool {pool}',
    remedy:
      'find out who paused it (automatic pausing on bounces or complaints does), then turn it on: aws sesv2 put-configuration-set-sending-options --sending-enabled',
    permission: SET,
    evidence: 'documented',
    source: 'SES developer guide (2023), monitoring-sender-reputation-pausing-configuration-set; SES API v2, SendingPausedException',
    find: ({ configurationSet }) => findingIf(child(configurationSet, 'SendingOptions')?.['SendingEnabled'] === false),
  },
  {
    id: 'sending-pool-missing',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'NotFound',
    looksAt: 'GetDedicatedIpPool of DeliveryOptions.SendingPoolName',
    sentence: 'Configuration set {set} sends through the dedicated IP pool {ipPool}, which does not exist in {sesRegion}',
    remedy: 'create the IP pool, or name another one in the set’s DeliveryOptions',
    permission: IP_POOL,
    evidence: 'documented',
    source: 'SES API v2, GetDedicatedIpPool; rain#271',
    find: ({ facts, configurationSet }) => findingIf(isMissing(facts.sendingPool), { ipPool: sendingPoolName(configurationSet) }),
  },
  {
    id: 'suppression',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
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
    of: 'live',
    members: ['ConfigurationSet'],
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
    of: 'live',
    members: ['ConfigurationSet'],
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
    id: 'event-destinations-none',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'GetConfigurationSetEventDestinations',
    sentence:
      'Configuration set {set} in {sesRegion} has no event destination, so nobody learns what became of the mail of user pool {pool}',
    remedy: 'add one (EventBridge, SNS, Firehose or CloudWatch) with at least BOUNCE and COMPLAINT',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES developer guide, event-destinations-manage',
    find: ({ facts }) => findingIf(valueIn(facts.eventDestinations)?.length === 0),
  },
  {
    id: 'event-destination-disabled',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'Enabled of each event destination',
    sentence: 'Configuration set {set} in {sesRegion} has event destinations that are disabled: {destinations}',
    remedy: 'enable or remove them',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES API v2, EventDestination',
    find: ({ destinations }) => {
      const off = destinations.filter((destination) => !isEnabled(destination))
      return findingIf(off.length > 0, { destinations: names(off) })
    },
  },
  {
    id: 'event-types-missing',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'MatchingEventTypes of the enabled event destinations',
    sentence: 'No enabled event destination of configuration set {set} in {sesRegion} reports {types}',
    remedy: 'add {types} to MatchingEventTypes of one of them',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES developer guide: senders must watch bounces and complaints',
    find: ({ destinations }) => {
      const on = destinations.filter(isEnabled)
      const types = ['BOUNCE', 'COMPLAINT'].filter((type) => !on.some((destination) => eventTypes(destination).includes(type)))
      return findingIf(on.length > 0 && types.length > 0, { types: types.join(' and ') })
    },
  },
  {
    id: 'event-destination-fifo',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'SnsDestination.TopicArn of each event destination',
    sentence:
      'Event destination {destination} of configuration set {set} names the FIFO topic {topic}, and Amazon SES publishes to standard topics only',
    remedy: 'name a standard topic',
    permission: DESTINATIONS,
    evidence: 'documented',
    source: 'SES developer guide (2023), event-publishing-add-event-destination-sns',
    find: ({ destinations }) =>
      destinations.flatMap((destination) => {
        const topic = text(child(destination, 'SnsDestination'), 'TopicArn')
        return findingIf(topic?.endsWith('.fifo') ?? false, { destination: names([destination]), topic })
      }),
  },
]
