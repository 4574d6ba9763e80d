// Waits for what comes by itself: a queue that is polled, a rule that fires.

/** Reads until `is` holds, then gives what was read. @throws Error with the last reading after `limitMs` */
export const eventually = async <T>(read: () => Promise<T>, is: (value: T) => boolean, limitMs = 20_000): Promise<T> => {
  const deadline = Date.now() + limitMs
  for (;;) {
    const value = await read()
    if (is(value)) return value
    if (Date.now() > deadline) throw new Error(`Still so after ${limitMs} ms: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
