// 10,000 pools, in virtual time: how fast they are read, how many at once, and that a table of them is whole.
import { expect, test } from '@jest/globals'
import type { RegionReader } from '../../handler/cli/account.ts'
import { openRegion, visitAll } from '../../handler/cli/fleet.ts'
import { COLUMNS, cellsOf, table } from '../../handler/cli/screen.ts'
import { ServiceError } from '../../lib/errors.ts'
import type { PoolStatus } from '../../lib/fleet/status.ts'
import type { Clock } from '../../lib/ports.ts'
import { tokenBucket } from '../../lib/token-bucket.ts'

const COUNT = 10_000

/** Time passes only when everybody waits. */
const virtualClock = (): Clock => {
  let now = 0
  const waiting: { readonly at: number; readonly wake: () => void }[] = []
  const tick = (): void => {
    const next = waiting.sort((a, b) => a.at - b.at).shift()
    if (!next) return
    now = Math.max(now, next.at)
    next.wake()
  }
  return {
    now: () => now,
    random: () => 0.5,
    sleep: (ms) =>
      new Promise((resolve) => {
        waiting.push({ at: now + ms, wake: resolve })
        setImmediate(tick)
      }),
  }
}

test('10,000 pools are read at ten a second, eight at once, throttling included, and each is a line of the table', async () => {
  const clock = virtualClock()
  const turn = tokenBucket(clock, 10, 10)
  let [calls, atOnce, most] = [0, 0, 0]
  const listed = Array.from({ length: COUNT }, (_, index) => ({
    region: 'eu-west-1',
    id: `eu-west-1_${index}`,
    name: `pool ${index}`,
    replicas: [],
  }))
  const none = async () => undefined
  const reader: RegionReader = {
    region: 'eu-west-1',
    list: async () => listed,
    provider: none,
    table: () => {
      throw new Error('there is no table')
    },
    pools: {
      describe: async (id, signal) => {
        await turn(signal)
        calls += 1
        atOnce += 1
        most = Math.max(most, atOnce)
        await clock.sleep(100)
        atOnce -= 1
        if (calls % 100 === 0) throw new ServiceError('cognito-idp:DescribeUserPool', 'TooManyRequestsException', 'Rate exceeded', 429)
        return { Id: id, Name: 'a pool' }
      },
    },
    ses: {
      getAccount: async () => ({}),
      getConfigurationSet: none,
      getEventDestinations: none,
      getEmailIdentity: none,
      getDedicatedIpPool: none,
    },
  }
  const rows: PoolStatus[] = []
  const progress: number[] = []
  const sight = {
    caller: { account: '111122223333', partition: 'aws' },
    signal: new AbortController().signal,
    clock,
    onProgress: (_: string, done: number) => void progress.push(done),
  }
  const region = await openRegion(reader, true, sight)
  await visitAll(region, listed, ({ status }) => void rows.push(status), sight)

  expect(rows.length).toBe(COUNT)
  expect(progress.at(-1)).toBe(COUNT)
  expect(most).toBeLessThanOrEqual(8)
  expect(calls).toBeGreaterThan(COUNT)
  expect(calls / (clock.now() / 1_000)).toBeLessThanOrEqual(10.1)
  expect(clock.now()).toBeLessThan((calls / 10) * 1_000 * 1.05)
  const text = table(COLUMNS, rows.map(cellsOf), 2, { width: undefined, paint: (_, plain) => plain })
  expect(text.split('\n').length).toBe(COUNT + 1)
})
