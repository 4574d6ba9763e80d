// What CloudFormation gets back: one JSON body that always fits its limit, every value whole or empty.
import type { Code } from '../errors.ts'
import { text } from '../json.ts'
import type { EmailConfiguration } from '../pool/layers.ts'
import { withoutControls } from '../printable.ts'

/** A response over 4,096 bytes fails the stack with "Response object is too long." (CloudFormation User Guide, crpg-ref-responses). */
export const MAX_BYTES = 4_096

/** The keys that Fn::GetAtt may ask for: flat strings, always all of them, or GetAtt fails a stack later. */
export type Data = {
  readonly ConfigurationSet: string
  readonly EmailSendingAccount: string
  readonly SourceArn: string
  readonly From: string
  readonly ReplyToEmailAddress: string
  readonly UserPoolIds: string
  readonly SendingPoolName: string
  readonly EventDestinations: string
  readonly Max24HourSend: string
  readonly Warnings: string
}

/** What the request says of itself, copied into the answer as it came. */
export type ResponseIds = {
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
  readonly PhysicalResourceId: string
}

export type Outcome =
  | { readonly status: 'SUCCESS'; readonly data?: Omit<Data, 'Warnings'>; readonly warnings?: readonly string[] }
  | { readonly status: 'FAILED'; readonly code: Code; readonly message: string }

/** The members of Data that show what the pool has now. */
export const effectiveData = (emailConfiguration: EmailConfiguration) => ({
  ConfigurationSet: text(emailConfiguration, 'ConfigurationSet') ?? '',
  EmailSendingAccount: text(emailConfiguration, 'EmailSendingAccount') ?? '',
  SourceArn: text(emailConfiguration, 'SourceArn') ?? '',
  From: text(emailConfiguration, 'From') ?? '',
  ReplyToEmailAddress: text(emailConfiguration, 'ReplyToEmailAddress') ?? '',
})

/** What may become empty when the answer does not fit, the least missed first. */
const EXPENDABLE = ['EventDestinations', 'UserPoolIds', 'ReplyToEmailAddress', 'From', 'SourceArn'] as const

const bytes = (body: string): number => new TextEncoder().encode(body).length
const fits = (body: string): boolean => bytes(body) <= MAX_BYTES

/** The largest count from 0 to `most` for which `test` holds, given that it holds for all smaller ones. */
const largest = (most: number, test: (count: number) => boolean): number => {
  let [low, high] = [0, most]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (test(middle)) low = middle
    else high = middle - 1
  }
  return low
}

const succeeded = (to: ResponseIds, data: Omit<Data, 'Warnings'> | undefined, warnings: readonly string[]): string => {
  if (!data) return JSON.stringify({ Status: 'SUCCESS', ...to })
  const clean = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, withoutControls(value)]))
  const lines = warnings.map(withoutControls)
  for (let emptied = 0; ; emptied += 1) {
    const gone = EXPENDABLE.slice(0, emptied).filter((name) => clean[name])
    const notices = gone.map((name) => `${name} is empty here: the answer would be over ${MAX_BYTES} bytes. The log has it.`)
    const left = { ...clean, ...Object.fromEntries(gone.map((name) => [name, ''])) }
    const body = (count: number) =>
      JSON.stringify({ Status: 'SUCCESS', ...to, Data: { ...left, Warnings: [...lines.slice(0, count), ...notices].join('\n') } })
    if (fits(body(0)) || emptied === EXPENDABLE.length) return body(largest(lines.length, (count) => fits(body(count))))
  }
}

const failed = (to: ResponseIds, code: Code, message: string, logStream: string): string => {
  const whole = `${code}: ${withoutControls(message)}`
  const body = (Reason: string) => JSON.stringify({ Status: 'FAILED', Reason, ...to })
  if (fits(body(whole))) return body(whole)
  const characters = [...whole]
  const pointer = `… (cut; the log stream ${logStream} has all of it)`
  const cut = (count: number) => body(characters.slice(0, count).join('') + pointer)
  return cut(largest(characters.length, (count) => fits(cut(count))))
}

/** The body of the PUT: at most 4,096 bytes, no control characters but the line ends between Warnings. */
export const responseBody = (to: ResponseIds, outcome: Outcome, logStream: string): string =>
  outcome.status === 'SUCCESS' ? succeeded(to, outcome.data, outcome.warnings ?? []) : failed(to, outcome.code, outcome.message, logStream)
