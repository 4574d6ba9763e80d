// Plan: pure. From the record, what stands live and what an event wants, to what to write, or to a refusal.
import { type Refusal, refusal } from '../errors.ts'
import { asWished, desired, type EmailConfiguration, memberNames, rebase, retain, sameMember, withMembersOf } from './layers.ts'
import { type Claim, claimsOf, type Owner, type PoolRecord, recentHeals, sameOwner, stackName, type Unhealed } from './record.ts'

/** What an event wants of a pool. */
export type Operation =
  | {
      readonly kind: 'attach'
      readonly claim: Claim
      /** Whether to lay the claim over another stack's; `forbidden` where the provider does not allow what the binding asks for. */
      readonly takeover: 'no' | 'yes' | 'forbidden'
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
  /** Finish what a dead invocation began; nothing of the claims changes. */
  | { readonly kind: 'recover' }
  /** Put back what the claims say; nothing of them changes. `at` is ISO 8601. */
  | { readonly kind: 'heal'; readonly at: string }

export type Plan = {
  readonly ok: true
  readonly base: EmailConfiguration
  readonly claims: readonly Claim[]
  /** What the pool should have. */
  readonly desired: EmailConfiguration
  /** What UpdateUserPool gets: a member that is as desired keeps the spelling that the service gave it. */
  readonly toSend: EmailConfiguration
  /** The members that are not as desired. None: nothing is written. */
  readonly changes: readonly string[]
  readonly warnings: readonly string[]
  /** Why the claims have no effect: nothing gives the pool a sender. `changes` is empty then. */
  readonly noSender?: string
  /** Why the pool does not get all that its claims say. */
  readonly unhealed?: Unhealed
  /** The heals of the last 24 hours, this one included. */
  readonly heals: readonly string[]
}

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
  operation: Operation & { kind: 'attach' },
  base: EmailConfiguration,
  claims: readonly Claim[],
): Claimed | Refusal => {
  const position = claims.findIndex((one) => sameOwner(one, operation.claim))
  if (position >= 0) {
    const replaced = claims.with(position, operation.claim)
    const above = claims.slice(position + 1)
    const warnings = above.map((one) => `The claim of ${describeClaim(one)} on user pool ${userPoolId} lies over this one; its values win.`)
    return { ok: true, base, claims: replaced, warnings }
  }
  const foreign = claims.find((one) => one.StackId !== operation.claim.StackId)
  if (foreign && operation.takeover !== 'yes') {
    return refusal(
      'ResourceConflict',
      `User pool ${userPoolId} is already bound by ${describeClaim(foreign)} (${foreign.StackId}). Remove that binding${operation.takeover === 'no' ? ', or set Takeover to true to lay this one over it' : '; Takeover is refused here: the provider stack’s parameter AllowTakeover is false'}.`,
    )
  }
  const fresh: Claimed = { ok: true, base, claims: [...claims, operation.claim], warnings: [] }
  if (operation.formerSet === undefined) return fresh
  const warning = `There was no record of this binding on user pool ${userPoolId}; it was recorded anew. What the pool had before the binding is not known any more.`
  const isFormer = base['ConfigurationSet'] === operation.formerSet
  return { ...fresh, base: isFormer ? withMembersOf(base, {}, ['ConfigurationSet']) : base, warnings: [warning] }
}

const detach = (
  operation: Operation & { kind: 'detach' },
  base: EmailConfiguration,
  claims: readonly Claim[],
  live: EmailConfiguration,
): Claimed => {
  const mine = claims.find((one) => sameOwner(one, operation.owner))
  const isRetained = operation.answered && (operation.onDelete ?? mine?.OnDelete) === 'RETAIN'
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
export const plan = (
  userPoolId: string,
  record: PoolRecord | undefined,
  live: EmailConfiguration,
  operation: Operation,
): Plan | Refusal => {
  const before = record ? rebase(record.Base, record.Applied, record.Intended?.EmailConfiguration, live) : live
  const claims = claimsOf(record)
  const changed =
    operation.kind === 'attach'
      ? attach(userPoolId, operation, before, claims)
      : operation.kind === 'detach'
        ? detach(operation, before, claims, live)
        : { ok: true as const, base: before, claims, warnings: [] }
  if (!changed.ok) return changed
  const wish = desired(
    changed.base,
    changed.claims.map((one) => one.Declared),
    live,
  )
  const heals = operation.kind === 'heal' ? [...recentHeals(record, operation.at), operation.at] : (record?.HealHistory ?? [])
  if (wish.blocked) {
    const blocked = blockedMessage(userPoolId)
    if (operation.kind === 'attach') return refusal('InvalidRequest', blocked)
    const left = `${blocked} The claims that remain on it have no effect; nothing was written.`
    return { ...changed, desired: live, toSend: live, changes: [], noSender: blocked, warnings: [left], heals }
  }
  const target = wish.emailConfiguration
  const asDesired = (name: string): boolean =>
    asWished(name, live, target) || (record !== undefined && asWished(name, record.Asked, target) && sameMember(name, record.Applied, live))
  const names = memberNames(live, target)
  const changes = names.filter((name) => !asDesired(name))
  return {
    ...changed,
    heals,
    desired: target,
    toSend: withMembersOf(target, live, names.filter(asDesired)),
    changes,
    warnings: wish.senderOfNoLayer
      ? [
          ...changed.warnings,
          `No binding and no owner declares a SourceArn for user pool ${userPoolId}; it keeps the sender that it has. Declare SourceArn.`,
        ]
      : changed.warnings,
  }
}
