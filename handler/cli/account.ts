// What the command line reads of an account: who asks, the provider, and the pools of a Region. Nothing here can write.
import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { isNotFound, ServiceError } from '../../lib/errors.ts'
import type { Listed } from '../../lib/fleet/status.ts'
import { isObject, type JsonObject, text } from '../../lib/json.ts'
import type { Clock, TableReader } from '../../lib/ports.ts'
import { strings } from '../../lib/preflight/check.ts'
import { retrying } from '../../lib/retry.ts'
import { tokenBucket } from '../../lib/token-bucket.ts'
import { clientSettings } from '../aws/client-settings.ts'
import { poolReader, rawCalls } from '../aws/cognito-reader.ts'
import { dynamoClient, tableReader } from '../aws/dynamodb-reader.ts'
import { rawRestJson } from '../aws/raw-json.ts'
import { calling } from '../aws/service-error.ts'
import { sesReader } from '../aws/ses.ts'

/** UserPoolRead is 15 a second for the account. Signing in does not count against it; deployments and the healer (5) do. */
const PER_SECOND = 10

const SETTINGS = clientSettings(10_000)

const FUNCTION = 'cognito-ses-binding'

/** The function as it is deployed: whether a binding may lie over another stack's, and its release where it says it. */
export type Provider = NonNullable<Awaited<ReturnType<typeof providerIn>>>

export type Caller = { readonly account: string; readonly partition: string }

/** The Region that the environment or the profile names. */
export const ownRegion = async (): Promise<string | undefined> => new STSClient(SETTINGS).config.region().catch(() => undefined)

/** Who asks. @throws ServiceError */
export const callerIn = async (region: string, signal: AbortSignal): Promise<Caller> => {
  const client = new STSClient({ ...SETTINGS, region })
  const { Account = '', Arn } = await calling('sts:GetCallerIdentity', signal, () =>
    client.send(new GetCallerIdentityCommand({}), { abortSignal: signal }),
  )
  return { account: Account, partition: Arn?.split(':')[1] ?? 'aws' }
}

/** One Region of the account, read at the command line's pace. */
export type RegionReader = ReturnType<typeof regionReader>

/** Reads of one Region. */
export const regionReader = (region: string, clock: Clock) => {
  const call = rawCalls(region)
  const listUserPools = call('cognito-idp:ListUserPools', ListUserPoolsCommand)
  const turn = tokenBucket(clock, PER_SECOND, PER_SECOND)
  return {
    region,
    pools: poolReader(call, turn),
    ses: sesReader(),
    table: (name: string): TableReader => tableReader(dynamoClient(region), name),
    /** All pages. */
    list: async (signal: AbortSignal): Promise<readonly Listed[]> => {
      const listed: Listed[] = []
      let next: string | undefined
      do {
        const request = { MaxResults: 60, ...(next === undefined ? {} : { NextToken: next }) }
        const page = await retrying(clock, signal, () => turn(signal).then(() => listUserPools(request, signal)))
        const { UserPools: pools } = page
        listed.push(...(Array.isArray(pools) ? pools : []).filter(isObject).map((pool) => listedAs(region, pool)))
        next = text(page, 'NextToken')
      } while (next)
      return listed
    },
    /** Undefined where there is none. */
    provider: (signal: AbortSignal) => retrying(clock, signal, () => providerIn(region, signal)),
  }
}

const listedAs = (region: string, pool: JsonObject): Listed => ({
  region,
  id: text(pool, 'Id') ?? '',
  name: text(pool, 'Name') ?? '',
  replicas: strings(pool, 'ReplicaRegions'),
})

const providerIn = async (region: string, signal: AbortSignal) => {
  const client = new LambdaClient({ ...SETTINGS, region, protocol: rawRestJson() })
  const action = 'lambda:GetFunctionConfiguration'
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: FUNCTION })
    const found = await calling(action, signal, () => client.send(command, { abortSignal: signal }))
    const { TABLE_NAME: table, VERSION: version = null, ALLOW_TAKEOVER } = found.Environment?.Variables ?? {}
    if (!table) {
      const {
        ErrorCode: code = 'NoTable',
        Message: said = 'the function has no TABLE_NAME in its environment, so it is not the provider',
      } = found.Environment?.Error ?? {}
      throw new ServiceError(action, code, said, 400)
    }
    const { FunctionName: functionName = FUNCTION, Runtime: runtime = '', LastModified: deployedAt = '', State: state = 'Active' } = found
    return { functionName, runtime, deployedAt, state, table, allowTakeover: ALLOW_TAKEOVER !== 'false', version }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
