// The app that the end-to-end test deploys: provider, pools and a binding. Arguments: folder, shortest password, a pool of somebody else.
import { App, CfnOutput, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib'
import { CfnUserPool, UserPool } from 'aws-cdk-lib/aws-cognito'
import { ConfigurationSet, EmailIdentity } from 'aws-cdk-lib/aws-ses'
import { CognitoSesBinding, CognitoSesBindingProvider } from 'cognito-ses-binding/cdk'

const [outdir = '', minimumLength, imported = ''] = process.argv.slice(2)
const app = new App({ outdir })
const props = () => ({
  env: { account: '123456789012', region: 'us-east-1' },
  // The emulator was never bootstrapped.
  synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
})

const provider = new CognitoSesBindingProvider(app, 'Provider', props())

const pools = new Stack(app, 'Pools', props())
const policies = { passwordPolicy: { minimumLength: Number(minimumLength) } }
const shop = new CfnUserPool(pools, 'Shop', { userPoolName: 'shop', policies })
const admin = new UserPool(pools, 'Admin', { userPoolName: 'admin' })
new CfnOutput(pools, 'ShopId', { value: shop.ref })
new CfnOutput(pools, 'AdminId', { value: admin.userPoolId })

const mail = new Stack(app, 'Mail', props())
const binding = new CognitoSesBinding(mail, 'Binding', {
  userPools: [shop, admin, UserPool.fromUserPoolId(mail, 'Imported', imported)],
  configurationSet: new ConfigurationSet(mail, 'Set', { configurationSetName: 'cdk-set' }),
  identity: EmailIdentity.fromEmailIdentityName(mail, 'Identity', 'example.com'),
  from: 'Example <no-reply@example.com>',
  // The emulator's SES knows no identity.
  preflight: 'SKIP',
  provider,
})
new CfnOutput(mail, 'ConfigurationSet', { value: binding.configurationSetName })
new CfnOutput(mail, 'From', { value: binding.from })
new CfnOutput(mail, 'Warnings', { value: binding.warnings })
app.synth()
