// The pool's record: who claims what, what was there before, what we applied; and how an event changes it.
import * as v from 'valibot'
import {
  desired,
  differingMembers,
  type EmailConfiguration,
  memberNames,
  rebase,
  retain,
  sameMember,
  withMembersOf,
} from './email-configuration.ts'
import { type Refusal, refusal } from './errors.ts'
import { isObject, type JsonObject, sameJson } from './json.ts'

/** The version of the record's shape. A record of a newer one is left alone. */
export const SCHEMA_VERSION = 1

const emailConfiguration = v.custom<EmailConfiguration>(isObject, 'an object is expected')

const claim = v.object({
  StackId: v.string(),
  LogicalResourceId: v.string(),
  Declared: emailConfiguration,
  OnDelete: v.picklist(['RESTORE', 'RETAIN']),
  Heal: v.picklist(['AUTO', 'NOTIFY', 'OFF']),
})

const lease = v.object({ Event: v.string(), Invocation: v.string(), StartedAt: v.string(), Until: v.string() })

const poolRecord = v.object({
  UserPoolId: v.string(),
  SchemaVersion: v.number(),
  Revision: v.number(),
  Base: emailConfiguration,
  Asked: emailConfiguration,
  Applied: emailConfiguration,
  Claims: v.array(claim),
  Intended: v.optional(v.object({ EmailConfiguration: emailConfiguration, Claims: v.array(claim), At: v.string() })),
  Lease: v.optional(lease),
  HealHistory: v.optional(v.array(v.string())),
  Unhealed: v.optional(v.string()),
})

/** One binding's declaration on one pool. Later claims lie over earlier ones. */
export type Claim = v.InferOutput<typeof claim>

/** Who works on the item now: the event (its digest), the invocation, when that began and when it will be over. Times are ISO 8601. */
export type Lease = v.InferOutput<typeof lease>

/**
 * A pool's item. `Base` is what the pool would have without us, `Asked` what we last sent, `Applied` what stood there afterwards.
 * `Intended` is written before UpdateUserPool: the values, and the claims that they come from; whoever finds one finishes it.
 * `HealHistory` has the times of the heals of the last day, `Unhealed` says why the healer leaves the pool alone.
 */
export type PoolRecord = v.InferOutput<typeof poolRecord>

export type Owner = Pick<Claim, 'StackId' | 'LogicalResourceId'>

export const sameOwner = (a: Owner, b: Owner): boolean => a.StackId === b.StackId && a.LogicalResourceId === b.LogicalResourceId

/** An item of the table as `schema` says, or what is wrong with it. */
export const readItem = <T>(
  schema: v.GenericSchema<unknown, T>,
  item: JsonObject,
  table: string,
): { readonly ok: true; readonly record: T } | Refusal => {
  const version = item['SchemaVersion']
  const key = String(item['UserPoolId'])
  if (typeof version === 'number' && version > SCHEMA_VERSION) {
    return refusal(
      'InternalFailure',
      `The item ${key} in table ${table} was written by a newer version of cognito-ses-binding (SchemaVersion ${version}; this one knows ${SCHEMA_VERSION}). Nothing was changed; deploy the newer provider again.`,
    )
  }
  const parsed = v.safeParse(schema, item)
  if (parsed.success) return { ok: true, record: parsed.output }
  const where = parsed.issues[0].path?.map(({ key: name }) => String(name)).join('.') ?? 'the item'
  return refusal(
    'InternalFailure',
    `The item ${key} in table ${table} cannot be read: ${where}: ${parsed.issues[0].message}. Nothing was written to the user pool; repair the item (point-in-time recovery has older copies) or delete it, then try again.`,
  )
}

export const readPoolRecord = (item: JsonObject, table: string) => readItem(poolRecord, item, table)

/** The claims that count: those of a write that was begun, else those of the last one that was completed. */
export const claimsOf = (record: PoolRecord | undefined): readonly Claim[] => record?.Intended?.Claims ?? record?.Claims ?? []

/** All claims of which a write that was begun may have left something on the pool, or not yet have taken it away. */
const openClaims = (record: PoolRecord | undefined): Claim[] => {
  const intended = record?.Intended?.Claims ?? []
  return [...(record?.Claims ?? []).filter((one) => !intended.some((other) => sameOwner(one, other))), ...intended]
}

/** Whether `owner` has a claim here, or had one until a write that was begun. */
export const concerns = (record: PoolRecord | undefined, owner: Owner): boolean => openClaims(record).some((one) => sameOwner(one, owner))

/** What an event wants of a pool. */
export type Change =
  | {
      readonly kind: 'attach'
      readonly claim: Claim
      /** Lay the claim over another stack's. */
      readonly takeover: boolean
      /** The ConfigurationSet that CloudFormation says we had attached, when this is an Update: base must not take it for the owner's. */
      readonly formerSet: string | undefined
    }
  | {
      readonly kind: 'detach'
      readonly owner: Owner
      /** What the event says; undefined when that cannot be read: then what the claim says. */
      readonly onDelete: Claim['OnDelete'] | undefined
      /** Whether a SUCCESS has answered for this pool. What failed is undone, whatever OnDelete says. */
      readonly answered: boolean
    }
  /** Finish what another event began; nothing of the claims changes. */
  | { readonly kind: 'finish' }
  /** Put back what the claims say; nothing of them changes. `at` is ISO 8601. */
  | { readonly kind: 'heal'; readonly at: string }

export type Plan = {
  readonly ok: true
  readonly base: EmailConfiguration
  readonly claims: readonly Claim[]
  /** What the pool should have. */
  readonly desired: EmailConfiguration
  /** What UpdateUserPool gets: a member that is as desired keeps the spelling that the service gave it. */
  readonly send: EmailConfiguration
  /** The members that are not as desired. None: nothing is written. */
  readonly differing: readonly string[]
  readonly warnings: readonly string[]
  /** Why the claims have no effect: nothing gives the pool a sender. Nothing differs then. */
  readonly blocked?: string
  /** The heals of the last 24 hours, this one included. */
  readonly heals: readonly string[]
}

const DAY_MS = 24 * 60 * 60 * 1_000

/** The heals that still count at a time: those of the 24 hours before. Both ISO 8601. */
export const recentHeals = (record: PoolRecord | undefined, at: string): string[] =>
  (record?.HealHistory ?? []).filter((heal) => Date.parse(heal) > Date.parse(at) - DAY_MS)

/** `name of the stack` in an ARN `arn:aws:cloudformation:region:account:stack/name/id`. */
export const stackName = (stackId: string): string => stackId.split('/')[1] ?? stackId

const describeClaim = (one: Claim): string => `${one.LogicalResourceId} of stack ${stackName(one.StackId)}`

const blockedMessage = (userPoolId: string): string =>
  `User pool ${userPoolId} sends with COGNITO_DEFAULT and nothing gives it a sender, so a ConfigurationSet cannot take effect. Declare SourceArn, the ARN of a verified SES identity.`

type Claimed = {
  readonly ok: true
  readonly base: EmailConfiguration
  readonly claims: readonly Claim[]
  readonly warnings: readonly string[]
}

const attach = (
  userPoolId: string,
  change: Change & { kind: 'attach' },
  base: EmailConfiguration,
  claims: readonly Claim[],
): Claimed | Refusal => {
  const position = claims.findIndex((one) => sameOwner(one, change.claim))
  if (position >= 0) {
    const replaced = claims.with(position, change.claim)
    const above = claims.slice(position + 1)
    const warnings = above.map((one) => `The claim of ${describeClaim(one)} on user pool ${userPoolId} lies over this one; its values win.`)
    return { ok: true, base, claims: replaced, warnings }
  }
  const foreign = claims.find((one) => one.StackId !== change.claim.StackId)
  if (foreign && !change.takeover) {
    return refusal(
      'ResourceConflict',
      `User pool ${userPoolId} is already bound by ${describeClaim(foreign)} (${foreign.StackId}). Remove that binding, or set Takeover to true to lay this one over it.`,
    )
  }
  const fresh: Claimed = { ok: true, base, claims: [...claims, change.claim], warnings: [] }
  if (change.formerSet === undefined) return fresh
  const warning = `There was no record of this binding on user pool ${userPoolId}; it was recorded anew. What the pool had before the binding is not known any more.`
  const isFormer = base['ConfigurationSet'] === change.formerSet
  return { ...fresh, base: isFormer ? withMembersOf(base, {}, ['ConfigurationSet']) : base, warnings: [warning] }
}

const detach = (
  change: Change & { kind: 'detach' },
  base: EmailConfiguration,
  claims: readonly Claim[],
  live: EmailConfiguration,
): Claimed => {
  const mine = claims.find((one) => sameOwner(one, change.owner))
  const isRetained = change.answered && (change.onDelete ?? mine?.OnDelete) === 'RETAIN'
  return {
    ok: true,
    base: mine && isRetained ? retain(base, mine.Declared, live) : base,
    claims: claims.filter((one) => one !== mine),
    warnings: [],
  }
}

/**
 * What to do on a pool: pure, from its record, what stands live, and what an event wants.
 * @returns a plan, or a refusal: another stack's claim, or a set that nothing gives a sender.
 */
export const plan = (userPoolId: string, record: PoolRecord | undefined, live: EmailConfiguration, change: Change): Plan | Refusal => {
  const before = record ? rebase(record.Base, record.Applied, record.Intended?.EmailConfiguration, live) : live
  const claims = claimsOf(record)
  const changed =
    change.kind === 'attach'
      ? attach(userPoolId, change, before, claims)
      : change.kind === 'detach'
        ? detach(change, before, claims, live)
        : { ok: true as const, base: before, claims, warnings: [] }
  if (!changed.ok) return changed
  const wish = desired(
    changed.base,
    changed.claims.map((one) => one.Declared),
    live,
  )
  if (wish.blocked) {
    const blocked = blockedMessage(userPoolId)
    if (change.kind === 'attach') return refusal('InvalidRequest', blocked)
    const left = `${blocked} The claims that remain on it have no effect; nothing was written.`
    return { ...changed, desired: live, send: live, differing: [], blocked, warnings: [left], heals: record?.HealHistory ?? [] }
  }
  const heals = change.kind === 'heal' ? [...recentHeals(record, change.at), change.at] : (record?.HealHistory ?? [])
  const target = wish.emailConfiguration
  const asDesired = (name: string): boolean =>
    sameMember(name, live, target) ||
    (record !== undefined && sameMember(name, record.Asked, target) && sameMember(name, record.Applied, live))
  const names = memberNames(live, target)
  const differing = names.filter((name) => !asDesired(name))
  return {
    ...changed,
    heals,
    desired: target,
    send: withMembersOf(target, live, names.filter(asDesired)),
    differing,
    warnings: wish.senderOfNoLayer
      ? [
          ...changed.warnings,
          `No binding and no owner declares a SourceArn for user pool ${userPoolId}; it keeps the sender that it has. Declare SourceArn.`,
        ]
      : changed.warnings,
  }
}

type Settled = {
  readonly base: EmailConfiguration
  readonly claims: readonly Claim[]
  readonly asked: EmailConfiguration
  readonly applied: EmailConfiguration
}

/** The record when nothing is under way. Undefined when no claim is left: the item goes, and the next Create takes its base from live. */
export const settled = (userPoolId: string, record: PoolRecord | undefined, state: Settled): Omit<PoolRecord, 'Revision'> | undefined =>
  state.claims.length === 0
    ? undefined
    : {
        UserPoolId: userPoolId,
        SchemaVersion: SCHEMA_VERSION,
        Base: state.base,
        Asked: state.asked,
        Applied: state.applied,
        Claims: [...state.claims],
        ...(record?.HealHistory ? { HealHistory: record.HealHistory } : {}),
      }

/** What was asked for, as far as it explains what stands live: where the owner has changed a member since, live itself. */
const askedFor = (record: PoolRecord | undefined, live: EmailConfiguration): EmailConfiguration =>
  record ? withMembersOf(record.Asked, live, differingMembers(record.Applied, live)) : live

/** The record before UpdateUserPool. `Applied` becomes what was just read, because the rebase has attributed all of it. */
export const writeAhead = (
  userPoolId: string,
  record: PoolRecord | undefined,
  live: EmailConfiguration,
  next: Plan,
  holder: Lease,
  at: string,
): Omit<PoolRecord, 'Revision'> => ({
  UserPoolId: userPoolId,
  SchemaVersion: SCHEMA_VERSION,
  Base: next.base,
  Asked: askedFor(record, live),
  Applied: live,
  // Unfinished writes before this one included: what is taken away now must still be found if this one does not finish either.
  Claims: openClaims(record),
  Intended: { EmailConfiguration: next.send, Claims: [...next.claims], At: at },
  Lease: holder,
  ...(next.heals.length > 0 ? { HealHistory: [...next.heals] } : {}),
})

/** Whether two records say the same, revision apart. */
export const sameRecord = (a: Omit<PoolRecord, 'Revision'> | undefined, b: Omit<PoolRecord, 'Revision'> | undefined): boolean =>
  sameJson({ ...a, Revision: 0 }, { ...b, Revision: 0 })
