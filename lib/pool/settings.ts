// Raw DescribeUserPool → raw UpdateUserPool without loss, and what differs between two readings of a pool.
import { child, isObject, type Json, type JsonObject, sameJson, sameSetting, without } from '../json.ts'

/**
 * Members that DescribeUserPool returns and UpdateUserPool refuses. Everything else is echoed, known or not.
 * Source: the service model in @aws-sdk/client-cognito-identity-provider 3.1169.0 (a test compares them); docs/evidence.md.
 */
export const DESCRIBE_ONLY: ReadonlySet<string> = new Set([
  'Id',
  'Arn',
  'Name',
  'Status',
  'LastModifiedDate',
  'CreationDate',
  'SchemaAttributes',
  'AliasAttributes',
  'UsernameAttributes',
  'UsernameConfiguration',
  'EstimatedNumberOfUsers',
  'SmsConfigurationFailure',
  'EmailConfigurationFailure',
  'Domain',
  'CustomDomain',
])

type Rule = (settings: JsonObject) => JsonObject

/** The service refuses both password lifetimes in one request; the newer one makes the older unusable (hashicorp/terraform-provider-aws, user_pool.go). */
const oneTemporaryPasswordLifetime: Rule = (settings) => {
  const admin = child(settings, 'AdminCreateUserConfig')
  const lifetime = child(child(settings, 'Policies'), 'PasswordPolicy')?.['TemporaryPasswordValidityDays']
  if (!admin || lifetime === undefined || lifetime === null) return settings
  return { ...settings, AdminCreateUserConfig: without(admin, ['UnusedAccountValidityDays']) }
}

/** Tags that begin with aws: are the system's: nobody may send them. */
const noSystemTags: Rule = (settings) => {
  const tags = child(settings, 'UserPoolTags')
  if (!tags) return settings
  return {
    ...settings,
    UserPoolTags: without(
      tags,
      Object.keys(tags).filter((key) => key.toLowerCase().startsWith('aws:')),
    ),
  }
}

const RULES: readonly Rule[] = [oneTemporaryPasswordLifetime, noSystemTags]

/** The e-mail texts of a VerificationMessageTemplate, by the DefaultEmailOption that uses them. */
const TEMPLATE_TEXTS = {
  CONFIRM_WITH_CODE: ['EmailMessageByLink', 'EmailSubjectByLink'],
  CONFIRM_WITH_LINK: ['EmailMessage', 'EmailSubject'],
} as const

/** Leaves out the texts that DefaultEmailOption does not use: for a service that refuses both (measured by go-to-k/cdk-real-drift). */
const onlyTheTemplateInUse: Rule = (settings) => {
  const template = child(settings, 'VerificationMessageTemplate')
  if (!template) return settings
  const unused = TEMPLATE_TEXTS[template['DefaultEmailOption'] === 'CONFIRM_WITH_LINK' ? 'CONFIRM_WITH_LINK' : 'CONFIRM_WITH_CODE']
  return { ...settings, VerificationMessageTemplate: without(template, unused) }
}

export type UpdateOptions = {
  /** Send only the verification texts that the pool uses. */
  readonly onlyTheTemplateInUse?: boolean
}

/** Everything about the pool that UpdateUserPool takes, but EmailConfiguration: the settings that must never change. */
export const updatableSettings = (pool: JsonObject, options: UpdateOptions = {}): JsonObject => {
  const settings = without({ ...pool, PoolName: pool['Name'] }, [...DESCRIBE_ONLY, 'EmailConfiguration'])
  return [...RULES, ...(options.onlyTheTemplateInUse ? [onlyTheTemplateInUse] : [])].reduce((kept, rule) => rule(kept), settings)
}

/** The UpdateUserPool request that sets EmailConfiguration and leaves all else as `pool` has it. */
export const updateRequest = (
  userPoolId: string,
  pool: JsonObject,
  emailConfiguration: JsonObject,
  options: UpdateOptions = {},
): JsonObject => ({
  ...updatableSettings(pool, options),
  UserPoolId: userPoolId,
  EmailConfiguration: emailConfiguration,
})

const isPartOf = (part: Json | undefined, whole: Json | undefined): boolean =>
  isObject(part) && isObject(whole) ? Object.keys(part).every((name) => isPartOf(part[name], whole[name])) : sameJson(part, whole)

/** Whether a request says nothing outside EmailConfiguration that `pool` did not say when it was read. */
export const saysOnlyWhatWasRead = (request: JsonObject, pool: JsonObject): boolean =>
  isPartOf(without(request, ['UserPoolId', 'EmailConfiguration']), { ...pool, PoolName: pool['Name'] })

export type Difference = { readonly setting: string; readonly before: JsonObject[string]; readonly after: JsonObject[string] }

const differencesIn = (prefix: string, before: JsonObject, after: JsonObject): Difference[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (sameSetting(was, is)) return []
    if (isObject(was) && isObject(is)) return differencesIn(`${prefix}${name}.`, was, is)
    return [{ setting: prefix + name, before: was, after: is }]
  })

/** What differs between two objects, by dotted name. */
export const differencesBetween = (before: JsonObject, after: JsonObject): Difference[] => differencesIn('', before, after)

/** What differs between two readings of a pool among the settings that were sent, by dotted name: `Policies.PasswordPolicy.MinimumLength`. */
export const changedSettings = (before: JsonObject, after: JsonObject, options: UpdateOptions = {}): Difference[] => {
  const sent = updatableSettings(before, options)
  const now = updatableSettings(after, options)
  return differencesIn('', sent, Object.fromEntries(Object.keys(sent).map((name) => [name, now[name]])))
}

/** The member that an update leaves out beside `TemporaryPasswordValidityDays`. */
const unusedAccountValidityDays = (pool: JsonObject) => child(pool, 'AdminCreateUserConfig')?.['UnusedAccountValidityDays']

/**
 * What an update left out although the pool had it, and is not what it was. That it follows `TemporaryPasswordValidityDays` is inferred
 * (docs/evidence.md): a service that keeps the two apart puts it to its default.
 */
export const changedUnsent = (before: JsonObject, after: JsonObject): Difference[] => {
  const [was, is] = [unusedAccountValidityDays(before), unusedAccountValidityDays(after)]
  const isSent = unusedAccountValidityDays(updatableSettings(before)) !== undefined
  if (was === undefined || isSent || sameSetting(was, is)) return []
  return [{ setting: 'AdminCreateUserConfig.UnusedAccountValidityDays', before: was, after: is }]
}

/** How many settings outside EmailConfiguration a request carries. */
export const settingsCount = (pool: JsonObject): number => Object.keys(updatableSettings(pool)).length
