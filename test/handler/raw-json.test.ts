// Our protocol beside the SDK's own, over HTTP: each call that we make is the same on the wire, and each answer means the same.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  ListUserPoolsCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import {
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetDedicatedIpPoolCommand,
  GetEmailIdentityCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { clientSettings } from '../../handler/aws/client-settings.ts'
import { rawJson, rawRestJson } from '../../handler/aws/raw-json.ts'

type Reply = { readonly statusCode: number; readonly headers?: Record<string, string>; readonly body: string }
type Client = { readonly send: (command: never) => Promise<object>; readonly destroy: () => void }

const OK: Reply = {
  statusCode: 200,
  headers: { 'x-amzn-RequestId': 'r' },
  body: '{"UserPool":{"Id":"i"},"Item":{"N":{"N":"7"}},"SendingEnabled":true}',
}
let server: Server
let reply: Reply
const requests: string[] = []

/** Of the moment or by chance; the signature is over all of it. The length is counted in the body. */
const PASSING = /^(authorization|x-amz-date|amz-sdk-invocation-id|host|connection): .*\n/gim

beforeAll(async () => {
  server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const headers = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${value}\n`)
    const head = headers.sort().join('').replace(PASSING, '')
    requests.push(`${incoming.method} ${incoming.url}\n${head}\n${Buffer.concat(chunks)}`)
    outgoing.writeHead(reply.statusCode, reply.headers)
    outgoing.end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  reply = OK
  requests.length = 0
})

const CLIENTS = {
  cognito: { Client: CognitoIdentityProviderClient, protocol: () => rawJson('1.1', 'AWSCognitoIdentityProviderService') },
  ses: { Client: SESv2Client, protocol: rawRestJson },
  dynamo: { Client: DynamoDBClient, protocol: () => rawJson('1.0', 'DynamoDB_20120810') },
} as const

const settings = () => ({
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  ...clientSettings(5_000),
})

/** What came of the call, or the error. */
const sent = async (client: Client, command: object): Promise<unknown> => {
  const outcome = await client.send(command as never).catch((error: unknown) => error)
  client.destroy()
  return outcome
}
const ours = (service: keyof typeof CLIENTS, command: object) => {
  const { Client, protocol } = CLIENTS[service]
  return sent(new Client({ ...settings(), protocol: protocol() }), command)
}
const theirs = (service: keyof typeof CLIENTS, command: object) => sent(new CLIENTS[service].Client(settings()), command)

const UserPoolId = 'us-east-1_AbCdEfGhI'
const Key = { UserPoolId: { S: 'p' } }
/** Members in the order of the SDK's model, which is the order that it sends them in. */
const CALLS = [
  ['cognito', new DescribeUserPoolCommand({ UserPoolId })],
  ['cognito', new GetUserPoolMfaConfigCommand({ UserPoolId })],
  ['cognito', new ListUserPoolsCommand({ MaxResults: 60, NextToken: 'é"\\\n' })],
  [
    'cognito',
    new UpdateUserPoolCommand({
      UserPoolId,
      EmailConfiguration: { SourceArn: 'a:ü', ConfigurationSet: 'mail' },
      UserPoolTags: { a: '\u2028' },
    }),
  ],
  ['ses', new GetAccountCommand({})],
  ['ses', new GetConfigurationSetCommand({ ConfigurationSetName: 'mail' })],
  ['ses', new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: 'a b/c+d' })],
  ['ses', new GetDedicatedIpPoolCommand({ PoolName: "(it's)*!~" })],
  ['ses', new GetEmailIdentityCommand({ EmailIdentity: 'é+ü@example.com' })],
  ['dynamo', new GetItemCommand({ TableName: 't', Key, ConsistentRead: true })],
  [
    'dynamo',
    new PutItemCommand({ TableName: 't', Item: { ...Key, L: { L: [{ M: { a: { BOOL: true } } }, { NULL: true }, { N: '1' }] } } }),
  ],
  ['dynamo', new ScanCommand({ TableName: 't', ExclusiveStartKey: Key, ConsistentRead: true })],
  ['dynamo', new DeleteItemCommand({ TableName: 't', Key, ConditionExpression: 'Revision = :seen' })],
] as const

test.each(CALLS)('%s: a call is the same on the wire, byte for byte (%#)', async (service, command) => {
  await ours(service, command)
  await theirs(service, command)
  expect(requests).toHaveLength(2)
  expect(requests[0]).toBe(requests[1])
})

describe('a refusal has the name, the status and the words that the SDK gives it', () => {
  const REFUSALS: readonly (readonly [string, Reply])[] = [
    ['__type', { statusCode: 400, body: '{"__type":"com.amazonaws#ResourceNotFoundException","message":"no pool"}' }],
    ['a header', { statusCode: 404, headers: { 'x-amzn-ErrorType': 'NotFoundException:http://x/' }, body: '{"message":"none"}' }],
    ['code and Message', { statusCode: 429, body: '{"code":"TooManyRequestsException","Message":"slow"}' }],
    ['two names', { statusCode: 400, headers: { 'x-amzn-ErrorType': 'OneException' }, body: '{"__type":"a#TwoException","message":"?"}' }],
    ['nothing', { statusCode: 503, body: '' }],
  ]
  test.each(REFUSALS)('by %s', async (_, refused) => {
    reply = refused
    for (const [service, command] of CALLS) {
      const { name, message, $metadata } = (await theirs(service, command)) as Error & { readonly $metadata: object }
      expect($metadata).toMatchObject({ httpStatusCode: refused.statusCode })
      expect(await ours(service, command)).toMatchObject({ name, message, $metadata: { httpStatusCode: refused.statusCode } })
    }
  })

  test('a page of a proxy has its status and no name', async () => {
    reply = { statusCode: 502, body: '<html>' }
    expect(await ours('cognito', new DescribeUserPoolCommand({ UserPoolId }))).toMatchObject({
      name: 'Unknown',
      $metadata: { httpStatusCode: 502 },
    })
  })
})

test('what comes back is what came, members that the SDK does not know included', async () => {
  const came = { UserPool: { Id: 'i', Qubits: 3, LastModifiedDate: 1.5e9, Policies: { ThoughtPolicy: { 'a b': [null, ''] } } }, Other: [] }
  reply = { ...OK, body: JSON.stringify(came) }
  expect(await ours('cognito', new DescribeUserPoolCommand({ UserPoolId }))).toEqual({
    ...came,
    $metadata: expect.objectContaining({ httpStatusCode: 200, requestId: 'r' }),
  })
})

test('what is sent is what was given, members that the SDK does not know included', async () => {
  const given = { Qubits: 3, UserPoolId, Policies: { ThoughtPolicy: { MinimumDepth: 7 } } }
  await ours('cognito', new UpdateUserPoolCommand(given as never))
  expect(requests[0]?.split('\n\n')[1]).toBe(JSON.stringify(given))
})

test('an answer of 200 that is no JSON is an error with its status', async () => {
  reply = { statusCode: 200, body: '<html>' }
  expect(await ours('cognito', new DescribeUserPoolCommand({ UserPoolId }))).toMatchObject({
    name: 'SyntaxError',
    $metadata: { httpStatusCode: 200 },
  })
})

describe('over REST, what would be lost is not sent', () => {
  test.each([
    ['a member without a place in the path', { ConfigurationSetName: 'mail', Added: 'x' }, /Added has no place/],
    ['an empty name, which would be another path', { ConfigurationSetName: '' }, /ConfigurationSetName must be/],
  ])('%s', async (_, input, reason) => {
    const outcome = await ours('ses', new GetConfigurationSetCommand(input as never))
    expect(outcome).toMatchObject({ message: expect.stringMatching(reason) })
    expect(requests).toEqual([])
  })
})

test('a call is sent once, whatever becomes of it', async () => {
  reply = { statusCode: 500, body: '{}' }
  await ours('cognito', new DescribeUserPoolCommand({ UserPoolId }))
  expect(requests).toHaveLength(1)
})
