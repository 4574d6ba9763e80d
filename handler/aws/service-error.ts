// One error for the core, whatever the SDK or the socket threw.
import { ServiceError } from '../../lib/errors.ts'

type Thrown = {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** Calls `call`; what it throws becomes a ServiceError of `action`, or the signal's reason when that is why. */
export const calling = async <T>(action: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
  signal.throwIfAborted()
  try {
    return await call()
  } catch (error) {
    signal.throwIfAborted()
    const thrown: Thrown = typeof error === 'object' && error !== null ? error : { message: error }
    const status = thrown.$metadata?.httpStatusCode
    const code = typeof thrown.code === 'string' && status === undefined ? thrown.code : String(thrown.name ?? 'Error')
    throw new ServiceError(action, code, String(thrown.message ?? ''), status)
  }
}
