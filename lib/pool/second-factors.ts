// The second factors of a pool: not in DescribeUserPool, so read beside it where a pool is written, and compared afterwards.
import { isDenied, ServiceError } from '../errors.ts'
import type { PoolWork } from '../invocation.ts'
import { child, type JsonObject, text } from '../json.ts'
import { serviceWords } from '../printable.ts'
import { retrying } from '../retry.ts'
import { type Difference, differencesBetween } from './settings.ts'

/** What GetUserPoolMfaConfig says, as it came; `unread` where it could not be asked; neither where a pool has none that could be lost. */
export type SecondFactors = { readonly settings?: JsonObject; readonly unread?: string }

/**
 * Whether a pool has second factors, or passkeys, that an update could lose. With MfaConfiguration OFF the service takes no factor
 * (SetUserPoolMfaConfig: "can't turn off MFA and configure an MFA together"); WebAuthn is a first factor of its own.
 */
const hasSecondFactors = (pool: JsonObject): boolean => {
  const firstFactors = child(child(pool, 'Policies'), 'SignInPolicy')?.['AllowedFirstAuthFactors']
  const hasPasskeys = Array.isArray(firstFactors) && firstFactors.includes('WEB_AUTHN')
  return hasPasskeys || (text(pool, 'MfaConfiguration') ?? 'OFF') !== 'OFF'
}

/** Reads the second factors of a pool. What cannot be read stops nothing: it is said. @throws the signal's reason when that is aborted */
export const readSecondFactors = async (work: PoolWork, userPoolId: string, pool: JsonObject): Promise<SecondFactors> => {
  if (!hasSecondFactors(pool)) return {}
  const { clock, userPools } = work.ports
  try {
    return { settings: await retrying(clock, work.signal, () => userPools.getMfaConfig(userPoolId, work.signal)) }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const why = `${isDenied(error) ? 'was denied' : `failed (${error.code})`}: ${serviceWords(error.message)}`
    return {
      unread: `${error.action} on user pool ${userPoolId} ${why}. Its second factors could not be compared; let the function’s role call it.`,
    }
  }
}

/** What differs between two readings, by dotted name; nothing where one of them is missing. */
export const changedSecondFactors = (before: SecondFactors, after: SecondFactors): Difference[] =>
  before.settings && after.settings ? differencesBetween(before.settings, after.settings) : []
