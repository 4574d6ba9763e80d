// Whatever happens, and in whatever order: random histories of stacks, owners, faults and crashes end where the layers say.
import { expect, test } from '@jest/globals'
import { playSeeds } from './simulation/campaign.ts'
import { historyText, play } from './simulation/history.ts'
import { shrunk } from './simulation/shrink.ts'
import { historyOf } from './simulation/steps.ts'

/** As many as fit well into a test's run; `npm run simulate -- --minutes 10` plays many more. */
const HISTORIES = 2_000

test(`${HISTORIES} histories from fixed seeds break no rule`, async () => {
  const startedAt = performance.now()
  const { failures, histories, updates } = await playSeeds(1, 1, (tally) => tally.histories < HISTORIES && tally.failures.length < 3)
  console.info(`${((1_000 * histories) / (performance.now() - startedAt)).toFixed(0)} histories a second, ${updates} UpdateUserPool calls`)
  const [first] = failures
  const shortest = first ? `\n${historyText(await shrunk(historyOf(first.seed), first.rule))}` : ''
  expect(failures.map(({ seed, rule, what }) => `seed ${seed}: ${rule}: ${what}${seed === first?.seed ? shortest : ''}`)).toEqual([])
}, 120_000)

test('the same seed tells the same history, call by call', async () => {
  for (const seed of [3, 19, 86, 1_718]) {
    const [one, other] = [await play(historyOf(seed), true), await play(historyOf(seed), true)]
    expect(one.trace.length).toBeGreaterThan(20)
    expect(other.trace).toEqual(one.trace)
  }
})

test('different seeds tell different histories', () => {
  const texts = Array.from({ length: 100 }, (_, index) => historyText(historyOf(index + 1)))
  expect(new Set(texts).size).toBe(100)
})

test('an owner who writes nothing and stacks that meet no fault need no exception of the oracle', async () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const { setting, steps } = historyOf(seed)
    const calm = steps.filter((step) => step.kind === 'delete' || (step.kind === 'deploy' && step.cancelAfter === undefined))
    const { violation, exceptions } = await play({ setting, steps: calm })
    expect({ seed, violation }).toEqual({ seed, violation: undefined })
    // Claims without a sender and pools that others have bound are no faults.
    expect(
      exceptions.filter((id) => id !== 'blocked' && id !== 'rollback-skipped' && id !== 'not-reapplied' && id !== 'sender-kept'),
    ).toEqual([])
  }
}, 60_000)
