// Somebody else's pool: a binding.
import { App, CfnOutput, Stack } from 'aws-cdk-lib'
import { UserPool } from 'aws-cdk-lib/aws-cognito'
import { ConfigurationSet, EmailIdentity } from 'aws-cdk-lib/aws-ses'
import { CognitoSesBinding } from 'cognito-ses-binding/cdk'

const app = new App()
const stack = new Stack(app, 'Mail', { env: { account: '111122223333', region: 'us-east-1' } })

const binding = new CognitoSesBinding(stack, 'Binding', {
  userPools: [UserPool.fromUserPoolId(stack, 'Pool', 'us-east-1_Ab3dEf6hI')], // anybody's pool in this account and Region
  configurationSet: new ConfigurationSet(stack, 'Set'),
  identity: EmailIdentity.fromEmailIdentityName(stack, 'Identity', 'example.com'),
  from: 'Example <no-reply@example.com>',
})

new CfnOutput(stack, 'Warnings', { value: binding.warnings })
app.synth()
