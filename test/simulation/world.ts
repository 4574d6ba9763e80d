// What lasts: the pools as the service has them, and the table. Nothing here fails; calls.ts decides what reaches it.
import { ServiceError } from '../../lib/errors.ts'
import { child, type JsonObject, sameJson, text } from '../../lib/json.ts'
import type { Item } from '../../lib/ports.ts'
import type { OwnerWrite, Setting } from './steps.ts'

export type Pool = {
  readonly id: string
  emailMfa: boolean
  /** All but EmailConfiguration. */
  settings: JsonObject
  email: JsonObject
  /** How often the owner has written: of each of the two apart. */
  settingsWrites: number
  emailWrites: number
  changes: number
  /** What UpdateUserPool last put here for us. */
  ours: JsonObject | undefined
}

export type World = {
  readonly setting: Setting
  readonly pools: readonly Pool[]
  readonly table: Map<string, Item>
  /** Since when the configuration sets may not send; undefined when they may. */
  pausedSince: number | undefined
}

const firstSettings = (name: string): JsonObject => ({
  MfaConfiguration: 'OPTIONAL',
  Policies: { PasswordPolicy: { MinimumLength: 12 } },
  LambdaConfig: { PreSignUp: 'arn:aws:lambda:us-east-1:123456789012:function:pre' },
  MemberOfTomorrow: { of: name },
})

const poolId = (number: number): string => `us-east-1_Pool${number}`

export const createWorld = (setting: Setting): World => ({
  setting,
  pools: setting.pools.map(({ email, emailMfa }, index) => ({
    id: poolId(index),
    emailMfa,
    settings: firstSettings(`pool${index}`),
    email: stored(email, setting),
    settingsWrites: 0,
    emailWrites: 0,
    changes: 0,
    ours: undefined,
  })),
  table: new Map(setting.sweptTo === undefined ? [] : [['sweep', { UserPoolId: 'sweep', Revision: 1, After: poolId(setting.sweptTo) }]]),
  pausedSince: undefined,
})

/** The service has a spelling of its own in some worlds: quotes around a name, the domain in small letters. */
const respelled = (address: string): string =>
  address
    .replace(/^([^"<][^<]*?) <(.*)>$/, (_, name, mailbox) => `"${name}" <${mailbox}>`)
    .replace(/@[^>]*/, (domain) => domain.toLowerCase())

const stored = (email: JsonObject, setting: Setting): JsonObject => {
  const whole: JsonObject = { EmailSendingAccount: 'COGNITO_DEFAULT', ...email }
  if (!setting.respells) return whole
  return Object.fromEntries(
    Object.entries(whole).map(([name, value]) => [
      name,
      (name === 'From' || name === 'ReplyToEmailAddress') && typeof value === 'string' ? respelled(value) : value,
    ]),
  )
}

export const poolOf = (world: World, id: string | undefined): Pool => {
  const pool = world.pools.find((one) => one.id === id)
  if (!pool) throw new ServiceError('cognito-idp', 'ResourceNotFoundException', `User pool ${id} does not exist.`, 400)
  return pool
}

/** Why the service would refuse this EmailConfiguration. */
const refusalOf = (pool: Pool, email: JsonObject): string | undefined => {
  const onDeveloper = email['EmailSendingAccount'] === 'DEVELOPER'
  if (onDeveloper && email['SourceArn'] === undefined) return 'EmailSendingAccount DEVELOPER needs SourceArn'
  if (!onDeveloper && pool.emailMfa) return 'email MFA needs an EmailSendingAccount of DEVELOPER'
  if (!onDeveloper && email['From'] !== undefined && email['SourceArn'] === undefined) return 'Cannot configure From email address'
  return undefined
}

/** DescribeUserPool. */
export const describedPool = (pool: Pool): JsonObject => ({
  Id: pool.id,
  Name: 'customers',
  Arn: `arn:aws:cognito-idp:us-east-1:123456789012:userpool/${pool.id}`,
  LastModifiedDate: pool.changes,
  EstimatedNumberOfUsers: 7,
  ...pool.settings,
  EmailConfiguration: pool.email,
})

/** UpdateUserPool. @throws ServiceError */
export const updatePool = (world: World, request: JsonObject): Pool => {
  const { UserPoolId, EmailConfiguration: _, PoolName: _name, ...settings } = request
  const pool = poolOf(world, text(request, 'UserPoolId'))
  const email = stored(child(request, 'EmailConfiguration') ?? {}, world.setting)
  const refusal = refusalOf(pool, email)
  if (refusal) throw new ServiceError('cognito-idp:UpdateUserPool', 'InvalidParameterException', refusal, 400)
  pool.settings = world.setting.omitted === 'reset' ? settings : { ...pool.settings, ...settings }
  pool.email = email
  pool.changes += 1
  return pool
}

/** The pool's owner writes, by whatever tool. What the service would refuse is not written. */
export const writeOfOwner = (world: World, number: number, write: OwnerWrite, mark: string): boolean => {
  const pool = world.pools[number % world.pools.length]
  if (!pool) return false
  if (write.kind === 'settings') {
    pool.settings = { ...pool.settings, Policies: { PasswordPolicy: { MinimumLength: 12, of: mark } }, [`New${mark}`]: [mark] }
    pool.settingsWrites += 1
    pool.changes += 1
    return true
  }
  if (write.kind === 'mfa') {
    // The service refuses email MFA without a sender of the pool's own.
    if (write.on === pool.emailMfa || (write.on && pool.email['EmailSendingAccount'] !== 'DEVELOPER')) return false
    pool.emailMfa = write.on
    return true
  }
  if (write.kind === 'tag') {
    pool.settings = { ...pool.settings, UserPoolTags: write.off ? { 'cognito-ses-binding': 'off' } : {} }
    pool.settingsWrites += 1
    pool.changes += 1
    return true
  }
  const wished =
    write.kind === 'copy' ? (pool.ours ?? pool.email) : write.kind === 'template' ? write.email : { ...pool.email, ...write.email }
  const email = stored(Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== null)), world.setting)
  if (refusalOf(pool, email) || sameJson(email, pool.email)) return false
  pool.email = email
  pool.emailWrites += 1
  pool.changes += 1
  return true
}
