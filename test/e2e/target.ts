// What the lifecycle suite asks of a place to run: pools, sets and stacks with bindings. The double, moto, the engine and AWS each are one.
import { child, type JsonObject, without } from '../../lib/json.ts'
import { jsonCall, type Site, sesCall } from './signed-call.ts'

/** A stack's bindings: properties by logical ID. */
export type Bindings = Readonly<Record<string, JsonObject>>

export type Deployed = {
  /** Whether the operation succeeded. */
  readonly ok: boolean
  /** Of each binding: `Ref`, and what Fn::GetAtt gives. */
  readonly attributes: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What the stack's events say of failed resources. */
  readonly reasons: readonly string[]
}

export type Stack = {
  readonly name: string
  readonly deploy: (bindings: Bindings) => Promise<Deployed>
  readonly remove: () => Promise<Deployed>
}

export type Target = {
  readonly region: string
  /** ARN of an SES identity that may send, and an address that it covers. */
  readonly identity: string
  readonly from: string
  /** Settings that a pool can have here beside the portable ones. */
  readonly moreSettings: JsonObject
  /** Puts a pool; gives its ID. */
  readonly createPool: (settings: JsonObject) => Promise<string>
  /** What DescribeUserPool answers, as it came. */
  readonly pool: (id: string) => Promise<JsonObject>
  /** The pool's owner, behind our back: an UpdateUserPool with all settings, these changed. */
  readonly ownerSets: (id: string, settings: JsonObject) => Promise<void>
  /** Makes a configuration set; gives its name. */
  readonly createSet: () => Promise<string>
  /** A stack that does not exist yet. */
  readonly stack: (name: string) => Stack
  /** Every item of the function's table. */
  readonly records: () => Promise<readonly JsonObject[]>
  /** Gives back all that was made. */
  readonly close: () => Promise<void>
}

/** The answer's attributes (README.md, "Properties"). */
export const ATTRIBUTES = [
  ...(['ConfigurationSet', 'EmailSendingAccount', 'SourceArn', 'From', 'ReplyToEmailAddress'] as const),
  ...(['UserPoolIds', 'SendingPoolName', 'EventDestinations', 'Max24HourSend', 'Warnings'] as const),
]

/** What lives by itself. */
const ALIVE = ['LastModifiedDate', 'EstimatedNumberOfUsers']

/** A reading of a pool without what lives by itself. */
export const still = (pool: JsonObject): JsonObject => without(pool, ALIVE)

/** What UpdateUserPool does not take back of what DescribeUserPool gives (docs/evidence.md): the owner's tool knows it too. */
const DESCRIBED_ONLY = [
  ...['Id', 'Arn', 'Name', 'Status', 'LastModifiedDate', 'CreationDate', 'SchemaAttributes', 'AliasAttributes', 'UsernameAttributes'],
  ...['UsernameConfiguration', 'EstimatedNumberOfUsers', 'SmsConfigurationFailure', 'EmailConfigurationFailure', 'Domain', 'CustomDomain'],
]

/** Pools and sets by the services' own API. */
export const directCalls = (site: Site) => {
  const pool = async (id: string): Promise<JsonObject> => {
    const { UserPool } = await jsonCall(site, 'cognito-idp', 'DescribeUserPool', { UserPoolId: id })
    return UserPool as JsonObject
  }
  const ownerSets = async (id: string, settings: JsonObject): Promise<void> => {
    const now = without(await pool(id), DESCRIBED_ONLY)
    // Described beside TemporaryPasswordValidityDays, and refused beside it.
    const AdminCreateUserConfig = without(child(now, 'AdminCreateUserConfig') ?? {}, ['UnusedAccountValidityDays'])
    await jsonCall(site, 'cognito-idp', 'UpdateUserPool', { ...now, AdminCreateUserConfig, ...settings, UserPoolId: id })
  }
  return {
    ...{ pool, ownerSets },
    createPool: async (settings: JsonObject): Promise<string> => {
      const { UserPool } = await jsonCall(site, 'cognito-idp', 'CreateUserPool', settings)
      return String((UserPool as JsonObject)['Id'])
    },
    removePool: async (id: string): Promise<void> => {
      await ownerSets(id, { DeletionProtection: 'INACTIVE' })
      await jsonCall(site, 'cognito-idp', 'DeleteUserPool', { UserPoolId: id })
    },
    createSet: (name: string) => sesCall(site, 'POST', 'configuration-sets', { ConfigurationSetName: name }),
    removeSet: (name: string) => sesCall(site, 'DELETE', `configuration-sets/${name}`),
  }
}
