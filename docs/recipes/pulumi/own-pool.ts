// Your own pool: the set is named where the pool is declared.
import * as aws from '@pulumi/aws'

const set = new aws.sesv2.ConfigurationSet('sign-in', { configurationSetName: 'sign-in' })
const identity = new aws.sesv2.EmailIdentity('example', { emailIdentity: 'example.com' })

export const pool = new aws.cognito.UserPool('sign-in', {
  emailConfiguration: {
    emailSendingAccount: 'DEVELOPER',
    sourceArn: identity.arn,
    fromEmailAddress: 'Example <no-reply@example.com>',
    configurationSet: set.configurationSetName,
  },
})
