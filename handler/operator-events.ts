// An operator's event: what somebody who may invoke the function types by hand. There is one operation, Release.
import { parseArn } from '../lib/arn.ts'
import { wellFormedPoolIds } from '../lib/binding/properties.ts'
import { type ReleaseOrder, release } from '../lib/binding/release.ts'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { shown } from '../lib/printable.ts'
import { type Environment, type LambdaContext, ownArn, withinInvocation } from './invocation.ts'

export const isOperatorEvent = (event: unknown): event is JsonObject => isObject(event) && 'Operation' in event

type Member = { readonly expected: string; readonly isRight: (value: Json) => boolean }

const isText = (value: Json): value is string => typeof value === 'string' && value !== ''

/** The members of a Release. */
const MEMBERS: Readonly<Record<string, Member>> = {
  Operation: { expected: 'Release', isRight: (value) => value === 'Release' },
  StackId: {
    expected: 'the ARN of a stack, like arn:aws:cloudformation:us-east-1:111122223333:stack/mail/1a2b3c4d-…',
    isRight: (value) => isText(value) && /^stack\/[^/\s]+\/\S+$/.test(parseArn(value, 'cloudformation')?.resource ?? ''),
  },
  LogicalResourceId: { expected: 'the logical ID of the resource, like Binding', isRight: isText },
  UserPoolIds: {
    expected: 'a list of IDs of user pools, each like us-east-1_Ab3dEf6hI',
    isRight: (value) => Array.isArray(value) && value.length > 0 && wellFormedPoolIds({ UserPoolIds: value }).length === value.length,
  },
  OnDelete: { expected: 'RESTORE or RETAIN', isRight: (value) => value === 'RESTORE' || value === 'RETAIN' },
  DryRun: { expected: 'true or false', isRight: (value) => typeof value === 'boolean' },
}

const problemsOf = (event: JsonObject, own: { readonly account: string | undefined } | undefined, region: string): string[] => {
  const unknown = Object.keys(event).filter((name) => !Object.hasOwn(MEMBERS, name))
  const wrong = Object.entries(MEMBERS).flatMap(([name, { expected, isRight }]) => {
    const value = event[name]
    return value === undefined || isRight(value) ? [] : [`Expected ${name} to be ${expected}; got ${shown(value)}.`]
  })
  if (event['StackId'] === undefined) return ['StackId is missing: give the ARN of the stack that is gone.', ...wrong]
  const stack = parseArn(String(event['StackId']), 'cloudformation')
  const isForeign = stack?.region !== region || (own?.account !== undefined && stack.account !== own.account)
  return [
    ...unknown.map((name) => `Unknown member ${shown(name)}; Release takes ${Object.keys(MEMBERS).join(', ')}.`),
    ...wrong,
    ...(wrong.length === 0 && isForeign
      ? [`The stack ${shown(event['StackId'])} is not in the function's own account and Region (${own?.account ?? 'unknown'}, ${region}).`]
      : []),
  ]
}

/**
 * Carries out an operator's event.
 * @returns what was released and what was not: `{ Released, Failed }`
 * @throws Error with a sentence for everything that the event may not say; nothing was done then
 */
export const handleOperatorEvent = async (event: JsonObject, context: LambdaContext, environment: Environment) => {
  const problems = problemsOf(event, ownArn(context), environment.region)
  if (problems.length > 0) throw new Error(`${problems.join(' ')} Nothing was done.`)
  const order = {
    stackId: String(event['StackId']),
    logicalResourceId: event['LogicalResourceId'],
    userPoolIds: event['UserPoolIds'],
    onDelete: event['OnDelete'],
    dryRun: event['DryRun'] === true,
  } as ReleaseOrder
  return withinInvocation('operator', context, environment, async (work) => {
    const result = await release(order, work)
    work.log(
      'info',
      `${order.dryRun ? 'Release, dry run' : 'Release'} of ${order.stackId}: ${result.Released.length} claims, ${result.Failed.length} not`,
      {
        ...order,
        ...result,
      } as unknown as JsonObject,
    )
    return result
  })
}
