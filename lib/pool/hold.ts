// Our mark on a pool's item: written ahead of an update, committed when the update is known, taken back when it had no effect.
import type { PoolWork } from '../invocation.ts'
import { type Lease, whileInDoubt } from '../lease.ts'
import { remove, save } from '../table/items.ts'
import { SCHEMA_VERSION } from '../table/schema.ts'
import { differingMembers, type EmailConfiguration, type ReadBack, withMembersOf } from './layers.ts'
import type { Plan } from './plan.ts'
import { type Claim, claimsOf, type Owner, openClaims, type PoolRecord, sameOwner, sameRecord, type Unhealed } from './record.ts'

/** What we have written ahead, and what stood there before. */
export type Hold = { readonly ahead: PoolRecord; readonly before: PoolRecord | undefined }

/** Records a state that nobody has to finish: without lease and intention. False when somebody else was first. */
export const commit = async (work: PoolWork, userPoolId: string, record: PoolRecord | undefined, state: Committed): Promise<boolean> => {
  const { table, clock } = work.ports
  const rest = committed(userPoolId, record, state)
  if (!rest) return !record || (await remove(table, clock, userPoolId, record.Revision, work.signal))
  if (record && sameRecord(rest, record)) return true
  return (await save(table, clock, rest, record?.Revision, work.signal)) !== undefined
}

/** The pool is gone: the claim goes, and the record with the last one. */
export const drop = (work: PoolWork, record: PoolRecord, owner: Owner): Promise<boolean> => {
  const claims = claimsOf(record).filter((one) => !sameOwner(one, owner))
  return commit(work, record.UserPoolId, record, { base: record.Base, claims, asked: record.Asked, applied: record.Applied })
}

/**
 * Gives the lease up. Where no update can have had an effect the record goes back to what it was. Else the intention stays for whoever comes next,
 * who waits until the update can no longer take effect.
 */
export const release = async (work: PoolWork, { ahead, before }: Hold, isSent: boolean): Promise<void> => {
  const { table, clock } = work.ports
  const { UserPoolId, Revision } = ahead
  try {
    if (isSent) await save(table, clock, { ...ahead, Lease: whileInDoubt(work.lease, clock.now()) }, Revision, work.closing)
    else if (before) await save(table, clock, withoutLease(before), Revision, work.closing)
    else await remove(table, clock, UserPoolId, Revision, work.closing)
  } catch (error) {
    // It ends by itself with the invocation's deadline; the answer matters more.
    work.log('warn', `the lease on user pool ${UserPoolId} could not be given up`, { error: String(error) })
  }
}

const withoutLease = ({ Lease: _lease, Revision: _revision, ...rest }: PoolRecord) => rest

export type Committed = {
  readonly base: EmailConfiguration
  readonly claims: readonly Claim[]
  readonly asked: EmailConfiguration
  readonly applied: EmailConfiguration
  readonly unhealed?: Unhealed | undefined
}

/**
 * The state after a write that was read back. What somebody changed at the same moment is theirs: next to what we sent, the next event sees that.
 * What did not take counts as asked for as it stands, unless it may be theirs too.
 */
export const stateAfter = (
  next: Plan,
  { ignored, changedByOthers, live: after }: ReadBack & { readonly live: EmailConfiguration },
): Committed => {
  const notTaken = ignored.filter((name) => !changedByOthers.includes(name))
  return {
    base: next.base,
    claims: next.claims,
    unhealed: next.unhealed,
    asked: withMembersOf(next.desired, after, notTaken),
    applied: withMembersOf(after, next.toSend, changedByOthers),
  }
}

/** The record when nothing is under way. Undefined when no claim is left: the item goes, and the next Create takes its base from live. */
export const committed = (
  userPoolId: string,
  record: PoolRecord | undefined,
  state: Committed,
): Omit<PoolRecord, 'Revision' | 'Intended' | 'Lease'> | undefined =>
  state.claims.length === 0
    ? undefined
    : {
        UserPoolId: userPoolId,
        SchemaVersion: SCHEMA_VERSION,
        Base: state.base,
        Asked: state.asked,
        Applied: state.applied,
        Claims: [...state.claims],
        ...(state.unhealed ? { Unhealed: state.unhealed } : {}),
        ...(record?.HealHistory ? { HealHistory: record.HealHistory } : {}),
      }

/** What was asked for, as far as it explains what stands live: where the owner has changed a member since, live itself. */
const askedFor = (record: PoolRecord | undefined, live: EmailConfiguration): EmailConfiguration =>
  record ? withMembersOf(record.Asked, live, differingMembers(record.Applied, live)) : live

/** What to put on record before UpdateUserPool; `apply` puts it. `Applied` becomes what was just read, because the rebase has attributed all of it. */
export const draftAhead = (
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
  // Claims of unfinished writes included: a claim that this write takes off must still be found if this write does not finish either.
  Claims: openClaims(record),
  Intended: { EmailConfiguration: next.toSend, Claims: [...next.claims], At: at },
  Lease: holder,
  ...(next.heals.length > 0 ? { HealHistory: [...next.heals] } : {}),
})
