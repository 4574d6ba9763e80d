// Whatever happens, and in whatever order: random histories of stacks, owners, faults and crashes end where the layers say.
import { expect, test } from '@jest/globals'
import { playSeeds } from './campaign.ts'
import { historyText, play } from './history.ts'
import { playMutant } from './mutant-runs.ts'
import { MUTANTS } from './mutants.ts'
import { shrunk } from './shrink.ts'
import { historyOf } from './steps.ts'

/** As many as fit well into a test's run; .ci/run plays 20,000, and `npm run simulate -- --minutes 10` as many as it can. */
const HISTORIES = 800

test(`${HISTORIES} histories from fixed seeds break no rule`, async () => {
  const startedAt = performance.now()
  const { failures, histories, updates } = await playSeeds(1, 1, (tally) => tally.histories < HISTORIES && tally.failures.length < 3)
  console.info(`${((1_000 * histories) / (performance.now() - startedAt)).toFixed(0)} histories a second, ${updates} UpdateUserPool calls`)
  const [first] = failures
  const shortest = first ? `\n${historyText(await shrunk(historyOf(first.seed), first.rule))}` : ''
  expect(failures.map(({ seed, rule, what }) => `seed ${seed}: ${rule}: ${what}${seed === first?.seed ? shortest : ''}`)).toEqual([])
}, 300_000)

// Of each kind the one that shows most directly; `npm run simulate -- --mutants` breaks the rest.
const BROKEN: readonly (readonly [string, string])[] = [
  ['lease-ignored', 'interleaving'],
  ['not-written-ahead', 'interleaving'],
  ['rebase-does-nothing', 'layers'],
  ['digest-constant', 'answer'],
  ['answers-not-stored', 'stored before sent'],
  ['heals-what-was-meant', 'never over a value that was meant'],
]

test.each(BROKEN)('it can fail: with %s on purpose some history breaks a rule such as "%s"', async (id, rule) => {
  const mutant = MUTANTS.find((one) => one.id === id)
  const rules = mutant ? (await playMutant(mutant, [1, 1_001, 2_001], 300)).map(({ failures }) => failures[0]?.rule) : []
  expect(rules).toHaveLength(3)
  expect(rules).not.toContain(undefined)
  expect(rules).toContain(rule)
})

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

/** Claims without a sender, pools that others have bound, and bindings that want no healer. */
const NO_FAULTS: ReadonlySet<string> = new Set(['blocked', 'rollback-skipped', 'not-reapplied', 'sender-kept', 'looked-away'])

test('an owner who writes nothing and stacks that meet no fault need no exception of the oracle', async () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const { setting, steps } = historyOf(seed)
    const calm = steps.filter((step) => step.kind === 'delete' || (step.kind === 'deploy' && step.cancelAfter === undefined))
    const { violation, exceptions } = await play({ setting, steps: calm })
    expect({ seed, violation }).toEqual({ seed, violation: undefined })
    expect(exceptions.filter((id) => !NO_FAULTS.has(id))).toEqual([])
  }
}, 60_000)
