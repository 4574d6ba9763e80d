// What each emulator is known to do otherwise than AWS, of the calls that the function makes: one row a difference, as corrections.ts has for
// moto. A row that has a function is put right by the proxy in front of it; one without is only said.
import { CORRECTIONS, type Correction, UNUSED_DAYS_APART } from './corrections.ts'

export type Emulator = {
  /** The version that the rows were seen in. */
  readonly version: string
  /** Where the rows come from. */
  readonly source: string
  /** What its pool IDs begin with instead of the Region. */
  readonly poolPrefix?: string
  readonly differences: readonly Correction[]
}

export const EMULATORS: Readonly<Record<string, Emulator>> = {
  // AWS's own. Published 11 November 2026, on no registry that this project reaches: nothing is known of it.
  'aws-emulator': { version: 'not tried', source: 'nobody here has run it', differences: [] },
  moto: { version: '5.2.1', source: 'this suite, November 2026', differences: CORRECTIONS },
  ministack: {
    version: '1.4.21, all three services',
    source: 'this suite, 25 November 2026',
    differences: [
      {
        action: 'UpdateUserPool',
        fault: 'What an update leaves out stays: a binding that loses settings would pass here.',
        source: 'ministack 1.4',
      },
    ],
  },
  'cognito-local': {
    version: '5.3.0, Cognito alone',
    source: 'this suite, 25 November 2026',
    poolPrefix: 'local',
    differences: [
      UNUSED_DAYS_APART,
      {
        action: 'DescribeUserPool',
        fault: 'A pool’s ARN is of Region and account "local".',
        source: 'this suite; nothing of ours reads it',
      },
    ],
  },
}
