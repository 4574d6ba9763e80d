// A binding as a construct of AWS CDK: one or more Custom::CognitoSesBinding, and what can be found wrong before they are deployed.
import { createHash } from 'node:crypto'
import { Annotations, CfnResource, CustomResource, Duration, Fn, Lazy, Stack, Token } from 'aws-cdk-lib'
import type { aws_ses } from 'aws-cdk-lib/interfaces'
import { Construct } from 'constructs'
import { PROPERTIES, parseProperties } from '../../lib/binding/properties.ts'
import { canonical, isObject } from '../../lib/json.ts'
import type { CognitoSesBindingProps } from './props.ts'
import { serviceTokenOf } from './provider.ts'
import { assertSameEnvironment, declaredBy, namedTwice, ownerOf } from './user-pools.ts'

type PropertyName = keyof typeof PROPERTIES
type Declared = Partial<Record<PropertyName, unknown>>
/** Said by CustomResource, by the groups of pools, and by SourceArn: DEVELOPER is what follows from one. */
type NotHere = 'ServiceToken' | 'ServiceTimeout' | 'UserPoolId' | 'UserPoolIds' | 'EmailSendingAccount'

const MAX_POOLS = PROPERTIES.UserPoolIds.maxItems

/** Right values that stand for those that only the deployment knows, so that the known ones can be checked. */
const SPECIMENS: Partial<Record<PropertyName, string>> = {
  ConfigurationSet: 'a',
  SourceArn: 'arn:aws:ses:us-east-1:111122223333:identity/example.com',
  From: 'a@example.com',
  ReplyToEmailAddress: 'a@example.com',
}

/** As many pools as one resource may name, in the order given. */
const inGroups = (pools: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.max(1, Math.ceil(pools.length / MAX_POOLS)) }, (_, group) =>
    pools.slice(group * MAX_POOLS, (group + 1) * MAX_POOLS),
  )

/** Changes when an owner's template says something else of its pool, and never otherwise. */
const nonceOf = (owners: readonly CfnResource[]): string =>
  // Not cached: a cached value would be that of an early phase of synthesis, before overrides and aspects.
  Lazy.uncachedString({
    produce: () => {
      const declared = owners.map((owner) => declaredBy(owner) ?? null)
      return createHash('sha256').update(canonical(declared)).digest('hex').slice(0, 16)
    },
  })

/** An identity that was imported by its ARN has the env of the importing stack: only its own ARN tells its Region. */
const arnOf = (identity: aws_ses.IEmailIdentityRef, stack: Stack): string => {
  if ('emailIdentityArn' in identity && typeof identity.emailIdentityArn === 'string') return identity.emailIdentityArn
  const { account, region } = identity.env
  const resourceName = identity.emailIdentityRef.emailIdentity
  return stack.formatArn({ service: 'ses', account, region, resource: 'identity', resourceName })
}

/** The properties that the props say; whatever they leave out is left to the function's defaults. */
const declaredIn = (
  props: CognitoSesBindingProps,
  owners: readonly CfnResource[],
  stack: Stack,
): Record<Exclude<PropertyName, NotHere>, unknown> => ({
  ConfigurationSet: props.configurationSet.configurationSetRef.configurationSetName,
  SourceArn: props.identity && arnOf(props.identity, stack),
  From: props.from,
  ReplyToEmailAddress: props.replyTo,
  Preflight: props.preflight,
  AllowSandbox: props.allowSandbox,
  OnDelete: props.onDelete,
  Heal: props.heal,
  Takeover: props.takeover,
  Nonce: props.nonce ?? (owners.length > 0 ? nonceOf(owners) : undefined),
})

/** Throws what the function would answer, in its own words. */
const assertRight = (pools: readonly string[], declared: Declared, binding: Construct): void => {
  const where = `[${binding.node.path}]`
  const twice = namedTwice(pools, Stack.of(binding))
  if (twice !== undefined && Token.isUnresolved(twice)) {
    const path = ownerOf(twice)?.node.path ?? 'a user pool'
    throw new Error(`InvalidRequest: userPools names ${path} twice; remove one. ${where}`)
  }
  const known = Object.fromEntries(
    Object.entries(declared)
      .filter(([name, value]) => value !== undefined && name !== 'Nonce')
      .map(([name, value]) => [name, Token.isUnresolved(value) ? SPECIMENS[name as PropertyName] : value]),
  )
  const ids = pools.map((pool, index) => (Token.isUnresolved(pool) ? `us-east-1_Token${index}` : pool))
  // A pool that stands in two groups is wrong too, and only a list of it alone shows that to the parser.
  const lists = twice === undefined ? inGroups(ids) : [[twice, twice]]
  for (const UserPoolIds of lists) {
    const parsed = parseProperties({ ...known, UserPoolIds })
    if (!parsed.ok) throw new Error(`${parsed.code}: ${parsed.message} ${where}`)
  }
}

const isRetained = (child: unknown): boolean =>
  child instanceof CustomResource &&
  CfnResource.isCfnResource(child.node.defaultChild) &&
  String(child.node.defaultChild.cfnOptions.deletionPolicy).startsWith('Retain')

/**
 * Whether a warning was acknowledged, on the binding or above it. CDK 2.235.0 forgets an acknowledgement on the very
 * construct that gets the warning later, and knows those above it: so a child of the binding is asked, for a moment.
 */
const isAcknowledged = (id: string, binding: Construct): boolean => {
  const child = new Construct(binding, 'IsAcknowledged')
  Annotations.of(child).addWarningV2(id, '')
  binding.node.tryRemoveChild(child.node.id)
  return child.node.metadata.length === 0
}

/** Warns about what only the whole app shows. */
const warnAbout = (owners: readonly CfnResource[], hasIdentity: boolean, binding: Construct): void => {
  const warn = (name: string, message: string): void => {
    const id = `cognito-ses-binding:${name}`
    if (!isAcknowledged(id, binding)) Annotations.of(binding).addWarningV2(id, message)
  }
  for (const owner of owners) {
    const declared = declaredBy(owner)
    const email = declared?.['EmailConfiguration']
    if (isObject(email) && Object.keys(email).length > 0) {
      warn(
        'pool-declares-email',
        `User pool ${owner.node.path} declares EmailConfiguration itself. Name the set there and remove this binding; ` +
          `with both, each deployment of the pool takes the binding's settings off until the binding is applied again.`,
      )
    } else if (declared && !hasIdentity) {
      warn(
        'no-sender',
        `User pool ${owner.node.path} declares no sender, and this binding names none: ` +
          'without identity it fails while the pool is on COGNITO_DEFAULT.',
      )
    }
  }
  if (binding.node.children.some(isRetained)) {
    warn(
      'retained',
      'With DeletionPolicy Retain the function never learns that the binding is gone, and goes on healing: ' +
        'use onDelete RETAIN to leave the settings to the pool.',
    )
  }
}

/**
 * Attaches an SES configuration set to user pools, whoever made them.
 *
 * What happens when it is removed is `onDelete`: RESTORE puts the pools' own settings back, RETAIN leaves them as they
 * are. CDK's RemovalPolicy is CloudFormation's and another thing: with RETAIN the function is never told.
 */
export class CognitoSesBinding extends Construct {
  /** The configuration set that the first pool has. */
  readonly configurationSetName: string
  /** COGNITO_DEFAULT or DEVELOPER. */
  readonly emailSendingAccount: string
  /** The SES identity by which the first pool sends; empty when it has none, as are all the others. */
  readonly sourceArn: string
  /** The sender that people see. */
  readonly from: string
  /** Where answers go. */
  readonly replyTo: string
  /** The dedicated IP pool of the configuration set. */
  readonly sendingPoolName: string
  /** Names of the enabled event destinations, comma-separated. */
  readonly eventDestinations: string
  /** How many mails the account may send in 24 hours. */
  readonly max24HourSend: string
  /** One a line; empty when there is none. */
  readonly warnings: string

  constructor(scope: Construct, id: string, props: CognitoSesBindingProps) {
    super(scope, id)
    const stack = Stack.of(this)
    for (const pool of props.userPools) assertSameEnvironment(pool, this)
    const pools = props.userPools.map((pool) => pool.userPoolRef.userPoolId)
    const owners = [...new Set(pools.flatMap((pool) => ownerOf(pool) ?? []))]
    const declared = declaredIn(props, owners, stack)
    assertRight(pools, declared, this)

    const serviceToken = props.provider?.serviceToken ?? serviceTokenOf(stack)
    const resources = inGroups(pools).map(
      (group, index) =>
        new CustomResource(this, index === 0 ? 'Resource' : `Resource${index + 1}`, {
          serviceToken,
          resourceType: 'Custom::CognitoSesBinding',
          serviceTimeout: Duration.seconds(600),
          properties: { UserPoolIds: group, ...declared },
        }),
    )
    // One after another: side by side they would compete for Cognito's quota.
    resources.forEach((resource, index) => {
      const before = resources[index - 1]
      if (before) resource.node.addDependency(before)
    })
    // After the set's event destinations, which the binding reads, and warns when there are none.
    this.node.addDependency(props.configurationSet)
    if (Construct.isConstruct(props.provider)) this.node.addDependency(props.provider)

    const attribute = (name: string): string => resources[0]?.getAttString(name) ?? ''
    this.configurationSetName = attribute('ConfigurationSet')
    this.emailSendingAccount = attribute('EmailSendingAccount')
    this.sourceArn = attribute('SourceArn')
    this.from = attribute('From')
    this.replyTo = attribute('ReplyToEmailAddress')
    this.sendingPoolName = attribute('SendingPoolName')
    this.eventDestinations = attribute('EventDestinations')
    this.max24HourSend = attribute('Max24HourSend')
    const warnings = resources.map((resource) => resource.getAttString('Warnings'))
    this.warnings = warnings.length > 1 ? Fn.join('\n', warnings) : (warnings[0] ?? '')

    // As a validation: it runs after aspects and late overrides.
    this.node.addValidation({
      validate: () => {
        warnAbout(owners, props.identity !== undefined, this)
        return []
      },
    })
  }
}
