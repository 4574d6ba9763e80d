// cognito-ses-binding/cdk as apps use it: what bindings and the provider synthesise, what is refused, what is warned about.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's substitutions
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as cdk from 'aws-cdk-lib'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { CfnUserPool, UserPool, UserPoolEmail } from 'aws-cdk-lib/aws-cognito'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import * as ses from 'aws-cdk-lib/aws-ses'
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include'
import type { Construct } from 'constructs'
import type * as Cdk from '../../infra/cdk/index.ts'
import { parseProperties } from '../../lib/binding/properties.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { withParameters } from './with-parameters.ts'

const root = join(__dirname, '../..')
execFileSync(process.execPath, [
  '--input-type=module',
  '--eval',
  `await (await import('${root}/infra/build-construct.mjs')).buildConstruct()`,
])
const { CognitoSesBinding, CognitoSesBindingProvider, Heal, OnDelete, Preflight }: typeof Cdk = require('../../dist/cdk')

const { CfnParameter, Fn, Stack } = cdk
type Stack = cdk.Stack
const out = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-cdk-'))
afterAll(() => rmSync(out, { recursive: true }))
/** CDK leaves what it synthesises in a folder of its own for each app, and never removes one. */
class App extends cdk.App {
  constructor(props: cdk.AppProps = {}) {
    super({ outdir: mkdtempSync(join(out, 'app-')), ...props })
  }
}

const env = { account: '111122223333', region: 'eu-west-1' }
const POOL = 'eu-west-1_a1B2c3D4e'

const stackIn = (scope: Construct, id = 'Mail', props: cdk.StackProps = { env }): Stack => new Stack(scope, id, props)
const imported = (scope: Construct, id = POOL) => UserPool.fromUserPoolId(scope, `Pool ${id}`, id)
const defaultBus = (scope: Construct) => EventBus.fromEventBusName(scope, 'Bus', 'default')

/** A pool that an app reads out of a template. */
const included = (scope: Construct): CfnUserPool => {
  const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-include-'))
  const templateFile = join(folder, 'template.json')
  writeFileSync(templateFile, JSON.stringify({ Resources: { Included: { Type: 'AWS::Cognito::UserPool' } } }))
  const pool = new CfnInclude(scope, 'Include', { templateFile }).getResource('Included')
  rmSync(folder, { recursive: true })
  return pool as CfnUserPool
}

type Some = Partial<Cdk.CognitoSesBindingProps>

/** A binding of one imported pool, but for what is said. */
const bind = (stack: Stack, some: Some = {}, id = 'Binding') =>
  new CognitoSesBinding(stack, id, {
    userPools: some.userPools ?? [imported(stack)],
    configurationSet: some.configurationSet ?? ses.ConfigurationSet.fromConfigurationSetName(stack, `${id}Set`, 'sign-in'),
    ...some,
  })

/** The CloudFormation resource in a binding. */
const resourceOf = (binding: Construct, id = 'Resource'): cdk.CfnElement => {
  const { defaultChild } = binding.node.findChild(id).node
  if (!cdk.CfnResource.isCfnResource(defaultChild)) throw new Error(`Expected a resource at ${id}.`)
  return defaultChild
}

type Resource = { readonly Type: string; readonly Properties: JsonObject; readonly DependsOn?: readonly string[] }
const bindingsIn = (stack: Stack) =>
  Template.fromStack(stack).findResources('Custom::CognitoSesBinding') as Readonly<Record<string, Resource>>
const propertiesIn = (stack: Stack): JsonObject => Object.values(bindingsIn(stack))[0]?.Properties ?? {}
const warningsOf = (stack: Stack): readonly string[] =>
  Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => String(entry.data))

/** The properties of a lone binding with these props. */
const synthesised = (some: (stack: Stack) => Some): JsonObject => {
  const stack = stackIn(new App())
  bind(stack, some(stack))
  return propertiesIn(stack)
}

/** An ARN as Stack.formatArn writes it where account and Region are known. */
const arn = (service: string, rest: string): JsonObject => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:${service}:${rest}`]],
})
const SERVICE_TOKEN = arn('lambda', 'eu-west-1:111122223333:function:cognito-ses-binding')
const MINIMAL = { ServiceToken: SERVICE_TOKEN, ServiceTimeout: '600', UserPoolIds: [POOL], ConfigurationSet: 'sign-in' }

describe('a binding synthesises', () => {
  test('one custom resource with what was said and nothing else', () => {
    const stack = stackIn(new App())
    const binding = bind(stack)
    expect(bindingsIn(stack)).toEqual({
      [stack.getLogicalId(resourceOf(binding))]: {
        ...{ Type: 'Custom::CognitoSesBinding', Properties: MINIMAL },
        ...{ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' },
      },
    })
  })

  test('every property, by the names that the function knows, with choices as constants or as words', () => {
    const said = synthesised((stack) => ({
      identity: ses.EmailIdentity.fromEmailIdentityName(stack, 'Identity', 'example.com'),
      ...{ from: 'Example <no-reply@example.com>', replyTo: 'help@example.com', nonce: '7' },
      ...{ preflight: Preflight.WARN, allowSandbox: true, onDelete: OnDelete.RETAIN, heal: 'NOTIFY', takeover: false },
    }))
    expect(said).toEqual({
      ...MINIMAL,
      SourceArn: arn('ses', 'eu-west-1:111122223333:identity/example.com'),
      ...{ From: 'Example <no-reply@example.com>', ReplyToEmailAddress: 'help@example.com', Nonce: '7' },
      ...{ Preflight: 'WARN', AllowSandbox: true, OnDelete: 'RETAIN', Heal: 'NOTIFY', Takeover: false },
    })
    expect(Heal).toEqual({ AUTO: 'AUTO', NOTIFY: 'NOTIFY', OFF: 'OFF' })
  })

  test('pools of every kind as a list, in the order given', () => {
    const app = new App()
    const [pools, stack] = [stackIn(app, 'Pools'), stackIn(app)]
    bind(stack, {
      userPools: [
        imported(stack),
        new UserPool(stack, 'L2'),
        new CfnUserPool(stack, 'L1'),
        included(stack),
        UserPool.fromUserPoolArn(stack, 'Arn', 'arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_byArn01'),
        UserPool.fromUserPoolId(stack, 'Imported', Fn.importValue('sign-in')),
        new UserPool(pools, 'Elsewhere'),
      ],
    })
    expect(propertiesIn(stack)['UserPoolIds']).toEqual([
      ...[POOL, { Ref: expect.stringMatching(/^L2/) }, { Ref: 'L1' }, { Ref: 'Included' }, 'eu-west-1_byArn01'],
      ...[{ 'Fn::ImportValue': 'sign-in' }, { 'Fn::ImportValue': expect.stringMatching(/^Pools:/) }],
    ])
  })

  test('the same template from the same app', () => {
    const made = () => {
      const stack = stackIn(new App())
      bind(stack, { userPools: [new UserPool(stack, 'Pool')] })
      return Template.fromStack(stack).toJSON()
    }
    expect(made()).toEqual(made())
  })

  test('the ServiceToken of its own stack’s account and Region, or the one that it is given', () => {
    const agnostic = stackIn(new App(), 'Agnostic', {})
    bind(agnostic)
    const own = (name: string) => ({ Ref: `AWS::${name}` })
    expect(propertiesIn(agnostic)['ServiceToken']).toEqual({
      'Fn::Join': ['', ['arn:', own('Partition'), ':lambda:', own('Region'), ':', own('AccountId'), ':function:cognito-ses-binding']],
    })
    const serviceToken = 'arn:aws:lambda:eu-west-1:111122223333:function:mine'
    expect(synthesised(() => ({ provider: { serviceToken } }))['ServiceToken']).toBe(serviceToken)
  })

  const IN_OREGON = 'arn:aws:ses:us-west-2:111122223333:identity/example.com'
  test.each<[string, (stack: Stack) => NonNullable<Some['identity']>, unknown]>([
    ['imported by ARN', (s) => ses.EmailIdentity.fromEmailIdentityArn(s, 'I', IN_OREGON), IN_OREGON],
    [
      'imported by name',
      (s) => ses.EmailIdentity.fromEmailIdentityName(s, 'I', 'a@example.com'),
      arn('ses', 'eu-west-1:111122223333:identity/a@example.com'),
    ],
    [
      'L1',
      (s) => new ses.CfnEmailIdentity(s, 'I', { emailIdentity: 'example.org' }),
      { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ses:eu-west-1:111122223333:identity/', { Ref: 'I' }]] },
    ],
    [
      'L2',
      (s) => new ses.EmailIdentity(s, 'I', { identity: ses.Identity.domain('example.net') }),
      {
        'Fn::Join': [
          '',
          ['arn:', { Ref: 'AWS::Partition' }, ':ses:eu-west-1:111122223333:identity/', { Ref: expect.stringMatching(/^I/) }],
        ],
      },
    ],
  ])('the ARN of an identity that is %s', (_, identity, expected) => {
    expect(synthesised((stack) => ({ identity: identity(stack) }))['SourceArn']).toEqual(expected)
  })

  test('the name of a configuration set, L1 or L2', () => {
    const L1 = synthesised((stack) => ({ configurationSet: new ses.CfnConfigurationSet(stack, 'L1', {}) }))
    const L2 = synthesised((stack) => ({ configurationSet: new ses.ConfigurationSet(stack, 'L2') }))
    expect([L1['ConfigurationSet'], L2['ConfigurationSet']]).toEqual([{ Ref: 'L1' }, { Ref: expect.stringMatching(/^L2/) }])
  })

  test('attributes that are those of the answer', () => {
    const stack = stackIn(new App())
    const binding = bind(stack)
    const attribute = (name: string) => ({ 'Fn::GetAtt': [stack.getLogicalId(resourceOf(binding)), name] })
    expect(
      stack.resolve({
        ...{ a: binding.configurationSetName, b: binding.emailSendingAccount, c: binding.sourceArn, d: binding.from },
        ...{ e: binding.replyTo, f: binding.sendingPoolName, g: binding.eventDestinations, h: binding.max24HourSend },
        i: binding.warnings,
      }),
    ).toEqual({
      ...{ a: attribute('ConfigurationSet'), b: attribute('EmailSendingAccount'), c: attribute('SourceArn') },
      ...{ d: attribute('From'), e: attribute('ReplyToEmailAddress'), f: attribute('SendingPoolName') },
      ...{ g: attribute('EventDestinations'), h: attribute('Max24HourSend'), i: attribute('Warnings') },
    })
  })
})

describe('the order of a deployment', () => {
  test('the set’s event destinations come first', () => {
    const stack = stackIn(new App())
    const configurationSet = new ses.ConfigurationSet(stack, 'Set')
    bind(stack, { configurationSet })
    // After the binding: the order in the app does not matter.
    configurationSet.addEventDestination('Bus', { destination: ses.EventDestination.eventBus(defaultBus(stack)) })
    const [destination] = Object.keys(Template.fromStack(stack).findResources('AWS::SES::ConfigurationSetEventDestination'))
    expect(destination).toBeDefined()
    expect(Object.values(bindingsIn(stack))[0]?.DependsOn).toContain(destination)
  })

  test('the stacks of the pools, of the set and of the provider come first, without an Export of the provider', () => {
    const app = new App()
    const [pools, sets, stack] = [stackIn(app, 'Pools'), stackIn(app, 'Sets'), stackIn(app)]
    const provider = new CognitoSesBindingProvider(app, 'Provider', { env })
    bind(stack, { userPools: [new UserPool(pools, 'Pool')], configurationSet: new ses.ConfigurationSet(sets, 'Set'), provider })
    const { dependencies } = app.synth().getStackArtifact(stack.artifactId)
    expect(
      dependencies
        .map(({ id }) => id)
        .filter((id) => !id.endsWith('.assets'))
        .sort(),
    ).toEqual(['Pools', 'Provider', 'Sets'])
    expect(propertiesIn(stack)['ServiceToken']).toEqual(SERVICE_TOKEN)
  })

  test('250 pools are three resources, one after another, in the order given', () => {
    const stack = stackIn(new App())
    const ids = Array.from({ length: 250 }, (_, index) => `eu-west-1_${String(index).padStart(9, '0')}`)
    const binding = bind(stack, { userPools: ids.map((id) => imported(stack, id)) })
    const names = ['Resource', 'Resource2', 'Resource3'].map((id) => stack.getLogicalId(resourceOf(binding, id)))
    const resources = names.map((name) => bindingsIn(stack)[name])
    expect(resources.map((resource) => resource?.Properties['UserPoolIds'])).toEqual([
      ...[ids.slice(0, 100), ids.slice(100, 200), ids.slice(200)],
    ])
    expect(resources.map((resource) => resource?.DependsOn ?? [])).toEqual([[], [names[0]], [names[1]]])
    expect(stack.resolve(binding.warnings)).toEqual({
      'Fn::Join': ['\n', names.map((name) => ({ 'Fn::GetAtt': [name, 'Warnings'] }))],
    })
    expect(stack.resolve(binding.from)).toEqual({ 'Fn::GetAtt': [names[0], 'From'] })
  })

  test('100 pools are one resource', () => {
    const stack = stackIn(new App())
    const ids = Array.from({ length: 100 }, (_, index) => `eu-west-1_${index}`)
    bind(stack, { userPools: ids.map((id) => imported(stack, id)) })
    expect(Object.values(bindingsIn(stack)).map(({ Properties }) => Properties['UserPoolIds'])).toEqual([ids])
  })
})

describe('the Nonce', () => {
  type Made = { readonly pool: UserPool; readonly pools: Stack; readonly stack: Stack; readonly app: cdk.App }

  /** Of a binding whose pool is in another stack, with what an app may do to either. */
  const nonceWith = (more: (made: Made) => Some = () => ({})) => {
    const app = new App()
    const [pools, stack] = [stackIn(app, 'Pools'), stackIn(app)]
    const pool = new UserPool(pools, 'Pool')
    bind(stack, { userPools: [pool], ...more({ pool, pools, stack, app }) })
    return propertiesIn(stack)['Nonce']
  }
  const l1 = (pool: UserPool): CfnUserPool => pool.node.defaultChild as CfnUserPool
  const mfaOn: cdk.IAspect = {
    visit: (node) => {
      if (node instanceof CfnUserPool) node.mfaConfiguration = 'ON'
    },
  }
  const plain = nonceWith()

  test('is 16 hexadecimal digits, and the same for the same templates', () => {
    expect(plain).toMatch(/^[0-9a-f]{16}$/)
    expect(nonceWith()).toBe(plain)
  })

  test.each<[string, (made: Made) => void]>([
    ['the owner’s password policy', ({ pool }) => l1(pool).addPropertyOverride('Policies.PasswordPolicy.MinimumLength', 12)],
    ['a tag', ({ pools }) => cdk.Tags.of(pools).add('team', 'sign-in')],
    ['an aspect', ({ app }) => cdk.Aspects.of(app).add(mfaOn)],
  ])('changes with %s', (_, change) => {
    const changed = nonceWith((made) => {
      change(made)
      return {}
    })
    expect(changed).toMatch(/^[0-9a-f]{16}$/)
    expect(changed).not.toBe(plain)
  })

  test('changes with an override that comes after the binding', () => {
    const stack = stackIn(new App())
    const pool = new CfnUserPool(stack, 'Pool')
    bind(stack, { userPools: [pool] })
    const before = synthesised((other) => ({ userPools: [new CfnUserPool(other, 'Pool')] }))['Nonce']
    pool.addPropertyOverride('DeletionProtection', 'ACTIVE')
    const after = propertiesIn(stack)['Nonce']
    expect(after).not.toBe(before)
    // Also when everything has been resolved before.
    pool.addPropertyOverride('DeletionProtection', 'INACTIVE')
    cdk.Stage.of(stack)?.synth({ force: true })
    expect(propertiesIn(stack)['Nonce']).not.toBe(after)
  })

  test.each<[string, (made: Made) => Some]>([
    [
      'another pool in the owner’s stack',
      ({ pools }) => {
        new UserPool(pools, 'Another')
        return {}
      },
    ],
    ['what the binding itself says', () => ({ from: 'no-reply@example.com', heal: 'OFF' })],
    ['a pool of somebody else beside it', ({ pool, stack }) => ({ userPools: [imported(stack), pool] })],
    ['the way in which the pool is named', ({ pool }) => ({ userPools: [l1(pool)] })],
    ['its import by ID', ({ pool, stack }) => ({ userPools: [UserPool.fromUserPoolId(stack, 'Again', pool.userPoolId)] })],
  ])('does not change with %s', (_, more) => {
    expect(nonceWith(more)).toBe(plain)
  })

  test('does not change with the way in which CDK hands values from stack to stack', () => {
    const nonces = ['strong', 'both', 'weak'].map((references) => {
      const app = new App({ context: { '@aws-cdk/core:defaultCrossStackReferences': references } })
      const [pools, stack] = [stackIn(app, 'Pools'), stackIn(app)]
      bind(stack, { userPools: [new UserPool(pools, 'Pool')] })
      return propertiesIn(stack)['Nonce']
    })
    expect(nonces).toEqual([plain, plain, plain])
  })

  test('follows a pool in a nested stack and one that came by CfnInclude', () => {
    const stack = stackIn(new App())
    const nested = new cdk.NestedStack(stack, 'Auth')
    bind(stack, { userPools: [new UserPool(nested, 'Pool')] })
    expect(propertiesIn(stack)['Nonce']).toMatch(/^[0-9a-f]{16}$/)
    expect(synthesised((other) => ({ userPools: [included(other)] }))['Nonce']).toMatch(/^[0-9a-f]{16}$/)
  })

  test('is the one that was given, and absent when no pool is of this app', () => {
    expect(nonceWith(() => ({ nonce: 'mine' }))).toBe('mine')
    expect(synthesised(() => ({}))).not.toHaveProperty('Nonce')
  })
})

describe('refused at synth', () => {
  /** What the function answers to the same properties. */
  const reason = (properties: JsonObject): string => {
    const parsed = parseProperties({ UserPoolIds: [POOL], ConfigurationSet: 'sign-in', ...properties })
    if (parsed.ok) throw new Error('Expected a refusal.')
    return `${parsed.code}: ${parsed.message}`
  }
  const pool = (id: string) => (stack: Stack) => ({ userPools: [imported(stack), UserPool.fromUserPoolId(stack, 'P', id)] })

  test.each<[string, JsonObject, (stack: Stack) => Some]>([
    ['a From of two addresses', { From: 'a@b@c' }, () => ({ from: 'a@b@c' })],
    ['an unknown word', { Heal: 'NEVER' }, () => ({ heal: 'NEVER' as Cdk.Heal })],
    ['no pool', { UserPoolIds: [] }, () => ({ userPools: [] })],
    ['a pool’s name', { UserPoolIds: [POOL, 'sign-in'] }, pool('sign-in')],
    ['one pool twice', { UserPoolIds: [POOL, POOL] }, pool(POOL)],
    [
      'the ARN of a set',
      { ConfigurationSet: 'arn:aws:ses:eu-west-1:111122223333:configuration-set/x' },
      (stack) => ({
        configurationSet: ses.ConfigurationSet.fromConfigurationSetName(
          ...[stack, 'Arn', 'arn:aws:ses:eu-west-1:111122223333:configuration-set/x'],
        ),
      }),
    ],
    [
      'one value beside another that only the deployment knows',
      { From: 'a@b@c' },
      (stack) => ({
        configurationSet: new ses.ConfigurationSet(stack, 'Set'),
        userPools: [new UserPool(stack, 'Pool')],
        from: 'a@b@c',
        replyTo: new CfnParameter(stack, 'ReplyTo').valueAsString,
      }),
    ],
  ])('%s: the function’s own Reason, and where', (_, properties, some) => {
    const stack = stackIn(new App())
    expect(() => bind(stack, some(stack))).toThrow(new Error(`${reason(properties)} [Mail/Binding]`))
  })

  test('one pool twice, far apart in a long list', () => {
    const stack = stackIn(new App())
    const ids = Array.from({ length: 100 }, (_, index) => `eu-west-1_${index}`)
    const userPools = [...ids.map((id) => imported(stack, id)), UserPool.fromUserPoolId(stack, 'Again', 'eu-west-1_0')]
    expect(() => bind(stack, { userPools })).toThrow(new Error(`${reason({ UserPoolIds: ['eu-west-1_0', 'eu-west-1_0'] })} [Mail/Binding]`))
  })

  test('not a value that only the deployment knows', () => {
    const said = synthesised((stack) => ({ from: `Us <no-reply@${new CfnParameter(stack, 'Domain').valueAsString}>` }))
    expect(said['From']).toEqual({ 'Fn::Join': ['', ['Us <no-reply@', { Ref: 'Domain' }, '>']] })
  })

  test('one pool of this app named twice, by whichever constructs', () => {
    const stack = stackIn(new App())
    const pool = new UserPool(stack, 'Pool')
    const again = UserPool.fromUserPoolId(stack, 'Again', pool.userPoolId)
    expect(() => bind(stack, { userPools: [pool, imported(stack), again] })).toThrow(
      /^InvalidRequest: userPools names Mail\/Pool\/Resource twice; remove one\. \[Mail\/Binding\]$/,
    )
  })

  test('not two pools of two stacks that have one logical ID', () => {
    const app = new App()
    const userPools = ['East', 'West'].map((id) => new UserPool(stackIn(app, id), 'Pool'))
    const stack = stackIn(app)
    bind(stack, { userPools })
    expect(new Set((propertiesIn(stack)['UserPoolIds'] as JsonObject[]).map((id) => JSON.stringify(id))).size).toBe(2)
  })

  const elsewhere = { region: 'us-east-1', account: '444455556666' } as const
  test.each(['region', 'account'] as const)('a pool that is known to be of another %s, with both', (what) => {
    const app = new App()
    const other = { ...env, [what]: elsewhere[what] }
    const stack = stackIn(app)
    const byArn = `arn:aws:cognito-idp:${other.region}:${other.account}:userpool/${other.region}_a1B2c3D4e`
    for (const pool of [new UserPool(stackIn(app, 'Other', { env: other }), 'Pool'), UserPool.fromUserPoolArn(stack, 'ByArn', byArn)]) {
      expect(() => bind(stack, { userPools: [pool] }, `Of${pool.node.id}`)).toThrow(
        new RegExp(`^InvalidRequest: .*${elsewhere[what]}.*${env[what]}.*\\[Mail/Of${pool.node.id}\\]$`),
      )
    }
  })

  test('not a replica of another Region’s pool, nor a stack that knows no Region', () => {
    expect(synthesised((stack) => ({ userPools: [imported(stack, 'us-east-1_a1B2c3D4e')] }))['UserPoolIds']).toEqual([
      'us-east-1_a1B2c3D4e',
    ])
    const agnostic = stackIn(new App(), 'Agnostic', {})
    bind(agnostic, {
      userPools: [UserPool.fromUserPoolArn(agnostic, 'P', `arn:aws:cognito-idp:eu-west-1:111122223333:userpool/${POOL}`)],
    })
    expect(propertiesIn(agnostic)['UserPoolIds']).toEqual([POOL])
  })
})

describe('warned about', () => {
  const warnings = (some: (stack: Stack) => Some, after: (stack: Stack, binding: Construct) => void = () => {}) => {
    const stack = stackIn(new App())
    after(stack, bind(stack, some(stack)))
    return warningsOf(stack)
  }
  const email = UserPoolEmail.withSES({ fromEmail: 'a@example.com', sesRegion: 'eu-west-1' })
  const identity = (stack: Stack) => ses.EmailIdentity.fromEmailIdentityName(stack, 'Identity', 'example.com')
  const declaring: (stack: Stack) => Some = (stack) => ({ userPools: [new UserPool(stack, 'Pool', { email })] })
  const silent: (stack: Stack) => Some = (stack) => ({ userPools: [new UserPool(stack, 'Pool')] })

  test('a pool that declares EmailConfiguration: name the set there', () => {
    expect(warnings(declaring)).toEqual([
      expect.stringMatching(/User pool Mail\/Pool\/Resource declares EmailConfiguration.*\[ack: cognito-ses-binding:pool-declares-email\]/),
    ])
  })

  test('also when it comes by an override after the binding', () => {
    const late = warnings(
      (stack) => ({ userPools: [new CfnUserPool(stack, 'Pool')], identity: identity(stack) }),
      (stack) =>
        (stack.node.findChild('Pool') as CfnUserPool).addPropertyOverride('EmailConfiguration.ReplyToEmailAddress', 'a@example.com'),
    )
    expect(late).toEqual([expect.stringContaining('pool-declares-email')])
  })

  test('a pool without a sender in a binding without one', () => {
    expect(warnings(silent)).toEqual([expect.stringContaining('[ack: cognito-ses-binding:no-sender]')])
  })

  test('a binding that a RemovalPolicy keeps', () => {
    const retained = warnings(
      () => ({}),
      (stack) => cdk.RemovalPolicies.of(stack).retain(),
    )
    expect(retained).toEqual([expect.stringMatching(/onDelete RETAIN.*\[ack: cognito-ses-binding:retained\]/)])
  })

  test('nothing where nothing is wrong, or where the pool is not of this app', () => {
    expect(warnings((stack) => ({ ...silent(stack), identity: identity(stack) }))).toEqual([])
    expect(warnings(() => ({}))).toEqual([])
  })

  test('until it is acknowledged', () => {
    const acknowledged = warnings(silent, (_, binding) =>
      cdk.Annotations.of(binding).acknowledgeWarning('cognito-ses-binding:no-sender', 'The pool is on SES already.'),
    )
    expect(acknowledged).toEqual([])
  })
})

const shipped: JsonObject = JSON.parse(readFileSync(join(root, 'dist/provider.template.json'), 'utf8'))

describe('the provider', () => {
  const provider = (props: Cdk.CognitoSesBindingProviderProps = {}) =>
    new CognitoSesBindingProvider(new App(), 'Provider', { env, ...props })
  const templateOf = (stack: Stack): JsonObject => Template.fromStack(stack).toJSON()
  const at = (value: unknown, ...path: readonly string[]): unknown =>
    path.reduce<unknown>((here, name) => (isObject(here) ? here[name] : undefined), value)

  test('is a stack of its own with the name that every installation has, protected and described', () => {
    const stack = provider()
    expect([stack.stackName, stack.terminationProtection]).toEqual(['cognito-ses-binding', true])
    expect(templateOf(stack)['Description']).toBe(shipped['Description'])
    const other = provider({ stackName: 'other', terminationProtection: false, description: 'Ours.' })
    expect([other.stackName, other.terminationProtection, templateOf(other)['Description']]).toEqual(['other', false, 'Ours.'])
    expect(provider({ ...({ stackName: undefined } as object) }).stackName).toBe('cognito-ses-binding')
  })

  test('holds the function’s bytes', () => {
    expect(at(templateOf(provider()), 'Resources', 'Function', 'Properties', 'Code', 'ZipFile')).toBe(
      readFileSync(join(root, 'dist/index.js'), 'utf8'),
    )
  })

  /** Each prop with a value, and the parameter that it is, as CloudFormation takes it. */
  const SETTINGS: readonly (readonly [parameter: string, text: string, props: Cdk.CognitoSesBindingProviderProps])[] = [
    ['RequirePoolTag', 'true', { requirePoolTag: true }],
    ['AllowTakeover', 'false', { allowTakeover: false }],
    ['SmsRoleArns', 'arn:aws:iam::111122223333:role/sms', { smsRoleArns: ['arn:aws:iam::111122223333:role/sms'] }],
    [
      'KmsKeyArns',
      'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      { kmsKeyArns: ['arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'] },
    ],
    ['DriftDetection', 'ENABLED', { driftDetection: true }],
    ['SweepSchedule', 'rate(6 hours)', { sweepSchedule: 'rate(6 hours)' }],
    ['AlarmTopicArn', 'arn:aws:sns:eu-west-1:111122223333:alarms', { alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:alarms' }],
    ['Dashboard', 'true', { dashboard: true }],
    ['LogRetentionDays', '365', { logRetentionDays: 365 }],
    ['TableName', 'records', { tableName: 'records' }],
    [
      'KmsKeyArn',
      'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      { kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
    ],
    ['PermissionsBoundaryArn', 'arn:aws:iam::111122223333:policy/b', { permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/b' }],
    ['AdditionalPolicyArns', 'arn:aws:iam::aws:policy/a', { additionalPolicyArns: ['arn:aws:iam::aws:policy/a'] }],
    ['Architecture', 'x86_64', { architecture: 'x86_64' }],
    ['Timeout', '600', { timeout: 600 }],
    ['ReservedConcurrency', '10', { reservedConcurrency: 10 }],
  ]
  const parametersOfTemplate = isObject(shipped['Parameters']) ? shipped['Parameters'] : {}
  const settings = SETTINGS.filter(([parameter]) => parameter in parametersOfTemplate)
  const every: Cdk.CognitoSesBindingProviderProps = Object.assign({}, ...settings.map(([, , props]) => props))

  /** Numbers as text, which is what CloudFormation makes of a parameter. */
  const inText = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, member) => (typeof member === 'number' ? String(member) : member))

  test.each<[string, Cdk.CognitoSesBindingProviderProps, Readonly<Record<string, string>>]>([
    ['nothing', {}, {}],
    ['everything', every, Object.fromEntries(settings)],
    ['no drift detection', { driftDetection: false, requirePoolTag: false }, { DriftDetection: 'DISABLED' }],
    ['a schedule', { sweepSchedule: 'cron(0 6,18 * * ? *)' }, { SweepSchedule: 'cron(0 6,18 * * ? *)' }],
  ])('with %s means what CloudFormation makes of the shipped template', (_, props, parameters) => {
    const { Resources = null, Outputs = null, ...rest } = templateOf(provider(props))
    const left = JSON.stringify([Resources, Outputs]).match(/"Ref":"AWS::NoValue"|"Fn::If":|"Fn::FindInMap":|"Condition":"/g)
    expect(left).toBeNull()
    expect(inText(withParameters({ Resources, Outputs }, {}))).toEqual(inText(withParameters(shipped, parameters)))
    expect(Object.keys(isObject(rest['Parameters']) ? rest['Parameters'] : {})).toEqual(['BootstrapVersion'])
    for (const section of ['Conditions', 'Mappings', 'Transform']) expect(rest).not.toHaveProperty(section)
  })

  test('has a prop for every parameter of the template', () => {
    expect(settings.map(([parameter]) => parameter).sort()).toEqual(Object.keys(parametersOfTemplate).sort())
  })

  test.each<[Cdk.CognitoSesBindingProviderProps, string]>([
    [{ sweepSchedule: 'hourly' }, 'Got "hourly".'],
    [{ logRetentionDays: 31 }, 'LogRetentionDays must be a retention that CloudWatch Logs knows, for example 30, 90 or 365. Got "31".'],
    [{ reservedConcurrency: 1 }, 'ReservedConcurrency must be empty or at least 5. Got "1".'],
    [{ kmsKeyArns: ['alias/pools'] }, 'Got "alias/pools".'],
  ])('refuses %j as CloudFormation would', (props, message) => {
    expect(() => provider(props)).toThrow(message)
  })

  test('takes values that only the deployment knows, also where the template decides by them', () => {
    const template = templateOf(
      provider({
        alarmTopicArn: Fn.importValue('alarms'),
        tableName: Fn.importValue('records'),
        smsRoleArns: Fn.split(',', Fn.importValue('roles')),
      }),
    )
    expect(at(template, 'Resources', 'ErrorAlarm', 'Properties', 'AlarmActions')).toEqual([{ 'Fn::ImportValue': 'alarms' }])
    expect(at(template, 'Resources', 'Function', 'Properties', 'Environment', 'Variables', 'TABLE_NAME')).toEqual({
      'Fn::ImportValue': 'records',
    })
    expect(at(template, 'Resources', 'Table')).toBeUndefined()
    const statement = { Sid: 'KeepSmsRoles', Resource: { 'Fn::Split': [',', { 'Fn::ImportValue': 'roles' }] } }
    expect(JSON.stringify(at(template, 'Resources', 'Role'))).toContain(JSON.stringify(statement.Resource))
  })

  const validates = 'CloudFormationValidatePlugin' in cdk ? test : test.skip
  validates('and a binding are taken by CDK’s own validation without a finding, from the version on that has one', () => {
    const findings = (flaw: boolean): unknown => {
      const app = new App()
      const own = new CognitoSesBindingProvider(app, 'Provider', { env, ...every })
      bind(stackIn(app), { provider: own })
      if (flaw) new cdk.CfnResource(own, 'Flaw', { type: 'AWS::SQS::Queue', properties: { QueueName: 5 } })
      const report: unknown = JSON.parse(readFileSync(join(app.synth().directory, 'validation-report.json'), 'utf8'))
      return isObject(report) ? report['pluginReports'] : report
    }
    expect(findings(false)).toEqual([])
    expect(JSON.stringify(findings(true))).toContain('Provider/Flaw')
  })

  test('is one for each Region of an app', () => {
    const app = new App()
    for (const region of ['eu-west-1', 'us-east-1']) new CognitoSesBindingProvider(app, region, { env: { ...env, region } })
    const { stacks } = app.synth()
    expect(stacks.map(({ stackName, environment }) => [stackName, environment.region])).toEqual([
      ['cognito-ses-binding', 'eu-west-1'],
      ['cognito-ses-binding', 'us-east-1'],
    ])
  })

  test('lets a deployer bind, and takes the permissions boundary of its stage', () => {
    const stage = new cdk.Stage(new App(), 'Prod', { env, permissionsBoundary: cdk.PermissionsBoundary.fromName('b') })
    const stack = stackIn(stage)
    const own = new CognitoSesBindingProvider(stage, 'Provider')
    own.grantInvoke(new Role(stack, 'Deployer', { assumedBy: new AccountRootPrincipal() }))
    bind(stack, { provider: own })
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: SERVICE_TOKEN }] },
    })
    expect(JSON.stringify(at(templateOf(own), 'Resources', 'Role', 'Properties', 'PermissionsBoundary'))).toContain(':policy/b')
  })
})
