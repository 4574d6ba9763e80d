// What the clients have in common: when a call is given up, and that it is sent once.

/** No call is sent again by the SDK: the core decides that. With a strategy given, the SDK's own ones can stay out of the bundle. */
const oneAttempt = {
  mode: 'standard',
  acquireInitialRetryToken: async () => ({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
  refreshRetryTokenForRetry: async (): Promise<never> => {
    throw new Error('one attempt')
  },
  recordSuccess: () => undefined,
}

/** Settings of a client whose calls may take `requestTimeout` milliseconds. */
export const clientSettings = (requestTimeout: number) => ({
  maxAttempts: 1,
  retryMode: oneAttempt.mode,
  retryStrategy: oneAttempt,
  requestHandler: { connectionTimeout: 2_000, requestTimeout, throwOnRequestTimeout: true },
})
