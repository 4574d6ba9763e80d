// From which Regions of SES a pool of a given Region may send. A table of AWS's that has gone stale before (aws-cdk#17795): a warning at most.

export const REGION_RULES = {
  source:
    'Cognito developer guide, user-pool-email, Region mapping (2023); the last row from a Pulumi provider (2026). Unmeasured against today. A pool may always use SES in its own Region.',
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
    'ap-south-2': 'ap-south-1',
    'ap-southeast-4': 'ap-southeast-2',
    'ap-southeast-5': 'ap-southeast-2',
    'ca-west-1': 'ca-central-1',
    'eu-central-2': 'eu-central-1',
    'eu-south-2': 'eu-west-3',
    'me-central-1': 'eu-central-1',
  },
} as const satisfies {
  readonly source: string
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
