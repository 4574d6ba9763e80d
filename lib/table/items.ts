// Reading and writing an item of the table: retried, by revision, and sure of a put whose answer was lost.
import { isDefinite, isPassing } from '../errors.ts'
import { invariant } from '../invariant.ts'
import { type JsonObject, sameJson } from '../json.ts'
import type { Clock, Item, Table } from '../ports.ts'
import { backoff, retrying } from '../retry.ts'
import { IN_DOUBT_MS } from '../timing.ts'

type Draft = JsonObject & { readonly UserPoolId: string }

export const readItemOf = (table: Pick<Table, 'read'>, clock: Clock, key: string, signal: AbortSignal) =>
  retrying(clock, signal, () => table.read(key, signal))

/**
 * Retries a conditional write. If an earlier attempt is in doubt and the condition fails, `isDone` reads whether that attempt was applied.
 * `again` is awaited before each retry; `mayLand` says whether the attempt before it may still take effect.
 */
const untilKnown = async (
  clock: Clock,
  signal: AbortSignal,
  write: () => Promise<boolean>,
  isDone: () => Promise<boolean>,
  again?: (mayLand: boolean) => Promise<void>,
): Promise<boolean> => {
  let inDoubt = false
  for (let attempt = 0; ; attempt += 1) {
    let mayLand: boolean
    try {
      return (await write()) || (inDoubt && (await isDone()))
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error) || attempt >= 4) throw error
      mayLand = !isDefinite(error)
      inDoubt ||= mayLand
    }
    await clock.sleep(backoff(attempt, clock), signal)
    await again?.(mayLand)
  }
}

/**
 * Puts the item if its revision still is `seen`. The put of a new item that is in doubt is retried only when it can no longer take effect:
 * others may write the item and remove it meanwhile, and a late put would bring it back.
 * @returns the item as it stands now, or undefined when somebody else was first
 */
export const save = async <T extends Draft>(
  table: Table,
  clock: Clock,
  draft: T,
  seen: number | undefined,
  signal: AbortSignal,
): Promise<(T & { readonly Revision: number }) | undefined> => {
  // From the clock, so that an item that is removed and created again never gets an old revision.
  const Revision = Math.max((seen ?? 0) + 1, clock.now() * 1_000 + Math.floor(clock.random() * 1_000))
  invariant(Revision > (seen ?? 0), `revision ${Revision} of ${draft.UserPoolId} does not grow`)
  const item: T & Item = { ...draft, Revision }
  const stands = async () => sameJson(await table.read(draft.UserPoolId, signal), item)
  const again = async (mayLand: boolean) => {
    if (mayLand && seen === undefined) await clock.sleep(IN_DOUBT_MS + 1, signal)
  }
  const isSaved = await untilKnown(clock, signal, () => table.put(item, seen, signal), stands, again)
  return isSaved ? item : undefined
}

/** Removes the item if its revision still is `seen`. @returns false when somebody else was first */
export const remove = (table: Table, clock: Clock, key: string, seen: number, signal: AbortSignal): Promise<boolean> => {
  const isGone = async () => (await table.read(key, signal)) === undefined
  return untilKnown(clock, signal, () => table.remove(key, seen, signal), isGone)
}
