// The embedded local AWS: one HTTP server on a free port of 127.0.0.1 that plays Cognito, SES v2, DynamoDB, CloudFormation's response bucket, and what the command line asks of STS and Lambda.
import type { JsonObject } from '../../lib/json.ts'
import {
  type AfterUpdate,
  addPool,
  type CognitoState,
  copy,
  type EmailMembers,
  type HiddenState,
  storePool,
  type World,
} from './cognito/state.ts'
import { createCognito } from './cognito.ts'
import type { Call } from './dispatch.ts'
import { createDynamoDb, type Table } from './dynamodb.ts'
import { createFaults, type FaultRule } from './faults.ts'
import { createLambda } from './lambda.ts'
import { type Answer, createResponseBucket, type RefusedAnswer } from './response-bucket.ts'
import { startServer } from './server.ts'
import type { Service } from './service.ts'
import { createSesSetters, type SesSetters } from './ses/setters.ts'
import { createSesState, identityKey } from './ses/state.ts'
import { createSes } from './ses.ts'
import { createSts } from './sts.ts'

export type LocalAwsOptions = {
  /** What UpdateUserPool does with a member that is omitted at the top level: `reset` unless told. */
  readonly world?: World
  /** What it does with a member that is omitted inside `EmailConfiguration`: `replace` unless told. */
  readonly emailMembers?: EmailMembers
  readonly region?: string
  /** `aws` unless told. */
  readonly partition?: string
  readonly account?: string
  /** Every call takes this much longer. */
  readonly latencyMs?: number
  /** Cognito's quota of reads, and of writes; the burst is the same number. None unless told. */
  readonly quotaPerSecond?: number
  readonly tableName?: string
  /** Milliseconds since 1970, for dates, quota and the times of calls. */
  readonly now?: () => number
}

export type LocalAws = {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly region: string
  readonly partition: string
  readonly account: string
  /** What the function's environment must hold. */
  readonly environment: Readonly<Record<string, string>>
  /** Puts a pool as given, with what a plain pool has under it; gives its Id. */
  readonly createUserPool: (pool: JsonObject) => string
  /** What DescribeUserPool gives now. */
  readonly userPool: (id: string) => JsonObject
  /** The owner, by console or Terraform, behind our back. */
  readonly changeUserPool: (id: string, change: (pool: JsonObject) => JsonObject) => void
  readonly removeUserPool: (id: string) => void
  /** Sets what Describe does not show; members that are not given stay. */
  readonly setHiddenState: (id: string, hidden: HiddenState) => void
  /** An odd service: may change what an UpdateUserPool stores. */
  afterUpdate: AfterUpdate | undefined
  readonly ses: SesSetters
  /** Puts a Lambda function that can be asked about; it does not run. */
  readonly putFunction: (name: string, members?: JsonObject, region?: string) => void
  /** A fresh ResponseURL, signed now unless told. */
  readonly responseUrl: (options?: { readonly signedAt?: number }) => { readonly url: string; readonly id: string }
  /** Every PUT that was taken, in order. */
  readonly answers: (id: string) => readonly Answer[]
  readonly refusedAnswers: (id: string) => readonly RefusedAnswer[]
  /** Resolves with the nth answer (the first unless told) as soon as it is there; rejects on close. */
  readonly waitForAnswer: (id: string, nth?: number) => Promise<Answer>
  /** Every call, in the order of arrival. */
  readonly calls: Call[]
  readonly clearCalls: () => void
  /** The items of the table. */
  readonly records: () => Promise<JsonObject[]>
  readonly table: Table
  /** Lays a rule; the function that is given takes it off. */
  readonly fault: (rule: FaultRule) => () => void
  readonly close: () => Promise<void>
}

const TABLE_NAME = 'cognito-ses-binding'

const environmentOf = (host: string, region: string, tableName: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: `http://${host}`,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_SESSION_TOKEN: 'test',
  TABLE_NAME: tableName,
  RESPONSE_HOSTS: host,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
})

/** The table of a local AWS: dynalite, or one in memory. */
export type TableDouble = { readonly service: Service; readonly table: Table; readonly records: () => Promise<JsonObject[]> }

/** All doubles, before anybody can call them. */
export const createDoubles = (options: LocalAwsOptions, tableDouble: TableDouble) => {
  const { region = 'us-east-1', partition = 'aws', account = '123456789012', tableName = TABLE_NAME, now = Date.now } = options
  const sesState = createSesState()
  const cognito: CognitoState = {
    ...{
      region,
      partition,
      account,
      now,
      world: options.world ?? 'reset',
      emailMembers: options.emailMembers ?? 'replace',
      pools: new Map(),
    },
    identity: (of, name) => sesState(of).identities.get(identityKey(name)),
    afterUpdate: () => local?.afterUpdate,
  }
  const bucket = createResponseBucket(region, now)
  const faults = createFaults()
  const calls: Call[] = []
  const lambda = createLambda(account, region)
  const services = [
    ...[createCognito(cognito, options.quotaPerSecond), tableDouble.service, createSes(sesState, region), lambda.service],
    ...[createSts(account), bucket.service],
  ]
  const entryOf = (id: string) => {
    const entry = cognito.pools.get(id)
    if (!entry) throw new Error(`There is no user pool ${id}.`)
    return entry
  }
  let local: LocalAws | undefined
  /** @param host where they listen */
  const open = (host: string, close: () => Promise<void>): LocalAws => {
    local = {
      ...{ endpoint: `http://${host}`, region, partition, account, environment: environmentOf(host, region, tableName) },
      createUserPool: (pool) => addPool(cognito, pool),
      userPool: (id) => copy(entryOf(id).pool),
      changeUserPool: (id, change) => storePool(cognito, id, change(copy(entryOf(id).pool)), entryOf(id).hidden),
      removeUserPool: (id) => {
        cognito.pools.delete(id)
      },
      setHiddenState: (id, hidden) => {
        const { pool, hidden: before } = entryOf(id)
        cognito.pools.set(id, { pool, hidden: { ...before, ...hidden } })
      },
      afterUpdate: undefined,
      ses: createSesSetters(sesState, region),
      putFunction: lambda.putFunction,
      responseUrl: ({ signedAt = now() } = {}) => {
        const { id, path } = bucket.sign(signedAt)
        return { id, url: `http://${host}${path}` }
      },
      ...{ answers: bucket.answers, refusedAnswers: bucket.refusedAnswers, waitForAnswer: bucket.waitForAnswer },
      calls,
      clearCalls: () => {
        calls.length = 0
      },
      ...{ records: tableDouble.records, table: tableDouble.table, fault: faults.lay },
      close: () => {
        bucket.close()
        return close()
      },
    }
    return local
  }
  return { open, dispatching: { services, faults, calls, now, latencyMs: options.latencyMs ?? 0 } }
}

export const startLocalAws = async (options: LocalAwsOptions = {}): Promise<LocalAws> => {
  const { open, dispatching } = createDoubles(options, await createDynamoDb(options.tableName ?? TABLE_NAME))
  const server = await startServer(dispatching)
  return open(server.host, server.close)
}
