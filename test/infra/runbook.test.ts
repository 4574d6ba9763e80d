// What the runbook tells people to type for a claim whose stack is gone, typed: through the bundle, on the local AWS.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { JsonObject } from '../../lib/json.ts'
import { SENDER, stackArn } from '../driver.ts'
import { closeStages, openStage, type Stage } from '../stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(closeStages)

const runbook = readFileSync('docs/runbook.md', 'utf8')
const EXAMPLE = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/mail-of-my-pool/6f2d1c40-0000-11f0-8000-0e0000000001'

/** The payloads that are written to `file` there, for a stack of ours in place of the example's. */
const payloads = (file: string, stackId: string): readonly JsonObject[] =>
  [...runbook.matchAll(/^echo '([^']+)' > (\S+)$/gm)]
    .filter(([, , written]) => written === file)
    .map(([, json = '']) => JSON.parse(json.replace(EXAMPLE, stackId)))

test('a claim whose stack was deleted with its binding retained is released, and another stack binds', async () => {
  const id = stage.aws.createUserPool({ Name: 'people' })
  const before = stage.email(id)
  await stage.resource('gone').create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
  const attached = stage.email(id)
  const properties = { UserPoolId: id, ConfigurationSet: 'other', ...SENDER }
  // No Delete comes. The claim is in the way.
  expect((await stage.resource('new').create(properties)).answer?.Reason).toMatch(/^ResourceConflict: .*stack gone/)

  const [dryRun = {}, real = {}] = payloads('release.json', stackArn('gone'))
  expect([dryRun['DryRun'], real['DryRun']]).toEqual([true, undefined])
  const released = { Released: [expect.objectContaining({ UserPoolId: id, Before: attached, After: before })], Failed: [] }
  expect((await stage.lambda.invoke(dryRun)).result).toEqual(released)
  expect(stage.email(id)).toEqual(attached)
  expect((await stage.lambda.invoke(real)).result).toEqual(released)
  expect(stage.email(id)).toEqual(before)
  expect((await stage.lambda.invoke(real)).result).toEqual({ Released: [], Failed: [] })

  expect((await stage.resource('new').create(properties)).answer?.Status).toBe('SUCCESS')
})

test('the sweep by hand is a sweep', async () => {
  const sweeps = payloads('sweep.json', '')
  expect(sweeps.length).toBeGreaterThan(0)
  for (const event of sweeps) expect((await stage.lambda.invoke(event)).error).toBeUndefined()
  expect(stage.lambda.log.filter((line) => line['_aws'] !== undefined)).toHaveLength(sweeps.length)
})

test('the policy that keeps a pool from being touched is JSON with a Deny', () => {
  const [policy] = payloads('never.json', '')
  expect(policy).toMatchObject({ Statement: [{ Effect: 'Deny', Action: 'cognito-idp:UpdateUserPool' }] })
})
