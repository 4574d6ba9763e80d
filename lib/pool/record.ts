// The pool's record: who claims what, what was there before, what we applied.
import * as v from 'valibot'
import { isObject, type JsonObject, sameJson } from '../json.ts'
import { leaseSchema } from '../lease.ts'
import { readItem } from '../table/schema.ts'
import type { EmailConfiguration } from './layers.ts'

const emailConfiguration = v.custom<EmailConfiguration>(isObject, 'an object is expected')

const claim = v.object({
  StackId: v.string(),
  LogicalResourceId: v.string(),
  Declared: emailConfiguration,
  OnDelete: v.picklist(['RESTORE', 'RETAIN']),
  Heal: v.picklist(['AUTO', 'NOTIFY', 'OFF']),
  /** Absent in records of 0.1. */
  Preflight: v.optional(v.picklist(['ENFORCE', 'WARN', 'SKIP'])),
})

/** Why the healer leaves a pool alone. 0.1 wrote a text that begins with the kind: `contested: …`. */
const unhealed = v.pipe(
  v.union([v.object({ Kind: v.string(), Why: v.string(), At: v.optional(v.string()) }), v.string()]),
  v.transform((value) => {
    if (typeof value !== 'string') return value
    const [kind = value, ...why] = value.split(': ')
    return { Kind: kind, Why: why.join(': ') }
  }),
)

const poolRecord = v.object({
  UserPoolId: v.string(),
  SchemaVersion: v.number(),
  Revision: v.number(),
  Base: emailConfiguration,
  Asked: emailConfiguration,
  Applied: emailConfiguration,
  Claims: v.array(claim),
  Intended: v.optional(v.object({ EmailConfiguration: emailConfiguration, Claims: v.array(claim), At: v.string() })),
  Lease: v.optional(leaseSchema),
  HealHistory: v.optional(v.array(v.string())),
  Unhealed: v.optional(unhealed),
})

/** Why the healer leaves a pool alone: the kind of its decision, a sentence, and since when (ISO 8601; unknown in records of 0.1). */
export type Unhealed = v.InferOutput<typeof unhealed>

/** One binding's declaration on one pool. Later claims lie over earlier ones. */
export type Claim = v.InferOutput<typeof claim>

/**
 * A pool's item. `Base` is what the pool would have without us, `Asked` what we last sent, `Applied` what stood there afterwards.
 * `Intended` is written before UpdateUserPool: the values, and the claims that they come from; whoever finds one finishes it.
 * `HealHistory` has the times of the heals of the last day, `Unhealed` says why the healer leaves the pool alone.
 */
export type PoolRecord = v.InferOutput<typeof poolRecord>

export type Owner = Pick<Claim, 'StackId' | 'LogicalResourceId'>

export const sameOwner = (a: Owner, b: Owner): boolean => a.StackId === b.StackId && a.LogicalResourceId === b.LogicalResourceId

export const readPoolRecord = (item: JsonObject, table: string) => readItem(poolRecord, item, table)

/** The claims that count: those of a write that was begun, else those of the last one that was completed. */
export const claimsOf = (record: PoolRecord | undefined): readonly Claim[] => record?.Intended?.Claims ?? record?.Claims ?? []

/** All claims that may have something on the pool: those of the last completed write, and those of one that was begun. */
export const openClaims = (record: PoolRecord | undefined): Claim[] => {
  const intended = record?.Intended?.Claims ?? []
  return [...(record?.Claims ?? []).filter((one) => !intended.some((other) => sameOwner(one, other))), ...intended]
}

/** Whether `owner` has a claim here, or had one until a write that was begun. */
export const concerns = (record: PoolRecord | undefined, owner: Owner): boolean => openClaims(record).some((one) => sameOwner(one, owner))

const DAY_MS = 24 * 60 * 60 * 1_000

/** The heals that still count at a time: those of the 24 hours before. Both ISO 8601. */
export const recentHeals = (record: PoolRecord | undefined, at: string): string[] =>
  record?.HealHistory?.filter((heal) => Date.parse(heal) > Date.parse(at) - DAY_MS) ?? []

/** `name of the stack` in an ARN `arn:aws:cloudformation:region:account:stack/name/id`. */
export const stackName = (stackId: string): string => stackId.split('/')[1] ?? stackId

/** Whether two records say the same, revision apart. */
export const sameRecord = (a: Omit<PoolRecord, 'Revision'> | undefined, b: Omit<PoolRecord, 'Revision'> | undefined): boolean =>
  sameJson({ ...a, Revision: 0 }, { ...b, Revision: 0 })
