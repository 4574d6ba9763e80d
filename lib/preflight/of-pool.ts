// The checks of the user pool itself: settings beside which a configuration set has no effect, or a bad one.
import { child, text } from '../json.ts'
import { type Check, eventTypes, findingIf, isEnabled, NONE, names, verifiesByLink } from './check.ts'

const DESTINATIONS = 'ses:GetConfigurationSetEventDestinations on configuration-set/*'

export const OF_POOL: readonly Check[] = [
  {
    id: 'custom-email-sender',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
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
      return findingIf(Boolean(lambda), { lambda })
    },
  },
  {
    id: 'click-tracking',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'CLICK among the events of the set, beside VerificationMessageTemplate.DefaultEmailOption CONFIRM_WITH_LINK of the pool',
    sentence:
      'User pool {pool} verifies addresses by link, and configuration set {set} tracks clicks ({destinations}): Amazon SES would rewrite those links',
    remedy: 'take CLICK out of the event destination, or verify by code (CONFIRM_WITH_CODE)',
    permission: DESTINATIONS,
    evidence: 'inferred',
    source: 'SES developer guide, configure-custom-open-click-domains; Cognito API reference, VerificationMessageTemplateType',
    find: (view) => {
      const tracking = view.destinations.filter((destination) => isEnabled(destination) && eventTypes(destination).includes('CLICK'))
      return findingIf(tracking.length > 0 && verifiesByLink(view), { destinations: names(tracking) })
    },
  },
]
