// An operator takes the claims of a stack that is gone off every pool, as the stack's own Delete would have.
import type { Refusal } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import type { JsonObject } from '../json.ts'
import { holderOf } from '../lease.ts'
import type { EmailConfiguration } from '../pool/layers.ts'
import { observe } from '../pool/observe.ts'
import { type Operation, plan } from '../pool/plan.ts'
import { reconcile } from '../pool/reconcile.ts'
import { type Claim, type Owner, openClaims, readPoolRecord } from '../pool/record.ts'
import { retrying } from '../retry.ts'
import { readItemOf, save } from '../table/items.ts'
import { unhurried } from '../token-bucket.ts'
import { admitDetach } from './admission.ts'
import { refusalOn } from './failures.ts'
import { type BindingRecord, bindingKey, readBindingRecord, withoutPool } from './record.ts'

/** Whose claims go, from which pools, and how. */
export type ReleaseOrder = {
  readonly stackId: string
  /** Of the resource; all of the stack where absent. */
  readonly logicalResourceId: string | undefined
  /** All pools where absent. */
  readonly userPoolIds: readonly string[] | undefined
  /** Where absent, what each claim says. */
  readonly onDelete: Claim['OnDelete'] | undefined
  /** Says what would happen, and writes nothing. */
  readonly dryRun: boolean
}

export type Released = {
  readonly UserPoolId: string
  readonly StackId: string
  readonly LogicalResourceId: string
  readonly Before: EmailConfiguration
  readonly After: EmailConfiguration
}

export type NotReleased = { readonly UserPoolId: string; readonly Reason: string }

type Found = { readonly userPoolId: string; readonly owner: Owner }

/**
 * Releases the claims of a stack, one after the other, at the pace of a sweep. Where nothing of it is left, both lists are empty.
 * @throws ServiceError when the table could not be read
 */
export const release = async (
  order: ReleaseOrder,
  work: PoolWork,
): Promise<{ readonly Released: readonly Released[]; readonly Failed: readonly NotReleased[] }> => {
  const turn = unhurried(work.ports.clock)
  const { found, unreadable } = await claimsOf(order, work)
  const done: Released[] = []
  const failed: NotReleased[] = [...unreadable]
  for (const { userPoolId, owner } of found) {
    const outcome = await releaseOne(userPoolId, owner, order, work, turn).catch((error: unknown) => refusalOn(error, userPoolId, work))
    if ('ok' in outcome) failed.push(notReleased(userPoolId, outcome))
    else done.push({ UserPoolId: userPoolId, ...owner, ...outcome })
  }
  return { Released: done, Failed: failed }
}

const notReleased = (userPoolId: string, { code, message }: Refusal): NotReleased => ({
  UserPoolId: userPoolId,
  Reason: `${code}: ${message}`,
})

/** The claims that the order names, in the order of the table. */
const claimsOf = async (
  { stackId, logicalResourceId, userPoolIds }: ReleaseOrder,
  { ports: { table, clock }, signal }: PoolWork,
): Promise<{ readonly found: readonly Found[]; readonly unreadable: readonly NotReleased[] }> => {
  const isNamed = (item: JsonObject): boolean =>
    Array.isArray(item['Claims']) && (userPoolIds?.includes(String(item['UserPoolId'])) ?? true) && JSON.stringify(item).includes(stackId)
  const found: Found[] = []
  const unreadable: NotReleased[] = []
  let after: string | undefined
  do {
    const page = await retrying(clock, signal, () => table.scan(after, signal))
    for (const item of page.items.filter(isNamed)) {
      const userPoolId = String(item['UserPoolId'])
      const read = readPoolRecord(item, table.name)
      if (!read.ok) unreadable.push(notReleased(userPoolId, read))
      else
        for (const { StackId, LogicalResourceId } of openClaims(read.record))
          if (StackId === stackId && (logicalResourceId ?? LogicalResourceId) === LogicalResourceId)
            found.push({ userPoolId, owner: { StackId, LogicalResourceId } })
    }
    after = page.next
  } while (after !== undefined)
  return { found, unreadable }
}

type Change = { readonly Before: EmailConfiguration; readonly After: EmailConfiguration }

const releaseOne = async (
  userPoolId: string,
  owner: Owner,
  { onDelete, dryRun }: ReleaseOrder,
  work: PoolWork,
  turn: (signal: AbortSignal) => Promise<void>,
): Promise<Change | Refusal> => {
  await turn(work.signal)
  const binding = await bindingRecordOf(owner, work)
  // A binding without a record counts as answered, so that the OnDelete of its claim holds.
  const detach: Operation & { kind: 'detach' } = {
    kind: 'detach',
    owner,
    onDelete,
    answered: binding?.Answered.includes(userPoolId) ?? true,
  }
  if (dryRun) return rehearse(userPoolId, detach, work)
  const result = await reconcile(userPoolId, detach, admitDetach(work), work)
  if (!result.ok) return result
  for (const warning of result.warnings) work.log('warn', warning)
  await dropFromBinding(userPoolId, owner, work)
  const change = { Before: result.before, After: result.emailConfiguration }
  work.log('info', `user pool ${userPoolId}: the claim of ${owner.LogicalResourceId} is released`, { ...owner, ...change })
  return change
}

/** What a release would do, from the same reading and the same plan. */
const rehearse = async (userPoolId: string, detach: Operation & { kind: 'detach' }, work: PoolWork): Promise<Change | Refusal> => {
  const observed = await observe(work, userPoolId, detach)
  if ('ok' in observed) return observed
  if (observed.kind !== 'observed') return { Before: {}, After: {} }
  const planned = plan(userPoolId, observed.record, observed.live, detach)
  if (!planned.ok) return planned
  const { instead = planned } = await admitDetach(work)(observed, planned)
  return { Before: observed.live, After: instead.desired }
}

const bindingRecordOf = async (owner: Owner, { ports: { table, clock }, signal }: PoolWork): Promise<BindingRecord | undefined> => {
  const item = await readItemOf(table, clock, bindingKey(owner), signal)
  const read = item && readBindingRecord(item, table.name)
  return read?.ok ? read.record : undefined
}

/** Takes the pool off the binding's record. Where another event holds that record, the pool stays on it: a detach that finds no claim does nothing. */
const dropFromBinding = async (userPoolId: string, owner: Owner, work: PoolWork): Promise<void> => {
  const { table, clock } = work.ports
  const record = await bindingRecordOf(owner, work)
  if (!record || holderOf(record.Lease, work.lease, clock.now()) === 'another') return
  await save(table, clock, withoutPool(record, userPoolId, clock.now()), record.Revision, work.signal)
}
