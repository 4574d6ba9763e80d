// A fleet of odd user pools on the local AWS: one for each way in which a pool can stand. Bindings are made by the function itself.
import { child, type JsonObject } from '../../lib/json.ts'
import { resource } from '../driver.ts'
import type { Lambda } from '../lambda.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'

export const FLEET = { region: 'eu-west-1', account: '111122223333' } as const

const identityArn = (name: string): string => `arn:aws:ses:${FLEET.region}:${FLEET.account}:identity/${name}`
const own = (identity: string, more: JsonObject = {}): JsonObject => ({
  EmailSendingAccount: 'DEVELOPER',
  SourceArn: identityArn(identity),
  ...more,
})

/** What the fleet's own stacks declare, and what a newcomer may. */
export const DECLARED = { ConfigurationSet: 'auth-mail', SourceArn: identityArn('example.com'), From: 'Example <no-reply@example.com>' }

const idOf = (last: string): string => `${FLEET.region}_${last}`

/** By name; the ID's last part, and what is odd about the pool. */
export const POOLS = {
  'shop-prod': idOf('Hi5xOEqnX'),
  'legacy-prod': idOf('5KBa6BJEP'),
  'admin-prod': idOf('yXwfEheGO'),
  'kiosk-prod': idOf('Kk7sVn2Qd'),
  'intranet-prod': idOf('In8tRa4Ne'),
  'deploying-prod': idOf('De3pLo9Yi'),
  'admin-dev': idOf('OmQFvoUDd'),
  'legacy-dev': idOf('BZOgFbeET'),
  'shop-dev': idOf('Sh0pDev1X'),
  'crm-prod': idOf('Bb2cD4eF6'),
  'news-prod': idOf('Ne3wSpR0d'),
  'push-prod': idOf('Pu5hPr0dX'),
  'future-prod': idOf('Fu7uRePr0'),
} as const

const OWNERS: Readonly<Partial<Record<keyof typeof POOLS, JsonObject>>> = {
  // Its own set is only that of its identity.
  'crm-prod': { EmailConfiguration: own('crm.example', { From: 'CRM <hello@crm.example>' }), ReplicaRegions: ['us-west-2'] },
  'news-prod': { EmailConfiguration: own('news.example', { ConfigurationSet: 'auth-mail', From: 'news@news.example' }) },
  'push-prod': {
    LambdaConfig: {
      CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: `arn:aws:lambda:${FLEET.region}:${FLEET.account}:function:push` },
    },
  },
  'intranet-prod': { EmailConfiguration: own('example.com', { From: 'it@example.com' }) },
}

const DESTINATION: JsonObject = {
  Name: 'events',
  Enabled: true,
  MatchingEventTypes: ['SEND', 'REJECT', 'BOUNCE', 'COMPLAINT', 'DELIVERY', 'DELIVERY_DELAY', 'RENDERING_FAILURE'],
  EventBridgeDestination: { EventBusArn: `arn:aws:events:${FLEET.region}:${FLEET.account}:event-bus/default` },
}

const furnishSes = ({ ses }: LocalAws): void => {
  for (const set of ['auth-mail', 'partners', 'crm-mail']) {
    ses.putConfigurationSet(set)
    ses.putEventDestinations(set, [DESTINATION])
  }
  ses.putIdentity('example.com')
  ses.putIdentity('crm.example', { ConfigurationSetName: 'crm-mail' })
  ses.putIdentity('news.example', { VerifiedForSendingStatus: false, VerificationStatus: 'PENDING' })
}

/** The ARN of a stack of the fleet's account. */
export const fleetStack = (name: string): string =>
  `arn:aws:cloudformation:${FLEET.region}:${FLEET.account}:stack/${name}/11111111-2222-3333-4444-555555555555`

/** The function's own ARN, by which it knows its account. */
export const CONTEXT = { invokedFunctionArn: `arn:aws:lambda:${FLEET.region}:${FLEET.account}:function:cognito-ses-binding` }

/** An empty AWS where the fleet is. */
export const startFleetAws = (options: { readonly latencyMs?: number; readonly quotaPerSecond?: number } = {}): Promise<LocalAws> =>
  startLocalAws({ ...FLEET, ...options })

const bind = async (aws: LocalAws, lambda: Lambda, logicalId: string, properties: JsonObject): Promise<void> => {
  const binding = resource(aws, (event, context) => lambda.invoke(event, { ...context, ...CONTEXT }), 'mail', logicalId)
  const { answer } = await binding.create(properties, { extra: { StackId: fleetStack('mail') } })
  if (answer?.Status !== 'SUCCESS') throw new Error(`The fleet could not be bound: ${answer?.Reason}`)
}

/** Puts the fleet there. @param lambda the function, on this AWS */
export const furnishFleet = async (aws: LocalAws, lambda: Lambda): Promise<void> => {
  furnishSes(aws)
  aws.putFunction('cognito-ses-binding')
  for (const [Name, Id] of Object.entries(POOLS)) aws.createUserPool({ Id, Name, ...OWNERS[Name as keyof typeof POOLS] })

  const { 'shop-prod': shop, 'legacy-prod': legacy, 'admin-prod': admin, 'kiosk-prod': kiosk, 'intranet-prod': intranet } = POOLS
  const { 'deploying-prod': deploying, 'future-prod': future } = POOLS
  await bind(aws, lambda, 'AuthBinding', { ...DECLARED, UserPoolIds: [shop, legacy, admin, deploying, future] })
  await bind(aws, lambda, 'KioskBinding', { ...DECLARED, UserPoolId: kiosk, Heal: 'NOTIFY' })
  await bind(aws, lambda, 'IntranetBinding', { ConfigurationSet: 'auth-mail', UserPoolId: intranet })

  // Their owners deploy their own templates, which know nothing of it.
  const ownerSets = (id: string, change: (email: JsonObject | undefined) => JsonObject): void =>
    aws.changeUserPool(id, (pool) => ({ ...pool, EmailConfiguration: change(child(pool, 'EmailConfiguration')) }))
  ownerSets(legacy, (email) => ({ ...email, ConfigurationSet: 'partners' }))
  for (const id of [admin, kiosk, intranet]) ownerSets(id, () => ({ EmailSendingAccount: 'COGNITO_DEFAULT' }))

  // An operation that is under way, and a record of a later release.
  const StartedAt = new Date().toISOString()
  const Until = new Date(Date.now() + 365 * 24 * 60 * 60 * 1_000).toISOString()
  await aws.table.put({ ...(await aws.table.read(deploying)), Lease: { Event: 'event', Invocation: 'invocation', StartedAt, Until } })
  await aws.table.put({ ...(await aws.table.read(future)), SchemaVersion: 2 })
}

/** Puts so many more pools there, on COGNITO_DEFAULT. */
export const addPlainPools = (aws: LocalAws, count: number): void => {
  for (let index = 1; index <= count; index += 1) {
    const number = String(index).padStart(5, '0')
    aws.createUserPool({ Id: idOf(`Pl${number}zz`), Name: `plain-${number}` })
  }
}
