// The checks of the SES identity: whether it may send, for whom, and how its mail arrives.
import { userPoolArn } from '../arn.ts'
import { child, text } from '../json.ts'
import { type Check, findingIf, type Values, type View } from './check.ts'
import { isMissing, isUnverified } from './facts.ts'
import { cognitoRoleArn, denials, exclusion, type Sending } from './identity-policy.ts'

const IDENTITY = 'ses:GetEmailIdentity on identity/*'

/** Statuses of verification, MAIL FROM and DKIM that SES documents as not in order; one that it does not document is not judged. */
const FAILING: readonly unknown[] = ['FAILED', 'TEMPORARY_FAILURE']
const NOT_READY: readonly unknown[] = ['PENDING', 'NOT_STARTED', ...FAILING]

const mailFrom = ({ identity }: View, rejecting: boolean): readonly Values[] => {
  const attributes = child(identity, 'MailFromAttributes')
  const [domain, status] = [text(attributes, 'MailFromDomain'), text(attributes, 'MailFromDomainStatus')]
  const rejects = attributes?.['BehaviorOnMxFailure'] === 'REJECT_MESSAGE'
  return findingIf(Boolean(domain) && NOT_READY.includes(status) && rejects === rejecting, { domain, status })
}

const sending = ({ subject, source, fromAddress }: View): Sending => {
  const mailbox = fromAddress?.mailbox ?? source?.address
  const { region, account, userPoolId } = subject
  const place = source && account !== undefined ? { partition: source.partition, region, account } : undefined
  return {
    region,
    account,
    partition: source?.partition,
    poolArn: place && userPoolArn(place, userPoolId),
    roleArn: place && cognitoRoleArn(place.partition, place.account),
    fromAddress: mailbox && `${mailbox.localPart}@${mailbox.domain}`,
  }
}

/**
 * Why mail is not signed, in the words of DkimAttributes. SES reports the status of DKIM for domains; an address is signed by its domain
 * unless its own signing is on, so of an address only a signing that is on and fails counts.
 */
const notSigned = ({ identity, source }: View): readonly string[] => {
  const dkim = child(identity, 'DkimAttributes')
  const status = text(dkim, 'Status')
  const isOn = dkim?.['SigningEnabled']
  if (source?.identity.includes('@')) return isOn === true && FAILING.includes(status) ? [`Status ${status}`] : []
  return [isOn === false ? ['SigningEnabled false'] : [], NOT_READY.includes(status) ? [`Status ${status}`] : []].flat()
}

export const OF_IDENTITY: readonly Check[] = [
  {
    id: 'identity-missing',
    level: 'error',
    of: 'live',
    members: ['SourceArn'],
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
    of: 'live',
    members: ['SourceArn'],
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
    of: 'live',
    members: ['SourceArn'],
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
    id: 'mail-from-rejects',
    level: 'warning',
    of: 'live',
    members: ['SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'MailFromAttributes of the identity, BehaviorOnMxFailure REJECT_MESSAGE',
    sentence:
      'MAIL FROM domain {domain} of identity {identity} is {status}, and Amazon SES rejects every mail meanwhile (BehaviorOnMxFailure REJECT_MESSAGE)',
    remedy: 'publish its MX record, or set BehaviorOnMxFailure to USE_DEFAULT_VALUE',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, MailFromAttributes',
    find: (view) => mailFrom(view, true),
  },
  {
    id: 'identity-policy-denies',
    level: 'warning',
    of: 'live',
    members: ['From', 'SourceArn'],
    code: 'AccessDenied',
    looksAt:
      'Policies of the identity: Deny for Cognito, its service-linked role, the account or everyone, conditions judged where they can be',
    sentence: 'Statement {statement} of policy {policy} of identity {identity} {verdict} Amazon Cognito to send mail for user pool {pool}',
    remedy: '{exempt}',
    permission: IDENTITY,
    evidence: 'inferred',
    source:
      'IAM: an explicit Deny wins; the caller is the role AWSServiceRoleForAmazonCognitoIdpEmailService (Cognito developer guide, using-service-linked-roles), as a service documented two ways (Cognito and SES developer guides, 2023) and met as cognito-idp.<region>.amazonaws.com (2026)',
    find: (view) => denials(child(view.identity, 'Policies') ?? {}, sending(view)).map((denial) => ({ ...denial })),
  },
  {
    id: 'identity-policy-excludes',
    level: 'warning',
    of: 'live',
    members: ['From', 'SourceArn'],
    code: 'AccessDenied',
    looksAt: 'Policies of the identity: Allow for Cognito whose conditions leave this pool out',
    sentence:
      'Statement {statement} of policy {policy} of identity {identity} lets Amazon Cognito send, but its condition on {keys} leaves user pool {pool} out',
    remedy: '{holds}, unless the service-linked role of Cognito is enough for you',
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
    of: 'live',
    members: ['SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'VerificationStatus of an identity that still may send',
    sentence: 'Identity {identity} may still send in {sesRegion}, but its VerificationStatus is {status}',
    remedy: 'restore the DNS records that Amazon SES shows for it before it loses its verification',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, GetEmailIdentity',
    find: ({ identity }) => {
      const status = text(identity, 'VerificationStatus')
      return findingIf(!isUnverified(identity) && FAILING.includes(status), { status })
    },
  },
  {
    id: 'dkim',
    level: 'warning',
    of: 'live',
    members: ['SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'DkimAttributes of the identity; of an address only a signing of its own that is on and fails',
    sentence: 'Mail from identity {identity} is not signed with DKIM ({why}), so receivers may take it for spam',
    remedy: 'turn DKIM on for the identity in {sesRegion} and publish the records that Amazon SES shows',
    permission: IDENTITY,
    evidence: 'documented',
    source:
      'SES API v2, DkimAttributes; an address’s own setting overrides its domain’s (SES developer guide, verify-email-addresses); the status is reported for domains only (AWS CLI reference, ses get-identity-dkim-attributes)',
    find: (view) => {
      const why = notSigned(view)
      return findingIf(why.length > 0, { why: why.join(', ') })
    },
  },
  {
    id: 'mail-from-not-ready',
    level: 'warning',
    of: 'live',
    members: ['SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'MailFromAttributes of the identity, BehaviorOnMxFailure other than REJECT_MESSAGE',
    sentence: 'MAIL FROM domain {domain} of identity {identity} is {status}, so Amazon SES sends with amazonses.com instead',
    remedy: 'publish its MX record',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, MailFromAttributes',
    find: (view) => mailFrom(view, false),
  },
  {
    id: 'identity-default-set-other',
    level: 'warning',
    of: 'wish',
    members: ['ConfigurationSet', 'SourceArn'],
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
      return findingIf(Boolean(own) && own !== view.values['set'], { default: own })
    },
  },
  {
    id: 'identity-default-set-same',
    level: 'warning',
    of: 'wish',
    members: ['ConfigurationSet', 'SourceArn'],
    code: 'InvalidRequest',
    looksAt: 'ConfigurationSetName of the identity',
    sentence:
      'Configuration set {set} already is the default of identity {identity}, so mail of user pool {pool} goes through it without this binding too',
    remedy: 'keep the binding if the pool must not depend on that default; else it can go',
    permission: IDENTITY,
    evidence: 'documented',
    source: 'SES API v2, GetEmailIdentity, ConfigurationSetName',
    find: (view) => {
      const own = text(view.identity, 'ConfigurationSetName')
      return findingIf(own !== undefined && own === view.values['set'])
    },
  },
]
