// From which Regions of SES a pool of a given Region may send. A table of AWS's that has gone stale before (aws-cdk#17795): a warning at most.

/** Where the rules come from. */
export const REGION_SOURCE =
  'Cognito developer guide, user-pool-email, Region mapping (2023); the last table from a Pulumi provider and a runbook for Taipei (2026). Unmeasured against today. A pool may always use SES in its own Region.'

export const REGION_RULES = {
  /** SES Regions that every pool of `classicPools` may use. */
  classics: ['us-east-1', 'us-west-2', 'eu-west-1'],
  classicPools: [
    'us-east-1',
    'us-east-2',
    'us-west-2',
    'ca-central-1',
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-south-1',
    'ap-southeast-1',
    'ap-southeast-2',
    'eu-west-1',
    'eu-west-2',
    'eu-central-1',
  ],
  /** SES Regions that Cognito names for Regions that had no SES when they opened. */
  alternates: {
    'ap-east-1': 'ap-southeast-1',
    'ap-east-2': 'ap-northeast-2',
    'ap-south-2': 'ap-south-1',
    'ap-southeast-4': 'ap-southeast-2',
    'ap-southeast-5': 'ap-southeast-2',
    'ca-west-1': 'ca-central-1',
    'eu-central-2': 'eu-central-1',
    'eu-south-2': 'eu-west-3',
    'me-central-1': 'eu-central-1',
  },
} as const satisfies {
  readonly classics: readonly string[]
  readonly classicPools: readonly string[]
  readonly alternates: Readonly<Record<string, string>>
}

/** Whether a pool in `pool` is known to send through SES in `ses`. */
export const isKnownPair = (pool: string, ses: string): boolean => {
  const { classics, classicPools, alternates } = REGION_RULES
  const has = (list: readonly string[], region: string): boolean => list.includes(region)
  const alternate = Object.entries(alternates).some(([from, to]) => from === pool && to === ses)
  return pool === ses || alternate || (has(classicPools, pool) && has(classics, ses))
}

/**
 * The Regions in which Amazon SES has an endpoint: partition by partition, service `email`, of endpoints.json in botocore 1.44.8 (2026-11-25).
 * Of partitions that it lists none for (aws-cn, aws-iso …) nothing is concluded.
 */
export const SES_REGIONS: readonly string[] = [
  'af-south-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'eusc-de-east-1',
]

/** Whether AWS lists no endpoint of SES for a Region of a partition for which it lists some. A new Region may be missing here: only a remedy rests on it. */
export const hasNoSes = (region: string): boolean => !SES_REGIONS.includes(region) && !region.startsWith('cn-') && !region.includes('-iso')

/** In which Regions of SES a pool of a Region finds its identity and set, in words: where Cognito names one that one, else its own, and the classics. */
export const sesRegionsFor = (pool: string): string => {
  const { classics, classicPools, alternates } = REGION_RULES
  const named = Object.entries(alternates).find(([from]) => from === pool)?.[1]
  const own = hasNoSes(pool) ? [] : [pool]
  const others: readonly string[] = classicPools.some((region) => region === pool) ? classics : []
  const regions = [...new Set([...(named === undefined ? own : [named]), ...others])]
  return (
    regions.join(', ').replace(/, ([^,]+)$/, ' or $1') ||
    `the Region that Amazon Cognito names for ${pool} (developer guide, user-pool-email)`
  )
}
