// Plays CloudFormation to a handler: well-formed events with fresh RequestIds and ResponseURLs, and the answers that came back.
import { randomUUID } from 'node:crypto'
import { isObject, type JsonObject } from '../lib/json.ts'
import { type Context, FUNCTION_ARN, type Invoked } from './lambda.ts'
import type { LocalAws } from './local-aws/index.ts'

export const ACCOUNT = '123456789012'
export const REGION = 'us-east-1'
export const IDENTITY = `arn:aws:ses:${REGION}:${ACCOUNT}:identity/example.com`
export const SENDER = { SourceArn: IDENTITY, From: 'Example <no-reply@example.com>' }

export type Invoke = (event: JsonObject, context?: Context) => Promise<Invoked>

export type Answer = {
  readonly Status: string
  readonly Reason?: string
  readonly PhysicalResourceId: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
  readonly Data?: Readonly<Record<string, string>>
}

export type Sent = {
  readonly event: JsonObject
  readonly invoked: Invoked
  /** The first answer, or undefined when there was none. */
  readonly answer: Answer | undefined
  /** How many answers came. */
  readonly count: number
}

export const stackArn = (name: string): string =>
  `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/11111111-2222-3333-4444-555555555555`

/** An SES account in which everything that tests name is in order. */
export const healthySes = (aws: LocalAws, sets: readonly string[] = ['mail', 'mail-2', 'other']): void => {
  for (const name of sets) {
    aws.ses.putConfigurationSet(name)
    aws.ses.putEventDestinations(name, [
      {
        Name: 'events',
        Enabled: true,
        MatchingEventTypes: ['SEND', 'REJECT', 'BOUNCE', 'COMPLAINT', 'DELIVERY', 'DELIVERY_DELAY', 'RENDERING_FAILURE'],
        EventBridgeDestination: { EventBusArn: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default` },
      },
    ])
  }
  aws.ses.putIdentity('example.com')
}

export type EventOptions = {
  readonly properties?: JsonObject
  readonly old?: JsonObject
  readonly physicalResourceId?: string
  readonly extra?: JsonObject
  readonly signedAt?: number
  readonly context?: Context
}

/** One resource of one stack, as CloudFormation sees it. */
export const resource = (aws: LocalAws, invoke: Invoke, stack = 'mail', logicalResourceId = 'Binding') => {
  let physicalId: string | undefined
  const event = (RequestType: string, options: EventOptions = {}): JsonObject => ({
    RequestType,
    ServiceToken: FUNCTION_ARN,
    ResponseURL: aws.responseUrl(options.signedAt === undefined ? {} : { signedAt: options.signedAt }).url,
    StackId: stackArn(stack),
    RequestId: randomUUID(),
    LogicalResourceId: logicalResourceId,
    ResourceType: 'Custom::CognitoSesBinding',
    ...(RequestType === 'Create' ? {} : { PhysicalResourceId: options.physicalResourceId ?? physicalId ?? 'mail-Binding-1ABCDEFGHIJK' }),
    ResourceProperties: { ServiceToken: FUNCTION_ARN, ...options.properties },
    ...(RequestType === 'Update' ? { OldResourceProperties: { ServiceToken: FUNCTION_ARN, ...options.old } } : {}),
    ...options.extra,
  })
  const send = async (sent: JsonObject, context?: Context): Promise<Sent> => {
    const id = new URL(String(sent['ResponseURL'])).pathname.split('/').at(-1) ?? ''
    const before = aws.answers(id).length
    const invoked = await invoke(sent, context)
    const answers = aws.answers(id).slice(before)
    const body = answers[0]?.body
    const answer = isObject(body) ? (body as unknown as Answer) : undefined
    physicalId = answer?.PhysicalResourceId ?? physicalId
    return { event: sent, invoked, answer, count: answers.length }
  }
  return {
    event,
    send,
    create: (properties: JsonObject, options: EventOptions = {}) => send(event('Create', { ...options, properties }), options.context),
    update: (properties: JsonObject, old: JsonObject, options: EventOptions = {}) =>
      send(event('Update', { ...options, properties, old }), options.context),
    delete: (properties: JsonObject, options: EventOptions = {}) => send(event('Delete', { ...options, properties }), options.context),
  }
}
