// What is known about the members of a user pool: which ones UpdateUserPool never takes, and what a plain pool has.
import type { JsonObject } from '../../../lib/json.ts'

/** DescribeUserPool gives these and UpdateUserPool refuses them (they are in UserPoolType and not in UpdateUserPoolRequest: SDK model 3.1169.0). */
export const DESCRIBE_ONLY: readonly string[] = [
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
]

/** Settings of a pool that was created with a name and nothing else; what a reset goes back to. Evidence: documented (CreateUserPool), SignInPolicy and UserPoolTier inferred. */
export const PLAIN_SETTINGS: JsonObject = {
  Policies: {
    PasswordPolicy: {
      MinimumLength: 8,
      RequireUppercase: true,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      TemporaryPasswordValidityDays: 7,
    },
    SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
  },
  DeletionProtection: 'INACTIVE',
  LambdaConfig: {},
  VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' },
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: [] },
  MfaConfiguration: 'OFF',
  EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
  UserPoolTags: {},
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, UnusedAccountValidityDays: 7 },
  AccountRecoverySetting: {
    RecoveryMechanisms: [
      { Priority: 1, Name: 'verified_email' },
      { Priority: 2, Name: 'verified_phone_number' },
    ],
  },
  UserPoolTier: 'ESSENTIALS',
}

export type Twins = { readonly flat: readonly string[]; readonly nested: readonly string[] }

/** Two members that hold one setting: whoever sends one sets both, and Describe gives both (Cognito API reference, VerificationMessageTemplateType and PreTokenGenerationVersionConfigType). */
export const TWINS: readonly Twins[] = [
  { flat: ['EmailVerificationMessage'], nested: ['VerificationMessageTemplate', 'EmailMessage'] },
  { flat: ['EmailVerificationSubject'], nested: ['VerificationMessageTemplate', 'EmailSubject'] },
  { flat: ['SmsVerificationMessage'], nested: ['VerificationMessageTemplate', 'SmsMessage'] },
  {
    flat: ['AdminCreateUserConfig', 'UnusedAccountValidityDays'],
    nested: ['Policies', 'PasswordPolicy', 'TemporaryPasswordValidityDays'],
  },
]

const standard = (Name: string, more: JsonObject = {}): JsonObject => ({
  Name,
  AttributeDataType: 'String',
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
  StringAttributeConstraints: { MinLength: '0', MaxLength: '2048' },
  ...more,
})

const flag = { AttributeDataType: 'Boolean', StringAttributeConstraints: undefined } as const

/** The standard attributes of OpenID Connect, as Describe lists them. */
export const STANDARD_SCHEMA: readonly JsonObject[] = [
  standard('sub', { Mutable: false, Required: true, StringAttributeConstraints: { MinLength: '1', MaxLength: '2048' } }),
  ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website', 'email'].map(
    (name) => standard(name),
  ),
  standard('email_verified', flag),
  standard('gender'),
  standard('birthdate', { StringAttributeConstraints: { MinLength: '10', MaxLength: '10' } }),
  ...['zoneinfo', 'locale', 'phone_number', 'address'].map((name) => standard(name)),
  standard('phone_number_verified', flag),
  standard('updated_at', {
    AttributeDataType: 'Number',
    StringAttributeConstraints: undefined,
    NumberAttributeConstraints: { MinValue: '0' },
  }),
]
