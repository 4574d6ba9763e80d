// The pools of the doubled Cognito, and what is hidden behind them that Describe does not show.
import { userPoolArn } from '../../../lib/arn.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { DESCRIBE_ONLY, PLAIN_SETTINGS, STANDARD_SCHEMA } from './members.ts'

/** What UpdateUserPool does with a member that is omitted at the top level: it goes to its default, or it stays. */
export type World = 'reset' | 'keep'

/** Whether an `EmailConfiguration` that is sent takes the place of the old one, or is laid over it member by member. */
export type EmailMembers = 'replace' | 'keep'

/** What a pool has that DescribeUserPool does not show. */
export type HiddenState = {
  readonly userImportInProgress?: boolean
  readonly smsRoleDeleted?: boolean
  /** As SetUserPoolMfaConfig last set it. */
  readonly mfa?: JsonObject
}

export type PoolEntry = { readonly pool: JsonObject; readonly hidden: HiddenState }

/** May change the pool that an UpdateUserPool would store: another spelling, a member that does not take, a setting that moves. */
export type AfterUpdate = (pool: JsonObject, before: JsonObject) => JsonObject

export type CognitoState = {
  readonly region: string
  readonly partition: string
  readonly account: string
  readonly world: World
  readonly emailMembers: EmailMembers
  readonly now: () => number
  readonly pools: Map<string, PoolEntry>
  /** What SES knows of an identity, if it does. */
  readonly identity: (region: string, name: string) => JsonObject | undefined
  readonly afterUpdate: () => AfterUpdate | undefined
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const freshId = (region: string): string =>
  `${region}_${Array.from({ length: 9 }, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join('')}`

export const copy = <T>(value: T): T => structuredClone(value)

/** Epoch seconds with milliseconds, and never the same twice in a row. */
const stamp = (now: number, before: unknown): number =>
  Math.max(Math.round(now) / 1000, typeof before === 'number' ? Math.round(before * 1000 + 1) / 1000 : 0)

/** Puts a pool with what every pool has laid under it; gives its Id. */
export const addPool = (state: CognitoState, given: JsonObject): string => {
  const id = typeof given['Id'] === 'string' ? given['Id'] : freshId(state.region)
  const created = stamp(state.now(), undefined)
  const pool = {
    ...{ Id: id, Name: id, SchemaAttributes: STANDARD_SCHEMA, CreationDate: created, LastModifiedDate: created, EstimatedNumberOfUsers: 0 },
    // A replica shares the ID of its primary; its ARN is of the Region where it stands (Cognito developer guide, multi-Region user pools).
    Arn: userPoolArn(state, id),
    ...PLAIN_SETTINGS,
    ...given,
  }
  state.pools.set(id, { pool: JSON.parse(JSON.stringify(pool)), hidden: {} })
  return id
}

/** Stores a changed pool under its old Id and moves `LastModifiedDate`. */
export const storePool = (state: CognitoState, id: string, pool: JsonObject, hidden: HiddenState): void => {
  const LastModifiedDate = stamp(state.now(), pool['LastModifiedDate'])
  state.pools.set(id, { pool: JSON.parse(JSON.stringify({ ...pool, Id: id, LastModifiedDate })), hidden })
}

/** The members that no update reaches. */
export const fixedMembers = (pool: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(pool).filter(([name]) => DESCRIBE_ONLY.includes(name)))
