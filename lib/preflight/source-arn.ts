// The ARN of an SES identity: where it is, whose it is, and which senders it covers.
import { parseArn, SES_IDENTITY_ARN } from '../arn.ts'
import { domainName, type Mailbox, parseMailbox } from '../email-address.ts'

export type SourceArn = {
  readonly partition: string
  readonly region: string
  readonly account: string
  /** The address or domain as it stands in the ARN. */
  readonly identity: string
  /** Set when the identity is an address. */
  readonly address: Mailbox | undefined
  /** The identity's domain, in lower case and punycode; undefined when it is not a domain name that we can read. */
  readonly domain: string | undefined
}

const SES_IDENTITY = new RegExp(SES_IDENTITY_ARN)

/** What an SES identity's ARN says; undefined for anything else. */
export const parseSourceArn = (text: string | undefined): SourceArn | undefined => {
  const arn = SES_IDENTITY.test(text ?? '') ? parseArn(text, 'ses') : undefined
  if (!arn) return undefined
  const { partition, region, account, resource } = arn
  const identity = resource.replace('identity/', '')
  const mailbox = parseMailbox(identity)
  const address = 'problem' in mailbox ? undefined : mailbox
  return { partition, region, account, identity, address, domain: address?.domain ?? domainName(identity) }
}

/** The ARN of another identity beside `source`. */
export const siblingArn = (source: SourceArn, identity: string): string =>
  `arn:${source.partition}:ses:${source.region}:${source.account}:identity/${identity}`

/** The domains above the identity, nearest first: of an address its own domain too. At most five, none with a single label. */
export const parentDomains = ({ address, domain }: SourceArn): readonly string[] => {
  if (domain === undefined) return []
  const labels = domain.split('.')
  return labels
    .map((_, from) => labels.slice(from).join('.'))
    .slice(address ? 0 : 1, -1)
    .slice(0, 5)
}

/**
 * Whether SES lets `from` send under the identity; undefined when the identity is nothing that we can read.
 * A domain covers its addresses and subdomains; an address covers itself and its +labels; the local part is case-sensitive
 * (SES developer guide, "Creating and verifying identities"; "Verifying email addresses", labels). The case of an address's domain has a check of its own.
 */
export const covers = ({ address, domain }: SourceArn, from: Mailbox): boolean | undefined => {
  if (domain === undefined) return undefined
  if (!address) return from.domain === domain || from.domain.endsWith(`.${domain}`)
  const isSameOrLabelled = from.localPart === address.localPart || from.localPart.startsWith(`${address.localPart}+`)
  return from.domain === domain && isSameOrLabelled
}
