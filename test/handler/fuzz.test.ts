// Whatever comes in: an answer where one may be given, in CloudFormation's form and size, and never an error that nobody meant.
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { isObject, type Json, type JsonObject, text } from '../../lib/json.ts'
import { updatableSettings } from '../../lib/pool/settings.ts'
import { addPool } from '../local-aws/cognito/state.ts'
import { filled, readFixture } from '../start/fixture.ts'
import { richPool } from '../start/scene.ts'
import { type InProcess, startInProcess } from './in-process.ts'

const { FUZZ_RUNS, CI } = process.env
/** Of all tests here together. */
const RUNS = FUZZ_RUNS ? Number(FUZZ_RUNS) : CI === 'true' ? 10_000 : 400
const share = (part: number) => ({ numRuns: Math.ceil(RUNS * part) })
const TIMEOUT_MS = 300_000

const PLACE = { partition: 'aws', region: 'us-east-1', account: '123456789012' }
const CONTEXT = {
  ...{ awsRequestId: 'invocation', logStreamName: 'stream', getRemainingTimeInMillis: () => 30_000 },
  invokedFunctionArn: `arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:cognito-ses-binding`,
}

let aws: InProcess
let poolId: string
/** The pool with nothing on record, and as it is after the first Create. */
let fresh: () => void
let bound: () => void

const files = readdirSync('test/events').filter((name) => name.endsWith('.json'))
const fixtures = new Map(
  files.map((name) => [name, readFixture(`test/events/${name}`, name)] as const).filter(([, { again }]) => again === undefined),
)
const fixture = fc.constantFrom(...fixtures.keys())

/** An event of test/events, from the stack and on the pool of this test. */
const real = (name: string): JsonObject =>
  filled(
    fixtures.get(name)?.event ?? {},
    { Region: PLACE.region, AccountId: PLACE.account, UserPoolId: poolId, ResponseURL: '', PhysicalResourceId: 'mail-1' },
    name,
  )

const message = (): JsonObject => ({
  messageId: 'm1',
  body: JSON.stringify({
    ...{ source: 'aws.cognito-idp', account: PLACE.account, region: PLACE.region },
    detail: { eventName: 'UpdateUserPool', requestParameters: { userPoolId: poolId } },
  }),
})

beforeAll(async () => {
  aws = await startInProcess()
  aws.ses.putIdentity('example.com')
  for (const name of ['sign-in-mail', 'tracked-mail']) aws.ses.putConfigurationSet(name)
  poolId = addPool(aws.state, richPool(PLACE))
  fresh = aws.snapshot()
  await aws.handler({ ...real('01-create.json'), ResponseURL: aws.responseUrl().url }, CONTEXT)
  bound = aws.snapshot()
})
afterAll(() => aws.close())

const CONTROLS = '\u001b[31m\u0000\r\n\u009b'

const HOSTILE: readonly Json[] = [
  ...[null, true, 0, -1, 1e300, '', ' ', [], {}, [null], [[]], { '': '' }],
  ...['\ud800', '\u2028', '__proto__', 'constructor', 'null', '{{x}}', 'a,b,,c', '😀'.repeat(300)],
  ...['arn:', 'arn:aws:ses:::identity/', 'us-east-1_', '%', '%E0%A4%A', '../..', 'a@b', '"@"@x'],
  JSON.parse('{"__proto__": {"polluted": true}, "toString": 1}'),
]

/** As often as all the rest: what would break the list of events, and what would fill the answer. */
const hostile: fc.Arbitrary<Json> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(CONTROLS, 'x'.repeat(5_000), `${CONTROLS}${'😀'.repeat(2_000)}`) },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json> },
)

const STRANGE_NAME = fc.constantFrom(`Nope${CONTROLS}`, '', '__proto__', 'constructor', 'Configuration Set', 'x'.repeat(5_000))

/** The properties of a binding, each as it should be, hostile, or left out; now and then one more, or something else altogether. */
const properties = (): fc.Arbitrary<Json> => {
  const sound = real('01-create.json')['ResourceProperties']
  const members = Object.entries({
    ...(isObject(sound) ? sound : {}),
    UserPoolIds: [poolId],
    ReplyToEmailAddress: 'a@example.com',
    Heal: 'ON',
  })
  const known = fc.record(
    Object.fromEntries(
      members.map(([name, value]) => [
        name,
        fc.oneof({ weight: 6, arbitrary: fc.constant(value ?? null) }, { weight: 1, arbitrary: hostile }),
      ]),
    ),
    { requiredKeys: [] },
  )
  const many: JsonObject = Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`${'Surplus😀'.repeat(4)}${index}`, index]))
  const surplus: fc.Arbitrary<JsonObject> = fc.oneof(
    { weight: 9, arbitrary: fc.dictionary(STRANGE_NAME, hostile, { maxKeys: 1 }) },
    { weight: 1, arbitrary: fc.constant(many) },
  )
  return fc.oneof(
    { weight: 8, arbitrary: fc.tuple(known, surplus).map(([one, more]): Json => ({ ...one, ...more })) },
    { weight: 1, arbitrary: hostile },
  )
}

type Mutation = { readonly at: number; readonly how: 'remove' | 'replace' | 'wrap' | 'append' | 'cut' | 'add'; readonly by: Json }

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('remove', 'replace', 'replace', 'wrap', 'append', 'cut', 'add'),
  by: hostile,
})

type Path = readonly (string | number)[]

const pathsIn = (value: Json | undefined, path: Path = []): Path[] => {
  const inner = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : isObject(value) ? Object.entries(value) : []
  return [path, ...inner.flatMap(([key, item]) => pathsIn(item, [...path, key]))]
}

const changedAt = (value: Json, [key, ...rest]: Path, change: (found: Json) => Json | undefined): Json | undefined => {
  if (key === undefined) return change(value)
  if (Array.isArray(value)) return value.flatMap((item, index) => (index === key ? (changedAt(item, rest, change) ?? []) : [item]))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      const next = name === key ? changedAt(item ?? null, rest, change) : item
      return next === undefined ? [] : [[name, next]]
    }),
  )
}

const MUTATE: Readonly<Record<Mutation['how'], (found: Json, by: Json) => Json | undefined>> = {
  remove: () => undefined,
  replace: (_, by) => by,
  wrap: (found) => [found],
  append: (found, by) => (typeof found === 'string' ? found + (typeof by === 'string' ? by : JSON.stringify(by)) : [found, by]),
  cut: (found) => (typeof found === 'string' ? found.slice(0, -1) : null),
  add: (found, by) => (isObject(found) ? { ...found, Surplus: by } : Array.isArray(found) ? [...found, by] : found),
}

const mutated = (event: JsonObject, { at, how, by }: Mutation): Json | undefined => {
  const paths = pathsIn(event)
  return changedAt(event, paths[at % paths.length] ?? [], (found) => MUTATE[how](found, by))
}

/** What the handler may throw, beside answering: Lambda then delivers the event again, or drops it. */
const MEANT = ['unknown event', 'the ResponseURL is not allowed']

const invoke = async (event: unknown): Promise<{ readonly result?: unknown; readonly error?: string }> => {
  // As Lambda hands it over.
  const given: unknown = event === undefined ? undefined : JSON.parse(JSON.stringify(event))
  try {
    return { result: await aws.handler(given, CONTEXT) }
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error
    return { error: error.message }
  }
}

const IDS = ['StackId', 'RequestId', 'LogicalResourceId'] as const

/** The answer that the event got, which must be one that CloudFormation takes. */
const expectAnswer = (event: JsonObject, id: string): void => {
  expect(aws.bucket.refusedAnswers(id).map(({ error }) => error.message)).toEqual([])
  const [answer, ...more] = aws.bucket.answers(id)
  expect(more).toEqual([])
  const body = answer?.body ?? {}
  expect(['SUCCESS', 'FAILED']).toContain(body['Status'])
  for (const name of IDS) expect(body[name]).toBe(event[name])
  expect(body['PhysicalResourceId']).toEqual(expect.stringMatching(/./s))
  if (body['Status'] === 'FAILED') {
    expect(body['Reason']).toMatch(/^[A-Z]\w+: ./)
    expect(body['Reason']).not.toMatch(/\p{Cc}/u)
    expect(body['Reason']).not.toMatch(/^InternalFailure: An unexpected error/)
  }
  for (const value of Object.values(isObject(body['Data']) ? body['Data'] : {})) expect(typeof value).toBe('string')
}

/** Nothing but EmailConfiguration may ever differ, and the credential in the URL is in no line of the log. */
const expectNoHarm = (before: JsonObject, secret: string): void => {
  expect(updatableSettings(aws.pool(poolId))).toEqual(updatableSettings(before))
  expect(aws.log.join('\n')).not.toContain(secret)
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
}

/** A space around a URL, or the letter case of its host, makes no other of it. */
const isSameUrl = (given: Json | undefined, url: string): boolean =>
  typeof given === 'string' && URL.canParse(given) && new URL(given).href === url

/** Whether an answer may be given, and can: the IDs that it says again leave room in 4,096 bytes. */
const isAnswerable = (event: Json | undefined, url: string): event is JsonObject =>
  isObject(event) &&
  isSameUrl(event['ResponseURL'], url) &&
  ['RequestType', ...IDS].every((name) => text(event, name) !== undefined) &&
  Buffer.byteLength(JSON.stringify([...IDS, 'PhysicalResourceId'].map((name) => event[name]))) <= 3_000

describe('the handler', () => {
  test(
    'answers every event of CloudFormation that is one mutation away from a real one',
    () =>
      fc.assert(
        fc.asyncProperty(fixture, fc.boolean(), mutation, async (name, isBound, change) => {
          ;(isBound ? bound : fresh)()
          const before = aws.pool(poolId)
          const { id, url } = aws.responseUrl()
          const event = mutated({ ...real(name), ResponseURL: url }, change)
          const { error } = await invoke(event)
          if (isAnswerable(event, url)) {
            expect(error).toBeUndefined()
            expectAnswer(event, id)
          } else {
            expect(error).toMatch(new RegExp(`^(?:${MEANT.join('|')}|the answer could not be delivered: .*)$`))
            expect(aws.bucket.answers(id)).toEqual([])
          }
          expectNoHarm(before, new URL(url).searchParams.get('X-Amz-Signature') ?? '')
        }),
        share(0.5),
      ),
    TIMEOUT_MS,
  )

  test(
    'takes a batch of messages that is one mutation away from a real one, and gives back what it cannot do yet, or says that it is no event',
    () =>
      fc.assert(
        fc.asyncProperty(mutation, fc.boolean(), async (change, isInside) => {
          bound()
          const before = aws.pool(poolId)
          const inside = (found: JsonObject): JsonObject => ({
            ...found,
            body: JSON.stringify(mutated(JSON.parse(String(found['body'])), change)) ?? '',
          })
          const event = isInside ? { Records: [inside(message())] } : mutated({ Records: [message()] }, change)
          const { result, error } = await invoke(event)
          if (error === undefined) expect(result).toEqual({ batchItemFailures: [] })
          else expect(MEANT).toContain(error)
          expectNoHarm(before, 'X-Amz-Signature')
        }),
        share(0.15),
      ),
    TIMEOUT_MS,
  )

  test(
    'calls arbitrary JSON no event of its own',
    () =>
      fc.assert(
        fc.asyncProperty(hostile, async (event) => {
          expect(MEANT).toContain((await invoke(event)).error)
        }),
        share(0.05),
      ),
    TIMEOUT_MS,
  )

  test(
    'answers whatever the properties are',
    () =>
      fc.assert(
        fc.asyncProperty(fixture, properties(), properties(), async (name, ResourceProperties, OldResourceProperties) => {
          bound()
          const before = aws.pool(poolId)
          const { id, url } = aws.responseUrl()
          const event = { ...real(name), ResponseURL: url, ResourceProperties, OldResourceProperties }
          expect((await invoke(event)).error).toBeUndefined()
          expectAnswer(event, id)
          expectNoHarm(before, new URL(url).searchParams.get('X-Amz-Signature') ?? '')
        }),
        share(0.3),
      ),
    TIMEOUT_MS,
  )

  test('sends nothing where the IDs alone would fill the answer, and gives an empty physical ID a name', async () => {
    fresh()
    const [long, empty] = [aws.responseUrl(), aws.responseUrl()]
    const create = real('01-create.json')
    expect((await invoke({ ...create, ResponseURL: long.url, RequestId: 'x'.repeat(4_000) })).error).toBe('unknown event')
    expect([...aws.bucket.answers(long.id), ...aws.bucket.refusedAnswers(long.id)]).toEqual([])
    await invoke({ ...create, RequestType: 'Update', ResponseURL: empty.url, PhysicalResourceId: '' })
    expect(aws.bucket.answers(empty.id)[0]?.body['PhysicalResourceId']).toMatch(/^cognito-ses-binding-/)
  })

  test.each([[{ toString: 1 }], [5e-324], ['0.001'], [['5']]])('answers an event whose ServiceTimeout is %j', async (ServiceTimeout) => {
    fresh()
    const { id, url } = aws.responseUrl()
    const create = real('01-create.json')
    const sound = create['ResourceProperties']
    const event = { ...create, ResponseURL: url, ResourceProperties: { ...(isObject(sound) ? sound : {}), ServiceTimeout } }
    expect((await invoke(event)).error).toBeUndefined()
    expectAnswer(event, id)
  })
})
