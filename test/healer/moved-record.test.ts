// Between the healer's look and its note a stack may have changed its mind: the note is of a record that stands no more.
import { afterEach, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, SENDER } from '../driver.ts'
import { closeStages, pauseAt } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

const SWEEP = { source: 'aws.events', 'detail-type': 'Scheduled Event', account: ACCOUNT, region: REGION, detail: {} }

test('a set that its own stack attaches while the healer looks is not noted as somebody else’s', async () => {
  const stage = await openVirtualStage()
  const UserPoolId = stage.aws.createUserPool({ Name: 'people' })
  const wish = { UserPoolId, ConfigurationSet: 'mail', ...SENDER }
  await stage.resource().create(wish)

  const look = pauseAt(stage.aws, ({ action }) => action === 'DescribeUserPool')
  const healer = await stage.newLambda()
  const sweep = healer.invoke(SWEEP)
  await look.reached // The healer has read the record of mail.
  expect((await stage.resource().update({ ...wish, ConfigurationSet: 'mail-2' }, wish)).answer?.Status).toBe('SUCCESS')
  look.release() // And sees mail-2.
  await sweep

  expect(healer.log.filter((line) => line['_aws'] !== undefined)).toEqual([expect.objectContaining({ Pools: 1, Contested: 0, Healed: 0 })])
  expect(await stage.poolRecord(UserPoolId)).not.toHaveProperty('Unhealed')
})
