// What moto 5.2.1 gets wrong or lacks, of the calls that the function makes: one row a fault. The proxy in front of it puts it right.
import { child, isObject, type Json, type JsonObject } from '../../lib/json.ts'

export type Call = {
  /** As the SDK names it. */
  readonly action: string
  readonly request: JsonObject
}

export type Reply = { readonly status: number; readonly body: JsonObject }

/** What the proxy keeps beside moto. */
export type Memory = {
  /** By pool: what it was created with and no update can change. */
  readonly immutable: Map<string, JsonObject>
  /** By configuration set, by name. */
  readonly destinations: Map<string, Map<string, JsonObject>>
}

export const emptyMemory = (): Memory => ({ immutable: new Map(), destinations: new Map() })

export type Correction = {
  readonly action: string
  readonly fault: string
  /** Where it is known from: the version of moto in which it was seen, unless it says otherwise. */
  readonly source: string
  /** Answers in moto's place; undefined lets moto answer. `ask` asks moto another thing. */
  readonly instead?: (
    call: Call,
    memory: Memory,
    ask: (action: string, request: JsonObject) => Promise<Reply>,
  ) => Promise<Reply | undefined>
  /** Changes moto's answer. */
  readonly after?: (call: Call, reply: Reply, memory: Memory) => Reply
}

const IMMUTABLE = ['AliasAttributes', 'UsernameAttributes', 'UsernameConfiguration'] as const

const ok = (body: JsonObject): Reply => ({ status: 200, body })
const refused = (status: number, code: string, message: string): Reply => ({ status, body: { __type: code, message } })
const inPool = (reply: Reply, change: (pool: JsonObject) => JsonObject): Reply => {
  const pool = child(reply.body, 'UserPool')
  return pool ? { ...reply, body: { ...reply.body, UserPool: change(pool) } } : reply
}
const name = (call: Call, member: string): string => String(call.request[member])

const destinationsOf = (memory: Memory, set: string): Map<string, JsonObject> => {
  const known = memory.destinations.get(set) ?? new Map<string, JsonObject>()
  memory.destinations.set(set, known)
  return known
}

/** Asks for the set first: without it all about it is NotFoundException. */
const ofSet =
  (answer: (call: Call, memory: Memory) => JsonObject): NonNullable<Correction['instead']> =>
  async (call, memory, ask) => {
    const set = await ask('GetConfigurationSet', { ConfigurationSetName: name(call, 'ConfigurationSetName') })
    return set.status === 200 ? ok(answer(call, memory)) : set
  }

/** moto has this fault, and so has cognito-local. */
export const UNUSED_DAYS_APART: Correction = {
  action: 'DescribeUserPool',
  fault: 'UnusedAccountValidityDays stands by itself. On AWS it is the former name of TemporaryPasswordValidityDays, described beside it.',
  source: 'inferred: both are described, equal, and refused together (docs/evidence.md)',
  after: (_call, reply) =>
    inPool(reply, (pool) => {
      const days = child(child(pool, 'Policies'), 'PasswordPolicy')?.['TemporaryPasswordValidityDays']
      const admin = child(pool, 'AdminCreateUserConfig')
      return days === undefined ? pool : { ...pool, AdminCreateUserConfig: { ...admin, UnusedAccountValidityDays: days } }
    }),
}

export const CORRECTIONS: readonly Correction[] = [
  {
    action: 'CreateUserPool',
    fault: 'What no update can change is kept where an update loses it; so the proxy remembers it.',
    source: 'moto 5.2',
    after: (call, reply, memory) => {
      const id = child(reply.body, 'UserPool')?.['Id']
      const kept = IMMUTABLE.filter((member) => call.request[member] !== undefined).map((member) => [member, call.request[member]])
      if (typeof id === 'string') memory.immutable.set(id, Object.fromEntries(kept))
      return reply
    },
  },
  {
    action: 'DescribeUserPool',
    fault: `UpdateUserPool forgets ${IMMUTABLE.join(', ')}, which the service cannot change and does not take.`,
    source: 'moto 5.2',
    after: (call, reply, memory) => inPool(reply, (pool) => ({ ...pool, ...memory.immutable.get(name(call, 'UserPoolId')) })),
  },
  {
    action: 'UpdateUserPool',
    fault: 'EmailSendingAccount DEVELOPER is taken without a SourceArn.',
    source: 'moto 5.2',
    instead: async ({ request }) => {
      const email = child(request, 'EmailConfiguration')
      return email?.['EmailSendingAccount'] === 'DEVELOPER' && !email['SourceArn']
        ? refused(400, 'InvalidParameterException', 'Email account required')
        : undefined
    },
  },
  UNUSED_DAYS_APART,
  {
    action: 'UpdateUserPool',
    fault: 'Both of these are taken together.',
    source: 'moto 5.2',
    instead: async ({ request }) =>
      child(request, 'AdminCreateUserConfig')?.['UnusedAccountValidityDays'] !== undefined &&
      child(child(request, 'Policies'), 'PasswordPolicy')?.['TemporaryPasswordValidityDays'] !== undefined
        ? refused(
            400,
            'InvalidParameterException',
            'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
          )
        : undefined,
  },
  {
    action: 'GetConfigurationSet',
    fault: 'A set made without SendingOptions reports SendingEnabled as {} (5.2.1; false before), one made with them nests them once more.',
    source: 'moto 5.2; tried, November 2026',
    after: (_call, reply) => {
      const sending: Json | undefined = child(reply.body, 'SendingOptions')?.['SendingEnabled']
      const isOn = typeof sending === 'boolean' ? sending : !isObject(sending) || sending['SendingEnabled'] !== false
      return reply.status === 200 ? ok({ ...reply.body, SendingOptions: { SendingEnabled: isOn } }) : reply
    },
  },
  {
    action: 'GetEmailIdentity',
    fault: 'An identity with VerificationStatus SUCCESS reports VerifiedForSendingStatus false.',
    source: 'moto 5.2',
    after: (_call, reply) =>
      reply.body['VerificationStatus'] === 'SUCCESS' ? ok({ ...reply.body, VerifiedForSendingStatus: true }) : reply,
  },
  {
    action: 'GetAccount',
    fault: 'There is no such call.',
    source: 'moto 5.2',
    instead: async () =>
      ok({
        EnforcementStatus: 'HEALTHY',
        ProductionAccessEnabled: true,
        SendingEnabled: true,
        SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 0 },
      }),
  },
  {
    action: 'GetConfigurationSetEventDestinations',
    fault: 'There is no such call.',
    source: 'moto 5.2',
    instead: ofSet((call, memory) => ({ EventDestinations: [...destinationsOf(memory, name(call, 'ConfigurationSetName')).values()] })),
  },
  {
    action: 'CreateConfigurationSetEventDestination',
    fault: 'There is no such call.',
    source: 'tried, November 2026',
    instead: ofSet((call, memory) => {
      const destination = { ...child(call.request, 'EventDestination'), Name: name(call, 'EventDestinationName') }
      destinationsOf(memory, name(call, 'ConfigurationSetName')).set(destination.Name, destination)
      return {}
    }),
  },
]
