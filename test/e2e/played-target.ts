// The suite without an engine: the bundle in a process of its own, and CloudFormation played as documented, rollback and cleanup included.
import { randomUUID } from 'node:crypto'
import { isObject, type Json, type JsonObject, sameJson } from '../../lib/json.ts'
import { resource, type Sent } from '../driver.ts'
import { type Lambda, startLambda } from '../lambda.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import { recordsOf } from './records.ts'
import { jsonCall, type Site, sesCall, TEST_CREDENTIALS } from './signed-call.ts'
import { type Bindings, type Deployed, directCalls, type Stack, type Target } from './target.ts'

/** CloudFormation hands every scalar over as a string. */
const asStrings = (value: Json | undefined): Json => {
  if (Array.isArray(value)) return value.map(asStrings)
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asStrings(member)]))
  return String(value)
}

const given = (properties: JsonObject): JsonObject => ({ ...(asStrings(properties) as JsonObject), ServiceTimeout: '60' })

/**
 * A stack as CloudFormation runs it (developer guide, crpg-ref-requesttypes; update behaviours of stack resources): side by side; after a
 * failure what was made goes and what was changed goes back; what left the template goes after all else succeeded.
 */
const playedStack = (bucket: LocalAws, lambda: Lambda, name: string): Stack => {
  const resources = new Map<string, ReturnType<typeof resource>>()
  let live: Bindings | undefined
  const of = (logicalId: string) => {
    const known = resources.get(logicalId) ?? resource(bucket, (event, context) => lambda.invoke(event, context), name, logicalId)
    resources.set(logicalId, known)
    return known
  }
  const reasonsOf = (sent: readonly Sent[]): string[] =>
    sent.flatMap(({ answer, invoked }) => {
      if (!answer) return [`No answer came: ${invoked.error ?? 'the handler said nothing'}`]
      return answer.Status === 'SUCCESS' ? [] : [answer.Reason ?? 'FAILED without a Reason']
    })
  const deleteAll = (bindings: Bindings): Promise<Sent[]> =>
    Promise.all(Object.entries(bindings).map(([logicalId, properties]) => of(logicalId).delete(given(properties))))
  const pick = (bindings: Bindings, wanted: (logicalId: string) => boolean): Bindings =>
    Object.fromEntries(Object.entries(bindings).filter(([logicalId]) => wanted(logicalId)))

  return {
    name,
    deploy: async (bindings): Promise<Deployed> => {
      const before = live ?? {}
      const made = pick(bindings, (id) => !before[id])
      const changed = pick(bindings, (id) => before[id] !== undefined && !sameJson(given(before[id]), given(bindings[id] ?? {})))
      const creates = Object.entries(made).map(async ([id, properties]) => ({ id, sent: await of(id).create(given(properties)) }))
      const updates = Object.entries(changed).map(async ([id, properties]) => ({
        id,
        sent: await of(id).update(given(properties), given(before[id] ?? {})),
      }))
      const all = await Promise.all([...creates, ...updates])
      const reasons = reasonsOf(all.map(({ sent }) => sent))
      if (reasons.length > 0) {
        const back = Object.keys(changed).map((id) => of(id).update(given(before[id] ?? {}), given(bindings[id] ?? {})))
        const undone = [...(await Promise.all(back)), ...(await deleteAll(made))]
        return { ok: false, attributes: {}, reasons: [...reasons, ...reasonsOf(undone).map((reason) => `rollback: ${reason}`)] }
      }
      const gone = reasonsOf(await deleteAll(pick(before, (id) => !bindings[id])))
      live = bindings
      const attributes = all.map(({ id, sent }) => [id, { ...sent.answer?.Data, Ref: sent.answer?.PhysicalResourceId ?? '' }])
      return { ok: true, attributes: Object.fromEntries(attributes), reasons: gone.map((reason) => `cleanup: ${reason}`) }
    },
    remove: async () => {
      const reasons = reasonsOf(await deleteAll(live ?? {}))
      if (reasons.length === 0) live = undefined
      return { ok: reasons.length === 0, attributes: {}, reasons }
    },
  }
}

const IDENTITY = 'arn:aws:ses:us-east-1:123456789012:identity/example.com'

/** Settings that an emulator stores without looking whether there is such a function or role. */
export const UNCHECKED_SETTINGS: JsonObject = {
  LambdaConfig: {
    PreSignUp: 'arn:aws:lambda:us-east-1:123456789012:function:pre-sign-up',
    CustomMessage: 'arn:aws:lambda:us-east-1:123456789012:function:custom-message',
  },
  SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/cognito-sms', ExternalId: '4711', SnsRegion: 'us-east-1' },
  UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' },
  UserPoolTier: 'PLUS',
}

/**
 * @param endpoint where Cognito, SES and DynamoDB are; undefined for the local double
 */
export const playedTarget = async (endpoint?: string): Promise<Target> => {
  // Its response bucket checks each answer as S3 and CloudFormation do.
  const aws = await startLocalAws()
  const site: Site = { region: aws.region, credentials: TEST_CREDENTIALS, endpoint: () => endpoint ?? aws.endpoint }
  const direct = directCalls(site)
  const table = String(aws.environment['TABLE_NAME'])
  if (endpoint) {
    await jsonCall(site, 'dynamodb', 'CreateTable', {
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'UserPoolId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'UserPoolId', KeyType: 'HASH' }],
    })
  }
  await sesCall(site, 'POST', 'identities', { EmailIdentity: 'example.com' })
  if (!endpoint) aws.ses.putIdentity('example.com')
  const lambda = await startLambda({ ...aws.environment, ...(endpoint ? { AWS_ENDPOINT_URL: endpoint } : {}) })
  return {
    region: aws.region,
    identity: IDENTITY,
    from: 'Sign in <no-reply@example.com>',
    moreSettings: UNCHECKED_SETTINGS,
    ...{ createPool: direct.createPool, pool: direct.pool, ownerSets: direct.ownerSets },
    createSet: async () => {
      const name = `set-${randomUUID()}`
      await direct.createSet(name)
      return name
    },
    stack: (name) => playedStack(aws, lambda, name),
    records: () => recordsOf(site, table),
    close: async () => {
      await lambda.kill()
      await aws.close()
    },
  }
}
