// The pool's item around a write: settled, forgotten, or given up.
import { type Change, type PoolRecord, plan, sameRecord, settled } from './claims.ts'
import { remove, save } from './items.ts'
import type { Run } from './run.ts'

/** Records a state that nobody has to finish: without lease and intention. False when somebody else was first. */
export const settle = async (
  run: Run,
  userPoolId: string,
  record: PoolRecord | undefined,
  state: Parameters<typeof settled>[2],
): Promise<boolean> => {
  const { table, clock } = run.ports
  const rest = settled(userPoolId, record, state)
  if (!rest) return !record || (await remove(table, clock, userPoolId, record.Revision, run.signal))
  if (record && sameRecord(rest, record)) return true
  return (await save(table, clock, rest, record?.Revision, run.signal, run.stillMine)) !== undefined
}

/** The pool is gone: the claim goes, and the record with the last one. */
export const forget = (run: Run, record: PoolRecord, change: Change & { kind: 'detach' }): Promise<boolean> => {
  const next = plan(record.UserPoolId, record, record.Applied, change)
  const claims = next.ok ? next.claims : []
  return settle(run, record.UserPoolId, record, { base: record.Base, claims, asked: record.Asked, applied: record.Applied })
}

/** Gives the lease up. When every attempt was refused for sure the record goes back to what it was; else the intention stays, for whoever comes next. */
export const letGo = async (run: Run, held: PoolRecord, before: PoolRecord | undefined, unclear: boolean): Promise<void> => {
  const { table, clock } = run.ports
  const { Lease: _lease, Revision: _revision, ...rest } = unclear ? held : (before ?? held)
  try {
    if (!unclear && !before) await remove(table, clock, held.UserPoolId, held.Revision, run.closing)
    else await save(table, clock, rest, held.Revision, run.closing)
  } catch (error) {
    // It ends by itself with the invocation's deadline; the answer matters more.
    run.log('warn', `the lease on user pool ${held.UserPoolId} could not be given up`, { error: String(error) })
  }
}
