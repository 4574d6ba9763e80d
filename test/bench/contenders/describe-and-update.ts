// What a person writes in an afternoon: describe with the SDK, copy the members that one knows of, update with the SDK.
import {
  type CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  type EmailConfigurationType,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'

/** Tags of the system are refused when they are sent. */
const ownTags = (tags: Record<string, string> | undefined): Record<string, string> | undefined =>
  tags && Object.fromEntries(Object.entries(tags).filter(([name]) => !name.startsWith('aws:')))

/** The members are those of the request syntax as it stood in 2021 and as such scripts still copy it; what the service refused was taken out. */
export const describeAndUpdate = async (
  client: CognitoIdentityProviderClient,
  UserPoolId: string,
  email: EmailConfigurationType,
): Promise<void> => {
  const { UserPool: pool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }))
  if (!pool) throw new Error('no pool')
  const { UnusedAccountValidityDays: _, ...admin } = pool.AdminCreateUserConfig ?? {}
  await client.send(
    new UpdateUserPoolCommand({
      UserPoolId,
      Policies: pool.Policies,
      LambdaConfig: pool.LambdaConfig,
      AutoVerifiedAttributes: pool.AutoVerifiedAttributes,
      SmsVerificationMessage: pool.SmsVerificationMessage,
      EmailVerificationMessage: pool.EmailVerificationMessage,
      EmailVerificationSubject: pool.EmailVerificationSubject,
      VerificationMessageTemplate: pool.VerificationMessageTemplate,
      SmsAuthenticationMessage: pool.SmsAuthenticationMessage,
      MfaConfiguration: pool.MfaConfiguration,
      DeviceConfiguration: pool.DeviceConfiguration,
      EmailConfiguration: { ...pool.EmailConfiguration, ...email },
      SmsConfiguration: pool.SmsConfiguration,
      UserPoolTags: ownTags(pool.UserPoolTags),
      AdminCreateUserConfig: admin,
      UserPoolAddOns: pool.UserPoolAddOns,
      AccountRecoverySetting: pool.AccountRecoverySetting,
    }),
  )
}
