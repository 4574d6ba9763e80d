// Everything that the core asks of the world. Adapters in handler/aws speak to AWS; the simulation has its own.
import type { JsonObject } from './json.ts'

/**
 * Cognito. Both sides are raw wire JSON: what no SDK knows must survive.
 * Every port throws ServiceError for an error of its service, and the signal's reason when it is aborted. No port retries.
 */
export type PoolReader = {
  /** The `UserPool` of DescribeUserPool, as it came. */
  readonly describe: (userPoolId: string, signal: AbortSignal) => Promise<JsonObject>
}

export type UserPools = PoolReader & {
  /** The answer of GetUserPoolMfaConfig, as it came. Its quota is its own. */
  readonly getMfaConfig: (userPoolId: string, signal: AbortSignal) => Promise<JsonObject>
  /** Waits for room in the quota of updates. Asked for before the write-ahead: what is written ahead is sent at once. */
  readonly updateTurn: (signal: AbortSignal) => Promise<void>
  /** UpdateUserPool with exactly these members. */
  readonly update: (request: JsonObject, signal: AbortSignal) => Promise<void>
}

/** SES v2, read only. `region` is where SES is asked. Answers are the service's own members; undefined is the service's NotFoundException. */
export type Ses = {
  readonly getAccount: (region: string, signal: AbortSignal) => Promise<JsonObject>
  readonly getConfigurationSet: (region: string, name: string, signal: AbortSignal) => Promise<JsonObject | undefined>
  /** The member `EventDestinations`. */
  readonly getEventDestinations: (
    region: string,
    configurationSet: string,
    signal: AbortSignal,
  ) => Promise<readonly JsonObject[] | undefined>
  readonly getEmailIdentity: (region: string, identity: string, signal: AbortSignal) => Promise<JsonObject | undefined>
  readonly getDedicatedIpPool: (region: string, poolName: string, signal: AbortSignal) => Promise<JsonObject | undefined>
}

/** An item of the table: `UserPoolId` is its key, `Revision` grows with every write and never comes twice, not even after the item was removed. */
export type Item = JsonObject & { readonly UserPoolId: string; readonly Revision: number }

/** The one DynamoDB table. Reads are strongly consistent. `seen` is the revision that was read; undefined when there was no item. */
export type Table = {
  /** The table's name, for messages. */
  readonly name: string
  readonly read: (key: string, signal: AbortSignal) => Promise<JsonObject | undefined>
  /** Puts the item if the stored revision still is `seen`; false, and nothing written, when it is not. */
  readonly put: (item: Item, seen: number | undefined, signal: AbortSignal) => Promise<boolean>
  /** A page of items, strongly consistent, after the key `after`; `next` is undefined after the last page. */
  readonly scan: (
    after: string | undefined,
    signal: AbortSignal,
  ) => Promise<{ readonly items: readonly JsonObject[]; readonly next: string | undefined }>
  /** Removes the item if its revision still is `seen`; false when it is not. */
  readonly remove: (key: string, seen: number, signal: AbortSignal) => Promise<boolean>
}

/** The table for whoever only looks. */
export type TableReader = Pick<Table, 'name' | 'read' | 'scan'>

export type Clock = {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** At least 0, less than 1. */
  readonly random: () => number
}

export type Level = 'info' | 'warn' | 'error'

/** One line a decision. `fields` never hold a ResponseURL. */
export type Log = (level: Level, message: string, fields?: JsonObject) => void

export type Ports = {
  readonly userPools: UserPools
  readonly ses: Ses
  readonly table: Table
  readonly clock: Clock
}
