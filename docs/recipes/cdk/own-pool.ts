// Your own pool: the set is named where the pool is declared.
import { App, Stack } from 'aws-cdk-lib'
import { UserPool, UserPoolEmail } from 'aws-cdk-lib/aws-cognito'
import { ConfigurationSet } from 'aws-cdk-lib/aws-ses'

const app = new App()
const stack = new Stack(app, 'SignIn', { env: { account: '111122223333', region: 'us-east-1' } })

new UserPool(stack, 'Pool', {
  email: UserPoolEmail.withSES({
    fromEmail: 'no-reply@example.com',
    sesVerifiedDomain: 'example.com',
    configurationSetName: new ConfigurationSet(stack, 'Set').configurationSetName,
  }),
})

app.synth()
