// The checks of the sender: SourceArn, From and ReplyToEmailAddress by themselves and beside each other.
import { type Address, parseMailbox } from '../email-address.ts'
import { text } from '../json.ts'
import { type Check, findingIf, isOurs, NONE } from './check.ts'
import { isKnownPair, REGION_SOURCE, sesRegionsFor } from './regions.ts'
import { covers, type SourceArn } from './source-arn.ts'

const ASCII = /^[ -~]*$/

/** Whether From is the identity's address, or a +label of it, but for the case of the domain. */
const isOtherCase = ({ address, identity }: SourceArn, from: Address): boolean => {
  const domainOf = (written: string): string => written.slice(written.lastIndexOf('@'))
  return address !== undefined && domainOf(from.address) !== domainOf(identity)
}

export const OF_SENDER: readonly Check[] = [
  {
    id: 'source-arn-missing',
    level: 'error',
    of: 'live',
    members: ['ConfigurationSet', 'SourceArn'],
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
    of: 'live',
    members: ['SourceArn'],
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
    of: 'live',
    members: ['SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'partition of SourceArn beside the function’s own',
    sentence: 'SourceArn {sourceArn} of user pool {pool} is of partition {other}, but the pool is in {own}',
    remedy: 'use an SES identity of this account and partition',
    permission: NONE,
    evidence: 'inferred',
    source: 'no service of one partition reaches resources of another (AWS whitepaper “AWS Fault Isolation Boundaries”, Partitions)',
    find: ({ subject, source }) =>
      findingIf(source !== undefined && !isOurs(subject.partition, source.partition), { other: source?.partition, own: subject.partition }),
  },
  {
    id: 'source-arn-account',
    level: 'error',
    of: 'live',
    members: ['SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'account of SourceArn beside the function’s own',
    sentence:
      'SourceArn {sourceArn} of user pool {pool} is of account {other}, but the pool is in account {own}, and Amazon Cognito sends with identities of its own account only',
    remedy: 'verify the address or domain in Amazon SES of account {own} too, and use that ARN',
    permission: NONE,
    evidence: 'documented',
    source: 'Cognito developer guide (2023), user-pool-email, note: resources cannot be shared across accounts',
    find: ({ subject, source }) =>
      findingIf(source !== undefined && !isOurs(subject.account, source.account), { other: source?.account, own: subject.account }),
  },
  {
    id: 'from-missing',
    level: 'error',
    of: 'live',
    members: ['From', 'SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'From, when SourceArn is a domain’s',
    sentence: 'SourceArn {sourceArn} is the ARN of a domain, and user pool {pool} has no From that says which of its addresses sends',
    remedy: 'declare From, for example no-reply@{identity}',
    permission: NONE,
    evidence: 'inferred',
    source: 'Cognito API reference, EmailConfigurationType, From: sent as SourceArn’s address when absent',
    find: ({ source, from }) => findingIf(source !== undefined && !source.identity.includes('@') && from === undefined),
  },
  {
    id: 'from-not-an-address',
    level: 'error',
    of: 'live',
    members: ['From'],
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
    of: 'live',
    members: ['From', 'SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'From beside SourceArn’s identity: same address, or an address at or below the domain',
    sentence: 'From {from} of user pool {pool} is not an address that identity {identity} covers',
    remedy: 'use {wanted} (before the @ upper and lower case differ), or the SourceArn of an identity that covers it',
    permission: NONE,
    evidence: 'documented',
    source: 'SES developer guide, creating-identities, verify-email-addresses (labels)',
    find: ({ source, fromAddress }) =>
      findingIf(source !== undefined && fromAddress !== undefined && covers(source, fromAddress.mailbox) === false, {
        wanted: source?.address ? source.identity : `an address at ${source?.identity} or below it`,
      }),
  },
  {
    id: 'from-identity-case',
    level: 'warning',
    of: 'live',
    members: ['From', 'SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'From beside SourceArn’s identity, when that is an address: the case of the domain',
    sentence:
      'From {from} of user pool {pool} and its identity {identity} differ in upper and lower case, and Amazon SES compares an address identity letter by letter',
    remedy: 'write the address in From as {identity}, or use the SourceArn of the domain, whose case does not count',
    permission: NONE,
    evidence: 'documented',
    source:
      'SES developer guide, creating-identities: sender@EXAMPLE.com is another address than sender@example.com; refused so in nodemailer#1080 (2019)',
    find: ({ source, fromAddress }) =>
      findingIf(
        source !== undefined &&
          fromAddress !== undefined &&
          covers(source, fromAddress.mailbox) === true &&
          isOtherCase(source, fromAddress),
      ),
  },
  {
    id: 'reply-to-not-an-address',
    level: 'warning',
    of: 'live',
    members: ['ReplyToEmailAddress'],
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
    of: 'live',
    members: ['From'],
    code: 'InvalidRequest',
    looksAt: 'From, when it is one address',
    sentence: 'From {from} of user pool {pool} has characters beyond 7-bit ASCII, which Amazon SES takes only when they are encoded',
    remedy: 'write the domain as {domain}, and a display name as a MIME encoded-word (=?UTF-8?B?…?=)',
    permission: NONE,
    evidence: 'documented',
    source: 'SES API, SendEmail, note on SMTPUTF8; aws-cdk#8473, aws-cdk#23227',
    find: ({ fromAddress }) =>
      findingIf(fromAddress !== undefined && !ASCII.test(fromAddress.text), { domain: fromAddress?.mailbox.domain }),
  },
  {
    id: 'region-pair',
    level: 'warning',
    of: 'live',
    members: ['SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'Region of the pool beside the Region of SourceArn',
    sentence: 'User pool {pool} in {region} would send through Amazon SES in {sesRegion}, and that pair of Regions is not known to work',
    remedy: 'use an identity and a set in {wanted}, or see whether Amazon Cognito takes the pair',
    permission: NONE,
    evidence: 'documented',
    source: REGION_SOURCE,
    find: ({ subject, source }) =>
      findingIf(source !== undefined && isOurs(subject.partition, source.partition) && !isKnownPair(subject.region, source.region), {
        wanted: sesRegionsFor(subject.region),
      }),
  },
]
