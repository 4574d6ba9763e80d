// What SES says about a set, an identity and an account: each thing asked once for a request, at most two round trips deep.
import { ServiceError } from '../errors.ts'
import { child, isObject, type JsonObject, text } from '../json.ts'
import type { Clock, Ses } from '../ports.ts'
import { retrying } from '../retry.ts'
import { hasNoSes } from './regions.ts'
import { parentDomains, parseSourceArn } from './source-arn.ts'

/** What one read brought: the answer, the service's word that there is no such thing, or the error that was left after the retries. */
export type Fact<T> = { readonly found: T } | { readonly missing: true } | { readonly failed: ServiceError }

/** Undefined where nothing had to be asked. */
export type Facts = {
  /** The Region that SES was asked in: SourceArn's, or the function's own when there is none. */
  readonly region: string
  readonly configurationSet: Fact<JsonObject> | undefined
  readonly eventDestinations: Fact<readonly JsonObject[]> | undefined
  readonly account: Fact<JsonObject>
  readonly identity: Fact<JsonObject> | undefined
  /** The dedicated IP pool that the set sends through. */
  readonly sendingPool: Fact<JsonObject> | undefined
  /** The set of the same name in the function's own Region, when it is missing in SourceArn's. */
  readonly configurationSetInOwnRegion: Fact<JsonObject> | undefined
  /** The domains above an identity that is missing or not verified, nearest first. */
  readonly parents: readonly { readonly domain: string; readonly fact: Fact<JsonObject> }[]
}

export type FactFinder = {
  /** Starts the reads that the declared members call for, before the pool has been read. Never fails: `gather` does, if it comes to that. */
  readonly prefetch: (emailConfiguration: JsonObject) => void
  /** Rejects with the signal's reason when it is aborted; a service that fails is a fact. */
  readonly gather: (emailConfiguration: JsonObject) => Promise<Facts>
}

/** What a read found, or undefined. */
export const valueIn = <T>(fact: Fact<T> | undefined): T | undefined => (fact && 'found' in fact ? fact.found : undefined)

export const isMissing = (fact: Fact<unknown> | undefined): boolean => fact !== undefined && 'missing' in fact

export const failure = (fact: Fact<unknown> | undefined): ServiceError | undefined => (fact && 'failed' in fact ? fact.failed : undefined)

/** SES's own IP pools: they always exist, and GetDedicatedIpPool does not know them (SES developer guide, "Dedicated IP pools"). */
const BUILT_IN_POOLS: ReadonlySet<string | undefined> = new Set(['ses-default-dedicated-pool', 'ses-shared-pool'])

/** The dedicated IP pool of a set, unless it is one of SES's own. */
export const sendingPoolName = (configurationSet: JsonObject | undefined): string | undefined => {
  const name = text(child(configurationSet, 'DeliveryOptions'), 'SendingPoolName')
  return BUILT_IN_POOLS.has(name) ? undefined : name
}

/** Whether SES says that the identity may send; an answer without VerifiedForSendingStatus does not say that it may not. */
export const isUnverified = (identity: JsonObject | undefined): boolean => identity?.['VerifiedForSendingStatus'] === false

/**
 * The reads of one request. Every pool of it shares them: one call for each thing and Region, retried when it is throttled or fails for the moment.
 * The second round trip asks what depends on the first: the set's IP pool, and where a missing set or identity might be instead.
 * @param region the function's own
 * @param onTrouble hears of each error that is waited out
 */
export const factFinder = (
  ses: Ses,
  clock: Clock,
  signal: AbortSignal,
  region: string,
  onTrouble?: (error: ServiceError) => void,
): FactFinder => {
  const settled = async <T>(call: () => Promise<T | undefined>): Promise<Fact<T>> => {
    try {
      const answer = await retrying(clock, signal, call, onTrouble)
      return answer === undefined ? { missing: true } : { found: answer }
    } catch (error) {
      if (error instanceof ServiceError) return { failed: error }
      throw error
    }
  }

  const once = <T, At extends readonly string[]>(read: (...at: At) => Promise<T | undefined>) => {
    const asked = new Map<string, Promise<Fact<T>>>()
    return (...at: At): Promise<Fact<T>> => {
      const key = String(at)
      const fact = asked.get(key) ?? settled(() => read(...at))
      asked.set(key, fact)
      return fact
    }
  }

  const configurationSet = once((at: string, name: string) => ses.getConfigurationSet(at, name, signal))
  const eventDestinations = once(async (at: string, name: string) => (await ses.getEventDestinations(at, name, signal))?.filter(isObject))
  const identity = once((at: string, name: string) => ses.getEmailIdentity(at, name, signal))
  const sendingPool = once((at: string, name: string) => ses.getDedicatedIpPool(at, name, signal))
  const account = once((at: string) => ses.getAccount(at, signal))

  const gather = async (emailConfiguration: JsonObject): Promise<Facts> => {
    const source = parseSourceArn(text(emailConfiguration, 'SourceArn'))
    const at = source?.region ?? region
    const set = text(emailConfiguration, 'ConfigurationSet')
    const theSet = set === undefined ? undefined : configurationSet(at, set)
    const theIdentity = source && identity(at, source.identity)

    const poolOfTheSet = async (): Promise<Fact<JsonObject> | undefined> => {
      const name = sendingPoolName(valueIn(await theSet))
      return name === undefined ? undefined : sendingPool(at, name)
    }
    const inOwnRegion = async (): Promise<Fact<JsonObject> | undefined> =>
      set !== undefined && !hasNoSes(region) && isMissing(await theSet) ? configurationSet(region, set) : undefined
    const above = async (): Promise<Facts['parents']> => {
      const fact = await theIdentity
      if (!source || !(isMissing(fact) || isUnverified(valueIn(fact)))) return []
      return Promise.all(parentDomains(source).map(async (domain) => ({ domain, fact: await identity(at, domain) })))
    }

    const [ofSet, ofDestinations, ofAccount, ofIdentity, ofPool, ofOwnRegion, parents] = await Promise.all([
      theSet,
      set === undefined ? undefined : eventDestinations(at, set),
      account(at),
      theIdentity,
      poolOfTheSet(),
      inOwnRegion(),
      above(),
    ])
    return {
      region: at,
      configurationSet: ofSet,
      eventDestinations: ofDestinations,
      account: ofAccount,
      identity: ofIdentity,
      sendingPool: ofPool,
      configurationSetInOwnRegion: ofOwnRegion,
      parents,
    }
  }

  return {
    prefetch: (emailConfiguration) => {
      // Without a SourceArn the pool's own one says where to ask; where SES is not, nobody would answer meanwhile.
      if (hasNoSes(region) && emailConfiguration['SourceArn'] === undefined) return
      gather(emailConfiguration).catch(() => undefined)
    },
    gather,
  }
}
