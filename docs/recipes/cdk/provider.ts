// The provider, once for each account and Region.
import { App } from 'aws-cdk-lib'
import { CognitoSesBindingProvider } from 'cognito-ses-binding/cdk'

const app = new App()
const env = { account: '111122223333', region: 'us-east-1' }
const topicArn = 'arn:aws:sns:us-east-1:111122223333:alarms'

const provider = new CognitoSesBindingProvider(app, 'Provider', { env, alarmTopicArn: topicArn })

app.synth()

export { provider }
