// What is in the local AWS before the first event: a user pool with every setting there is, and Amazon SES in good order.
import { homeRegion, parseArn, userPoolArn } from '../../lib/arn.ts'
import { wellFormedPoolIds } from '../../lib/binding/properties.ts'
import { child, type JsonObject, text } from '../../lib/json.ts'
import type { LocalAws } from '../local-aws/index.ts'
import richUserPool from '../local-aws/rich-user-pool.json'

const RICH: JsonObject = richUserPool
export const FIXTURE = { partition: 'aws', region: 'us-east-1', account: '123456789012' } as const

/** What the service may bring tomorrow and no SDK knows today: at the top, nested, and where we write. */
const withUnknownMembers = (pool: JsonObject): JsonObject => ({
  ...pool,
  FuturePolicy: { Mode: 'STRICT', Levels: [1, 2.5, null], Note: 'Grüße, 世界' },
  Policies: {
    ...child(pool, 'Policies'),
    PasswordPolicy: { ...child(child(pool, 'Policies'), 'PasswordPolicy'), FutureRule: { Breached: 'REFUSE' } },
  },
  EmailConfiguration: { ...child(pool, 'EmailConfiguration'), FutureFooter: { Text: 'Example Ltd.' } },
})

/** The rich pool, as if it had been made in this Region and account. */
export const richPool = (place: Pick<LocalAws, 'partition' | 'region' | 'account'>, id?: string): JsonObject => {
  const moved: JsonObject = JSON.parse(
    JSON.stringify(RICH)
      .replaceAll(FIXTURE.region, place.region)
      .replaceAll(FIXTURE.account, place.account)
      .replaceAll(`arn:${FIXTURE.partition}:`, `arn:${place.partition}:`),
  )
  const Id = id ?? text(moved, 'Id') ?? ''
  return withUnknownMembers({ ...moved, Id, Arn: userPoolArn(place, Id) })
}

const toEventBridge = (Name: string, ...more: readonly string[]): JsonObject => ({
  Name,
  Enabled: true,
  MatchingEventTypes: ['SEND', 'DELIVERY', 'BOUNCE', 'COMPLAINT', ...more],
  EventBridgeDestination: { EventBusArn: 'arn:aws:events:us-east-1:123456789012:event-bus/default' },
})

/** Lays the story's scene. @returns the rich pool's ID */
export const layScene = (aws: LocalAws): string => {
  aws.ses.putIdentity('example.com')
  aws.ses.putDedicatedIpPool('sign-in-ips')
  aws.ses.putConfigurationSet('sign-in-mail', { DeliveryOptions: { TlsPolicy: 'REQUIRE', SendingPoolName: 'sign-in-ips' } })
  aws.ses.putEventDestinations('sign-in-mail', [toEventBridge('to-event-bridge')])
  aws.ses.putConfigurationSet('tracked-mail')
  aws.ses.putEventDestinations('tracked-mail', [toEventBridge('clicks', 'OPEN', 'CLICK')])
  return aws.createUserPool(richPool(aws))
}

const hasPool = (aws: LocalAws, id: string): boolean => {
  try {
    aws.userPool(id)
    return true
  } catch {
    return false
  }
}

/** Puts in place what a plain event names and the local AWS does not have. @returns what was put */
export const furnish = (aws: LocalAws, event: JsonObject, furnished: Set<string>): readonly string[] => {
  const [properties, old] = [child(event, 'ResourceProperties'), child(event, 'OldResourceProperties')]
  const pools = [...new Set([...wellFormedPoolIds(properties), ...wellFormedPoolIds(old)])]
    .filter((id) => homeRegion(id) === aws.region && !hasPool(aws, id))
    .map((id) => `user pool ${aws.createUserPool(richPool(aws, id))} (a copy of the rich one)`)
  const source = parseArn(text(properties, 'SourceArn'), 'ses')
  const region = source?.region ?? aws.region
  const identity = source?.resource.replace('identity/', '')
  const set = text(properties, 'ConfigurationSet')?.match(/^[A-Za-z0-9_-]{1,64}$/)?.[0]
  const put = (kind: string, name: string | undefined, act: (name: string) => void): readonly string[] => {
    const what = `${kind} ${name} in ${region}`
    if (name === undefined || furnished.has(what)) return []
    furnished.add(what)
    act(name)
    return [what]
  }
  return [
    ...pools,
    ...put('configuration set', set, (name) => {
      aws.ses.putConfigurationSet(name, {}, region)
      aws.ses.putEventDestinations(name, [toEventBridge('to-event-bridge')], region)
    }),
    ...put('identity', identity, (name) => aws.ses.putIdentity(name, {}, region)),
  ]
}

/** Names that {@link furnish} need not put: the scene has them. */
export const sceneNames = ({ region }: Pick<LocalAws, 'region'>): readonly string[] => [
  `configuration set sign-in-mail in ${region}`,
  `configuration set tracked-mail in ${region}`,
  `identity example.com in ${region}`,
]
