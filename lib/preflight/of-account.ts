// The checks of the SES account in the Region that sends.
import { child } from '../json.ts'
import { type Check, findingIf, number } from './check.ts'

const ACCOUNT = 'ses:GetAccount on *'

const HIGH_USE = 0.8

export const OF_ACCOUNT: readonly Check[] = [
  {
    id: 'account-shut-down',
    level: 'error',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'EnforcementStatus of GetAccount',
    sentence: 'Amazon SES has shut down sending of this account in {sesRegion} (EnforcementStatus SHUTDOWN)',
    remedy: 'correct the issue that AWS wrote about, and ask AWS Support to resume sending',
    permission: ACCOUNT,
    evidence: 'documented',
    source: 'SES API v2, GetAccount',
    find: ({ account }) => findingIf(account?.['EnforcementStatus'] === 'SHUTDOWN'),
  },
  {
    id: 'account-sending-off',
    level: 'error',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'SendingEnabled of GetAccount',
    sentence: 'Sending is off for this account in Amazon SES in {sesRegion}',
    remedy: 'find out who paused it, then turn it on: aws sesv2 put-account-sending-attributes --sending-enabled',
    permission: ACCOUNT,
    evidence: 'documented',
    source: 'SES API v2, GetAccount, SendingPausedException',
    find: ({ account }) => findingIf(account?.['SendingEnabled'] === false && account['EnforcementStatus'] !== 'SHUTDOWN'),
  },
  {
    id: 'sandbox',
    level: 'error',
    of: 'live',
    members: ['ConfigurationSet'],
    code: 'InvalidRequest',
    looksAt: 'ProductionAccessEnabled of GetAccount, and AllowSandbox',
    sentence:
      'This account is in the sandbox of Amazon SES in {sesRegion}: only verified recipients would get mail of user pool {pool}, and Amazon Cognito reports success for the others too',
    remedy: 'request production access in {sesRegion}, or set AllowSandbox to true',
    permission: ACCOUNT,
    evidence: 'documented',
    source: 'SES developer guide, request-production-access; SES API v2, GetAccount',
    find: ({ subject, account }) => findingIf(account?.['ProductionAccessEnabled'] === false && !subject.allowSandbox),
  },
  {
    id: 'account-probation',
    level: 'warning',
    of: 'live',
    members: ['ConfigurationSet'],
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
    of: 'live',
    members: ['ConfigurationSet'],
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
]
