// Medians and spreads: what is said of a measurement that was made several times.

export type Spread = {
  /** What it takes when nothing disturbs it. */
  readonly least: number
  readonly median: number
  /** The lower quartile. */
  readonly low: number
  /** The upper quartile. */
  readonly high: number
  readonly runs: number
}

/** The value below which this part of the sorted values lies, between two neighbours in proportion; NaN of nothing. */
export const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  if (below === undefined || above === undefined) return Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** To this many digits after the point: a result file is read by people. */
export const rounded = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits

export const spreadOf = (values: readonly number[], digits = 2): Spread => ({
  least: rounded(Math.min(...values), digits),
  median: rounded(median(values), digits),
  low: rounded(quantile(values, 0.25), digits),
  high: rounded(quantile(values, 0.75), digits),
  runs: values.length,
})
