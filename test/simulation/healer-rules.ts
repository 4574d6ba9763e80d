// The rules of the healer: it puts back what was wiped, never over a value that was meant, within its budget; and what it says is true.
import { isObject, type JsonObject, sameJson } from '../../lib/json.ts'
import type { ExceptionId } from './exceptions.ts'
import type { Invocation } from './lambda.ts'
import { differing, type Email, type Knowledge, layered, sameUnit, stands, wished } from './layers.ts'
import { claimsOf, type RecordView, reasonOf } from './records.ts'
import type { World } from './world.ts'

const DAY = 24 * 3_600_000
const HEALS_A_DAY = 3

/** Whether a put has only said why the pool is left alone. */
export const saysOnly = (before: RecordView, after: RecordView): boolean => {
  const rest = ({ Unhealed: _, Revision: _revision, Lease: _lease, ...record }: RecordView) => record
  return after.Unhealed !== undefined && sameJson(rest(before), rest(after))
}

/** A value that nobody but the owner can have meant: not gone, not what was there before the claims, not ours. */
const isMeant = (name: string, email: Email, { base, ours }: Pick<Knowledge, 'base' | 'ours'>): boolean =>
  email[name] !== undefined &&
  !(name === 'EmailSendingAccount' && email[name] === 'COGNITO_DEFAULT') &&
  ![base, ...ours].some((one) => sameUnit([name], one, email))

const isTaggedOff = (settings: JsonObject): boolean => {
  const tags = settings['UserPoolTags']
  return isObject(tags) && tags['cognito-ses-binding'] === 'off'
}

/** What the healer saw of a pool before it decided. */
type Seen = { readonly email: Email; readonly knowledge: readonly Knowledge[]; readonly settings: JsonObject }

export type HealerRules = {
  /** It has written a pool ahead. */
  readonly setsOut: (invocation: Invocation, before: RecordView | undefined, intended: Email, seen: Seen, userPoolId: string) => void
  /** Its update of a pool takes effect. */
  readonly writes: (invocation: Invocation, userPoolId: string) => void
  /** It has said why it leaves a pool alone. */
  readonly says: (record: RecordView, seen: Seen) => void
  /** The record of a pool is gone: what is bound later has a budget of its own. */
  readonly forget: (userPoolId: string) => void
  /** When no owner writes any more and the sweep has come. */
  readonly checkBound: () => void
  /** What later verdicts depend on. */
  readonly state: () => unknown
}

export const createHealerRules = (
  world: World,
  now: () => number,
  knowledgeOf: (userPoolId: string) => readonly Knowledge[],
  violated: (rule: string, what: string) => void,
  tolerated: (id: ExceptionId) => void,
): HealerRules => {
  /** When it wrote a pool, and when it set out to. */
  const written = new Map<string, readonly number[]>()
  const setOut = new Map<string, readonly number[]>()

  const lastDay = (times: ReadonlyMap<string, readonly number[]>, id: string): readonly number[] =>
    (times.get(id) ?? []).filter((time) => time > now() - DAY)

  const writes: HealerRules['writes'] = ({ id: name }, id) => {
    written.set(id, [...lastDay(written, id), now()])
    const heals = lastDay(written, id).length
    if (heals > HEALS_A_DAY) violated('budget', `${name} is heal number ${heals} of ${id} in 24 hours`)
  }

  const setsOut: HealerRules['setsOut'] = ({ id, startedAt }, before, intended, observation, key) => {
    setOut.set(key, [...lastDay(setOut, key), now()])
    const modes = claimsOf(before).map(({ Heal }) => Heal)
    if (modes.some((mode) => mode !== 'AUTO')) violated('heals what it may', `${id} heals ${key}, whose bindings say Heal ${modes}`)
    if (isTaggedOff(observation.settings)) violated('heals what it may', `${id} heals ${key}, whose tag says off`)
    if (
      (claimsOf(before).at(-1)?.Preflight ?? 'ENFORCE') === 'ENFORCE' &&
      intended['EmailSendingAccount'] === 'DEVELOPER' &&
      intended['ConfigurationSet'] !== undefined &&
      (world.pausedSince ?? Infinity) < startedAt
    )
      violated('heals what it may', `${id} heals ${key}, and its set may not send`)
    if (before?.Unhealed?.Kind === 'contested') violated('heals what it may', `${id} heals ${key}, which is ${reasonOf(before)}`)
    const over = differing(observation.email, intended).flatMap((unit) => unit.split('+'))
    const meant = over.filter(
      (name) =>
        !sameUnit([name], observation.email, intended) && observation.knowledge.every((one) => isMeant(name, observation.email, one)),
    )
    if (meant.length > 0)
      violated(
        'never over a value that was meant',
        `${id} heals ${meant} of ${key}: ${JSON.stringify(observation.email)} becomes ${JSON.stringify(intended)}`,
      )
  }

  /** Why the healer leaves a pool alone must be true. */
  const says: HealerRules['says'] = (record, { email, knowledge }) => {
    const { UserPoolId: key, Claims = [] } = record
    const why = reasonOf(record)
    const set = /^contested: somebody set (.*) to another value/.exec(why)?.[1]?.split(', ')
    if (set?.some((name) => !knowledge.some((one) => isMeant(name, email, one))))
      violated('contested', `${key} is ${why}; it has ${JSON.stringify(email)}, and what is known is ${JSON.stringify(knowledge)}`)
    if (why.includes('wiped again') && lastDay(setOut, key).length < HEALS_A_DAY)
      violated('contested', `${key} is ${why}; the healer set out ${lastDay(setOut, key).length} times`)
    if (why.startsWith('notify') && !Claims.some(({ Heal }) => Heal === 'NOTIFY')) violated('contested', `${key} is ${why}`)
    const declared = Claims.map((claim) => claim.Declared)
    if (why.startsWith('blocked') && knowledge.every((one) => layered(wished(one, email), declared, email)))
      violated('contested', `${key} is ${why}; it has ${JSON.stringify(email)}`)
  }

  const checkBound: HealerRules['checkBound'] = () => {
    for (const pool of world.pools) {
      const item: RecordView | undefined = world.table.get(pool.id)
      if (!item) continue
      const claims = claimsOf(item)
      if (isTaggedOff(pool.settings) || claims.some(({ Heal }) => Heal === 'OFF')) {
        tolerated('looked-away')
        continue
      }
      const possible = knowledgeOf(pool.id).map((one) => ({
        email: layered(
          wished(one, pool.email),
          claims.map((claim) => claim.Declared),
          pool.email,
        ),
        spelling: one.spelling,
      }))
      const isBound = possible.map(({ email, spelling }) => email !== undefined && stands(email, pool.email, spelling))
      if (item.Unhealed === undefined && (item.Intended || item.Lease))
        violated('stays bound', `${pool.id} is neither done nor left alone: ${JSON.stringify(item)}`)
      if (item.Unhealed !== undefined && isBound.every(Boolean))
        violated('stays bound', `${pool.id} is as the layers say, and its record says ${reasonOf(item)}`)
      if (isBound.includes(true)) continue
      if (item.Unhealed === undefined)
        violated('stays bound', `${pool.id} has ${JSON.stringify(pool.email)} after the sweep; the layers say ${JSON.stringify(possible)}`)
      else tolerated('left-alone')
    }
  }

  const state = () => [written, setOut].map((map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { setsOut, writes, says, checkBound, forget: (id) => written.delete(id), state }
}
