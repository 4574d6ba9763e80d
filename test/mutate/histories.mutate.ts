// A mutant of the core must break a history: the simulation as npm test plays it, without its own mutants.
import { expect, test } from '@jest/globals'
import { playSeeds } from '../simulation/campaign.ts'

/** So few that a mutant takes seconds; what they let live, a longer campaign may still find. */
const HISTORIES = 100

test(`${HISTORIES} histories break no rule`, async () => {
  const { failures } = await playSeeds(1, 1, (tally) => tally.histories < HISTORIES && tally.failures.length === 0)
  expect(failures.map(({ seed, rule, what }) => `seed ${seed}: ${rule}: ${what}`)).toEqual([])
}, 120_000)
