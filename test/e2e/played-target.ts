// The suite without an engine: the bundle in a process of its own, and CloudFormation played as documented, rollback and cleanup included.
import { randomUUID } from 'node:crypto'
import { isObject, type Json, type JsonObject, sameJson } from '../../lib/json.ts'
import { resource, type Sent } from '../driver.ts'
import { type Lambda, startLambda } from '../lambda.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import { recordsOf } from './records.ts'
import { type Credentials, jsonCall, type Site, sesCall, TEST_CREDENTIALS } from './signed-call.ts'
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

/** Where each service is; undefined for the local double's. */
export type Places = {
  readonly cognito?: string | undefined
  readonly ses?: string | undefined
  readonly dynamodb?: string | undefined
  readonly credentials?: Credentials
  /** Whether what the suite makes is taken away in the end. Otherwise it goes with the emulator. */
  readonly cleanUp?: boolean
}

const THREE = { cognito: 'cognito-idp', ses: 'email', dynamodb: 'dynamodb' } as const

/** @param places where the three services are, each the local double's unless told */
export const playedTarget = async (places: Places = {}): Promise<Target> => {
  // Its response bucket checks each answer as S3 and CloudFormation do.
  const aws = await startLocalAws({ tableName: `cognito-ses-binding-e2e-${randomUUID()}` })
  const { credentials = TEST_CREDENTIALS } = places
  const named = Object.fromEntries((['cognito', 'ses', 'dynamodb'] as const).map((service) => [THREE[service], places[service]]))
  const site: Site = { region: aws.region, credentials, endpoint: (service) => named[service] ?? aws.endpoint }
  const direct = directCalls(site)
  const table = String(aws.environment['TABLE_NAME'])
  const [pools, sets]: [string[], string[]] = [[], []]
  if (places.dynamodb) {
    await jsonCall(site, 'dynamodb', 'CreateTable', {
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'UserPoolId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'UserPoolId', KeyType: 'HASH' }],
    })
  }
  if (places.ses) await sesCall(site, 'POST', 'identities', { EmailIdentity: 'example.com' }).catch(unlessThere)
  // Cognito looks for the sender's identity: the double's in its own SES, whichever the function asks.
  aws.ses.putIdentity('example.com')
  const { sessionToken } = credentials
  const lambda = await startLambda({
    ...aws.environment,
    ...{ AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
    ...(sessionToken ? { AWS_SESSION_TOKEN: sessionToken } : {}),
    ...(places.cognito ? { AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: places.cognito } : {}),
    ...(places.ses ? { AWS_ENDPOINT_URL_SESV2: places.ses } : {}),
    ...(places.dynamodb ? { AWS_ENDPOINT_URL_DYNAMODB: places.dynamodb } : {}),
    // An emulator that speaks TLS with a certificate of its own.
    ...(process.env['NODE_EXTRA_CA_CERTS'] ? { NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'] } : {}),
  })
  const cleanUp = async (): Promise<void> => {
    if (places.cognito) for (const id of pools) await direct.removePool(id)
    if (places.ses) for (const name of sets) await direct.removeSet(name)
    if (places.dynamodb) await jsonCall(site, 'dynamodb', 'DeleteTable', { TableName: table })
  }
  return {
    region: aws.region,
    identity: IDENTITY,
    from: 'Sign in <no-reply@example.com>',
    moreSettings: UNCHECKED_SETTINGS,
    ...{ pool: direct.pool, ownerSets: direct.ownerSets },
    createPool: async (settings) => {
      const id = await direct.createPool(settings)
      pools.push(id)
      return id
    },
    createSet: async () => {
      const name = `set-${randomUUID()}`
      await direct.createSet(name)
      sets.push(name)
      return name
    },
    stack: (name) => playedStack(aws, lambda, name),
    records: () => recordsOf(site, table),
    close: async () => {
      try {
        if (places.cleanUp) await cleanUp()
      } finally {
        await lambda.kill()
        await aws.close()
      }
    },
  }
}

/** An emulator that outlives a run has the identity of the run before. */
const unlessThere = (error: unknown): void => {
  if (!String(error).includes('AlreadyExists')) throw error
}
