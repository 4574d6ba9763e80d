// The binding's record: its pools, its wishes that succeeded, and the answers that were given, so that a repeated event gets the same one.
import { hash } from 'node:crypto'
import * as v from 'valibot'
import { canonical, type JsonObject } from '../json.ts'
import { type Lease, leaseSchema, whileInDoubt } from '../lease.ts'
import type { Owner } from '../pool/record.ts'
import { readItem, SCHEMA_VERSION } from '../table/schema.ts'

const HOURS_24 = 24 * 60 * 60 * 1_000
const ANSWERS_KEPT = 20
/** The last two: the one in force, and the one that a rollback goes back to. */
const WISHES_KEPT = 2

const bindingRecord = v.object({
  UserPoolId: v.string(),
  SchemaVersion: v.number(),
  Revision: v.number(),
  StackId: v.string(),
  LogicalResourceId: v.string(),
  Pools: v.array(v.string()),
  Answered: v.array(v.string()),
  Wishes: v.array(v.string()),
  Answers: v.array(v.object({ Event: v.string(), At: v.string(), Body: v.string() })),
  Newest: v.optional(v.string()),
  Lease: v.optional(leaseSchema),
  ExpiresAt: v.optional(v.number()),
})

/**
 * A binding's item. `Pools` are added before the first attach, `Answered` are those that a SUCCESS answered, `Newest` is the signing time
 * (X-Amz-Date) of the newest event; `ExpiresAt` (seconds since 1970, the table's TTL) is there while it has no pools.
 */
export type BindingRecord = v.InferOutput<typeof bindingRecord>

export const readBindingRecord = (item: JsonObject, table: string) => readItem(bindingRecord, item, table)

const hash16 = (value: string): string => hash('sha256', value).slice(0, 16)

const identity = ({ StackId, LogicalResourceId }: Owner): string => hash16(`${StackId}|${LogicalResourceId}`)

const PHYSICAL_ID_PREFIX = 'cognito-ses-binding-'

/** The physical ID of a binding: of its stack and logical ID and of nothing else, so that a repeated or unanswered Create has the same one. */
export const physicalResourceId = (owner: Owner): string => PHYSICAL_ID_PREFIX + identity(owner)

/** Whether a physical ID is that of another binding of ours. CloudFormation makes IDs up when no answer came: those are not. */
export const isAnotherBindings = (physicalId: string | undefined, owner: Owner): boolean =>
  physicalId?.startsWith(PHYSICAL_ID_PREFIX) === true && physicalId !== physicalResourceId(owner)

export const bindingKey = (owner: Owner): string => `binding#${identity(owner)}`

/** What tells one event from another: all of it. CloudFormation may reuse a RequestId (aws/aws-cdk#35957). */
export const digest = (value: unknown): string => hash('sha256', canonical(value))

/** An answer on record: its body, and when it was stored. */
export type StoredResponse = BindingRecord['Answers'][number]

const isFresh = ({ At }: StoredResponse, now: number): boolean => Date.parse(At) > now - HOURS_24

export const storedResponse = (record: BindingRecord | undefined, event: string, now: number): StoredResponse | undefined =>
  record?.Answers.find((answer) => answer.Event === event && isFresh(answer, now))

const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** Milliseconds since 1970 of an X-Amz-Date, `20261123T101500Z`; NaN for anything else. */
export const timeOf = (amzDate: string | undefined): number =>
  amzDate !== undefined && AMZ_DATE.test(amzDate) ? Date.parse(amzDate.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6Z')) : Number.NaN

const amzDate = (time: number): string => new Date(time).toISOString().replace(/\.\d+|[-:]/g, '')

/** A Delete that is refused wrongly ends in DELETE_FAILED, and clocks may differ. */
const DELETE_TOLERANCE_MS = 30_000

/**
 * Whether an event was signed before the newest one handled. No tolerance for Create and Update: one that was killed and comes again after
 * the stack's Delete would leave the claim of a stack that is gone. A date in the future counts as now, and one on record tells nothing:
 * no date can lock a binding.
 */
export const isLate = (record: BindingRecord | undefined, type: string, signedAt: string | undefined, now: number): boolean => {
  // A date that is missing is NaN, which is neither before nor after another.
  const [signed, newest] = [Math.min(timeOf(signedAt), now), timeOf(record?.Newest)]
  return newest <= now && signed < newest - (type === 'Delete' ? DELETE_TOLERANCE_MS : 0)
}

/**
 * The later of what is on record and what was signed now, neither of them in the future. A Delete that is let through although it looks older
 * makes all that was handled before it old: a Create that comes again after it is late.
 */
const newestOf = (record: BindingRecord | undefined, type: string, signedAt: string | undefined, now: number): string | undefined => {
  const [newest, signed] = [timeOf(record?.Newest), timeOf(signedAt)]
  const later = type === 'Delete' && signed <= newest ? newest + 1_000 : signed
  const times = [newest, later].filter(Number.isFinite)
  return times.length > 0 ? amzDate(Math.min(now, Math.max(...times))) : undefined
}

type Draft = Omit<BindingRecord, 'Revision'>

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])]

const expiring = (draft: Draft, now: number): Draft => {
  const { ExpiresAt: _, ...kept } = draft
  return draft.Pools.length === 0 ? { ...kept, ExpiresAt: Math.ceil((now + HOURS_24) / 1_000) } : kept
}

/** The record as an event begins: its pools are added, it holds the lease, and it is the newest. */
export const begun = (
  record: BindingRecord | undefined,
  { type, owner, signedAt }: { readonly type: string; readonly owner: Owner; readonly signedAt: string | undefined },
  pools: readonly string[],
  holder: Lease,
  now: number,
): Draft => {
  const newest = newestOf(record, type, signedAt, now)
  return expiring(
    {
      UserPoolId: bindingKey(owner),
      SchemaVersion: SCHEMA_VERSION,
      StackId: owner.StackId,
      LogicalResourceId: owner.LogicalResourceId,
      Pools: union(record?.Pools ?? [], pools),
      Answered: record?.Answered ?? [],
      Wishes: record?.Wishes ?? [],
      Answers: record?.Answers ?? [],
      ...(newest === undefined ? {} : { Newest: newest }),
      Lease: holder,
    },
    now,
  )
}

/** What a SUCCESS leaves: these pools, and the wish (absent after a Delete). A FAILED changes neither. */
export type Success = { readonly pools: readonly string[]; readonly wish: string | undefined }

/**
 * The record when its event has been answered. After a FAILED something of ours may still take effect, so the lease goes on until it cannot:
 * what CloudFormation sends next must find all of it.
 */
export const withResponse = (record: BindingRecord, event: string, body: string, success: Success | undefined, now: number): Draft => {
  const { Lease: lease, ...rest } = record
  const fresh = rest.Answers.filter((answer) => isFresh(answer, now))
  const wishes = success?.wish === undefined ? [] : [success.wish, ...rest.Wishes.filter((wish) => wish !== success.wish)]
  return expiring(
    {
      ...rest,
      ...(success ? { Pools: [...success.pools], Answered: [...success.pools], Wishes: wishes.slice(0, WISHES_KEPT) } : {}),
      ...(success === undefined && lease ? { Lease: whileInDoubt(lease, now) } : {}),
      Answers: [{ Event: event, At: new Date(now).toISOString(), Body: body }, ...fresh].slice(0, ANSWERS_KEPT),
    },
    now,
  )
}

/** The record when the claim on one pool was released by hand. */
export const withoutPool = ({ Revision: _, ...record }: BindingRecord, userPoolId: string, now: number): Draft => {
  const others = (ids: readonly string[]): string[] => ids.filter((id) => id !== userPoolId)
  return expiring({ ...record, Pools: others(record.Pools), Answered: others(record.Answered) }, now)
}
