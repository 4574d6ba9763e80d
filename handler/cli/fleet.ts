// Reads pools side by side: each pool's record, then the pool, then what SES says of what it sends with.
import { homeRegion } from '../../lib/arn.ts'
import { isDenied, isNotFound, isPassing, type Refusal, refusal, ServiceError } from '../../lib/errors.ts'
import { asksSes, type Listed, type PoolStatus, type Reading, statusOf, withEffectiveSet } from '../../lib/fleet/status.ts'
import type { JsonObject } from '../../lib/json.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { refusalFor } from '../../lib/pool/cognito-errors.ts'
import { readPoolRecord } from '../../lib/pool/record.ts'
import { emailConfigurationOf } from '../../lib/pool/verify.ts'
import type { Clock, TableReader } from '../../lib/ports.ts'
import { type FactFinder, type Facts, factFinder, failure, valueIn } from '../../lib/preflight/facts.ts'
import { serviceWords } from '../../lib/printable.ts'
import { retrying } from '../../lib/retry.ts'
import { readItemOf } from '../../lib/table/items.ts'
import { SCHEMA_VERSION } from '../../lib/table/schema.ts'
import packageJson from '../../package.json'
import type { Caller, Provider, RegionReader } from './account.ts'

const AT_ONCE = 8

/** Beside the function's own sentence about a newer record, which takes itself for the older provider. */
const OLDER = `This command line (${packageJson.version}) is older than the record: update it. If the function says the same, deploy the newer provider again.`

/** What every reading needs. */
export type Sight = {
  readonly caller: Caller
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly onProgress: (region: string, done: number, all: number) => void
}

/** A Region as it is looked at. */
export type Region = {
  readonly reader: RegionReader
  /** A refusal where the function could not be read; undefined where there is none. */
  readonly provider: Provider | undefined | Refusal
  readonly table: TableReader | undefined
  /** All pools; undefined where they could not be listed, or nobody asked for a list. */
  readonly listed: readonly Listed[] | undefined
  /** What could not be read, each once. */
  readonly problems: Map<string, string>
  /** GetAccount of this Region, where it was asked. */
  ses: JsonObject | undefined
  /** How many pools were deleted between list and look. */
  gone: number
}

/** A pool that was visited. */
export type Visit = { readonly status: PoolStatus; readonly reading: Reading | Refusal; readonly gather: FactFinder['gather'] }

/** What AWS says in a Region that is off, or that a service is not in. */
const isOff = ({ action, code }: ServiceError): boolean =>
  /^(?:cognito-idp|lambda):/.test(action) && (code === 'UnrecognizedClientException' || code === 'ENOTFOUND')

/** Notes what went wrong, for whoever typed the command. @returns it as a refusal */
export const note = (problems: Region['problems'], region: string, error: unknown): Refusal => {
  if (!(error instanceof ServiceError)) throw error
  const said = serviceWords(error.message)
  const [key, refused] = isOff(error)
    ? ['off', refusal('InternalFailure', `${region} is not enabled for this account, or has no Amazon Cognito.`)]
    : isDenied(error)
      ? [error.action, refusal('AccessDenied', `${error.action} in ${region} was denied to you: ${said}.`)]
      : [error.action, refusal('InternalFailure', `${error.action} in ${region} failed (${error.code}): ${said}.`)]
  if (!problems.has(`${key} ${region}`)) problems.set(`${key} ${region}`, refused.message)
  return refused
}

/** Looks whether the provider is in a Region, and with it the table; and lists the pools, if asked to. */
export const openRegion = async (reader: RegionReader, isListed: boolean, { signal }: Sight): Promise<Region> => {
  const problems: Region['problems'] = new Map()
  const [provider, listed] = await Promise.all([
    reader.provider(signal).catch((error: unknown) => note(problems, reader.region, error)),
    isListed ? reader.list(signal).catch((error: unknown) => void note(problems, reader.region, error)) : undefined,
  ])
  const table = provider && !('ok' in provider) ? reader.table(provider.table) : undefined
  return { reader, provider, table, listed, problems, ses: undefined, gone: 0 }
}

/** Visits pools; `each` hears of them as they come. */
export const visitAll = async (region: Region, pools: readonly Listed[], each: (visit: Visit) => unknown, sight: Sight): Promise<void> => {
  const { reader, problems } = region
  const { clock, signal } = sight
  const finder = factFinder(reader.ses, clock, signal, reader.region)
  const recordedOf = recordReader(region, sight)
  const gather = async (email: JsonObject): Promise<Facts> => {
    const facts = await finder.gather(email)
    for (const fact of [facts.account, facts.identity, facts.configurationSet, facts.eventDestinations, facts.sendingPool]) {
      const error = failure(fact)
      if (error) note(problems, facts.region, error)
    }
    if (facts.region === reader.region) region.ses ??= valueIn(facts.account)
    return facts
  }
  const asked = async (email: JsonObject): Promise<Facts | undefined> => {
    if (!asksSes(email)) return undefined
    const facts = await gather(email)
    const whole = withEffectiveSet(email, facts)
    return whole === email ? facts : gather(whole)
  }
  const visit = async (listed: Listed): Promise<Visit | undefined> => {
    const { id: userPoolId } = listed
    const recorded = await recordedOf(userPoolId)
    const readAt = clock.now()
    try {
      const pool = await retrying(clock, signal, () => reader.pools.describe(userPoolId, signal))
      const reading = { ok: true, ...sight.caller, userPoolId, region: reader.region, pool, recorded, readAt } as const
      return { status: statusOf(listed, reading, await asked(emailConfigurationOf(pool))), reading, gather }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      if (isNotFound(error) && region.listed?.includes(listed)) return undefined
      const unread = isNotFound(error) ? missing(error, userPoolId, reader.region) : note(problems, reader.region, error)
      return { status: statusOf(listed, unread, undefined), reading: unread, gather }
    }
  }
  let done = 0
  await mapConcurrently(pools, AT_ONCE, async (listed) => {
    const visited = await visit(listed)
    if (visited) await each(visited)
    else region.gone += 1
    done += 1
    sight.onProgress(reader.region, done, pools.length)
  })
}

/** A pool that is not there, in the Lambda's words; whoever asks here may ask in another Region too. */
const missing = (error: ServiceError, userPoolId: string, region: string): Refusal => {
  const { code, message } = refusalFor(error, { userPoolId, region })
  const home = homeRegion(userPoolId)
  return refusal(code, home === region ? message : message.replace(/\.$/, `; or add --region ${home}.`))
}

/** Reads records of pools, as `reconcile` does. What will not work for any pool is not asked again. */
const recordReader = ({ reader, provider, table, problems }: Region, { clock, signal }: Sight) => {
  let closed = provider && 'ok' in provider ? provider : undefined
  return async (userPoolId: string): Promise<Reading['recorded']> => {
    if (closed) return closed
    if (!table) return { ok: true, record: undefined }
    try {
      const item = await readItemOf(table, clock, userPoolId, signal)
      if (!item) return { ok: true, record: undefined }
      const read = readPoolRecord(item, table.name)
      return read.ok || !(Number(item['SchemaVersion']) > SCHEMA_VERSION) ? read : refusal(read.code, `${read.message} ${OLDER}`)
    } catch (error) {
      const refused = note(problems, reader.region, error)
      if (!isPassing(error)) closed = refused
      return refused
    }
  }
}
