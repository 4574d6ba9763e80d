// One email address as people write it: what it says, and whether two of them are the same.
import { domainToASCII } from 'node:url'
import { sameJson } from './json.ts'
import { excerpt } from './printable.ts'

export type Mailbox = {
  /** Without quotes and escapes, blanks collapsed; empty when there is none. */
  readonly displayName: string
  /** As it stands, without quotes: the local part is case-sensitive. */
  readonly localPart: string
  /** Lower case, in punycode. */
  readonly domain: string
}

/** `text` is all that is written, `address` that without a name and angle brackets. */
export type Address = { readonly mailbox: Mailbox; readonly address: string; readonly text: string }

export type NotAMailbox = { readonly problem: string }

/** Longest From or ReplyToEmailAddress, in UTF-16 units: the longest line of a mail (RFC 5322 §2.1.1). */
export const MAILBOX_LENGTH = 998

/** RFC 5321 §4.5.3.1. */
const LOCAL_PART_LENGTH = 64
const DOMAIN_LENGTH = 253

const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u

const quote = (value: string): string => `"${excerpt(value, 60)}"`

/** What stands where: the text before `<`, and the text between `<` and `>`; the whole text when there are no brackets. */
type Parts = { readonly phrase: string; readonly address: string }

/** Characters that RFC 5322 §3.2.3 allows in a name only inside double quotes, and what each is called. */
const SPECIALS: Readonly<Record<string, string>> = {
  '(': 'a comment in parentheses',
  ')': 'a comment in parentheses',
  ',': 'a comma',
  ';': 'a semicolon',
  ':': 'a colon',
  '[': 'a bracket',
  ']': 'a bracket',
  '\\': 'a backslash',
}

/** What to do about a special character where no name is. */
const OUTSIDE_OF_A_NAME: Readonly<Record<string, string>> = {
  '(': '; leave it out, or put the name in double quotes',
  ')': '; leave it out, or put the name in double quotes',
  ':': ', which begins a group; give one address only',
  '[': '; use a domain name after the @',
  ']': '; use a domain name after the @',
  '\\': '; leave it out',
}

const QUOTED = /"(?:[^"\\]|\\.)*"/
const QUOTED_FIRST = new RegExp(`^${QUOTED.source}`)
/** A double quote by itself is one that is not closed. */
const QUOTED_OR_CHARACTER = new RegExp(`${QUOTED.source}|.`, 'g')
/** An @ outside of quotes. */
const HAS_AT = new RegExp(`^(?:${QUOTED.source}|[^"@])*@`)
/** An opening angle bracket outside of quotes: what stands before it is a name. */
const HAS_BRACKET = new RegExp(`^(?:${QUOTED.source}|[^"<])*<`)

/** What is wrong with the special character at `at`: in a name it needs quotes, elsewhere it cannot stand. */
const specialProblem = (text: string, at: number): string => {
  const character = text.charAt(at)
  const what = `it has ${SPECIALS[character]}${'()'.includes(character) ? '' : ' that is not in double quotes'}`
  if (character === ',' || character === ';')
    return `${what}; give one address only, and put a name that has ${SPECIALS[character]} in double quotes`
  if (HAS_BRACKET.test(text.slice(at))) return `${what}; put the name in double quotes`
  return `${what}${OUTSIDE_OF_A_NAME[character]}`
}

/** Walks the text once, outside of quotes, and cuts it at the angle brackets. */
const split = (text: string): Parts | NotAMailbox => {
  let open = -1
  for (const { 0: piece, index: at } of text.matchAll(QUOTED_OR_CHARACTER)) {
    if (piece === '"') return { problem: `its double quotes are not closed: ${quote(text)}` }
    if (SPECIALS[piece] !== undefined) return { problem: `${specialProblem(text, at)}: ${quote(text)}` }
    if (piece === '<') {
      if (open >= 0)
        return {
          problem: `it has two angle brackets <; give one address only, and put a name that has one in double quotes: ${quote(text)}`,
        }
      open = at
    } else if (piece === '>') {
      if (open < 0) {
        const remedy = HAS_BRACKET.test(text) ? '; put a name that has one in double quotes' : ''
        return { problem: `it has an angle bracket > without a < before it${remedy}: ${quote(text)}` }
      }
      if (at + 1 < text.length) return { problem: `it goes on after the angle bracket >; give one address only: ${quote(text)}` }
      return { phrase: text.slice(0, open), address: text.slice(open + 1, at).trim() }
    }
  }
  return open < 0 ? { phrase: '', address: text } : { problem: `its angle bracket < is not closed: ${quote(text)}` }
}

/** A name without quotes and escapes, blanks collapsed; undefined when it has an @ outside of quotes. */
const displayNameOf = (phrase: string): string | undefined => {
  if (HAS_AT.test(phrase)) return undefined
  const name = phrase.replace(/\\(.)|"/g, '$1')
  return name.split(' ').filter(Boolean).join(' ')
}

const ASCII = /^[ -~]*$/
const ATOMS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const SIMPLE_QUOTED = /^"[ !#-[\]-~]+"$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** What a domain may be written with before it is turned into punycode: no escapes, ports, or paths, which domainToASCII would interpret. */
const DOMAIN_AS_WRITTEN = /^(?:[A-Za-z0-9.-]|[^\0-\x7f])+$/

/**
 * A domain name in lower case and punycode, so that equal domains are equal strings; undefined for anything else:
 * an IP address, one label only, more than 253 characters.
 */
export const domainName = (text: string): string | undefined => {
  if (!DOMAIN_AS_WRITTEN.test(text)) return undefined
  const domain = domainToASCII(text)
  const labels = domain.split('.')
  const isName = labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/\.\d+$/.test(domain)
  return isName && domain.length <= DOMAIN_LENGTH ? domain : undefined
}

const localPartOf = (written: string): string | NotAMailbox => {
  if (written === '') return { problem: 'there is nothing before its @' }
  if (!ASCII.test(written))
    return {
      problem: `the part before its @ is not 7-bit ASCII, and Amazon SES takes nothing else there; use an address without such characters: ${quote(written)}`,
    }
  const localPart = SIMPLE_QUOTED.test(written) ? written.slice(1, -1) : written
  if (localPart === written && !ATOMS.test(written)) {
    const blank = written.includes(' ')
      ? 'has a blank; write a name as Name <user@example.com>'
      : 'has characters or dots that cannot stand there'
    return { problem: `the part before its @ ${blank}: ${quote(written)}` }
  }
  return localPart.length > LOCAL_PART_LENGTH
    ? { problem: `the part before its @ has ${localPart.length} characters; ${LOCAL_PART_LENGTH} are allowed: ${quote(written)}` }
    : localPart
}

/** What {@link parseMailbox} reads, beside what is written. */
export const readAddress = (text: string): Address | NotAMailbox => {
  if (text.length > MAILBOX_LENGTH) return { problem: `it has ${text.length} characters; ${MAILBOX_LENGTH} are allowed: ${quote(text)}` }
  if (CONTROL.test(text)) return { problem: `it has a line end or another control character; leave it out: ${quote(text)}` }
  if (text.trim() === '') return { problem: 'it is empty' }
  const parts = split(text.trim())
  if ('problem' in parts) return parts
  const displayName = displayNameOf(parts.phrase)
  if (displayName === undefined)
    return {
      problem: `it has an @ before the angle bracket <; give one address only, and put a name that has an @ in double quotes: ${quote(text)}`,
    }
  const { address } = parts
  const at = address.indexOf('@', QUOTED_FIRST.exec(address)?.[0].length)
  if (at < 0) return { problem: `it has no @: ${quote(text)}` }
  const written = address.slice(at + 1)
  if (written.includes('@')) return { problem: `it has more than one @; give one address only: ${quote(text)}` }
  const localPart = localPartOf(address.slice(0, at))
  if (typeof localPart !== 'string') return localPart
  const domain = domainName(written)
  return domain === undefined
    ? { problem: `what stands after its @ is not a domain name such as example.com: ${quote(written)}` }
    : { mailbox: { displayName, localPart, domain }, address, text }
}

/**
 * Reads one address: `user@example.com`, `Name <user@example.com>` or `"A, \"quoted\" name" <user@example.com>` (RFC 5322 §3.4, without comments and groups).
 * The domain may be written in Unicode; the local part must be ASCII, since SES has no SMTPUTF8 (SES API, SendEmail; aws-cdk#38340).
 * Takes time linear in the text.
 * @returns the parts, or half a sentence that fits after `From is not one email address: `
 */
export const parseMailbox = (text: string): Mailbox | NotAMailbox => {
  const found = readAddress(text)
  return 'problem' in found ? found : found.mailbox
}

/** The address alone, as it is written, without a name and angle brackets; undefined where there is not one address. */
export const bareAddress = (text: string): string | undefined => {
  const found = readAddress(text)
  return 'problem' in found ? undefined : found.address
}

/**
 * Whether two addresses differ in nothing but upper and lower case of the domain, which does not count for a domain's identity.
 * An address's identity is compared letter by letter (SES developer guide, creating-identities; nodemailer#1080).
 */
export const differInCase = (a: string, b: string): boolean => {
  const [left, right] = [bareAddress(a), bareAddress(b)]
  return left !== right && left?.toLowerCase() === right?.toLowerCase() && sameAddress(a, b)
}

/**
 * Whether two addresses are the same as addresses: quotes and blanks of the display name and the case of the domain do not count,
 * the local part and the words of the name do. What is not an address is the same only as the same string.
 */
export const sameAddress = (a: string | undefined, b: string | undefined): boolean => {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  const [left, right] = [parseMailbox(a), parseMailbox(b)]
  return !('problem' in left) && sameJson(left, right)
}
