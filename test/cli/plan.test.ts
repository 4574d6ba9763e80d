// plan: what it says of each pool, and that the template, deployed through the function, does exactly that.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import Ajv from 'ajv'
import { parse } from 'yaml'
import { child, type JsonObject } from '../../lib/json.ts'
import { resource } from '../driver.ts'
import { startLambda } from '../lambda.ts'
import type { LocalAws } from '../local-aws/index.ts'
import { CONTEXT, DECLARED, fleetStack, POOLS } from '../start/fleet.ts'
import { beyondPolicy } from './calls.ts'
import { command, type Ended, jsonOf, openAws, openFleet } from './command.ts'

const validate = new Ajv({ strictTypes: false, strictRequired: false }).compile(JSON.parse(readFileSync('infra/cli.schema.json', 'utf8')))

const wishOf = (set: string, sourceArn: string) => ['--configuration-set', set, '--source-arn', sourceArn, '--from', 'no-reply@example.com']
const WISH = wishOf('auth-mail', DECLARED.SourceArn)
const NEWS = DECLARED.SourceArn.replace('example.com', 'news.example')

type Planned = {
  readonly id: string
  readonly included: boolean
  readonly changes: readonly { readonly member: string; readonly live: unknown; readonly wanted: unknown }[]
  readonly untouched: number | null
  readonly warnings: readonly string[]
  readonly refusal: { readonly code: string; readonly message: string } | null
}

const planned = (ended: Ended): readonly Planned[] => jsonOf(ended).pools

const email = (aws: LocalAws, id: string): JsonObject => child(aws.userPool(id), 'EmailConfiguration') ?? {}

/** CloudFormation's part: each resource of the template as an event, in the order of DependsOn. @returns the answers */
const deploy = async (aws: LocalAws, template: JsonObject, stack = 'pool-mail') => {
  const lambda = await startLambda(aws.environment)
  try {
    const answers = []
    for (const [name, body] of Object.entries(child(template, 'Resources') ?? {})) {
      const { ServiceToken: _, ServiceTimeout: __, ...properties } = child(body as JsonObject, 'Properties') ?? {}
      const invoke = resource(aws, (event, context) => lambda.invoke(event, { ...context, ...CONTEXT }), stack, name)
      answers.push((await invoke.create(properties, { extra: { StackId: fleetStack(stack) } })).answer)
    }
    return answers
  } finally {
    await lambda.kill()
  }
}

let aws: LocalAws
beforeAll(async () => {
  aws = await openFleet()
})
afterAll(() => expect(beyondPolicy(aws)).toEqual([]))

test('without a POOL the pools on COGNITO_DEFAULT that nobody binds are taken, and no sender of somebody’s own', async () => {
  const ended = await command(aws, ['plan', ...WISH, '--json'])
  const answer = jsonOf(ended)

  expect(validate(answer) || validate.errors).toBe(true)
  expect(answer.pools.filter(({ included }: Planned) => included).map(({ id }: Planned) => id)).toEqual(
    [POOLS['admin-dev'], POOLS['legacy-dev'], POOLS['shop-dev']].sort(),
  )
  expect(answer.pools.filter(({ included }: Planned) => !included).map(({ id }: Planned) => id)).toEqual([POOLS['future-prod']])
  expect({ complete: answer.complete, unbinds: answer.unbinds, status: ended.status }).toEqual({ complete: false, unbinds: [], status: 1 })
  expect(aws.calls.filter(({ action }) => action === 'Scan').length).toBe(1)
})

test('the file has its review in it: changes once for all, who is left out and why, and each pool’s name', async () => {
  const { stdout, stderr } = await command(aws, ['plan', ...WISH, 'legacy-dev', 'admin-dev', 'shop-prod'])

  expect(stdout).toContain('# cognito-ses-binding plan: account 111122223333, eu-west-1, stack pool-mail\n')
  expect(stdout).toContain('#   eu-west-1_BZOgFbeET, eu-west-1_OmQFvoUDd:\n#     EmailSendingAccount: COGNITO_DEFAULT → DEVELOPER\n')
  expect(stdout).toContain('        - eu-west-1_BZOgFbeET # legacy-dev\n')
  const reason = `ResourceConflict: User pool ${POOLS['shop-prod']} is already bound by AuthBinding of stack mail (${fleetStack('mail')}). Remove that binding, or set Takeover to true to lay this one over it.`
  expect(stdout.replace(/\n# {2,}/g, ' ')).toContain(`# LEFT OUT ${POOLS['shop-prod']} shop-prod ${reason}`)
  expect(stderr).toContain(`  ${POOLS['shop-prod']} shop-prod ${reason}\n`)
  expect(stderr).toContain('Review it, then: aws cloudformation deploy --region eu-west-1 --stack-name pool-mail --template-file FILE\n')
  expect(parse(stdout)).toMatchObject({
    Resources: {
      Binding: {
        Type: 'Custom::CognitoSesBinding',
        Properties: {
          ServiceToken: { 'Fn::Sub': expect.stringContaining(':function:cognito-ses-binding') },
          ServiceTimeout: 600,
          ConfigurationSet: 'auth-mail',
          UserPoolIds: [POOLS['legacy-dev'], POOLS['admin-dev']],
        },
      },
    },
  })
})

test('a warning is a line of the review, once for all pools that it is about', async () => {
  const other = await openFleet()
  other.ses.setAccount({ EnforcementStatus: 'PROBATION' })
  const about = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('# !'))

  const one = about((await command(other, ['plan', ...WISH, 'admin-dev'])).stdout)
  expect(one).toEqual([expect.stringMatching(/^# ! eu-west-1_OmQFvoUDd: .*PROBATION/)])
  const four = about((await command(other, ['plan', ...WISH, '--takeover', '*-dev', 'shop-prod'])).stdout)
  expect(four).toEqual([expect.stringMatching(/^# ! 4 pools: .*PROBATION/)])
})

test('--exit-code is 2 where a pool is left out', async () => {
  expect((await command(aws, ['plan', ...WISH, 'shop-prod', '--exit-code'])).status).toBe(2)
  expect((await command(aws, ['plan', ...WISH, 'admin-dev', '--exit-code'])).status).toBe(0)
  expect((await command(aws, ['plan', ...WISH, 'shop-prod'])).status).toBe(1)
})

test.each([
  ['a set that is missing', wishOf('nowhere', DECLARED.SourceArn), 'NotFound', /Configuration set nowhere/],
  ['an identity that is not verified', wishOf('auth-mail', NEWS), 'InvalidRequest', /news\.example is not verified/],
])('%s is refused in pre-flight’s words', async (_, wish, code, message) => {
  const [pool] = planned(await command(aws, ['plan', 'admin-dev', ...wish, '--json']))

  expect(pool).toMatchObject({ included: false, refusal: { code, message: expect.stringMatching(message) } })
})

test('a pool on which another operation works is left out with its sentence', async () => {
  const [pool] = planned(await command(aws, ['plan', 'deploying-prod', ...WISH, '--takeover', '--json']))

  expect(pool?.refusal).toMatchObject({ code: 'ResourceConflict', message: expect.stringContaining('Another operation on user pool') })
})

test('whose binding it lies over is told in the file, on standard error and in JSON', async () => {
  const args = ['plan', ...WISH, '--takeover', 'shop-prod', 'admin-dev']
  const { stdout, stderr } = await command(aws, args)
  const answer = jsonOf(await command(aws, [...args, '--json']))

  expect(stdout).toContain(`# TAKES OVER ${POOLS['shop-prod']} shop-prod from mail/AuthBinding\n`)
  expect(stderr).toContain(`! TAKES OVER ${POOLS['shop-prod']} shop-prod from mail/AuthBinding\n`)
  expect(stdout.match(/TAKES OVER/g)).toHaveLength(1)
  expect(validate(answer) || validate.errors).toBe(true)
  expect(answer.pools.map(({ takesOver }: { takesOver: unknown }) => takesOver)).toMatchObject([
    [{ stack: 'mail', logicalId: 'AuthBinding' }],
    [],
  ])
})

describe('what is deployed', () => {
  test('does exactly what the plan said, and a second plan of the same is as it is', async () => {
    const fleet = await openFleet()
    const ended = await command(fleet, ['plan', ...WISH, 'admin-dev', 'legacy-dev', 'crm-prod', 'legacy-prod', '--takeover', '--json'])
    const before = new Map(planned(ended).map(({ id }) => [id, fleet.userPool(id)]))
    const answers = await deploy(fleet, jsonOf(ended).template)

    expect(answers.map((answer) => answer?.Status)).toEqual(['SUCCESS'])
    for (const { id, changes, included, untouched } of planned(ended)) {
      expect(included).toBe(true)
      expect(untouched).toBeGreaterThan(5)
      const { EmailConfiguration: was, LastModifiedDate: _, ...kept } = before.get(id) ?? {}
      const { EmailConfiguration: is, LastModifiedDate: __, ...now } = fleet.userPool(id)
      expect(now).toEqual(kept)
      const said = Object.fromEntries(changes.map(({ member, wanted }) => [member, wanted]))
      expect(is).toEqual({ ...(was as JsonObject), ...said })
    }
    const warnings = planned(ended).flatMap(({ warnings: some }) => some)
    expect(
      new Set(
        String(answers[0]?.Data?.['Warnings'] ?? '')
          .split('\n')
          .filter(Boolean),
      ),
    ).toEqual(new Set(warnings))

    fleet.clearCalls()
    const again = await command(fleet, ['plan', ...WISH, '--takeover', 'admin-dev', 'legacy-dev', 'crm-prod', 'legacy-prod', '--json'])
    expect(planned(again).map(({ changes }) => changes)).toEqual([[], [], [], []])
    expect(jsonOf(again).template).toEqual(jsonOf(ended).template)
    expect(again.status).toBe(0)
    const text = await command(fleet, ['plan', ...WISH, '--takeover', 'admin-dev', 'legacy-dev', 'crm-prod', 'legacy-prod'])
    expect(text.stdout).toContain('#   4 pools: as it is\n')
  })

  test('is refused where the plan said that it would be, with the very sentence', async () => {
    const fleet = await openFleet()
    const [pool] = planned(await command(fleet, ['plan', 'admin-dev', ...wishOf('auth-mail', NEWS), '--json']))
    const properties = {
      ...{ ConfigurationSet: 'auth-mail', From: 'no-reply@example.com', UserPoolIds: [POOLS['admin-dev']] },
      SourceArn: NEWS,
    }
    const [answer] = await deploy(fleet, { Resources: { Binding: { Properties: properties } } })

    expect(answer?.Reason).toContain(`${pool?.refusal?.code}: ${pool?.refusal?.message}`)
    expect(email(fleet, POOLS['admin-dev'])['EmailSendingAccount']).not.toBe('DEVELOPER')
  })
})

test('where the provider does not allow to take over, the plan says so in the function’s words', async () => {
  const other = await openFleet()
  other.putFunction('cognito-ses-binding', { Environment: { Variables: { TABLE_NAME: 'cognito-ses-binding', ALLOW_TAKEOVER: 'false' } } })
  const [pool] = planned(await command(other, ['plan', 'shop-prod', ...WISH, '--takeover', '--json']))

  expect(pool?.refusal).toMatchObject({ code: 'ResourceConflict', message: expect.stringContaining('AllowTakeover is false') })
})

describe('a binding that the stack has now', () => {
  test('on a pool that nobody named is told as unbound', async () => {
    const { stdout, stderr, status } = await command(aws, ['plan', 'admin-dev', '--stack', 'mail', ...WISH])

    expect(stdout).toContain(`# UNBINDS ${POOLS['shop-prod']}: stack mail binds it now, and it is not in this template\n`)
    expect(stderr).toContain(
      `! ${POOLS['shop-prod']} is bound by stack mail and is not in the template: deploying it takes that binding away.\n`,
    )
    expect(status).toBe(0)
  })

  test('on a pool that cannot be planned means that there is no template: it would take the binding away', async () => {
    const ended = await command(aws, ['plan', '--stack', 'mail', ...WISH, '--json'])
    const { template, pools } = jsonOf(ended)

    expect(template).toBeNull()
    expect(pools.find(({ id }: Planned) => id === POOLS['future-prod'])).toMatchObject({ included: false, state: 'unread' })
    expect(ended.stderr).toContain(`! ${POOLS['future-prod']} is bound by stack mail and cannot be in the template`)
    expect(ended.status).toBe(1)
    expect((await command(aws, ['plan', '--stack', 'mail', ...WISH])).stdout).toBe('')
  })
})

test('where the table cannot be read nothing is planned', async () => {
  for (const action of ['Scan', 'GetFunctionConfiguration']) {
    const other = await openFleet()
    other.fault((call) =>
      call.action === action
        ? { error: { code: 'AccessDeniedException', message: 'no', status: action === 'Scan' ? 400 : 403 } }
        : undefined,
    )
    const { stdout, stderr, status } = await command(other, ['plan', ...WISH])

    expect({ stdout, status }).toEqual({ stdout: '', status: 1 })
    expect(stderr).toMatch(
      /^cognito-ses-binding: Who binds these pools could not be told, so nothing is planned\. (?:dynamodb|lambda):\w+ in eu-west-1 was denied to you: no\.$/m,
    )
  }
})

test('where SES may not be read by the caller, nobody’s role is blamed', async () => {
  const other = await openFleet()
  other.fault(({ action }) =>
    action === 'GetEmailIdentity' ? { error: { code: 'AccessDeniedException', message: 'not you', status: 403 } } : undefined,
  )
  const ended = await command(other, ['plan', 'admin-dev', ...WISH, '--json'])

  expect(planned(ended)[0]?.refusal?.message).toContain('could not be read, so what the Lambda would say is not known')
  expect(ended.stderr).toContain('? ses:GetEmailIdentity in eu-west-1 was denied to you: not you.\n')
  expect(ended.stdout + ended.stderr).not.toContain('role')
  expect(ended.status).toBe(1)
})

test('without a provider the plan says to deploy it first', async () => {
  const other = await openAws()
  other.createUserPool({ Name: 'one' })
  other.ses.putConfigurationSet('auth-mail')
  other.ses.putIdentity('example.com')
  const { stderr, status } = await command(other, ['plan', ...WISH])

  expect(stderr).toContain('! There is no function cognito-ses-binding in eu-west-1: deploy the provider first.\n')
  expect(status).toBe(0)
})
