// The table's records as the oracle reads them: no more of them than it needs, and nothing of lib/.
import type { Item } from '../../lib/ports.ts'
import type { Email } from './layers.ts'

export type LeaseView = { readonly Event: string; readonly Invocation: string; readonly StartedAt: string; readonly Until: string }
export type ClaimView = {
  readonly StackId: string
  readonly LogicalResourceId: string
  readonly Declared: Email
  readonly Heal: string
  readonly Preflight?: string
  readonly OnDelete: string
}
export type RecordView = Item & {
  readonly Lease?: LeaseView
  readonly Claims?: readonly ClaimView[]
  readonly Intended?: { readonly EmailConfiguration: Email; readonly Claims: readonly ClaimView[]; readonly At: string }
  readonly Unhealed?: { readonly Kind: string; readonly Why: string }
  readonly Pools?: readonly string[]
  readonly Answered?: readonly string[]
  readonly Answers?: readonly { readonly Event: string; readonly Body: string }[]
  readonly ExpiresAt?: number
  readonly StackId?: string
  readonly LogicalResourceId?: string
}

export const ownerOf = (one: { readonly StackId?: unknown; readonly LogicalResourceId?: unknown }): string =>
  `${one.StackId}|${one.LogicalResourceId}`
export const claimsOf = (record: RecordView | undefined): readonly ClaimView[] => record?.Intended?.Claims ?? record?.Claims ?? []
export const isBinding = (key: string): boolean => key.startsWith('binding#')
/** Where a sweep stopped. */
export const CURSOR = 'sweep'

/** Why the healer leaves a pool alone, in one text that begins with the kind; '' where it does not. */
export const reasonOf = (record: RecordView | undefined): string =>
  record?.Unhealed === undefined ? '' : `${record.Unhealed.Kind}: ${record.Unhealed.Why}`
