// Where the provider asks for a tag on each pool, an owner's update may take the tag away with the settings.
import { afterEach, expect, test } from '@jest/globals'
import { SENDER } from '../driver.ts'
import { closeStages, PLAIN } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

afterEach(closeStages)

test('a heal that the role may not do any more is refused: the record and the log say which tag the pool needs', async () => {
  const stage = await openVirtualStage()
  const id = stage.aws.createUserPool(PLAIN)
  await stage.resource().create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
  stage.ownerSets(id, { EmailSendingAccount: 'COGNITO_DEFAULT' })
  stage.aws.fault(({ action }) =>
    action === 'UpdateUserPool'
      ? { error: { code: 'AccessDeniedException', message: 'not authorized to perform: cognito-idp:UpdateUserPool', status: 400 } }
      : undefined,
  )
  await stage.lambda.invoke({ 'detail-type': 'Scheduled Event' })
  expect(await stage.poolRecord(id)).toMatchObject({
    Unhealed: { Kind: 'refused', Why: expect.stringContaining('the tag cognito-ses-binding = allowed') },
  })
  expect(stage.lines('WARN').join()).toMatch(/left alone, refused: .*RequirePoolTag/)
})
