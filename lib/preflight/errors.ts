// The checks that find an error: with any of these no mail goes out, or it does not go through the configuration set.
import { child, text } from '../json.ts'
import { type Check, findingIf } from './check.ts'
import { found, isMissing, isUnverified } from './facts.ts'
import { READ_ERRORS } from './read-failures.ts'
import { covers } from './source-arn.ts'

const SET = 'ses:GetConfigurationSet on configuration-set/*'
const IDENTITY = 'ses:GetEmailIdentity on identity/*'
const ACCOUNT = 'ses:GetAccount on *'
const NONE = '–'

export const ERRORS: readonly Check[] = [
  {
    id: 'source-arn-missing',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'EmailSendingAccount and SourceArn that the pool would have',
    sentence:
      'User pool {pool} has no SES identity to send from (EmailSendingAccount {sending}, SourceArn {given}), and without one configuration set {set} has no effect',
    remedy: 'declare SourceArn: the ARN of a verified SES address or domain',
    permission: NONE,
    evidence: 'documented',
    source: 'Cognito API reference, EmailConfigurationType: ConfigurationSet, EmailSendingAccount, SourceArn',
    find: ({ subject, hasSender, sourceArn }) =>
      findingIf(!hasSender, {
        sending: text(subject.emailConfiguration, 'EmailSendingAccount') ?? 'COGNITO_DEFAULT',
        given: sourceArn ?? 'none',
      }),
  },
  {
    id: 'source-arn-unreadable',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'SourceArn',
    sentence: 'SourceArn {sourceArn} of user pool {pool} is not the ARN of an SES identity',
    remedy: 'write it as arn:aws:ses:<region>:<account>:identity/<address or domain>',
    permission: NONE,
    evidence: 'documented',
    source: 'Service Authorization Reference, Amazon SES v2, resource types',
    find: ({ hasSender, source }) => findingIf(hasSender && !source),
  },
  {
    id: 'source-arn-partition',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'partition of SourceArn beside the function’s own',
    sentence: 'SourceArn {sourceArn} of user pool {pool} is of partition {other}, but the pool is in {own}',
    remedy: 'use an SES identity of this account and partition',
    permission: NONE,
    evidence: 'inferred',
    source: 'no service of one partition reaches resources of another (AWS whitepaper “AWS Fault Isolation Boundaries”, Partitions)',
    find: ({ subject, hasSender, source }) =>
      findingIf(hasSender && source !== undefined && subject.partition !== undefined && source.partition !== subject.partition, {
        other: source?.partition ?? '',
        own: subject.partition ?? '',
      }),
  },
  {
    id: 'source-arn-account',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'account of SourceArn beside the function’s own',
    sentence:
      'SourceArn {sourceArn} of user pool {pool} is of account {other}, but the pool is in account {own}, and Amazon Cognito sends with identities of its own account only',
    remedy: 'verify the address or domain in Amazon SES of account {own} too, and use that ARN',
    permission: NONE,
    evidence: 'documented',
    source: 'Cognito developer guide (2023), user-pool-email, note: resources cannot be shared across accounts',
    find: ({ subject, hasSender, source }) =>
      findingIf(hasSender && source !== undefined && subject.account !== undefined && source.account !== subject.account, {
        other: source?.account ?? '',
        own: subject.account ?? '',
      }),
  },
  {
    id: 'configuration-set-missing',
    level: 'error',
    code: 'NotFound',
    looksAt: 'GetConfigurationSet in SourceArn’s Region',
    sentence: 'Configuration set {set} does not exist in Amazon SES in {sesRegion}, the Region of SourceArn {sourceArn}',
    remedy: 'create it there, or correct ConfigurationSet (upper and lower case differ)',
    permission: SET,
    evidence: 'inferred',
    source: 'Cognito sends through SES in SourceArn’s Region, and configuration sets are regional (SES developer guide, regions)',
    find: ({ facts }) => findingIf(isMissing(facts.configurationSet) && !found(facts.configurationSetInOwnRegion)),
  },
  {
    id: 'configuration-set-elsewhere',
    level: 'error',
    code: 'NotFound',
    looksAt: 'GetConfigurationSet in the function’s own Region, when the set is missing in SourceArn’s',
    sentence:
      'Configuration set {set} exists in {region} but not in Amazon SES in {sesRegion}, the Region of SourceArn {sourceArn}, where user pool {pool} would send',
    remedy: 'create the set in {sesRegion}, or use a SourceArn in {region}',
    permission: SET,
    evidence: 'inferred',
    source: 'as configuration-set-missing',
    find: ({ facts }) => findingIf(isMissing(facts.configurationSet) && found(facts.configurationSetInOwnRegion) !== undefined),
  },
  {
    id: 'configuration-set-sending-off',
    level: 'error',
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
    id: 'identity-missing',
    level: 'error',
    code: 'NotFound',
    looksAt: 'GetEmailIdentity of SourceArn’s identity',
    sentence: 'Identity {identity} of SourceArn {sourceArn} does not exist in Amazon SES in {sesRegion}',
    remedy: 'create and verify it in {sesRegion}, or correct SourceArn',
    permission: IDENTITY,
    evidence: 'measured',
    source: 'UpdateUserPool refuses it later: “Email address is not verified. The following identities failed the check” (aws-cdk#18964)',
    find: ({ facts, verifiedParent }) => findingIf(isMissing(facts.identity) && verifiedParent === undefined),
  },
  {
    id: 'identity-inherits',
    level: 'error',
    code: 'NotFound',
    looksAt: 'GetEmailIdentity of the domains above an identity that does not exist',
    sentence:
      'SourceArn {sourceArn} names {identity}, which is no identity of its own in Amazon SES in {sesRegion}: it only inherits from the verified domain {parent}, and what only inherits cannot be used with a configuration set',
    remedy: 'set SourceArn to {parentArn} and From to {sender}',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES developer guide, creating-identities: advanced sending needs explicit verification; aws-cdk#19762',
    find: ({ facts, verifiedParent, source }) =>
      findingIf(isMissing(facts.identity) && verifiedParent !== undefined, {
        sender: source?.address ? source.identity : `an address at ${source?.identity}`,
      }),
  },
  {
    id: 'identity-unverified',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'VerifiedForSendingStatus of the identity; VerificationStatus and VerificationInfo.ErrorType say why',
    sentence: 'Identity {identity} is not verified for sending in Amazon SES in {sesRegion} ({status})',
    remedy: 'finish its verification (an address: the link in the mail from SES; a domain: the DNS records that SES shows){instead}',
    permission: IDENTITY,
    evidence: 'measured',
    source: 'as identity-missing; SES API v2, GetEmailIdentity',
    find: ({ identity, values, verifiedParent }) => {
      const why = text(child(identity, 'VerificationInfo'), 'ErrorType')
      return findingIf(isUnverified(identity), {
        status: `VerificationStatus ${text(identity, 'VerificationStatus') ?? 'unknown'}${why === undefined ? '' : `, ${why}`}`,
        instead: verifiedParent === undefined ? '' : `, or use the verified domain: SourceArn ${values['parentArn']}`,
      })
    },
  },
  {
    id: 'from-missing',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'From, when SourceArn is a domain’s',
    sentence: 'SourceArn {sourceArn} is the ARN of a domain, and user pool {pool} has no From that says which of its addresses sends',
    remedy: 'declare From, for example no-reply@{identity}',
    permission: NONE,
    evidence: 'inferred',
    source: 'Cognito API reference, EmailConfigurationType, From: sent as SourceArn’s address when absent',
    find: ({ hasSender, source, from }) =>
      findingIf(hasSender && source !== undefined && !source.identity.includes('@') && from === undefined),
  },
  {
    id: 'from-not-an-address',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'From',
    sentence: 'From of user pool {pool} is not one email address: {problem}',
    remedy: 'write it as user@example.com or Name <user@example.com>',
    permission: NONE,
    evidence: 'documented',
    source: 'RFC 5322 §3.4; SES has no SMTPUTF8 (SES API, SendEmail); Cognito: “Provided From email address is invalid” (aws-cdk#18903)',
    find: ({ from }) => (from && 'problem' in from ? [{ problem: from.problem }] : []),
  },
  {
    id: 'from-outside-identity',
    level: 'error',
    code: 'InvalidRequest',
    looksAt: 'From beside SourceArn’s identity: same address, or an address at or below the domain',
    sentence: 'From {from} of user pool {pool} is not an address that identity {identity} covers',
    remedy: 'use {wanted} (before the @ upper and lower case differ), or the SourceArn of an identity that covers it',
    permission: NONE,
    evidence: 'documented',
    source: 'SES developer guide, creating-identities, verify-email-addresses (labels)',
    find: ({ hasSender, source, from }) =>
      findingIf(hasSender && source !== undefined && from !== undefined && 'domain' in from && covers(source, from) === false, {
        wanted: source?.address ? source.identity : `an address at ${source?.identity} or below it`,
      }),
  },
  {
    id: 'account-shut-down',
    level: 'error',
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
  ...READ_ERRORS,
]
