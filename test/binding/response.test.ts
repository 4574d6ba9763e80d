// The answer always fits, and every value in it is whole or empty.
import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { effectiveData, MAX_BYTES, type Outcome, responseBody } from '../../lib/binding/response.ts'

const TO = {
  StackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/mail/1',
  RequestId: 'r',
  LogicalResourceId: 'Binding',
  PhysicalResourceId: 'cognito-ses-binding-0',
}
const DATA = {
  ConfigurationSet: 'mail',
  EmailSendingAccount: 'DEVELOPER',
  SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
  From: 'a@example.com',
  ReplyToEmailAddress: 'b@example.com',
  UserPoolIds: 'us-east-1_a',
  SendingPoolName: 'ips',
  EventDestinations: 'one,two',
  Max24HourSend: '50000',
}
const body = (outcome: Outcome) => responseBody(TO, outcome, 'stream')
const bytes = (text: string) => Buffer.byteLength(text)
const success = (data: Partial<typeof DATA>, warnings: readonly string[] = []) =>
  JSON.parse(body({ status: 'SUCCESS', data: { ...DATA, ...data }, warnings })).Data

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6_000 }),
  fc.string({ unit: 'grapheme', maxLength: 3_000 }),
  fc.constant('\u001b[31m"\\'.repeat(900)),
  fc.constant('\ud800'.repeat(1_500)),
)

test('any answer has at most 4,096 bytes and no control character but the line ends between Warnings', () => {
  const failed = anyText.map((message): Outcome => ({ status: 'FAILED', code: 'InvalidRequest', message }))
  const succeeded = fc.tuple(anyText, anyText, anyText, fc.array(anyText, { maxLength: 5 })).map(
    ([From, EventDestinations, UserPoolIds, warnings]): Outcome => ({
      status: 'SUCCESS',
      data: { ...DATA, From, EventDestinations, UserPoolIds },
      warnings,
    }),
  )
  const outcome = fc.oneof(failed, succeeded)
  void fc.assert(
    fc.property(outcome, (given) => {
      const text = body(given)
      expect(bytes(text)).toBeLessThanOrEqual(MAX_BYTES)
      const { Reason = '', Data = {} } = JSON.parse(text)
      for (const value of [Reason, ...Object.values(Data)]) expect(String(value).replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cs}/u)
    }),
    { numRuns: 300 },
  )
})

test('a Reason that is too long keeps its head, ends on a whole character and points to the log stream', () => {
  const { Reason } = JSON.parse(body({ status: 'FAILED', code: 'NotFound', message: `begin ${'é😀'.repeat(3_000)}` }))
  expect(Reason).toMatch(/^NotFound: begin é😀.*… \(cut; the log stream stream has all of it\)$/u)
  expect(bytes(body({ status: 'FAILED', code: 'NotFound', message: `begin ${'é😀'.repeat(3_000)}` }))).toBeGreaterThan(MAX_BYTES - 12)
})

test('Warnings lose whole lines, the last first, before anything else is lost', () => {
  const warnings = Array.from({ length: 200 }, (_, index) => `warning number ${index} is about forty bytes`)
  const data = success({}, warnings)
  const kept = data.Warnings.split('\n')
  expect(kept).toEqual(warnings.slice(0, kept.length))
  expect(kept.length).toBeGreaterThan(50)
  expect({ ...data, Warnings: '' }).toEqual({ ...DATA, Warnings: '' })
})

test('then EventDestinations, UserPoolIds, ReplyToEmailAddress and From become empty, in this order, each with a warning', () => {
  const big = 'x'.repeat(2_500)
  expect(success({ EventDestinations: big, UserPoolIds: big })).toMatchObject({
    EventDestinations: '',
    UserPoolIds: big,
    Warnings: expect.stringContaining('EventDestinations is empty'),
  })
  const two = success({ UserPoolIds: big, ReplyToEmailAddress: big })
  expect(two).toMatchObject({ EventDestinations: '', UserPoolIds: '', ReplyToEmailAddress: big })
  expect(two.Warnings).toMatch(/EventDestinations is empty.*\n.*UserPoolIds is empty/)
  expect(success({ ReplyToEmailAddress: big, From: big })).toMatchObject({ ReplyToEmailAddress: '', From: big })
  expect(success({ From: 'x'.repeat(5_000) })).toMatchObject({ From: '', SourceArn: DATA.SourceArn })
})

test('a SourceArn is the last to go, and what was empty before needs no word', () => {
  const huge = 'x'.repeat(5_000)
  expect(success({ SourceArn: huge, EventDestinations: '', From: '' })).toEqual({
    ...{ ...DATA, SourceArn: '', EventDestinations: '', From: '', UserPoolIds: '', ReplyToEmailAddress: '' },
    Warnings: ['UserPoolIds', 'ReplyToEmailAddress', 'SourceArn']
      .map((name) => `${name} is empty here: the answer would be over 4096 bytes. The log has it.`)
      .join('\n'),
  })
})

test('Warnings have no control characters, and are empty where there are none', () => {
  expect(success({}, ['one\u001b[31m', 'two']).Warnings).toBe('one [31m\ntwo')
  expect(JSON.parse(body({ status: 'SUCCESS', data: DATA }))).toEqual({ Status: 'SUCCESS', ...TO, Data: { ...DATA, Warnings: '' } })
})

test('Data show what the pool has, and an empty text for what it has not', () => {
  const { ConfigurationSet, EmailSendingAccount, SourceArn, From, ReplyToEmailAddress } = DATA
  const members = { ConfigurationSet, EmailSendingAccount, SourceArn, From, ReplyToEmailAddress }
  expect(effectiveData({ ...members, Tomorrow: 'x' })).toEqual(members)
  expect(effectiveData({})).toEqual(Object.fromEntries(Object.keys(members).map((name) => [name, ''])))
})

test('the answer to a Delete has no Data', () => {
  expect(JSON.parse(body({ status: 'SUCCESS' }))).toEqual({ Status: 'SUCCESS', ...TO })
})

test('a FAILED is the code and the sentence', () => {
  expect(JSON.parse(body({ status: 'FAILED', code: 'NotFound', message: 'No.' }))).toEqual({
    Status: 'FAILED',
    Reason: 'NotFound: No.',
    ...TO,
  })
})

test('an answer of exactly 4,096 bytes is whole; one of a byte more is not', () => {
  const reason = (length: number): string => JSON.parse(body({ status: 'FAILED', code: 'NotFound', message: 'x'.repeat(length) })).Reason
  const room = MAX_BYTES - bytes(body({ status: 'FAILED', code: 'NotFound', message: '' }))
  expect(reason(room)).toBe(`NotFound: ${'x'.repeat(room)}`)
  expect(reason(room + 1)).toMatch(/… \(cut/)
})
