// A token bucket, as AWS throttles with: it fills at a steady rate and holds one second's worth.

export const createBucket = (perSecond: number, now: () => number): (() => boolean) => {
  let tokens = perSecond
  let filledAt = now()
  return () => {
    const at = now()
    tokens = Math.min(perSecond, tokens + ((at - filledAt) / 1000) * perSecond)
    filledAt = at
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
