// One email address: what it says, what it is not, and when two are the same.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bareAddress, differInCase, domainName, type Mailbox, parseMailbox, sameAddress } from '../../lib/email-address.ts'

const problemOf = (text: string): string => {
  const parsed = parseMailbox(text)
  return 'problem' in parsed ? parsed.problem : `parsed as ${JSON.stringify(parsed)}`
}

const box = (displayName: string, localPart: string, domain: string): Mailbox => ({ displayName, localPart, domain })

describe('what an address says', () => {
  test.each<[string, Mailbox]>([
    ['user@example.com', box('', 'user', 'example.com')],
    ['  user@example.com ', box('', 'user', 'example.com')],
    ['User.Name+label@EXAMPLE.Com', box('', 'User.Name+label', 'example.com')],
    ['<user@example.com>', box('', 'user', 'example.com')],
    ['"" <user@example.com>', box('', 'user', 'example.com')],
    ['Acme   Ltd. <user@example.com>', box('Acme Ltd.', 'user', 'example.com')],
    ['Acme<user@example.com>', box('Acme', 'user', 'example.com')],
    ['"Quoted, \\"Name\\"" <user@example.com>', box('Quoted, "Name"', 'user', 'example.com')],
    ['"a (b) : ; < > @ [ ] \\\\" < user@example.com >', box('a (b) : ; < > @ [ ] \\', 'user', 'example.com')],
    ['=?UTF-8?B?44GC?= <user@example.com>', box('=?UTF-8?B?44GC?=', 'user', 'example.com')],
    ['Übersee 🚢 <user@example.com>', box('Übersee 🚢', 'user', 'example.com')],
    ['user@BÜCHER.example', box('', 'user', 'xn--bcher-kva.example')],
    ['user@пример.рф', box('', 'user', 'xn--e1afmkfd.xn--p1ai')],
    ['"john doe"@example.com', box('', 'john doe', 'example.com')],
    ['"john@home"@example.com', box('', 'john@home', 'example.com')],
    ['"john"@example.com', box('', 'john', 'example.com')],
    [`${'a'.repeat(64)}@example.com`, box('', 'a'.repeat(64), 'example.com')],
    [`${'n'.repeat(982)} <a@example.com>`, box('n'.repeat(982), 'a', 'example.com')],
    ['user@example.web3', box('', 'user', 'example.web3')],
    ['user@example.3com', box('', 'user', 'example.3com')],
    ['user@example.1.com', box('', 'user', 'example.1.com')],
    [`a@${'abcdefghi.'.repeat(25)}com`, box('', 'a', `${'abcdefghi.'.repeat(25)}com`)],
  ])('%j', (text, mailbox) => {
    expect(parseMailbox(text)).toEqual(mailbox)
  })
})

describe('what is not one address', () => {
  test.each<[string, RegExp]>([
    ['', /^it is empty$/],
    ['   ', /^it is empty$/],
    ['example.com', /^it has no @: "example.com"$/],
    ['Name <>', /^it has no @/],
    ['Name user@example.com', /write a name as Name <user@example.com>/],
    ['a@example.com, b@example.com', /^it has a comma that is not in double quotes; give one address only/],
    ['Doe, Jane <jane@example.com>', /put a name that has a comma in double quotes/],
    ['a@example.com; b@example.com', /^it has a semicolon that is not in double quotes; give one address only/],
    ['a@example.com b@example.com', /more than one @/],
    ['a@example.com <b@example.com>', /^it has an @ before the angle bracket/],
    ['<a@example.com> <b@example.com>', /goes on after the angle bracket/],
    ['<a@example.com>x', /goes on after the angle bracket/],
    ['<user@example.com', /< is not closed/],
    ['<a@example.com> junk', /goes on after the angle bracket/],
    ['<<a@example.com>>', /two angle brackets/],
    ['Team: a@example.com, b@example.com;', /colon that is not in double quotes, which begins a group; give one address only: "Team/],
    ['user@example.com (work)', /^it has a comment in parentheses; leave it out, or put the name in double quotes: "user/],
    ['(work) user@example.com', /comment in parentheses/],
    ['Acme <user(work)@example.com>', /^it has a comment in parentheses; leave it out/],
    ['Acme (staging) <a@example.com>', /comment in parentheses; put the name in double quotes: "Acme/],
    ['[Staging] Acme <a@example.com>', /bracket that is not in double quotes; put the name in double quotes: /],
    ['Acme: mail <a@example.com>', /colon that is not in double quotes; put the name in double quotes: /],
    ['Acme \\o/ <a@example.com>', /backslash that is not in double quotes; put the name in double quotes: /],
    ['A > B <a@example.com>', /> without a < before it; put a name that has one in double quotes: /],
    ['A <3 B <a@example.com>', /two angle brackets <; .*put a name that has one in double quotes: /],
    ['a@[127.0.0.1] "<"', /bracket that is not in double quotes; use a domain name after the @: /],
    ['"open <user@example.com>', /double quotes are not closed/],
    ['(work) "open <user@example.com>', /^it has a comment in parentheses; leave it out/],
    ['user@"example.com"', /^what stands after its @ is not a domain name/],
    ['Name <user@example.com', /< is not closed/],
    ['Name user@example.com>', /> without a < before it: "Name/],
    ['back\\slash <user@example.com>', /backslash/],
    ['back\\slash@example.com', /backslash that is not in double quotes; leave it out: /],
    ['work) <user@example.com>', /^it has a comment in parentheses; put the name in double quotes: /],
    ['work) user@example.com', /^it has a comment in parentheses; leave it out, or put the name in double quotes: /],
    ['a@127.0.0.1]', /^it has a bracket that is not in double quotes; use a domain name after the @: /],
    ['"a"b@example.com', /^the part before its @ has characters/],
    ['user@example.com\r\nBcc: victim@example.org', /^it has a line end.*: "user@example\.com\\u000d\\u000aBcc: victim@example\.org"$/],
    ['user\n@example.com', /line end/],
    ['user\u0000@example.com', /control character.*\\u0000/],
    ['user\u2028@example.com', /control character/],
    ['\u001b[31muser@example.com', /\\u001b/],
    ['ünïcode@example.com', /not 7-bit ASCII, and Amazon SES takes nothing else there; use an address without.*"ünïcode"$/],
    ['café@example.com', /7-bit ASCII/],
    ['@example.com', /nothing before its @/],
    ['.user@example.com', /cannot stand there/],
    ['us..er@example.com', /cannot stand there/],
    ['a"b"@example.com', /cannot stand there/],
    ['"a\\"b"@example.com', /cannot stand there/],
    [`${'a'.repeat(65)}@example.com`, /65 characters; 64 are allowed/],
    ['user@', /not a domain name/],
    ['user@localhost', /not a domain name such as example\.com: "localhost"/],
    ['user@example.com.', /not a domain name/],
    ['user@-example.com', /not a domain name/],
    ['user@127.0.0.1', /not a domain name/],
    ['user@10.0.0.127', /not a domain name/],
    ['user@0x7f.0x1', /not a domain name/],
    ['user@[127.0.0.1]', /bracket/],
    ['user@exam ple.com', /not a domain name/],
    ['user@ex%61mple.com', /not a domain name/],
    [`user@${'a'.repeat(64)}.com`, /not a domain name/],
    [`user@${'abcdefgh.'.repeat(30)}com`, /not a domain name/],
    [`user@${'bücher.'.repeat(20)}example`, /not a domain name/],
    [`${'a'.repeat(20_000)}@example.com`, /^it has 20012 characters; 998 are allowed: "a+…"$/],
  ])('%j', (text, problem) => {
    expect(problemOf(text)).toMatch(problem)
  })

  test('20,000 hostile characters are judged at once', () => {
    for (const piece of ['"', '\\', '<', '(', 'a.', '@', '"\\', ' ', '\u0000', 'é', 'a@a,', 'xn--', '。']) {
      const hostile = piece.repeat(20_000 / piece.length)
      expect(problemOf(hostile)).toMatch(/^it has \d+ characters/)
      expect(sameAddress(hostile, `${hostile}x`)).toBe(false)
    }
  })
})

const atom = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}$/)
const label = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const domain = fc.tuple(label, fc.stringMatching(/^[a-z]{2,8}$/)).map((labels) => labels.join('.'))
const address = fc.tuple(atom, domain).map(([localPart, host]) => ({ localPart, host }))
const name = fc
  .array(fc.stringMatching(/^[ -~]{1,10}$/), { maxLength: 4 })
  .map((words) => words.join(' ').split(' ').filter(Boolean).join(' '))
test('a backslash in a quoted name takes the character after it as it is, a blank too', () => {
  expect(parseMailbox('"A\\ \\"B\\"" <a@example.com>')).toMatchObject({ displayName: 'A "B"' })
})

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

describe('laws', () => {
  test('any name in quotes, any local part and any domain come back as they were', () => {
    fc.assert(
      fc.property(name, address, (displayName, { localPart, host }) => {
        expect(parseMailbox(`${quoted(displayName)} <${localPart}@${host}>`)).toEqual({ displayName, localPart, domain: host })
      }),
    )
  })

  test('quotes and blanks of the name and the case of the domain do not count', () => {
    fc.assert(
      fc.property(name, address, (displayName, { localPart, host }) => {
        const loose = ` ${quoted(` ${displayName.replaceAll(' ', '  ')} `)}  < ${localPart}@${host.toUpperCase()} > `
        expect(sameAddress(loose, `${quoted(displayName)}<${localPart}@${host}>`)).toBe(true)
      }),
    )
  })

  test('the local part counts to the letter', () => {
    fc.assert(
      fc.property(atom, atom, domain, (a, b, host) => {
        expect(sameAddress(`${a}@${host}`, `${b}@${host}`)).toBe(a === b)
      }),
    )
  })

  test('of any text: it parses or has a short problem without control characters; it equals itself, and equality has no sides', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(fc.constantFrom('a', '@', 'b.c', '"', '<', '>', ',', '\\', ' ', '(', 'é', '\n', ':'), { maxLength: 12 })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, text, (a, b) => {
        const parsed = parseMailbox(a)
        if ('problem' in parsed) {
          expect(parsed.problem.length).toBeLessThan(250)
          expect(parsed.problem).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
        } else {
          expect(domainName(parsed.domain)).toBe(parsed.domain)
          expect(parsed.localPart).not.toBe('')
        }
        expect(sameAddress(a, a)).toBe(true)
        expect(sameAddress(a, b)).toBe(sameAddress(b, a))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the same address', () => {
  test.each<[string | undefined, string | undefined, boolean]>([
    [undefined, undefined, true],
    ['a@example.com', undefined, false],
    [undefined, 'a@example.com', false],
    ['a@example.com', 'a@example.org', false],
    ['', ' ', false],
    ['a@example.com', 'a@EXAMPLE.COM', true],
    ['a@example.com', 'A@example.com', false],
    ['Acme Mail <a@example.com>', '"Acme  Mail" <a@example.com>', true],
    ['Acme <a@example.com>', 'acme <a@example.com>', false],
    ['Acme <a@example.com>', 'a@example.com', false],
    ['<a@example.com>', 'a@example.com', true],
    ['a@bücher.example', 'a@xn--bcher-kva.example', true],
    ['not an address', 'not an address', true],
    ['not an address', 'not  an address', false],
    ['ünï@example.com', 'ünï@EXAMPLE.com', false],
  ])('%j and %j: %j', (a, b, same) => {
    expect(sameAddress(a, b)).toBe(same)
  })
})

test.each<[string, string | undefined]>([
  [' Acme < a@Example.com > ', 'a@Example.com'],
  ['a@Example.com', 'a@Example.com'],
  ['"john doe"@example.com', '"john doe"@example.com'],
  ['a@example.com, b@example.com', undefined],
])('the address alone of %j is %j', (text, address) => {
  expect(bareAddress(text)).toBe(address)
})

test.each<[string, string, boolean]>([
  ['a@Example.com', 'a@example.com', true],
  ['Acme <a@Example.com>', '"Acme" <a@example.com>', true],
  ['a@example.com', 'a@example.com', false],
  ['A@example.com', 'a@example.com', false],
  ['a@bücher.example', 'a@xn--bcher-kva.example', false],
  ['Acme <a@Example.com>', 'a@example.com', false],
  ['no address', 'a@example.com', false],
  ['a@example.com', 'no address', false],
])('%j and %j differ in the case of the domain alone: %j', (a, b, isSo) => {
  expect(differInCase(a, b)).toBe(isSo)
})
