// What to do about drift: pure. Careful first: a healer that fights an owner does more harm than drift.
import { child, type JsonObject, text } from '../json.ts'
import { desired, type EmailConfiguration, sameMember } from '../pool/layers.ts'
import type { Observed } from '../pool/observe.ts'
import type { Plan } from '../pool/plan.ts'
import { type Claim, claimsOf, type PoolRecord, recentHeals } from '../pool/record.ts'

/** Heals of a pool in 24 hours; then it is contested. */
export const HEALS_A_DAY = 3

/** A pool with this tag and one of these values, in any case, is never healed. YAML makes false of an off without quotes. */
const OFF_TAG = 'cognito-ses-binding'
const OFF_VALUES = ['off', 'false']

export type Decision =
  /** Live is as declared. */
  | { readonly kind: 'asDeclared' }
  /** The settings were wiped, and nobody asked for anything else. */
  | { readonly kind: 'heal' }
  /** Somebody meant what stands there, or wipes it again and again: nothing is written. */
  | { readonly kind: 'contested'; readonly why: string }
  /** Drift that the binding only wants to hear of. */
  | { readonly kind: 'notify'; readonly why: string }
  /** Nothing gives the pool a sender, so there is nothing to put back to. */
  | { readonly kind: 'blocked'; readonly why: string }
  /** Neither heals nor reports: `why` is told to nobody. */
  | { readonly kind: 'off'; readonly why: string }

type Subject = Pick<Observed, 'record' | 'live' | 'pool'>

/** The most careful claim of a pool wins; undefined where every claim is AUTO. */
const cautionOf = (claims: readonly Claim[]): Exclude<Claim['Heal'], 'AUTO'> | undefined =>
  (['OFF', 'NOTIFY'] as const).find((mode) => claims.some(({ Heal }) => Heal === mode))

/** Whether a member is as an unfinished operation found it, and was what the claims said then. An owner may have set a value of theirs again since. */
const isUnfinished = (name: string, live: EmailConfiguration, record: PoolRecord): boolean => {
  if (!sameMember(name, live, record.Applied)) return false
  if (!record.Intended) return true
  const declared = record.Claims.map(({ Declared }) => Declared)
  const layers = desired(record.Base, declared, live)
  return !layers.blocked && sameMember(name, record.Asked, layers.emailConfiguration)
}

/** Whether a declared member is gone, as after an owner's update that did not know of it: back at base, absent, or bare COGNITO_DEFAULT. */
const wasWiped = (name: string, live: EmailConfiguration, record: PoolRecord): boolean =>
  live[name] === undefined ||
  sameMember(name, live, record.Base) ||
  isUnfinished(name, live, record) ||
  (name === 'EmailSendingAccount' && live[name] === 'COGNITO_DEFAULT')

const isTaggedOff = (pool: JsonObject): boolean => {
  const value = text(child(pool, 'UserPoolTags'), OFF_TAG)?.toLowerCase()
  return OFF_VALUES.some((off) => off === value)
}

/** What to do about what stands live, against the saved base. Pure. */
export const decide = ({ record, live, pool }: Subject, { changes, noSender }: Plan, at: string): Decision => {
  if (!record || (changes.length === 0 && noSender === undefined)) return { kind: 'asDeclared' }
  const caution = cautionOf(claimsOf(record))
  if (caution === 'OFF' || isTaggedOff(pool)) return { kind: 'off', why: '' }
  if (record.Unhealed?.Kind === 'contested') return { kind: 'contested', why: record.Unhealed.Why }
  const overridden = changes.filter((name) => !wasWiped(name, live, record))
  if (overridden.length > 0) return { kind: 'contested', why: `somebody set ${overridden.join(', ')} to another value` }
  if (noSender !== undefined) return { kind: 'blocked', why: noSender }
  if (caution === 'NOTIFY') return { kind: 'notify', why: `${changes.join(', ')} not as declared` }
  const heals = recentHeals(record, at).length
  if (heals >= HEALS_A_DAY) return { kind: 'contested', why: `${changes.join(', ')} wiped again after ${heals} heals in 24 hours` }
  return { kind: 'heal' }
}
