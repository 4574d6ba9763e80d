// The provider as a stack of AWS CDK: the template that everybody deploys, with its parameters and conditions settled by props.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ArnFormat, type CfnDeletionPolicy, CfnOutput, CfnResource, Stack, type StackProps, Token } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { ICognitoSesBindingProvider } from './props.ts'
import { parameterValue, settle } from './settle.ts'

/**
 * The parameters of the provider's template, and the props of its stack.
 *
 * To take over a stack that was deployed without CDK, give its parameters' values here, `tableName` first where it has
 * one: its parameters go with the first deployment.
 */
export interface CognitoSesBindingProviderProps extends StackProps {
  /**
   * Change only pools that carry the tag cognito-ses-binding = allowed.
   * @default false
   */
  readonly requirePoolTag?: boolean | undefined
  /**
   * Whether a binding may say `takeover`.
   * @default true
   */
  readonly allowTakeover?: boolean | undefined
  /**
   * ARNs of the roles by which the pools send SMS.
   * @default - none
   */
  readonly smsRoleArns?: readonly string[] | undefined
  /**
   * ARNs of the KMS keys that the pools use.
   * @default - none
   */
  readonly kmsKeyArns?: readonly string[] | undefined
  /**
   * Notice and heal drift.
   * @default true
   */
  readonly driftDetection?: boolean | undefined
  /**
   * How often every binding is checked: an EventBridge schedule expression.
   * @default 'rate(1 hour)'
   */
  readonly sweepSchedule?: string | undefined
  /**
   * ARN of the SNS topic of the alarms.
   * @default - they notify nobody
   */
  readonly alarmTopicArn?: string | undefined
  /**
   * A CloudWatch dashboard.
   * @default false
   */
  readonly dashboard?: boolean | undefined
  /**
   * Days to keep the log.
   * @default 90
   */
  readonly logRetentionDays?: number | undefined
  /**
   * The table of an earlier installation.
   * @default - a new table
   */
  readonly tableName?: string | undefined
  /**
   * ARN of a KMS key of yours that encrypts what the stack keeps.
   * @default - keys of AWS
   */
  readonly kmsKeyArn?: string | undefined
  /**
   * ARN of the permissions boundary of the role.
   * @default - none
   */
  readonly permissionsBoundaryArn?: string | undefined
  /**
   * ARNs of managed policies that the role gets as well.
   * @default - none
   */
  readonly additionalPolicyArns?: readonly string[] | undefined
  /**
   * Processor of the function: arm64 or x86_64.
   * @default 'arm64'
   */
  readonly architecture?: string | undefined
  /**
   * Seconds that one event may take: 300 or 600.
   * @default 300
   */
  readonly timeout?: number | undefined
  /**
   * Reserved concurrency of the function, at least 5.
   * @default - none
   */
  readonly reservedConcurrency?: number | undefined
}

/** The function's name, which every template relies on: FunctionName in infra/provider.yaml. */
const FUNCTION_NAME = 'cognito-ses-binding'

/** Lies beside the folder of this file in the package. */
const TEMPLATE = join(__dirname, '..', 'provider.template.json')

/** The ARN of the provider's function in a stack's own account and Region. */
export const serviceTokenOf = (stack: Stack): string =>
  stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: FUNCTION_NAME,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })

/** What the props say, by the names of the template's parameters. */
const parametersOf = (props: CognitoSesBindingProviderProps): JsonObject => ({
  RequirePoolTag: props.requirePoolTag?.toString(),
  AllowTakeover: props.allowTakeover?.toString(),
  SmsRoleArns: props.smsRoleArns,
  KmsKeyArns: props.kmsKeyArns,
  DriftDetection: props.driftDetection === undefined ? undefined : props.driftDetection ? 'ENABLED' : 'DISABLED',
  SweepSchedule: props.sweepSchedule,
  AlarmTopicArn: props.alarmTopicArn,
  Dashboard: props.dashboard?.toString(),
  LogRetentionDays: props.logRetentionDays,
  TableName: props.tableName,
  KmsKeyArn: props.kmsKeyArn,
  PermissionsBoundaryArn: props.permissionsBoundaryArn,
  AdditionalPolicyArns: props.additionalPolicyArns,
  Architecture: props.architecture,
  Timeout: props.timeout,
  ReservedConcurrency: props.reservedConcurrency,
})

const valuesOf = (template: JsonObject, props: CognitoSesBindingProviderProps): JsonObject => {
  const parameters = isObject(template['Parameters']) ? template['Parameters'] : {}
  const given = parametersOf(props)
  const stray = Object.keys(given).find((name) => given[name] !== undefined && !isObject(parameters[name]))
  if (stray) throw new Error(`The provider's template has no parameter ${stray}.`)
  const isKnown = (value: unknown): boolean => !Token.isUnresolved(value)
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, parameter]) =>
      isObject(parameter) ? [[name, parameterValue(name, parameter, given[name], isKnown)]] : [],
    ),
  )
}

/**
 * Adds a resource as the template has it. At the top of a stack the construct's ID is the logical ID, so a stack that was
 * deployed without CDK stays the same stack.
 */
const addResource = (stack: Stack, logicalId: string, item: JsonObject): void => {
  const { Type: type, Properties: properties, Metadata: metadata, DeletionPolicy, UpdateReplacePolicy, ...rest } = item
  if (Object.keys(rest).length > 0) throw new Error(`${logicalId} has an attribute that is not carried over: ${Object.keys(rest)}.`)
  const resource = new CfnResource(stack, logicalId, {
    type: String(type),
    ...(isObject(properties) ? { properties } : {}),
  })
  // For linters: they name findings that stay, with the reason.
  for (const [name, value] of Object.entries(isObject(metadata) ? metadata : {})) resource.addMetadata(name, value)
  if (DeletionPolicy) resource.cfnOptions.deletionPolicy = DeletionPolicy as CfnDeletionPolicy
  if (UpdateReplacePolicy) resource.cfnOptions.updateReplacePolicy = UpdateReplacePolicy as CfnDeletionPolicy
}

const addOutput = (stack: Stack, logicalId: string, item: JsonObject): void => {
  const { Value: value, Description: description, Export: exported } = item
  const output = new CfnOutput(stack, `Output${logicalId}`, {
    value: Token.asString(value),
    description: String(description),
    ...(isObject(exported) ? { exportName: String(exported['Name']) } : {}),
  })
  output.overrideLogicalId(logicalId)
}

/**
 * The function that bindings are sent to, in a stack of its own: one for each account and Region. It is the same stack,
 * by name and logical IDs, that the other ways of installing make.
 */
export class CognitoSesBindingProvider extends Stack implements ICognitoSesBindingProvider {
  /** The ARN of the function. */
  readonly serviceToken: string

  constructor(scope: Construct, id: string, props: CognitoSesBindingProviderProps = {}) {
    const template: JsonObject = JSON.parse(readFileSync(TEMPLATE, 'utf8'))
    super(scope, id, {
      ...props,
      stackName: props.stackName ?? FUNCTION_NAME,
      terminationProtection: props.terminationProtection ?? true,
      description: props.description ?? String(template['Description']),
    })
    const { resources, outputs } = settle(template, valuesOf(template, props))
    for (const [logicalId, item] of Object.entries(resources)) if (isObject(item)) addResource(this, logicalId, item)
    for (const [logicalId, item] of Object.entries(outputs)) if (isObject(item)) addOutput(this, logicalId, item)
    this.serviceToken = serviceTokenOf(this)
  }

  /** Lets a deployer bind pools: CloudFormation invokes the function with the deployer's rights. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [this.serviceToken] })
  }
}
