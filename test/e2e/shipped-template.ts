// The template that is shipped, as CloudFormation would resolve it in one account and Region: for what judges its parts without an engine.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { child, isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { TEMPLATE_FILE } from './provider-stack.ts'

export const ACCOUNT = '123456789012'
export const REGION = 'us-east-1'
const STACK = 'cognito-ses-binding'

/** Pseudo parameters (user guide, "Get AWS values using pseudo parameters"). */
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': STACK,
}

/** What Fn::GetAtt gives as the ARN of a resource (template reference, return values), by type. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::DynamoDB::Table': (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  'AWS::SQS::Queue': (name) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
  'AWS::Logs::LogGroup': () => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/cognito-ses-binding:*`,
  'AWS::Lambda::Function': () => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:cognito-ses-binding`,
}

const physicalName = (logicalId: string): string => `${STACK}-${logicalId}-1A2B3C4D5E6F`

const only = (node: JsonObject): readonly [string, Json] | undefined => {
  const [entry, ...more] = Object.entries(node)
  return entry && more.length === 0 && entry[1] !== undefined ? [entry[0], entry[1]] : undefined
}

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

/** Reads the template of this build. @returns what gives a resource's properties, resolved, or undefined where a condition leaves it out */
export const shippedTemplate = (given: Readonly<Record<string, string>> = {}) => {
  const template = JSON.parse(readFileSync(join(process.cwd(), TEMPLATE_FILE), 'utf8')) as JsonObject
  const resources = child(template, 'Resources') ?? {}

  const reference = (name: string): Json | undefined => {
    if (name === 'AWS::NoValue') return undefined
    if (name in PSEUDO) return PSEUDO[name]
    const parameter = child(child(template, 'Parameters'), name)
    if (!parameter) return physicalName(name)
    const value = given[name] ?? String(parameter['Default'])
    return parameter['Type'] === 'CommaDelimitedList' ? value.split(',').filter(Boolean) : value
  }
  const attribute = (logicalId: string, name: string): string => {
    const arn = ARNS[String(child(resources, logicalId)?.['Type'])]
    if (name !== 'Arn' || !arn) throw new Error(`Not known here: Fn::GetAtt ${logicalId}.${name}`)
    return arn(physicalName(logicalId))
  }
  const holds = (node: Json | undefined): boolean => {
    const [operator, operands] = (isObject(node) && only(node)) || []
    if (operator === 'Condition') return holds(child(template, 'Conditions')?.[String(operands)])
    if (operator === 'Fn::Not') return !holds(list(operands)[0])
    if (operator === 'Fn::And') return list(operands).every(holds)
    if (operator === 'Fn::Or') return list(operands).some(holds)
    if (operator === 'Fn::Equals') return JSON.stringify(resolve(list(operands)[0])) === JSON.stringify(resolve(list(operands)[1]))
    throw new Error(`Not known here: the condition ${JSON.stringify(node)}`)
  }
  const functions: Readonly<Record<string, (operand: Json) => Json | undefined>> = {
    Ref: (operand) => reference(String(operand)),
    'Fn::GetAtt': (operand) => {
      const [logicalId, name] = typeof operand === 'string' ? operand.split('.') : list(operand).map(String)
      return attribute(String(logicalId), String(name))
    },
    'Fn::Sub': (operand) => String(operand).replace(/\$\{([^!}]+)\}/g, (_, name: string) => String(reference(name))),
    'Fn::If': (operand) => resolve(list(operand)[holds({ Condition: list(operand)[0] ?? '' }) ? 1 : 2]),
    'Fn::Join': (operand) => list(resolve(list(operand)[1])).join(String(list(operand)[0])),
  }
  const resolve = (node: Json | undefined): Json | undefined => {
    if (Array.isArray(node)) return node.map(resolve).filter((item) => item !== undefined)
    if (!isObject(node)) return node
    const [name, operand] = only(node) ?? []
    const known = name === undefined ? undefined : functions[name]
    if (known && operand !== undefined) return known(operand)
    if (name?.startsWith('Fn::')) throw new Error(`Not known here: ${name}`)
    const members = Object.entries(node).map(([key, value]) => [key, resolve(value)] as const)
    return Object.fromEntries(members.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined))
  }
  return (logicalId: string): JsonObject | undefined => {
    const resource = child(resources, logicalId)
    const condition = resource?.['Condition']
    if (!resource || (typeof condition === 'string' && !holds({ Condition: condition }))) return undefined
    return resolve(resource['Properties']) as JsonObject
  }
}
