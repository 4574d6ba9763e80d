// Pre-flight: every row fails and passes, facts are asked once and at most two round trips deep, and nothing that SES may say surprises it.
import { readFileSync } from 'node:fs'
import { DkimSigningAttributesOrigin } from '@aws-sdk/client-sesv2'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ServiceError } from '../../lib/errors.ts'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { Clock, Ses } from '../../lib/ports.ts'
import type { Finding, Subject } from '../../lib/preflight/check.ts'
import { CHECKS, findingsOf, summary } from '../../lib/preflight/checks.ts'
import { type Facts, factFinder } from '../../lib/preflight/facts.ts'
import { denials, exclusion } from '../../lib/preflight/identity-policy.ts'
import { hasNoSes, isKnownPair, REGION_RULES, SES_REGIONS, sesRegionsFor } from '../../lib/preflight/regions.ts'
import { preflightDocs } from './docs.ts'

const POOL = 'us-east-1_Abc123'
const ACCOUNT = '111122223333'
const arn = (identity: string, region = 'us-east-1', account = ACCOUNT, partition = 'aws'): string =>
  `arn:${partition}:ses:${region}:${account}:identity/${identity}`

const SET: JsonObject = {
  ConfigurationSetName: 'mail',
  SendingOptions: { SendingEnabled: true },
  DeliveryOptions: { SendingPoolName: 'ips' },
}
const IDENTITY: JsonObject = {
  IdentityType: 'DOMAIN',
  VerifiedForSendingStatus: true,
  VerificationStatus: 'SUCCESS',
  DkimAttributes: { SigningEnabled: true, Status: 'SUCCESS' },
  MailFromAttributes: { MailFromDomain: 'bounce.example.com', MailFromDomainStatus: 'SUCCESS', BehaviorOnMxFailure: 'REJECT_MESSAGE' },
  Policies: {},
}
const SES_ACCOUNT: JsonObject = {
  SendingEnabled: true,
  EnforcementStatus: 'HEALTHY',
  ProductionAccessEnabled: true,
  SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 10 },
}
const DESTINATION: JsonObject = {
  Name: 'events',
  Enabled: true,
  MatchingEventTypes: ['BOUNCE', 'COMPLAINT', 'DELIVERY'],
  EventBridgeDestination: { EventBusArn: 'arn:aws:events:us-east-1:111122223333:event-bus/default' },
}
const IP_POOL: JsonObject = { DedicatedIpPool: { PoolName: 'ips', ScalingMode: 'STANDARD' } }

const HEALTHY: Facts = {
  region: 'us-east-1',
  configurationSet: { found: SET },
  eventDestinations: { found: [DESTINATION] },
  account: { found: SES_ACCOUNT },
  identity: { found: IDENTITY },
  sendingPool: { found: IP_POOL },
  configurationSetInOwnRegion: undefined,
  parents: [],
}

/** A situation: what differs from a healthy one. Members of `email` that are undefined are absent. */
type Situation = {
  readonly email?: JsonObject
  readonly subject?: Partial<Subject>
  readonly facts?: Partial<Facts>
  /** What the message says. */
  readonly says?: RegExp
  /** Other checks that find something too. */
  readonly also?: readonly string[]
}

const subjectOf = ({ email, subject }: Situation): Subject => ({
  userPoolId: POOL,
  emailConfiguration: {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: arn('example.com'),
    From: 'Acme <no-reply@example.com>',
    ConfigurationSet: 'mail',
    ...email,
  },
  pool: { Id: POOL, LambdaConfig: {}, VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' } },
  region: 'us-east-1',
  account: ACCOUNT,
  partition: 'aws',
  allowSandbox: false,
  declared: ['ConfigurationSet', 'SourceArn', 'From', 'ReplyToEmailAddress'],
  ...subject,
})

const judged = (situation: Situation): readonly Finding[] => findingsOf(subjectOf(situation), { ...HEALTHY, ...situation.facts })
const ids = (situation: Situation): readonly string[] => judged(situation).map(({ check }) => check)

const set = (members: JsonObject): Partial<Facts> => ({ configurationSet: { found: { ...SET, ...members } } })
const identity = (members: JsonObject): Partial<Facts> => ({ identity: { found: { ...IDENTITY, ...members } } })
const account = (members: JsonObject): Partial<Facts> => ({ account: { found: { ...SES_ACCOUNT, ...members } } })
const destinations = (...members: readonly JsonObject[]): Partial<Facts> => ({
  eventDestinations: { found: members.map((member) => ({ ...DESTINATION, ...member })) },
})
const failing = (action: string, code: string, status?: number, message = '') => ({
  failed: new ServiceError(action, code, message, status),
})
const policy = (...statements: readonly JsonObject[]): Partial<Facts> =>
  identity({ Policies: { guard: JSON.stringify({ Version: '2012-10-17', Statement: statements }) } })
const VERIFIED_PARENT: Facts['parents'] = [{ domain: 'example.com', fact: { found: IDENTITY } }]
const ROLE = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmailService`
const COGNITO = { Service: 'email.cognito-idp.amazonaws.com' }
const MISSING = { missing: true } as const

const DENIED_SET = failing('ses:GetConfigurationSet', 'AccessDeniedException', 403)

const CASES: Readonly<Record<string, { readonly wrong: readonly Situation[]; readonly fine: readonly Situation[] }>> = {
  'source-arn-missing': {
    wrong: [
      {
        email: { EmailSendingAccount: 'COGNITO_DEFAULT', SourceArn: undefined },
        says: /^User pool us-east-1_Abc123 has no SES identity to send from \(EmailSendingAccount COGNITO_DEFAULT, SourceArn none\), and without one configuration set mail has no effect; declare SourceArn: the ARN of a verified SES address or domain\.$/,
      },
      { email: { EmailSendingAccount: undefined, SourceArn: undefined }, says: /\(EmailSendingAccount COGNITO_DEFAULT, SourceArn none\)/ },
      { email: { SourceArn: undefined }, says: /\(EmailSendingAccount DEVELOPER, SourceArn none\)/ },
      { email: { EmailSendingAccount: 'COGNITO_DEFAULT' } },
      // SES was not asked in the right Region then: only what is sure is said.
      { email: { SourceArn: undefined }, facts: { configurationSet: MISSING, identity: undefined, ...account({ SendingEnabled: false }) } },
    ],
    fine: [{}],
  },
  'source-arn-unreadable': {
    wrong: [
      { email: { SourceArn: 'arn:aws:ses:us-east-1:111122223333:configuration-set/mail' } },
      {
        email: { SourceArn: 'ARN of the email address' },
        says: /SourceArn ARN of the email address of user pool us-east-1_Abc123 is not the ARN/,
      },
      { email: { SourceArn: 'arn:aws:ses:evil.example/#:111122223333:identity/example.com' } },
      { email: { SourceArn: `${arn('example.com')}\r\nx`, From: 'no-reply@example.com' }, says: /\\u000d\\u000ax/ },
    ],
    fine: [{}, { email: { SourceArn: undefined } }],
  },
  'source-arn-partition': {
    wrong: [
      {
        email: { SourceArn: arn('example.com', 'cn-north-1', ACCOUNT, 'aws-cn') },
        facts: { region: 'cn-north-1', configurationSet: MISSING },
        says: /is of partition aws-cn, but the pool is in aws;/,
      },
    ],
    fine: [{ subject: { partition: undefined } }],
  },
  'source-arn-account': {
    wrong: [
      {
        email: { SourceArn: arn('example.com', 'us-east-1', '999988887777') },
        facts: { identity: MISSING },
        says: /of account 999988887777, but the pool is in account 111122223333/,
      },
      // What SES said of the set counts all the same: it was asked in this account.
      {
        email: { SourceArn: arn('example.com', 'us-east-1', '999988887777') },
        facts: { configurationSet: MISSING },
        also: ['configuration-set-missing'],
      },
    ],
    fine: [
      {},
      { subject: { account: undefined } },
      { email: { SourceArn: arn('example.com', 'us-east-1', '999988887777') }, subject: { account: undefined } },
    ],
  },
  'configuration-set-missing': {
    wrong: [
      {
        facts: { configurationSet: MISSING, eventDestinations: MISSING, sendingPool: undefined },
        says: /^Configuration set mail does not exist in Amazon SES in us-east-1, the Region of SourceArn arn:aws:ses:us-east-1:111122223333:identity\/example.com; create it there/,
      },
      {
        email: { SourceArn: arn('example.com', 'us-west-2') },
        facts: { region: 'us-west-2', configurationSet: MISSING, configurationSetInOwnRegion: MISSING },
        says: /in us-west-2/,
      },
      {
        email: { SourceArn: arn('example.com', 'us-west-2') },
        facts: { configurationSet: MISSING, configurationSetInOwnRegion: DENIED_SET },
      },
    ],
    fine: [{}, { facts: { configurationSet: undefined } }],
  },
  'configuration-set-elsewhere': {
    wrong: [
      {
        email: { SourceArn: arn('example.com', 'us-west-2') },
        facts: { region: 'us-west-2', configurationSet: MISSING, configurationSetInOwnRegion: { found: SET } },
        says: /^Configuration set mail exists in us-east-1 but not in Amazon SES in us-west-2, .*; create the set in us-west-2, or use a SourceArn in us-east-1\.$/,
      },
    ],
    fine: [{ email: { SourceArn: arn('example.com', 'us-west-2') } }, { facts: { configurationSetInOwnRegion: { found: SET } } }],
  },
  'configuration-set-sending-off': {
    wrong: [
      { facts: set({ SendingOptions: { SendingEnabled: false } }), says: /configuration set mail in us-east-1, so Amazon SES would drop/ },
    ],
    fine: [
      { facts: set({ SendingOptions: {} }) },
      { facts: set({ SendingOptions: undefined }) },
      { facts: set({ SendingOptions: { SendingEnabled: 'NO' } }) },
    ],
  },
  'identity-missing': {
    wrong: [
      {
        facts: { identity: MISSING },
        says: /^Identity example.com of SourceArn arn.* does not exist in Amazon SES in us-east-1; create and verify/,
      },
      {
        email: { SourceArn: arn('no-reply@example.com') },
        facts: { identity: MISSING, parents: [{ domain: 'example.com', fact: MISSING }] },
      },
      {
        email: { SourceArn: arn('no-reply@example.com') },
        facts: { identity: MISSING, parents: [{ domain: 'example.com', fact: { found: { VerifiedForSendingStatus: false } } }] },
      },
      { facts: { identity: MISSING, parents: [{ domain: 'com', fact: failing('ses:GetEmailIdentity', 'AccessDenied', 403) }] } },
    ],
    fine: [{}, { facts: { identity: undefined } }],
  },
  'identity-inherits': {
    wrong: [
      {
        email: { SourceArn: arn('no-reply@example.com') },
        facts: { identity: MISSING, parents: VERIFIED_PARENT },
        says: /names no-reply@example.com, which is no identity of its own .* verified domain example.com,.*; set SourceArn to arn:aws:ses:us-east-1:111122223333:identity\/example.com and From to no-reply@example.com\.$/,
      },
      {
        email: { SourceArn: arn('a.b.example.com'), From: 'x@a.b.example.com' },
        facts: { identity: MISSING, parents: [{ domain: 'b.example.com', fact: MISSING }, ...VERIFIED_PARENT] },
        says: /From to an address at a\.b\.example\.com\.$/,
      },
    ],
    fine: [{ email: { SourceArn: arn('no-reply@example.com') } }, { facts: { parents: VERIFIED_PARENT } }],
  },
  'identity-unverified': {
    wrong: [
      {
        facts: identity({
          VerifiedForSendingStatus: false,
          VerificationStatus: 'FAILED',
          VerificationInfo: { ErrorType: 'HOST_NOT_FOUND' },
        }),
        says: /^Identity example.com is not verified for sending in Amazon SES in us-east-1 \(VerificationStatus FAILED, HOST_NOT_FOUND\); finish/,
      },
      {
        facts: identity({ VerifiedForSendingStatus: false, VerificationStatus: undefined }),
        says: /VerificationStatus unknown\).*that SES shows\)\.$/,
      },
      {
        email: { SourceArn: arn('no-reply@example.com') },
        facts: { ...identity({ VerifiedForSendingStatus: false, VerificationStatus: 'PENDING' }), parents: VERIFIED_PARENT },
        says: /, or use the verified domain: SourceArn arn:aws:ses:us-east-1:111122223333:identity\/example\.com\.$/,
      },
    ],
    fine: [{}, { facts: identity({ VerifiedForSendingStatus: undefined }) }, { facts: identity({ VerificationStatus: 'SOMETHING_NEW' }) }],
  },
  'from-missing': {
    wrong: [{ email: { From: undefined }, says: /user pool us-east-1_Abc123 has no From.*no-reply@example.com\.$/ }],
    fine: [{ email: { From: undefined, SourceArn: arn('no-reply@example.com') } }],
  },
  'from-not-an-address': {
    wrong: [
      {
        email: { From: 'a@example.com, b@example.com' },
        says: /^From of user pool us-east-1_Abc123 is not one email address: it has a comma .*"a@example.com, b@example.com"; write it as/,
      },
      { email: { From: 'Doe, Jane <jane@example.com>' }, says: /in double quotes/ },
      { email: { From: 'no-reply@example.com (robot)' }, says: /comment/ },
      { email: { From: 'no-reply@example.com\r\nBcc: x@example.org' }, says: /\\u000d\\u000aBcc/ },
      { email: { From: 'x'.repeat(20_000) }, says: /20000 characters/ },
      { email: { From: 'ünïcode@example.com' }, says: /7-bit ASCII/ },
      { email: { From: '"open <no-reply@example.com>' }, says: /not closed/ },
      { email: { From: '' }, says: /it is empty/ },
    ],
    fine: [
      { email: { From: '"Doe, \\"Jane\\"" <no-reply@example.com>' } },
      { email: { From: '"" <no-reply@example.com>' } },
      { email: { From: '<no-reply@example.com>' } },
    ],
  },
  'from-outside-identity': {
    wrong: [
      {
        email: { From: 'no-reply@example.org' },
        says: /^From no-reply@example.org of user pool us-east-1_Abc123 is not an address that identity example.com covers; use an address at example.com or below it/,
      },
      { email: { From: 'no-reply@notexample.com' } },
      { email: { From: 'no-reply@example.com', SourceArn: arn('mail.example.com') } },
      {
        email: { From: 'No-Reply@example.com', SourceArn: arn('no-reply@example.com') },
        says: /use no-reply@example.com \(before the @ upper and lower case differ\)/,
      },
      { email: { From: 'no-reply@sub.example.com', SourceArn: arn('no-reply@example.com') } },
      { email: { From: 'no-reply@example.com', SourceArn: arn('no-reply+x@example.com') } },
      { email: { From: `no-reply@${'a.'.repeat(100)}example.org` }, says: /a\.…/ },
    ],
    fine: [
      { email: { From: 'Acme <no-reply@EXAMPLE.com>' } },
      { email: { From: 'no-reply@a.b.example.com' } },
      { email: { From: '"A, B" <no-reply@example.com>', SourceArn: arn('no-reply@example.com') } },
      { email: { From: 'no-reply+label@example.com', SourceArn: arn('no-reply@example.com') } },
      { email: { From: 'a@bücher.example', SourceArn: arn('xn--bcher-kva.example') } },
      { email: { From: 'a@example.com', SourceArn: arn('what_ever') } },
    ],
  },
  'account-shut-down': {
    wrong: [
      { facts: account({ EnforcementStatus: 'SHUTDOWN', SendingEnabled: false }), says: /shut down sending of this account in us-east-1/ },
    ],
    fine: [{ facts: account({ EnforcementStatus: undefined }) }, { facts: account({ EnforcementStatus: 'NEW' }) }],
  },
  'account-sending-off': {
    wrong: [{ facts: account({ SendingEnabled: false }), says: /Sending is off for this account in Amazon SES in us-east-1/ }],
    fine: [{ facts: account({ SendingEnabled: undefined }) }],
  },
  sandbox: {
    wrong: [{ facts: account({ ProductionAccessEnabled: false }), says: /sandbox of Amazon SES in us-east-1: .*AllowSandbox to true\.$/ }],
    fine: [
      { facts: account({ ProductionAccessEnabled: false }), subject: { allowSandbox: true } },
      { facts: account({ ProductionAccessEnabled: undefined }) },
    ],
  },
  'read-denied': {
    wrong: [
      {
        facts: { configurationSet: DENIED_SET },
        says: /^The provider’s role may not call ses:GetConfigurationSet on arn:aws:ses:us-east-1:111122223333:configuration-set\/mail \(AccessDeniedException\); grant it to the role/,
      },
      {
        email: { ConfigurationSet: 'x'.repeat(64) },
        facts: { configurationSet: DENIED_SET },
        says: /configuration-set\/x{64} /,
      },
      {
        facts: {
          configurationSet: failing(
            'ses:GetConfigurationSet',
            'AccessDeniedException',
            403,
            'User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform: kms:Decrypt on resource: arn',
          ),
        },
        says: /; grant kms:Decrypt to the role/,
      },
      {
        facts: { identity: failing('ses:GetEmailIdentity', 'Whatever', 403) },
        says: /ses:GetEmailIdentity on arn:aws:ses:us-east-1:111122223333:identity\/example.com /,
      },
      { facts: { account: failing('ses:GetAccount', 'AccessDenied') }, says: /ses:GetAccount on \* / },
      {
        subject: { account: undefined, partition: undefined },
        facts: { configurationSet: DENIED_SET },
        says: /on arn:aws:ses:us-east-1:111122223333:configuration-set/,
      },
      {
        subject: { account: undefined, partition: undefined, region: 'us-gov-west-1' },
        email: { SourceArn: arn('example.com', 'us-gov-west-1', ACCOUNT, 'aws-us-gov') },
        facts: { region: 'us-gov-west-1', configurationSet: DENIED_SET },
        says: /on arn:aws-us-gov:ses:us-gov-west-1:111122223333:configuration-set/,
      },
      {
        email: { SourceArn: arn('example.com', 'us-west-2', '999988887777') },
        facts: { region: 'us-west-2', configurationSet: DENIED_SET },
        says: /on arn:aws:ses:us-west-2:111122223333:configuration-set/,
        also: ['source-arn-account'],
      },
    ],
    fine: [
      { facts: { configurationSet: failing('ses:GetConfigurationSet', 'TooManyRequestsException', 429) } },
      {
        email: { SourceArn: arn('example.com', 'us-east-1', '999988887777') },
        facts: { identity: failing('ses:GetEmailIdentity', 'AccessDenied', 403) },
      },
    ],
  },
  'read-throttled': {
    wrong: [
      {
        facts: {
          account: failing('ses:GetAccount', 'TooManyRequestsException', 429),
          identity: failing('ses:GetEmailIdentity', 'Throttling', 400),
        },
        says: /^Amazon SES in us-east-1 throttled ses:GetEmailIdentity, ses:GetAccount; nothing was written to user pool us-east-1_Abc123/,
      },
    ],
    fine: [{ facts: { account: failing('ses:GetAccount', 'InternalServiceError', 500) } }],
  },
  'read-no-endpoint': {
    wrong: [
      {
        subject: { region: 'ap-east-1' },
        email: { SourceArn: arn('example.com', 'ap-east-1') },
        facts: {
          region: 'ap-east-1',
          configurationSet: failing('ses:GetConfigurationSet', 'ENOTFOUND'),
          account: failing('ses:GetAccount', 'ENOTFOUND'),
        },
        says: /^Nobody answered ses:GetConfigurationSet, ses:GetAccount in ap-east-1, .* no endpoint as far as is known; use an identity and a set in ap-southeast-1\.$/,
      },
    ],
    fine: [
      { facts: { region: 'us-east-1', configurationSet: failing('ses:GetConfigurationSet', 'ENOTFOUND') } },
      {
        subject: { region: 'cn-north-1', partition: 'aws-cn' },
        email: { SourceArn: arn('example.com', 'cn-north-1', ACCOUNT, 'aws-cn') },
        facts: { region: 'cn-north-1', configurationSet: failing('ses:GetConfigurationSet', 'ENOTFOUND') },
      },
      {
        subject: { region: 'ap-east-1' },
        email: { SourceArn: arn('example.com', 'ap-east-1') },
        facts: { region: 'ap-east-1', configurationSet: failing('ses:GetConfigurationSet', 'BadRequestException', 400) },
      },
    ],
  },
  'read-failed': {
    wrong: [
      {
        facts: {
          configurationSet: failing('ses:GetConfigurationSet', 'ENOTFOUND', undefined, 'getaddrinfo ENOTFOUND.'),
          account: failing('ses:GetAccount', 'ENOTFOUND'),
        },
        says: /^Amazon SES in us-east-1 did not answer ses:GetConfigurationSet, ses:GetAccount \(ENOTFOUND: getaddrinfo ENOTFOUND\); nothing was written to user pool us-east-1_Abc123 before this check; try again\.$/,
      },
      {
        facts: { identity: failing('ses:GetEmailIdentity', 'BadRequestException', 400, `<html>\u001b[31m${'x'.repeat(9_000)}`) },
        says: /\\u001b/,
      },
    ],
    fine: [
      { facts: { configurationSet: DENIED_SET } },
      { facts: { configurationSetInOwnRegion: failing('ses:GetConfigurationSet', 'ENOTFOUND') } },
    ],
  },
  'custom-email-sender': {
    wrong: [
      {
        subject: {
          pool: {
            LambdaConfig: {
              CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: 'arn:aws:lambda:us-east-1:111122223333:function:mailer' },
            },
          },
        },
        says: /User pool us-east-1_Abc123 has the trigger CustomEmailSender \(arn:aws:lambda:us-east-1:111122223333:function:mailer\)/,
      },
    ],
    fine: [
      { subject: { pool: { LambdaConfig: { CustomMessage: 'arn', CustomEmailSender: { LambdaArn: '' } } } } },
      { subject: { pool: {} } },
    ],
  },
  'mail-from-rejects': {
    wrong: [
      {
        facts: identity({
          MailFromAttributes: { MailFromDomain: 'b.example.com', MailFromDomainStatus: 'FAILED', BehaviorOnMxFailure: 'REJECT_MESSAGE' },
        }),
        says: /MAIL FROM domain b.example.com of identity example.com is FAILED, and Amazon SES rejects every mail/,
      },
    ],
    fine: [{}, { facts: identity({ MailFromAttributes: undefined }) }],
  },
  'reply-to-not-an-address': {
    wrong: [
      {
        email: { ReplyToEmailAddress: 'help@' },
        says: /^ReplyToEmailAddress of user pool us-east-1_Abc123 is not one email address: what stands after its @ .*CodeDeliveryFailureException\.$/,
      },
    ],
    fine: [{ email: { ReplyToEmailAddress: 'Help <help@elsewhere.example>' } }],
  },
  'from-identity-case': {
    wrong: [
      {
        email: { From: 'Acme <sender@example.com>', SourceArn: arn('sender@EXAMPLE.com') },
        says: /^From Acme <sender@example\.com> of user pool .* and its identity sender@EXAMPLE\.com differ in upper and lower case,.*write the address in From as sender@EXAMPLE\.com/,
      },
      { email: { From: 'sender@Example.com', SourceArn: arn('sender@example.com') } },
      { email: { From: 'sender+codes@EXAMPLE.com', SourceArn: arn('sender@example.com') } },
    ],
    fine: [
      { email: { From: 'sender@EXAMPLE.com', SourceArn: arn('sender@EXAMPLE.com') } },
      { email: { From: 'sender@EXAMPLE.com', SourceArn: arn('example.com') } },
      { email: { From: 'Sender@example.com', SourceArn: arn('sender@example.com') } },
      { email: { From: 'sender+codes@example.com', SourceArn: arn('sender@example.com') } },
      { email: { From: undefined, SourceArn: arn('sender@EXAMPLE.com') } },
    ],
  },
  'from-not-ascii': {
    wrong: [
      { email: { From: 'Übersee <no-reply@example.com>' } },
      { email: { From: 'a@bücher.example', SourceArn: arn('xn--bcher-kva.example') }, says: /write the domain as xn--bcher-kva\.example,/ },
    ],
    fine: [{ email: { From: '=?UTF-8?B?w5xiZXJzZWU=?= <no-reply@example.com>' } }],
  },
  'sending-pool-missing': {
    wrong: [{ facts: { sendingPool: MISSING }, says: /dedicated IP pool ips, which does not exist in us-east-1/ }],
    fine: [{}, { facts: { sendingPool: undefined } }],
  },
  'region-pair': {
    wrong: [
      {
        subject: { region: 'eu-north-1' },
        email: { SourceArn: arn('example.com', 'eu-west-1') },
        says: /User pool us-east-1_Abc123 in eu-north-1 would send through Amazon SES in eu-west-1, .*; use an identity and a set in eu-north-1, or see/,
      },
      {
        subject: { region: 'ap-east-1' },
        email: { SourceArn: arn('example.com', 'us-east-1') },
        says: /; use an identity and a set in ap-southeast-1, or see/,
      },
      {
        subject: { region: 'ap-east-2' },
        email: { SourceArn: arn('example.com', 'us-east-1') },
        says: /; use an identity and a set in ap-northeast-2, or see/,
      },
      {
        subject: { region: 'me-west-1' },
        email: { SourceArn: arn('example.com', 'us-east-1') },
        says: /; use an identity and a set in the Region that Amazon Cognito names for me-west-1/,
      },
      { email: { SourceArn: arn('example.com', 'eu-central-1') } },
    ],
    fine: [
      { email: { SourceArn: arn('example.com', 'eu-west-1') } },
      { email: { SourceArn: arn('example.com', 'ap-northeast-2') }, subject: { region: 'ap-east-2' } },
      { email: { SourceArn: undefined }, subject: { region: 'eu-north-1' } },
    ],
  },
  'account-probation': {
    wrong: [{ facts: account({ EnforcementStatus: 'PROBATION' }), says: /under review in us-east-1/ }],
    fine: [{ facts: account({ EnforcementStatus: 'SOMETHING_NEW' }) }],
  },
  quota: {
    wrong: [
      { facts: account({ SendQuota: { Max24HourSend: 200, SentLast24Hours: 161 } }), says: /sent 161 of the 200 mails/ },
      { facts: account({ SendQuota: { Max24HourSend: 1, SentLast24Hours: 1 } }) },
    ],
    fine: [
      { facts: account({ SendQuota: { Max24HourSend: 1 } }) },
      { facts: account({ SendQuota: { Max24HourSend: 200, SentLast24Hours: 160 } }) },
      { facts: account({ SendQuota: { Max24HourSend: -1, SentLast24Hours: 1e9 } }) },
      { facts: account({ SendQuota: { SentLast24Hours: 1e9 } }) },
      { facts: account({ SendQuota: { Max24HourSend: 200 } }) },
      { facts: account({ SendQuota: undefined }) },
    ],
  },
  'identity-policy-denies': {
    wrong: [
      {
        facts: policy({ Sid: 'NoMail', Effect: 'Deny', Principal: '*', Action: 'ses:*', Resource: '*' }),
        says: /^Statement NoMail of policy guard of identity example.com denies Amazon Cognito to send mail for user pool us-east-1_Abc123;/,
      },
      {
        facts: policy({
          Effect: 'Deny',
          Principal: COGNITO,
          Action: ['ses:SendEmail'],
          Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
        }),
        says: /^Statement 1 of policy guard of identity example.com may deny /,
      },
      ...['no-reply@example.com', 'no-reply@EXAMPLE.com'].map((From) => ({
        email: { From },
        facts: policy({
          Effect: 'Deny',
          Principal: '*',
          Action: 'ses:*',
          Condition: { StringEquals: { 'ses:FromAddress': 'no-reply@example.com' } },
        }),
        says: /guard of identity example.com denies /,
      })),
      {
        email: { From: undefined, SourceArn: arn('no-reply@example.com') },
        facts: policy({
          Effect: 'Deny',
          Principal: '*',
          Action: 'ses:*',
          Condition: { StringEquals: { 'ses:FromAddress': 'no-reply@example.com' } },
        }),
        says: /guard of identity no-reply@example.com denies /,
      },
      // Whose pool it is is not known then, so nobody knows what the condition says of it.
      ...['aws:SourceArn', 'aws:PrincipalArn'].map((key) => ({
        subject: { account: undefined },
        facts: policy({ Effect: 'Deny', Principal: '*', Action: 'ses:*', Condition: { ArnNotLike: { [key]: 'arn:aws:*' } } }),
        says: /guard of identity example.com may deny /,
      })),
    ],
    fine: [
      {
        facts: policy({
          Effect: 'Deny',
          Principal: { Service: 'no-cognito-idp.amazonaws.com' },
          Action: 'ses:*',
          Resource: '*',
        }),
      },
      ...[
        { partition: 'aws', known: 'aws' },
        { partition: 'aws-us-gov', known: 'aws-us-gov' },
        { partition: 'aws-us-gov', known: undefined },
      ].map(({ partition, known }) => ({
        subject: { partition: known },
        email: { SourceArn: arn('example.com', 'us-east-1', ACCOUNT, partition) },
        facts: policy({
          Effect: 'Deny',
          Principal: '*',
          Action: 'ses:*',
          Condition: { ArnNotEquals: { 'aws:SourceArn': `arn:${partition}:cognito-idp:us-east-1:111122223333:userpool/us-east-1_Abc123` } },
        }),
      })),
      {
        facts: policy({
          Effect: 'Deny',
          Principal: '*',
          Action: 'ses:*',
          Condition: { StringEquals: { 'ses:FromAddress': 'other@example.com' } },
        }),
      },
      { facts: policy({ Effect: 'Deny', Principal: { AWS: 'arn:aws:iam::111122223333:user/x' }, Action: 'ses:*' }) },
      { facts: identity({ Policies: { broken: '{', odd: 7, empty: '[]', nothing: 'null' } }) },
    ],
  },
  'identity-policy-excludes': {
    wrong: [
      {
        facts: policy({
          Sid: 'Other',
          Effect: 'Allow',
          Principal: COGNITO,
          Action: 'ses:SendEmail',
          Condition: { StringEquals: { 'aws:SourceAccount': '999988887777' } },
        }),
        says: /^Statement Other of policy guard of identity example.com lets Amazon Cognito send, but its condition on aws:SourceAccount leaves user pool us-east-1_Abc123 out/,
      },
    ],
    fine: [
      { facts: policy({ Effect: 'Allow', Principal: COGNITO, Action: 'ses:SendEmail' }) },
      { facts: identity({ Policies: undefined }) },
    ],
  },
  'identity-verification-failing': {
    wrong: [
      {
        facts: identity({ VerificationStatus: 'TEMPORARY_FAILURE' }),
        says: /may still send in us-east-1, but its VerificationStatus is TEMPORARY_FAILURE/,
      },
    ],
    fine: [{ facts: identity({ VerificationStatus: 'SOMETHING_NEW' }) }],
  },
  suppression: {
    wrong: [
      {
        facts: set({ SuppressionOptions: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] } }),
        says: /suppresses addresses after BOUNCE, COMPLAINT:/,
      },
    ],
    fine: [{ facts: set({ SuppressionOptions: { SuppressedReasons: [] } }) }, { facts: set({ SuppressionOptions: undefined }) }],
  },
  'address-validation': {
    wrong: [
      { facts: set({ SuppressionOptions: { ValidationOptions: { ConditionThreshold: { ConditionThresholdEnabled: 'ENABLED' } } } }) },
    ],
    fine: [
      { facts: set({ SuppressionOptions: { ValidationOptions: { ConditionThreshold: { ConditionThresholdEnabled: 'DISABLED' } } } }) },
    ],
  },
  'long-delivery': {
    wrong: [{ facts: set({ DeliveryOptions: { MaxDeliverySeconds: 3601 } }), says: /for 3601 seconds/ }],
    fine: [
      { facts: set({ DeliveryOptions: { MaxDeliverySeconds: 3600 } }) },
      { facts: set({ DeliveryOptions: { MaxDeliverySeconds: '50400' } }) },
      { facts: set({ DeliveryOptions: {} }) },
    ],
  },
  'click-tracking': {
    wrong: [
      {
        subject: { pool: { VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } } },
        facts: destinations({ MatchingEventTypes: ['click', 'bounce', 'complaint'] }),
        says: /configuration set mail tracks clicks \(events\)/,
      },
    ],
    fine: [
      { facts: destinations({ MatchingEventTypes: ['CLICK', 'BOUNCE', 'COMPLAINT'] }) },
      { subject: { pool: { VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } } } },
      {
        subject: { pool: { VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } } },
        facts: destinations({ MatchingEventTypes: ['CLICK'], Enabled: false }),
      },
    ],
  },
  dkim: {
    wrong: [
      {
        facts: identity({ DkimAttributes: { SigningEnabled: false, Status: 'NOT_STARTED' } }),
        says: /\(SigningEnabled false, Status NOT_STARTED\)/,
      },
      { facts: identity({ DkimAttributes: { SigningEnabled: true, Status: 'FAILED' } }), says: /\(Status FAILED\)/ },
      { facts: identity({ DkimAttributes: { SigningEnabled: true, Status: 'NOT_STARTED' } }) },
      {
        email: { SourceArn: arn('no-reply@example.com') },
        facts: identity({ IdentityType: 'EMAIL_ADDRESS', DkimAttributes: { SigningEnabled: true, Status: 'TEMPORARY_FAILURE' } }),
        says: /\(Status TEMPORARY_FAILURE\)/,
      },
    ],
    fine: [
      ...[
        { SigningEnabled: true, Status: 'NOT_STARTED' },
        { SigningEnabled: true, Status: 'PENDING' },
        { SigningEnabled: false, Status: 'NOT_STARTED' },
        { SigningEnabled: false, Status: 'FAILED' },
        { Status: 'FAILED' },
      ].map((DkimAttributes) => ({ email: { SourceArn: arn('no-reply@example.com') }, facts: identity({ DkimAttributes }) })),
      { facts: identity({ DkimAttributes: { SigningEnabled: true, Status: 'SOMETHING_NEW' } }) },
      { facts: identity({ DkimAttributes: undefined }) },
    ],
  },
  'mail-from-not-ready': {
    wrong: [
      {
        facts: identity({
          MailFromAttributes: {
            MailFromDomain: 'b.example.com',
            MailFromDomainStatus: 'PENDING',
            BehaviorOnMxFailure: 'USE_DEFAULT_VALUE',
          },
        }),
        says: /b.example.com of identity example.com is PENDING, so Amazon SES sends with amazonses.com/,
      },
      { facts: identity({ MailFromAttributes: { MailFromDomain: 'b.example.com', MailFromDomainStatus: 'FAILED' } }) },
    ],
    fine: [
      { facts: identity({ MailFromAttributes: { MailFromDomain: 'b.example.com', MailFromDomainStatus: 'SOMETHING_NEW' } }) },
      { facts: identity({ MailFromAttributes: { MailFromDomainStatus: 'PENDING' } }) },
    ],
  },
  'event-destinations-none': {
    wrong: [{ facts: { eventDestinations: { found: [] } }, says: /^Configuration set mail in us-east-1 has no event destination/ }],
    fine: [{}, { facts: { eventDestinations: undefined } }],
  },
  'event-destination-disabled': {
    wrong: [
      {
        facts: destinations({}, { Name: 'off', Enabled: false }, { Name: undefined, Enabled: false }),
        says: /disabled: off, unnamed; enable/,
      },
      { facts: destinations({ Enabled: false }), says: /disabled: events;/ },
    ],
    fine: [{ facts: destinations({ Enabled: undefined }) }],
  },
  'event-types-missing': {
    wrong: [
      { facts: destinations({ MatchingEventTypes: ['COMPLAINT'] }), says: /in us-east-1 reports BOUNCE; add BOUNCE to/ },
      { facts: destinations({ MatchingEventTypes: undefined }), says: /reports BOUNCE and COMPLAINT; / },
      {
        facts: destinations({ MatchingEventTypes: ['COMPLAINT'] }, { Enabled: false, Name: 'off' }),
        also: ['event-destination-disabled'],
      },
    ],
    fine: [
      { facts: destinations({ MatchingEventTypes: ['bounce', 'complaint', 'SOMETHING_NEW'] }) },
      { facts: destinations({ MatchingEventTypes: ['BOUNCE'] }, { MatchingEventTypes: ['COMPLAINT'] }) },
    ],
  },
  'event-destination-fifo': {
    wrong: [
      {
        facts: destinations({ SnsDestination: { TopicArn: 'arn:aws:sns:us-east-1:111122223333:mail.fifo' } }),
        says: /^Event destination events of configuration set mail names the FIFO topic arn:aws:sns:us-east-1:111122223333:mail.fifo,/,
      },
    ],
    fine: [{ facts: destinations({ SnsDestination: { TopicArn: 'arn:aws:sns:us-east-1:111122223333:mail' } }) }],
  },
  'identity-default-set-other': {
    wrong: [
      {
        facts: identity({ ConfigurationSetName: 'house' }),
        says: /has the default configuration set house; user pool us-east-1_Abc123 would use mail instead/,
      },
    ],
    fine: [{ facts: identity({ ConfigurationSetName: '' }) }],
  },
  'identity-default-set-same': {
    wrong: [
      { facts: identity({ ConfigurationSetName: 'mail' }), says: /^Configuration set mail already is the default of identity example.com/ },
    ],
    fine: [{}, { email: { ConfigurationSet: undefined } }],
  },
  'detail-denied': {
    wrong: [
      {
        facts: { eventDestinations: failing('ses:GetConfigurationSetEventDestinations', 'AccessDeniedException', 403) },
        says: /may not call ses:GetConfigurationSetEventDestinations on arn:aws:ses:us-east-1:111122223333:configuration-set\/mail \(/,
      },
      {
        facts: { sendingPool: failing('ses:GetDedicatedIpPool', 'AccessDeniedException', 403) },
        says: /ses:GetDedicatedIpPool on arn:aws:ses:us-east-1:111122223333:dedicated-ip-pool\/ips /,
      },
    ],
    fine: [{ facts: { parents: [{ domain: 'example.com', fact: failing('ses:GetEmailIdentity', 'AccessDenied', 403) }] } }],
  },
  'detail-throttled': {
    wrong: [
      {
        facts: { sendingPool: failing('ses:GetDedicatedIpPool', 'TooManyRequestsException', 429) },
        says: /throttled ses:GetDedicatedIpPool, so not everything/,
      },
    ],
    fine: [{}],
  },
  'detail-no-endpoint': {
    wrong: [
      {
        subject: { region: 'ap-east-1' },
        email: { SourceArn: arn('example.com', 'ap-east-1') },
        facts: { region: 'ap-east-1', eventDestinations: failing('ses:GetConfigurationSetEventDestinations', 'ENOTFOUND') },
        says: /^Nobody answered .* in ap-east-1, .*, so not everything could be looked at; use an identity and a set in ap-southeast-1\.$/,
      },
    ],
    fine: [{ facts: { eventDestinations: failing('ses:GetConfigurationSetEventDestinations', 'ENOTFOUND') } }],
  },
  'detail-failed': {
    wrong: [
      {
        facts: { eventDestinations: failing('ses:GetConfigurationSetEventDestinations', 'InternalServiceError', 500) },
        says: /\(InternalServiceError\), so not everything/,
      },
    ],
    fine: [{}],
  },
}

describe('the table', () => {
  test('every row has a failing and a passing case, and every case a row', () => {
    expect(Object.keys(CASES).sort()).toEqual(CHECKS.map(({ id }) => id).sort())
    for (const { wrong, fine } of Object.values(CASES)) expect(Math.min(wrong.length, fine.length)).toBeGreaterThan(0)
  })

  test('errors come before warnings', () => {
    const levels = CHECKS.map(({ level }) => level)
    expect(levels).toEqual([...levels].sort())
  })

  test('a healthy wish has no finding', () => {
    expect(judged({})).toEqual([])
  })

  describe.each(CHECKS.map((check) => [check.id, check] as const))('%s', (id, check) => {
    const { wrong, fine } = CASES[id] ?? { wrong: [], fine: [] }

    test.each(wrong.map((situation, index) => [index, situation] as const))('is found (%i)', (_, situation) => {
      const found = judged(situation)
      expect(found.map((finding) => finding.check).sort()).toEqual([id, ...(situation.also ?? [])].sort())
      const [finding] = found.filter((each) => each.check === id)
      expect(finding).toMatchObject({ level: check.level, code: check.code })
      expect(finding?.message).toMatch(situation.says ?? /./)
      // It reads well as an error and as a warning, on one line, cut to a size, with nothing left to fill in.
      expect(finding?.message).toMatch(/^[A-Z][^\p{Cc}{}]{20,900}\.$/u)
      expect(finding?.message).not.toMatch(/refus|undefined|\[object|; \.|\.\.$/)
    })

    test.each(fine.map((situation, index) => [index, situation] as const))('is not found (%i)', (_, situation) => {
      expect(ids(situation)).not.toContain(id)
    })
  })

  test('findings stand in the order of the table', () => {
    const found = ids({
      email: { From: 'x' },
      subject: { pool: { LambdaConfig: { CustomEmailSender: { LambdaArn: 'arn' } } } },
      facts: {
        ...account({ SendingEnabled: false, EnforcementStatus: 'PROBATION' }),
        eventDestinations: { found: [] },
        configurationSet: MISSING,
      },
    })
    expect(found).toEqual([
      'configuration-set-missing',
      'from-not-an-address',
      'account-sending-off',
      'custom-email-sender',
      'account-probation',
      'event-destinations-none',
    ])
  })

  test('docs/preflight.md is the table', () => {
    const page = readFileSync(new URL('../../docs/preflight.md', `file://${__filename}`), 'utf8')
    if (page !== preflightDocs())
      throw new Error('docs/preflight.md is stale; write it again with: node test/run.mjs test/preflight/docs.ts')
  })
})

describe('what nobody declared', () => {
  const LIVE = ['ConfigurationSet']
  test.each<[string, Situation, string]>([
    ['a live From with a comment', { email: { From: 'Hotel (staging) <no-reply@example.com>' } }, 'from-not-an-address'],
    ['a live From with an @ in its name', { email: { From: 'no-reply@example.com <no-reply@example.com>' } }, 'from-not-an-address'],
    ['a live From that a live SourceArn does not cover', { email: { From: 'a@example.org' } }, 'from-outside-identity'],
    ['a live SourceArn of a domain without a From', { email: { From: undefined } }, 'from-missing'],
    [
      'a live SourceArn of another account',
      { email: { SourceArn: arn('example.com', 'us-east-1', '999988887777') } },
      'source-arn-account',
    ],
    ['a live SourceArn that is none', { email: { SourceArn: 'x' } }, 'source-arn-unreadable'],
    ['a live identity that is gone', { facts: { identity: MISSING } }, 'identity-missing'],
    ['a live identity that lost its verification', { facts: identity({ VerifiedForSendingStatus: false }) }, 'identity-unverified'],
  ])('%s warns, and is an error as soon as it is declared', (_, situation, id) => {
    const levels = (declared: readonly string[]) =>
      judged({ ...situation, subject: { declared } }).map(({ check, level }) => [check, level])
    expect(levels(LIVE)).toEqual([[id, 'warning']])
    expect(levels([...LIVE, 'SourceArn', 'From'])).toEqual([[id, 'error']])
  })

  test('a declared SourceArn that a live From does not fit is an error', () => {
    const situation = { email: { From: 'a@example.org' }, subject: { declared: ['ConfigurationSet', 'SourceArn'] } }
    expect(judged(situation)).toMatchObject([{ check: 'from-outside-identity', level: 'error' }])
  })

  test.each<[string, Partial<Facts>]>([
    ['a set that does not exist', { configurationSet: MISSING }],
    ['the sandbox', account({ ProductionAccessEnabled: false })],
    ['a read that was denied', { account: failing('ses:GetAccount', 'AccessDenied', 403) }],
  ])('%s is an error whatever is declared: the set is', (_, facts) => {
    expect(judged({ facts, subject: { declared: LIVE } })).toMatchObject([{ level: 'error' }])
  })

  test('every row says which members have a part in it', () => {
    expect(CHECKS.filter(({ members }) => members.length === 0)).toEqual([])
    expect(CHECKS.filter((check) => check.of === 'wish').map(({ id }) => id)).toEqual([
      'identity-default-set-other',
      'identity-default-set-same',
    ])
  })
})

describe('what SES may say', () => {
  /** Anything but the four values that SES documents as a stop. */
  const unheardOf: fc.Arbitrary<Json | undefined> = fc.oneof(
    fc.constantFrom<Json | undefined>(undefined, null, true, 0, -1, '', 'NEW_VALUE', [], {}, [null], [7]),
    fc.string(),
    fc.double({ noNaN: true }),
  )
  const members = (names: readonly string[]): fc.Arbitrary<JsonObject> =>
    fc.record(Object.fromEntries(names.map((name) => [name, unheardOf])), { requiredKeys: [] }) as fc.Arbitrary<JsonObject>
  const nested = (names: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<JsonObject> =>
    fc.record(
      Object.fromEntries(Object.entries(names).map(([name, inner]) => [name, fc.oneof(members(inner), unheardOf)])),
    ) as fc.Arbitrary<JsonObject>

  test('values that nobody documents and members that are missing are never an error', () => {
    const facts = fc.record({
      set: nested({
        SendingOptions: ['SendingEnabled'],
        DeliveryOptions: ['SendingPoolName', 'MaxDeliverySeconds'],
        SuppressionOptions: ['SuppressedReasons', 'ValidationOptions'],
      }),
      account: nested({
        SendingEnabled: [],
        EnforcementStatus: [],
        ProductionAccessEnabled: [],
        SendQuota: ['Max24HourSend', 'SentLast24Hours'],
      }),
      identity: nested({
        VerifiedForSendingStatus: [],
        VerificationStatus: [],
        VerificationInfo: ['ErrorType'],
        DkimAttributes: ['SigningEnabled', 'Status'],
        MailFromAttributes: ['MailFromDomain', 'MailFromDomainStatus', 'BehaviorOnMxFailure'],
        Policies: ['a', 'b'],
        ConfigurationSetName: [],
      }),
      destination: nested({ Name: [], Enabled: [], MatchingEventTypes: [], SnsDestination: ['TopicArn'] }),
      pool: nested({ DedicatedIpPool: ['ScalingMode'] }),
      userPool: nested({ LambdaConfig: ['CustomEmailSender'], VerificationMessageTemplate: ['DefaultEmailOption'] }),
    })
    fc.assert(
      fc.property(facts, (said) => {
        const about: Facts = {
          ...HEALTHY,
          configurationSet: { found: said.set },
          account: { found: said.account },
          identity: { found: said.identity },
          eventDestinations: { found: [said.destination] },
          sendingPool: { found: said.pool },
        }
        const found = findingsOf(subjectOf({ subject: { pool: said.userPool } }), about)
        expect(found.filter(({ level }) => level === 'error')).toEqual([])
        for (const { message } of found) expect(message).not.toMatch(/\p{Cc}|undefined|\[object/u)
        for (const value of Object.values(summary(about))) expect(typeof value).toBe('string')
      }),
      { numRuns: 1_000 },
    )
  })

  test('any policy document is survived', () => {
    const word = fc.constantFrom('*', 'Deny', 'Allow', 'ses:SendEmail', 'email.cognito-idp.amazonaws.com', 'constructor', '__proto__')
    const statement = fc.dictionary(
      fc.constantFrom('Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Condition'),
      fc.oneof(word, fc.array(word), fc.dictionary(word, fc.oneof(word, fc.dictionary(word, fc.oneof(word, fc.array(word)))))),
    )
    const document = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(statement).map((Statement) => JSON.stringify({ Statement })),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.string(), document), (Policies) => {
        for (const { message } of judged({ facts: identity({ Policies }) })) expect(message).not.toMatch(/\p{Cc}/u)
      }),
    )
  })

  test('a summary has what is known, and nothing where nothing is', () => {
    expect(summary({ ...HEALTHY, ...destinations({}, { Name: 'off', Enabled: false }, { Name: undefined }, { Name: 'two' }) })).toEqual({
      SendingPoolName: 'ips',
      EventDestinations: 'events,two',
      Max24HourSend: '50000',
    })
    const nothing = { SendingPoolName: '', EventDestinations: '', Max24HourSend: '' }
    expect(
      summary({ ...HEALTHY, configurationSet: MISSING, eventDestinations: undefined, account: failing('ses:GetAccount', 'X', 500) }),
    ).toEqual(nothing)
  })
})

describe('identity policies', () => {
  const sending = {
    account: ACCOUNT,
    region: 'us-east-1',
    partition: 'aws',
    poolArn: `arn:aws:cognito-idp:us-east-1:${ACCOUNT}:userpool/${POOL}`,
    roleArn: ROLE,
    fromAddress: 'no-reply@example.com',
  }
  const policies = (...statements: readonly JsonObject[]): JsonObject => ({ p: JSON.stringify({ Statement: statements }) })
  const deny: JsonObject = { Effect: 'Deny', Principal: '*', Action: 'ses:*' }

  test.each<[string, JsonObject, 'denies' | 'may deny' | undefined]>([
    ['everyone', deny, 'denies'],
    ['everyone as AWS', { ...deny, Principal: { AWS: '*' } }, 'denies'],
    ['either name of Cognito', { ...deny, Principal: { Service: ['sns.amazonaws.com', 'cognito-idp.amazonaws.com'] } }, 'denies'],
    ['another service', { ...deny, Principal: { Service: 'sns.amazonaws.com' } }, undefined],
    ['everyone but Cognito', { ...deny, Principal: undefined, NotPrincipal: COGNITO }, undefined],
    ['everyone but Cognito and another', { ...deny, Principal: undefined, NotPrincipal: { ...COGNITO, AWS: ACCOUNT } }, undefined],
    ['everyone but another', { ...deny, Principal: undefined, NotPrincipal: { AWS: ACCOUNT } }, 'denies'],
    ['another service than Cognito, by name', { ...deny, Principal: { Service: 'cognito-idp.amazonaws.com.evil.example' } }, undefined],
    ['Cognito of this Region', { ...deny, Principal: { Service: 'cognito-idp.us-east-1.amazonaws.com' } }, 'denies'],
    ['Cognito of another Region', { ...deny, Principal: { Service: 'cognito-idp.eu-west-1.amazonaws.com' } }, undefined],
    [
      'everyone but Cognito of this Region',
      { ...deny, Principal: undefined, NotPrincipal: { Service: 'cognito-idp.us-east-1.amazonaws.com' } },
      undefined,
    ],
    ['the account’s own root', { ...deny, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }, 'denies'],
    ['the account by its number', { ...deny, Principal: { AWS: ['1', ACCOUNT] } }, 'denies'],
    ['another account’s root', { ...deny, Principal: { AWS: 'arn:aws:iam::999988887777:root' } }, undefined],
    ['the role that Cognito sends with', { ...deny, Principal: { AWS: ROLE } }, 'denies'],
    ['everyone but that role', { ...deny, Principal: undefined, NotPrincipal: { AWS: [ROLE, `arn:aws:iam::${ACCOUNT}:root`] } }, undefined],
    [
      'everyone but a session of that role',
      {
        ...deny,
        Principal: undefined,
        NotPrincipal: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/AWSServiceRoleForAmazonCognitoIdpEmailService/x` },
      },
      undefined,
    ],
    ['nobody', { ...deny, Principal: undefined, NotPrincipal: '*' }, undefined],
    ['an action with a star that stands for nothing', { ...deny, Action: 'ses:SendEmail*' }, 'denies'],
    ['an action with a star in it that stands for nothing', { ...deny, Action: 'ses:*SendEmail' }, 'denies'],
    ['an action that only ends like sending', { ...deny, Action: 'SendEmail' }, undefined],
    ['all roles but that one', { ...deny, Condition: { ArnNotEquals: { 'aws:PrincipalArn': ROLE } } }, undefined],
    [
      'all roles but those of services',
      { ...deny, Condition: { StringNotLike: { 'aws:principalarn': 'arn:aws:iam::*:role/aws-service-role/*' } } },
      undefined,
    ],
    ['all roles but another', { ...deny, Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/mailer' } } }, 'denies'],
    ['other accounts’ principals', { ...deny, Condition: { StringNotEquals: { 'aws:PrincipalAccount': ACCOUNT } } }, undefined],
    ['this account’s principals', { ...deny, Condition: { StringEquals: { 'aws:PrincipalAccount': ACCOUNT } } }, 'denies'],
    ['users', { ...deny, Condition: { StringEquals: { 'aws:PrincipalType': 'User' } } }, undefined],
    ['sessions of roles', { ...deny, Condition: { StringLike: { 'aws:PrincipalType': 'Assumed*' } } }, 'denies'],
    ['another action', { ...deny, Action: 'ses:SendTemplatedEmail' }, undefined],
    ['one action in another case', { ...deny, Action: 'SES:sendrawEMAIL' }, 'denies'],
    ['wildcards', { ...deny, Action: ['s3:*', 'ses:S?nd*Em*l'] }, 'denies'],
    ['all actions but one', { ...deny, Action: undefined, NotAction: 'ses:SendEmail' }, 'denies'],
    ['all actions but sending', { ...deny, Action: undefined, NotAction: 'ses:Send*' }, undefined],
    ['an Allow', { ...deny, Effect: 'Allow' }, undefined],
    ['without TLS', { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }, undefined],
    ['with TLS', { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'True' } } }, 'denies'],
    ['a sender in any case', { ...deny, Condition: { StringEqualsIgnoreCase: { 'ses:FromAddress': 'No-Reply@Example.com' } } }, 'denies'],
    ['a sender in this case', { ...deny, Condition: { StringEquals: { 'ses:FromAddress': 'No-Reply@Example.com' } } }, undefined],
    ['another sender in any case', { ...deny, Condition: { StringEqualsIgnoreCase: { 'ses:FromAddress': 'x@example.com' } } }, undefined],
    ['other accounts', { ...deny, Condition: { StringNotEquals: { 'AWS:SourceAccount': ACCOUNT } } }, undefined],
    ['this account', { ...deny, Condition: { StringEquals: { 'aws:SourceAccount': ['9', ACCOUNT] } } }, 'denies'],
    [
      'all pools but this',
      { ...deny, Condition: { ArnNotLike: { 'aws:SourceArn': 'arn:aws:cognito-idp:*:*:userpool/us-east-1_A*' } } },
      undefined,
    ],
    [
      'all pools but another',
      { ...deny, Condition: { ArnNotLikeIfExists: { 'aws:SourceArn': 'arn:aws:cognito-idp:*:*:userpool/us-east-1_X*' } } },
      'denies',
    ],
    ['other senders', { ...deny, Condition: { StringNotLike: { 'ses:FromAddress': '*@example.com' } } }, undefined],
    ['a key that cannot be judged', { ...deny, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }, 'may deny'],
    [
      'an operator that cannot be judged',
      { ...deny, Condition: { 'ForAnyValue:StringEquals': { 'aws:SourceAccount': ACCOUNT } } },
      'may deny',
    ],
    [
      'one line that cannot be judged and one that is false',
      { ...deny, Condition: { StringEquals: { 'x:y': 'z', 'aws:SourceAccount': '9' } } },
      undefined,
    ],
  ])('deny %s', (_, statement, verdict) => {
    expect(denials(policies(statement), sending).map((denial) => denial.verdict)).toEqual(verdict === undefined ? [] : [verdict])
  })

  test('an exclusion counts only when no other statement lets the mail through', () => {
    const allow: JsonObject = { Effect: 'Allow', Principal: COGNITO, Action: 'ses:SendEmail' }
    const other: JsonObject = {
      ...allow,
      Sid: 'o',
      Condition: { StringEquals: { 'aws:SourceAccount': '9' }, ArnLike: { 'aws:SourceArn': 'x' } },
    }
    const open: JsonObject = { ...allow, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }
    expect(exclusion(policies(other), sending)).toEqual({
      ...{ policy: 'p', statement: 'o', keys: 'aws:SourceAccount, aws:SourceArn' },
      holds: `let aws:SourceAccount hold ${ACCOUNT}, and let aws:SourceArn hold ${sending.poolArn}`,
    })
    expect(exclusion(policies(other, allow), sending)).toBeUndefined()
    expect(exclusion(policies(other, open), sending)).toBeUndefined()
    expect(exclusion(policies({ ...other, Principal: '*' }), sending)).toBeUndefined()
    expect(exclusion(policies({ ...other, Effect: 'Deny' }), sending)).toBeUndefined()
    expect(exclusion({}, sending)).toBeUndefined()
  })

  test('the remedy of an Allow that leaves this pool out names the conditions that fail, and what they lack or have too much', () => {
    const allow: JsonObject = { Effect: 'Allow', Principal: { Service: ['sns.amazonaws.com', COGNITO.Service] }, Action: 'ses:SendEmail' }
    const Condition = {
      StringEquals: { 'aws:SourceAccount': ACCOUNT, 'aws:PrincipalOrgID': 'o-1' },
      StringNotLike: { 'ses:FromAddress': 'no-*' },
    }
    expect(exclusion(policies({ ...allow, Condition }), sending)).toMatchObject({
      keys: 'ses:FromAddress',
      holds: 'take no-reply@example.com out of ses:FromAddress',
    })
  })
})

test('the remedy of a Deny names what would spare Cognito', () => {
  const deny: JsonObject = { Effect: 'Deny', Action: 'ses:*' }
  const remedyOf = (statement: JsonObject, subject: Partial<Subject> = {}) =>
    judged({ subject, facts: policy({ ...deny, ...statement }) }).map(({ message }) => message.split('; ').at(-1))
  expect(remedyOf({ Principal: '*' })).toEqual([`add to that statement the condition ArnNotEquals, aws:PrincipalArn ${ROLE}.`])
  expect(remedyOf({ Principal: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/x' } } })).toEqual([
    `let aws:PrincipalArn hold ${ROLE} in that statement.`,
  ])
  expect(remedyOf({ NotPrincipal: { AWS: 'arn:aws:iam::1:role/x' } })).toEqual([`add ${ROLE} to NotPrincipal of that statement.`])
  const everyoneFor = { Principal: '*', Condition: { StringEquals: { 'aws:SecureTransport': 'true' } } }
  expect(remedyOf(everyoneFor)).toEqual([`add to that statement the condition ArnNotEquals, aws:PrincipalArn ${ROLE}.`])
  expect(remedyOf({ Principal: '*' }, { account: undefined })).toEqual([
    'add to that statement the condition ArnNotEquals, aws:PrincipalArn the role AWSServiceRoleForAmazonCognitoIdpEmailService of the pool’s account.',
  ])
  expect(remedyOf({ Principal: COGNITO })).toEqual(['take Amazon Cognito out of Principal of that statement.'])
})

describe('the table of Regions with SES', () => {
  test('has every Region that the SDK has a key for Easy DKIM in', () => {
    const known = Object.values(DkimSigningAttributesOrigin)
      .filter((origin) => origin.startsWith('AWS_SES_'))
      .map((origin) => origin.slice('AWS_SES_'.length).toLowerCase().replaceAll('_', '-'))
    expect(known.length).toBeGreaterThan(25)
    expect(known.filter((region) => !SES_REGIONS.includes(region))).toEqual([])
  })

  test('has the Regions that the SDK has no such key for', () => {
    const others = ['ap-east-2', 'ap-southeast-4', 'ap-southeast-6', 'ap-southeast-7', 'eu-south-2', 'mx-central-1', 'eusc-de-east-1']
    expect(others.filter(hasNoSes)).toEqual([])
  })

  test('every Region that a remedy may name is in it', () => {
    const { classics, alternates } = REGION_RULES
    expect([...classics, ...Object.values(alternates)].filter(hasNoSes)).toEqual([])
    for (const pool of [...SES_REGIONS, 'ap-east-1', 'me-west-1', 'sa-west-1']) {
      const named =
        sesRegionsFor(pool)
          .match(/^(?:[a-z0-9-]+(?:, | or |$))+/)?.[0]
          .split(/, | or /) ?? []
      expect(named.filter(hasNoSes)).toEqual([])
    }
  })

  test.each([
    ['us-east-1', 'us-east-1, us-west-2 or eu-west-1'],
    ['eu-central-1', 'eu-central-1, us-east-1, us-west-2 or eu-west-1'],
    ['eu-north-1', 'eu-north-1'],
    ['ap-east-1', 'ap-southeast-1'],
    ['eu-south-2', 'eu-west-3'],
    ['me-west-1', 'the Region that Amazon Cognito names for me-west-1 (developer guide, user-pool-email)'],
  ])('sends a pool in %s to %s', (pool, regions) => {
    expect(sesRegionsFor(pool)).toBe(regions)
  })

  test('says nothing of a partition of which it has no Region', () => {
    expect(['cn-north-1', 'us-iso-east-1', 'us-isob-west-1', 'eu-isoe-west-1'].filter(hasNoSes)).toEqual([])
  })
})

test.each<[string, string, boolean]>([
  ['eu-north-1', 'eu-north-1', true],
  ['xx-new-9', 'xx-new-9', true],
  ['eu-central-1', 'us-west-2', true],
  ['us-east-2', 'us-east-2', true],
  ['eu-west-3', 'eu-west-1', false],
  ['eu-central-1', 'eu-west-2', false],
  ['ap-east-1', 'ap-southeast-1', true],
  ['ap-east-2', 'ap-northeast-2', true],
  ['ap-east-2', 'ap-northeast-1', false],
  ['eusc-de-east-1', 'eusc-de-east-1', true],
  ['ap-southeast-1', 'ap-east-1', false],
])('a pool in %s with SES in %s: known %j', (pool, ses, isKnown) => {
  expect(isKnownPair(pool, ses)).toBe(isKnown)
})

test.each([
  ...['us-east-1', 'us-east-2', 'us-west-2', 'ca-central-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-south-1'],
  ...['ap-southeast-1', 'ap-southeast-2', 'eu-west-1', 'eu-west-2', 'eu-central-1'],
])('a pool in %s may use the three Regions of SES that were there first', (pool) => {
  expect(['us-east-1', 'us-west-2', 'eu-west-1'].filter((ses) => !isKnownPair(pool, ses))).toEqual([])
})

test.each([
  ['ap-south-2', 'ap-south-1'],
  ['ap-southeast-4', 'ap-southeast-2'],
  ['ap-southeast-5', 'ap-southeast-2'],
  ['ca-west-1', 'ca-central-1'],
  ['eu-central-2', 'eu-central-1'],
  ['eu-south-2', 'eu-west-3'],
  ['me-central-1', 'eu-central-1'],
])('Amazon Cognito names another Region of SES for a pool in %s: %s', (pool, ses) => {
  expect(isKnownPair(pool, ses)).toBe(true)
  expect(sesRegionsFor(pool)).toBe(ses)
})

type Call = { readonly name: string; readonly answer: () => void }

/** SES whose answers wait until `release`; `world` says what they are. */
const heldSes = (world: (name: string) => unknown) => {
  const calls: string[] = []
  let waiting: Call[] = []
  const held = <T>(name: string, pick: (answer: unknown) => T, signal: AbortSignal): Promise<T> => {
    calls.push(name)
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason)
      signal.addEventListener('abort', abort)
      const answer = () => {
        signal.removeEventListener('abort', abort)
        const said = world(name)
        if (said instanceof Error) reject(said)
        else resolve(pick(said))
      }
      waiting.push({ name, answer })
    })
  }
  const object = (said: unknown): JsonObject | undefined => (isObject(said) ? said : undefined)
  const ses: Ses = {
    getAccount: (region, signal) => held(`account ${region}`, (said) => object(said) ?? {}, signal),
    getConfigurationSet: (region, name, signal) => held(`set ${region} ${name}`, object, signal),
    getEventDestinations: (region, name, signal) =>
      held(`destinations ${region} ${name}`, (said) => (Array.isArray(said) ? said : undefined), signal),
    getEmailIdentity: (region, name, signal) => held(`identity ${region} ${name}`, object, signal),
    getDedicatedIpPool: (region, name, signal) => held(`ips ${region} ${name}`, object, signal),
  }
  /** Answers everything that waits now: one round trip. Gives what was asked in it. */
  const release = async (): Promise<readonly string[]> => {
    await idle()
    const now = waiting
    waiting = []
    for (const { answer } of now) answer()
    await idle()
    return now.map(({ name }) => name).sort()
  }
  return { ses, calls, release }
}

const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const clock: Clock = { now: () => 0, random: () => 0.5, sleep: async (_, signal) => signal?.throwIfAborted() }

const EMAIL = subjectOf({}).emailConfiguration

const healthyWorld = (name: string): unknown => {
  const [kind] = name.split(' ')
  return { set: SET, destinations: [DESTINATION], account: SES_ACCOUNT, identity: IDENTITY, ips: IP_POOL }[kind ?? '']
}

describe('facts', () => {
  test('a healthy pool takes two round trips, the second for the IP pool', async () => {
    const { ses, release } = heldSes(healthyWorld)
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather(EMAIL)
    expect(await release()).toEqual([
      'account us-east-1',
      'destinations us-east-1 mail',
      'identity us-east-1 example.com',
      'set us-east-1 mail',
    ])
    expect(await release()).toEqual(['ips us-east-1 ips'])
    expect(await facts).toEqual(HEALTHY)
  })

  test('each thing is asked once for many pools, and again in another Region', async () => {
    const { ses, calls, release } = heldSes(healthyWorld)
    const finder = factFinder(ses, clock, new AbortController().signal, 'us-east-1')
    finder.prefetch({ ConfigurationSet: 'mail', SourceArn: EMAIL['SourceArn'] })
    const early = finder.gather(EMAIL)
    await release()
    const elsewhere = { ...EMAIL, SourceArn: arn('example.com', 'us-west-2') }
    const rest = [finder.gather({ ...EMAIL, From: 'x@example.com' }), finder.gather(elsewhere), finder.gather(elsewhere)]
    await release()
    await release()
    await Promise.all([early, ...rest])
    expect(new Set(calls).size).toBe(calls.length)
    expect(calls.filter((name) => name.includes('us-east-1'))).toHaveLength(5)
    expect(calls.filter((name) => name.includes('us-west-2'))).toHaveLength(5)
  })

  test('the reads that the declared members call for start before the pool has been read', async () => {
    const { ses, calls } = heldSes(healthyWorld)
    const finder = factFinder(ses, clock, new AbortController().signal, 'us-east-1')
    finder.prefetch({ ConfigurationSet: 'mail' })
    expect(calls).toEqual(['set us-east-1 mail', 'destinations us-east-1 mail', 'account us-east-1'])
  })

  test('where SES is not, they start where a declared SourceArn says', async () => {
    const { ses, calls } = heldSes(healthyWorld)
    const finder = factFinder(ses, clock, new AbortController().signal, 'ap-east-1')
    finder.prefetch({ ConfigurationSet: 'mail' })
    expect(calls).toEqual([])
    finder.prefetch({ ConfigurationSet: 'mail', SourceArn: arn('example.com', 'ap-southeast-1') })
    expect(calls).toContain('set ap-southeast-1 mail')
  })

  test('without a ConfigurationSet no set is asked for, and above an identity that is no domain name nothing', async () => {
    const { ses, calls, release } = heldSes((name) => (name.startsWith('account') ? SES_ACCOUNT : undefined))
    const finder = factFinder(ses, clock, new AbortController().signal, 'us-east-1')
    const facts = finder.gather({ ...EMAIL, ConfigurationSet: undefined, SourceArn: arn('what_ever') })
    await release()
    await release()
    expect(await facts).toMatchObject({ configurationSet: undefined, eventDestinations: undefined, parents: [] })
    expect(calls.toSorted()).toEqual(['account us-east-1', 'identity us-east-1 what_ever'])
  })

  test('an event destination that is no object is left out', async () => {
    const { ses, release } = heldSes((name) => (name.startsWith('destinations') ? [null, DESTINATION] : healthyWorld(name)))
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather(EMAIL)
    await release()
    await release()
    expect(await facts).toEqual(HEALTHY)
  })

  test('where SES is not, nobody is asked: neither for the set of the same name, nor ahead of the pool’s own SourceArn', async () => {
    const { ses, calls, release } = heldSes((name) => (name.startsWith('account') ? SES_ACCOUNT : undefined))
    const finder = factFinder(ses, clock, new AbortController().signal, 'ap-east-1')
    finder.prefetch({ ConfigurationSet: 'mail' })
    const facts = finder.gather({ ...EMAIL, SourceArn: arn('example.com', 'ap-southeast-1') })
    await release()
    await release()
    expect((await facts).configurationSetInOwnRegion).toBeUndefined()
    expect(calls.filter((name) => name.includes('ap-east-1'))).toEqual([])
  })

  test('when everything is missing it still takes two round trips, which look where it might be', async () => {
    const { ses, release } = heldSes((name) => (name.startsWith('account') ? SES_ACCOUNT : undefined))
    const email = { ...EMAIL, SourceArn: arn('no-reply@a.example.com', 'eu-west-1') }
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather(email)
    expect(await release()).toHaveLength(4)
    expect(await release()).toEqual(['identity eu-west-1 a.example.com', 'identity eu-west-1 example.com', 'set us-east-1 mail'])
    expect(await facts).toMatchObject({
      region: 'eu-west-1',
      identity: MISSING,
      configurationSet: MISSING,
      configurationSetInOwnRegion: MISSING,
    })
    expect((await facts).parents.map(({ domain }) => domain)).toEqual(['a.example.com', 'example.com'])
  })

  test('a subdomain is looked for at its parent', async () => {
    const { ses, release } = heldSes((name) => (name.startsWith('account') ? SES_ACCOUNT : undefined))
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather({ ...EMAIL, SourceArn: arn('a.example.com') })
    await release()
    expect(await release()).toEqual(['identity us-east-1 example.com'])
    await facts
  })

  test('however deep the domain, at most five are looked at', async () => {
    const { ses, release } = heldSes((name) => (name.startsWith('account') ? SES_ACCOUNT : undefined))
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather({
      ...EMAIL,
      SourceArn: arn('a.b.c.d.e.f.g.h.example.com'),
    })
    await release()
    expect(await release()).toHaveLength(5)
    await facts
  })

  test('an unverified identity is looked for above, a verified one is not', async () => {
    const { ses, release } = heldSes((name) => (name.includes('@') ? { VerifiedForSendingStatus: false } : healthyWorld(name)))
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather({
      ...EMAIL,
      SourceArn: arn('no-reply@example.com'),
    })
    await release()
    expect(await release()).toEqual(['identity us-east-1 example.com', 'ips us-east-1 ips'])
    expect(findingsOf(subjectOf({ email: { SourceArn: arn('no-reply@example.com') } }), await facts).map(({ check }) => check)).toEqual([
      'identity-unverified',
    ])
  })

  test('nothing is looked for above an address that is verified', async () => {
    const { ses, calls, release } = heldSes(healthyWorld)
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather({
      ...EMAIL,
      SourceArn: arn('no-reply@example.com'),
    })
    await release()
    await release()
    expect((await facts).parents).toEqual([])
    expect(calls.filter((name) => name.startsWith('identity'))).toEqual(['identity us-east-1 no-reply@example.com'])
  })

  test.each(['ses-default-dedicated-pool', 'ses-shared-pool', undefined])('SendingPoolName %s is not asked for', async (name) => {
    const world = (asked: string): unknown =>
      asked.startsWith('set') ? { ...SET, DeliveryOptions: name === undefined ? {} : { SendingPoolName: name } } : healthyWorld(asked)
    const { ses, calls, release } = heldSes(world)
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather(EMAIL)
    await release()
    expect((await facts).sendingPool).toBeUndefined()
    expect(calls).toHaveLength(4)
  })

  test('without a readable SourceArn SES is asked in the function’s own Region, and for no identity', async () => {
    const { ses, release } = heldSes(healthyWorld)
    const finder = factFinder(ses, clock, new AbortController().signal, 'eu-north-1')
    const facts = finder.gather({ ...EMAIL, SourceArn: 'arn:aws:ses:evil.example/:111122223333:identity/example.com' })
    expect(await release()).toEqual(['account eu-north-1', 'destinations eu-north-1 mail', 'set eu-north-1 mail'])
    await release()
    expect((await facts).identity).toBeUndefined()
  })

  test('throttles and 5xx are retried, and whoever asks hears of them', async () => {
    const asked = new Map<string, number>()
    const world = (name: string): unknown => {
      const times = (asked.get(name) ?? 0) + 1
      asked.set(name, times)
      if (name.startsWith('account') && times < 9) return new ServiceError('ses:GetAccount', 'TooManyRequestsException', '', 429)
      if (name.startsWith('set') && times < 3) return new ServiceError('ses:GetConfigurationSet', 'InternalServiceError', '', 500)
      return healthyWorld(name)
    }
    const { ses, release } = heldSes(world)
    const troubles: string[] = []
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1', ({ action }) => troubles.push(action)).gather(EMAIL)
    for (let round = 0; round < 12; round += 1) await release()
    expect(await facts).toEqual(HEALTHY)
    expect([asked.get('account us-east-1'), asked.get('set us-east-1 mail')]).toEqual([9, 3])
    expect(troubles.sort()).toEqual([...Array(8).fill('ses:GetAccount'), ...Array(2).fill('ses:GetConfigurationSet')])
  })

  test('SES down is a fact, and an InternalFailure in words', async () => {
    const { ses, release } = heldSes((name) => new ServiceError(`ses:${name.split(' ')[0]}`, 'ECONNREFUSED', 'connect ECONNREFUSED'))
    const facts = factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather(EMAIL)
    for (let round = 0; round < 6; round += 1) await release()
    const found = findingsOf(subjectOf({}), await facts)
    expect(found.map(({ check, code }) => [check, code])).toEqual([
      ['read-failed', 'InternalFailure'],
      ['detail-failed', 'InternalFailure'],
    ])
    expect(summary(await facts)).toEqual({ SendingPoolName: '', EventDestinations: '', Max24HourSend: '' })
  })

  test('an abort rejects, and a prefetch that nobody gathers leaves no unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const controller = new AbortController()
    const { ses } = heldSes(healthyWorld)
    const finder = factFinder(ses, clock, controller.signal, 'us-east-1')
    finder.prefetch({ ConfigurationSet: 'mail' })
    finder.prefetch(EMAIL)
    const gathered = finder.gather({ ...EMAIL, ConfigurationSet: 'other' })
    const rejection = expect(gathered).rejects.toThrow('out of time')
    controller.abort(new Error('out of time'))
    await rejection
    await idle()
    await idle()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('what is not a ServiceError is no fact', async () => {
    const { ses, release } = heldSes(() => new TypeError('a mistake of ours'))
    const rejection = expect(factFinder(ses, clock, new AbortController().signal, 'us-east-1').gather(EMAIL)).rejects.toThrow(
      'a mistake of ours',
    )
    await release()
    await rejection
  })
})
