// What a plan says of one pool, from one reading: the claims that count are those that will be there when the template is deployed.
import { expect, test } from '@jest/globals'
import { parseProperties } from '../../lib/binding/properties.ts'
import { proposalOf, type Wish } from '../../lib/fleet/proposal.ts'
import type { Reading } from '../../lib/fleet/status.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { PoolRecord } from '../../lib/pool/record.ts'
import type { Facts } from '../../lib/preflight/facts.ts'

const [region, account, userPoolId] = ['eu-west-1', '111122223333', 'eu-west-1_Pool11111']
const SourceArn = `arn:aws:ses:${region}:${account}:identity/example.com`
const SENDER = { EmailSendingAccount: 'DEVELOPER', SourceArn, From: 'a@example.com' }

const claim = (stack: string, LogicalResourceId: string, Declared: JsonObject): PoolRecord['Claims'][number] => ({
  ...{ StackId: `arn:aws:cloudformation:${region}:${account}:stack/${stack}/1`, LogicalResourceId, Declared },
  ...{ OnDelete: 'RESTORE', Heal: 'AUTO' },
})

const reading = (live: JsonObject, ...Claims: PoolRecord['Claims']): Reading => ({
  ...{ ok: true, userPoolId, region, account, partition: 'aws', readAt: 0 },
  pool: { Name: 'people', EmailConfiguration: live },
  recorded: {
    ok: true,
    record: { UserPoolId: userPoolId, SchemaVersion: 1, Revision: 1, Base: SENDER, Asked: live, Applied: live, Claims },
  },
})

const found = (answer: JsonObject) => ({ found: answer })
const FACTS = {
  ...{ region, configurationSet: found({}), eventDestinations: undefined, sendingPool: undefined, configurationSetInOwnRegion: undefined },
  account: found({ ProductionAccessEnabled: true, SendingEnabled: true }),
  identity: found({ VerifiedForSendingStatus: true }),
  parents: [],
} as Facts

const propose = (read: Reading, given: Partial<Wish> = {}) => {
  const wish = parseProperties({ UserPoolId: userPoolId, ConfigurationSet: 'mail', SourceArn, From: 'a@example.com' })
  if (!wish.ok) throw new Error(wish.message)
  return proposalOf(read, { binding: wish.binding, stack: 'pool-mail', allowTakeover: true, ...given }, async () => FACTS)
}

test('what the stack bound under another name goes with the deployment, and its members with it', async () => {
  const live = { ...SENDER, ConfigurationSet: 'mail', ReplyToEmailAddress: 'help@example.com' }
  const old = claim('pool-mail', 'AuthBinding', { ConfigurationSet: 'mail', ReplyToEmailAddress: 'help@example.com' })

  expect(await propose(reading(live, old))).toMatchObject({
    ok: true,
    changes: [{ member: 'ReplyToEmailAddress', live: 'help@example.com', wanted: null }],
    logicalId: undefined,
  })
})

test('where another stack lies over that name, the new binding would be refused, and so it is here', async () => {
  const live = { ...SENDER, ConfigurationSet: 'theirs' }
  const claims = [claim('pool-mail', 'AuthBinding', { ConfigurationSet: 'mail' }), claim('other', 'Theirs', { ConfigurationSet: 'theirs' })]

  expect(await propose(reading(live, ...claims))).toMatchObject({ ok: false, code: 'ResourceConflict' })
})

test('a binding of a template of ours is replaced in its place, and what lies over it is told', async () => {
  const live = { ...SENDER, ConfigurationSet: 'theirs' }
  const claims = [claim('pool-mail', 'Binding2', { ConfigurationSet: 'old' }), claim('other', 'Theirs', { ConfigurationSet: 'theirs' })]

  expect(await propose(reading(live, ...claims))).toMatchObject({
    ...{ ok: true, changes: [], logicalId: 'Binding2' },
    warnings: [expect.stringContaining('The claim of Theirs of stack other')],
  })
})
