// Create, Update and Delete on one pool, through the shipped bundle, over HTTP.
import { afterEach, describe, expect, test } from '@jest/globals'
import { child, type JsonObject, without } from '../../lib/json.ts'
import { DESCRIBE_ONLY } from '../../lib/pool/settings.ts'
import { IDENTITY, resource, SENDER } from '../driver.ts'
import type { Lambda } from '../lambda.ts'
import type { LocalAws, LocalAwsOptions } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'
import { closeStages, openStage, type Stage } from '../stage.ts'
import { openVirtualStage } from '../virtual/stage.ts'

let aws: LocalAws
let lambda: Lambda

const begin = async (opening: Promise<Stage>) => {
  const stage = await opening
  ;({ aws, lambda } = stage)
  return stage.resource()
}
const start = (options: LocalAwsOptions = {}) => begin(openStage(options))
/** Where something is waited for. */
const startInVirtualTime = (options: LocalAwsOptions = {}) => begin(openVirtualStage(options))

afterEach(closeStages)

const PLAIN = { Name: 'people' }
/** Members that no SDK knows: at the top, nested, and inside EmailConfiguration. */
const TOMORROW: JsonObject = {
  ...(rich as JsonObject),
  QuantumConfiguration: { Entangled: true, Qubits: [3, 1, 2] },
  Policies: { ...child(rich as JsonObject, 'Policies'), ThoughtPolicy: { MinimumDepth: 7 } },
  EmailConfiguration: { ...child(rich as JsonObject, 'EmailConfiguration'), DeliveryDrone: { Fleet: 'north' } },
}

/** All that must never change. */
const settings = (id: string): JsonObject => without(aws.userPool(id), ['LastModifiedDate', 'EstimatedNumberOfUsers', 'EmailConfiguration'])
const email = (id: string): JsonObject | undefined => child(aws.userPool(id), 'EmailConfiguration')
const count = (action: string): number => aws.calls.filter((call) => call.action === action).length
const cognitoCalls = (): number => aws.calls.filter((call) => call.service === 'cognito').length
const poolRecord = async (id: string) => (await aws.records()).find((item) => item['UserPoolId'] === id)
const lines = (level: string): string[] => lambda.log.filter((line) => line['level'] === level).map((line) => String(line['message']))
const OWN: JsonObject = { EmailSendingAccount: 'DEVELOPER', SourceArn: IDENTITY, From: 'owner@example.com' }

describe.each(['reset', 'keep'] as const)('in a service that, for what is left out, will %s', (world) => {
  test('Create attaches the set, Update changes it, Delete gives back the very EmailConfiguration of before; nothing else ever changes', async () => {
    const stack = await start({ world })
    const id = aws.createUserPool(TOMORROW)
    const [settingsBefore, emailBefore] = [settings(id), email(id)]
    const first = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
    const second = { ...first, ConfigurationSet: 'mail-2', ReplyToEmailAddress: 'answers@example.com' }

    expect((await stack.create(first)).answer).toMatchObject({
      Status: 'SUCCESS',
      Data: { ConfigurationSet: 'mail', EmailSendingAccount: 'DEVELOPER' },
    })
    expect(email(id)).toEqual({ ...emailBefore, EmailSendingAccount: 'DEVELOPER', ConfigurationSet: 'mail', ...SENDER })
    expect(settings(id)).toEqual(settingsBefore)

    expect((await stack.update(second, first)).answer).toMatchObject({
      Status: 'SUCCESS',
      Data: { ReplyToEmailAddress: 'answers@example.com' },
    })
    expect(email(id)).toMatchObject({
      ConfigurationSet: 'mail-2',
      ReplyToEmailAddress: 'answers@example.com',
      DeliveryDrone: { Fleet: 'north' },
    })
    expect(settings(id)).toEqual(settingsBefore)

    expect((await stack.delete(second)).answer).toMatchObject({ Status: 'SUCCESS' })
    expect(email(id)).toEqual(emailBefore)
    expect(settings(id)).toEqual(settingsBefore)
    expect(await poolRecord(id)).toBeUndefined()
  })
})

test('what UpdateUserPool gets is all that DescribeUserPool gave but the members it refuses', async () => {
  const stack = await start()
  const id = aws.createUserPool(TOMORROW)
  await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
  const sent = aws.calls.find((call) => call.action === 'UpdateUserPool')?.request ?? {}
  const expected = Object.keys(aws.userPool(id)).filter((name) => !DESCRIBE_ONLY.has(name))
  expect(Object.keys(sent).sort()).toEqual([...expected, 'UserPoolId', 'PoolName'].sort())
})

test('Create makes at most 3 Cognito and 6 DynamoDB calls, and an Update that changes nothing writes nothing to the pool', async () => {
  const stack = await start()
  const id = aws.createUserPool(PLAIN)
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  await stack.create(properties)
  expect(cognitoCalls()).toBeLessThanOrEqual(3)
  expect(aws.calls.filter((call) => call.service === 'dynamodb').length).toBeLessThanOrEqual(6)
  aws.clearCalls()
  expect((await stack.update({ ...properties, Nonce: '2' }, properties)).answer?.Status).toBe('SUCCESS')
  expect(count('UpdateUserPool')).toBe(0)
  const keysPut = aws.calls.flatMap(({ action, request }) =>
    action === 'PutItem' ? [JSON.stringify(child(request, 'Item')?.['UserPoolId'])] : [],
  )
  expect(keysPut.filter((key) => key.includes(id))).toEqual([])
  expect(keysPut.length).toBeGreaterThan(0)
})

test('a Create that finds the pool as declared writes nothing and still records its claim and base', async () => {
  const stack = await start()
  const asDeclared = { ...OWN, ConfigurationSet: 'mail' }
  const id = aws.createUserPool({ ...PLAIN, EmailConfiguration: asDeclared })
  const properties = { UserPoolId: id, ConfigurationSet: 'mail' }
  expect((await stack.create(properties)).answer).toMatchObject({ Status: 'SUCCESS', Data: { From: 'owner@example.com' } })
  expect(count('UpdateUserPool')).toBe(0)
  expect(await poolRecord(id)).toMatchObject({ Base: asDeclared, Claims: [{ LogicalResourceId: 'Binding' }] })
  await stack.delete(properties)
  expect(email(id)).toEqual(asDeclared)
})

test('with Preflight SKIP nothing is said of what SES has', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool(PLAIN)
  aws.ses.removeConfigurationSet('mail')
  const { answer } = await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, Preflight: 'SKIP' })
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { Warnings: '' } })
})

test('a From that differs only in quotes, blanks and the case of the domain is not written', async () => {
  const stack = await start()
  const id = aws.createUserPool({
    ...PLAIN,
    EmailConfiguration: { ...OWN, From: '"Example"  <no-reply@EXAMPLE.com>', ConfigurationSet: 'mail' },
  })
  expect((await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', From: 'Example <no-reply@example.com>' })).answer?.Status).toBe(
    'SUCCESS',
  )
  expect(count('UpdateUserPool')).toBe(0)
})

test('OnDelete RETAIN leaves what was declared to the pool, and the next binding takes it for its base', async () => {
  const stack = await start()
  const id = aws.createUserPool(PLAIN)
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, OnDelete: 'RETAIN' }
  await stack.create(properties)
  const retained = email(id)
  aws.clearCalls()
  expect((await stack.delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(count('UpdateUserPool')).toBe(0)
  expect(email(id)).toEqual(retained)
  const next = resource(aws, (event) => lambda.invoke(event), 'next')
  await next.create({ UserPoolId: id, ConfigurationSet: 'mail-2' })
  await next.delete({ UserPoolId: id, ConfigurationSet: 'mail-2' })
  expect(email(id)).toEqual(retained)
})

test('a Create that failed is undone although it says RETAIN', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool({ ...PLAIN, DeletionProtection: 'ACTIVE' })
  const before = email(id)
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, OnDelete: 'RETAIN' }
  aws.afterUpdate = (pool) => ({ ...pool, DeletionProtection: 'INACTIVE' })
  expect((await stack.create(properties)).answer?.Status).toBe('FAILED')
  aws.afterUpdate = undefined
  expect((await stack.delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(email(id)).toEqual(before)
})

test('a setting that the service loses is a FAILED that names it, and the log has it before and after', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool(rich as JsonObject)
  aws.afterUpdate = (pool) => ({ ...pool, Policies: { ...child(pool, 'Policies'), PasswordPolicy: { MinimumLength: 6 } } })
  const { answer } = await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
  expect(answer?.Status).toBe('FAILED')
  expect(answer?.Reason).toMatch(/^NotStabilized: .*Policies\.PasswordPolicy\.MinimumLength/)
  expect(lambda.log.find((line) => line['lost'])).toMatchObject({
    level: 'ERROR',
    lost: expect.arrayContaining([expect.objectContaining({ setting: 'Policies.PasswordPolicy.MinimumLength', after: 6 })]),
  })
})

test('a difference that a second look no longer shows is none', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool({ ...PLAIN, MfaConfiguration: 'OFF' })
  aws.afterUpdate = (pool) => ({ ...pool, MfaConfiguration: 'OPTIONAL' })
  aws.fault(({ action, count: nth }) => {
    // One reading before the write, one after it; at the second one after it the service shows what it has.
    if (action === 'DescribeUserPool' && nth === 3) aws.changeUserPool(id, (pool) => ({ ...pool, MfaConfiguration: 'OFF' }))
    return undefined
  })
  expect((await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })).answer?.Status).toBe('SUCCESS')
  expect(count('DescribeUserPool')).toBe(3)
})

test('a set that did not take is a FAILED, and its Delete leaves the pool as it was', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool({ ...PLAIN, EmailConfiguration: OWN })
  aws.afterUpdate = (pool) => ({ ...pool, EmailConfiguration: without(child(pool, 'EmailConfiguration') ?? {}, ['ConfigurationSet']) })
  const properties = { UserPoolId: id, ConfigurationSet: 'mail' }
  expect((await stack.create(properties)).answer?.Reason).toMatch(/^NotStabilized: .*ConfigurationSet did not change/)
  expect((await stack.delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(email(id)).toEqual(OWN)
})

test('a set that did not take is written again when it is asked for again', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool({ ...PLAIN, EmailConfiguration: OWN })
  aws.afterUpdate = (pool) => ({ ...pool, EmailConfiguration: without(child(pool, 'EmailConfiguration') ?? {}, ['ConfigurationSet']) })
  const properties = { UserPoolId: id, ConfigurationSet: 'mail' }
  expect((await stack.create(properties)).answer?.Status).toBe('FAILED')
  aws.afterUpdate = undefined
  expect((await stack.create(properties)).answer).toMatchObject({ Status: 'SUCCESS', Data: { ConfigurationSet: 'mail' } })
  expect(email(id)).toEqual({ ...OWN, ConfigurationSet: 'mail' })
})

test('a value that the service spells otherwise is a warning, not written again, and still taken back on Delete', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool({ ...PLAIN, EmailConfiguration: OWN })
  const [asked, stored] = ['Zoë <no-reply@example.com>', '=?UTF-8?Q?Zo=C3=AB?= <no-reply@example.com>']
  aws.afterUpdate = (pool) => {
    const configuration = child(pool, 'EmailConfiguration') ?? {}
    return configuration['From'] === asked ? { ...pool, EmailConfiguration: { ...configuration, From: stored } } : pool
  }
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', From: asked }
  const { answer } = await stack.create(properties)
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { From: stored, Warnings: expect.stringContaining('From') } })
  aws.clearCalls()
  expect((await stack.update({ ...properties, Nonce: '1' }, properties)).answer?.Status).toBe('SUCCESS')
  expect(count('UpdateUserPool')).toBe(0)
  await stack.delete(properties)
  expect(email(id)).toEqual(OWN)
})

test('a member that the service keeps although Delete leaves it out is a SUCCESS with a warning in the log', async () => {
  const stack = await startInVirtualTime({ emailMembers: 'keep' })
  const id = aws.createUserPool({ ...PLAIN, EmailConfiguration: OWN })
  const properties = { UserPoolId: id, ConfigurationSet: 'mail' }
  await stack.create(properties)
  expect((await stack.delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(lines('WARN').join()).toMatch(/kept ConfigurationSet/)
  expect(await poolRecord(id)).toBeUndefined()
})

test('when Cognito refuses the way back to COGNITO_DEFAULT, Delete keeps the sender, puts set and Reply-To back, and succeeds', async () => {
  const stack = await start()
  const id = aws.createUserPool({
    ...PLAIN,
    EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT', ReplyToEmailAddress: 'old@example.com' },
  })
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER, ReplyToEmailAddress: 'new@example.com' }
  await stack.create(properties)
  aws.setHiddenState(id, { mfa: { EmailMfaConfiguration: { Message: 'Your code is {####}' } } })
  expect((await stack.delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(email(id)).toEqual({ EmailSendingAccount: 'DEVELOPER', ...SENDER, ReplyToEmailAddress: 'old@example.com' })
  expect(lines('WARN').join()).toMatch(/does not let user pool .* go back to COGNITO_DEFAULT/)
  expect(await poolRecord(id)).toBeUndefined()
})

test('what the owner changed while bound stays after Delete', async () => {
  const stack = await start()
  const id = aws.createUserPool({ ...PLAIN, EmailConfiguration: OWN })
  const properties = { UserPoolId: id, ConfigurationSet: 'mail' }
  await stack.create(properties)
  const meanwhile = { ...OWN, From: 'new-owner@example.com', ConfigurationSet: 'mail', ReplyToEmailAddress: 'owner@example.com' }
  aws.changeUserPool(id, (pool) => ({ ...pool, MfaConfiguration: 'OPTIONAL', EmailConfiguration: meanwhile }))
  await stack.delete(properties)
  expect(email(id)).toEqual(without(meanwhile, ['ConfigurationSet']))
  expect(aws.userPool(id)['MfaConfiguration']).toBe('OPTIONAL')
})

test('Delete of a pool that is gone succeeds; Create and Update on one are FAILED and name it', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool(PLAIN)
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  await stack.create(properties)
  aws.removeUserPool(id)
  expect((await stack.update({ ...properties, ConfigurationSet: 'mail-2' }, properties)).answer?.Reason).toMatch(
    `NotFound: There is no user pool ${id}`,
  )
  expect((await stack.delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(await poolRecord(id)).toBeUndefined()
  expect(lines('WARN')).toEqual([])
})

test('Delete finds its claim under an ID that CloudFormation made up, and does nothing under another binding’s', async () => {
  const stack = await start()
  const id = aws.createUserPool(PLAIN)
  const before = email(id)
  const properties = { UserPoolId: id, ConfigurationSet: 'mail', ...SENDER }
  await stack.create(properties)
  const attached = email(id)
  const foreign = await stack.delete(properties, { physicalResourceId: 'cognito-ses-binding-0000000000000000' })
  expect(foreign.answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'cognito-ses-binding-0000000000000000' })
  expect(lines('INFO').join()).toContain("Delete of cognito-ses-binding-0000000000000000: not this binding's ID, nothing done")
  expect(email(id)).toEqual(attached)
  expect((await stack.delete(properties, { physicalResourceId: 'mail-Binding-1XYZ' })).answer).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: 'mail-Binding-1XYZ',
  })
  expect(email(id)).toEqual(before)
})

test('an Update under another binding’s ID is served all the same: what stands in the properties is to be', async () => {
  const stack = await startInVirtualTime()
  const properties = { UserPoolId: aws.createUserPool(PLAIN), ConfigurationSet: 'mail', ...SENDER }
  const { answer } = await stack.update(properties, properties, { physicalResourceId: 'cognito-ses-binding-0000000000000000' })
  expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'cognito-ses-binding-0000000000000000' })
  expect(email(properties.UserPoolId)).toMatchObject({ ConfigurationSet: 'mail' })
})

test('Delete with the very properties that a Create was refused for succeeds without a call to Cognito', async () => {
  const stack = await start()
  const properties = { UserPoolId: 'us-east-1_nowhere', ConfigurationSetName: 'mail' }
  expect((await stack.create(properties)).answer?.Reason).toMatch(/^InvalidRequest: .*did you mean ConfigurationSet\?/)
  expect((await stack.delete(properties)).answer?.Status).toBe('SUCCESS')
  expect(cognitoCalls()).toBe(0)
})

test('an UpdateUserPool without an answer is never sent again as it is: the pool is read again first', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool({ ...PLAIN, MfaConfiguration: 'OFF' })
  aws.fault(({ action, count: nth }) => {
    if (action !== 'UpdateUserPool' || nth > 1) return undefined
    aws.changeUserPool(id, (pool) => ({ ...pool, MfaConfiguration: 'OPTIONAL' }))
    return 'reset'
  })
  expect((await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })).answer?.Status).toBe('SUCCESS')
  expect(aws.userPool(id)['MfaConfiguration']).toBe('OPTIONAL')
  expect(aws.calls.map((call) => call.action).filter((action) => action.endsWith('UserPool'))).toEqual([
    'DescribeUserPool',
    'UpdateUserPool',
    'DescribeUserPool',
    'UpdateUserPool',
    'DescribeUserPool',
  ])
})

test('a write that was refused for sure leaves no record of the pool', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool(rich as JsonObject)
  aws.setHiddenState(id, { smsRoleDeleted: true })
  const { answer } = await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
  expect(answer?.Reason).toMatch(/^InvalidRequest: .*the pool’s own SMS role/)
  expect(await poolRecord(id)).toBeUndefined()
})

test('a lease that cannot be given up is said in the log: the answer is that of the update all the same', async () => {
  const stack = await startInVirtualTime()
  const id = aws.createUserPool(PLAIN)
  aws.fault(({ action, request }) => {
    if (action === 'UpdateUserPool') return { error: { code: 'InvalidParameterException', message: 'No.' } }
    if (action === 'DeleteItem' && JSON.stringify(request).includes(id))
      return { error: { code: 'AccessDeniedException', message: 'not yours' } }
    return undefined
  })
  const { answer } = await stack.create({ UserPoolId: id, ConfigurationSet: 'mail', ...SENDER })
  expect(answer?.Reason).toMatch(/^InvalidRequest: .*\(InvalidParameterException\): No/)
  expect(lambda.log).toContainEqual(
    expect.objectContaining({
      level: 'WARN',
      message: `the lease on user pool ${id} could not be given up`,
      error: expect.stringContaining('not yours'),
    }),
  )
})

test('a pool on COGNITO_DEFAULT without a declared SourceArn is a FAILED that asks for it', async () => {
  const stack = await start()
  const id = aws.createUserPool(PLAIN)
  const { answer } = await stack.create({ UserPoolId: id, ConfigurationSet: 'mail' })
  expect(answer?.Reason).toMatch(/^InvalidRequest: .*Declare SourceArn/)
  expect(count('UpdateUserPool')).toBe(0)
})
