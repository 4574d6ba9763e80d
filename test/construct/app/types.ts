// Read by the compiler alone, as an app's own code would be: what the construct takes and gives.
import { App, Stack } from 'aws-cdk-lib'
import { CfnUserPool, UserPool } from 'aws-cdk-lib/aws-cognito'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import { CfnConfigurationSet, CfnEmailIdentity, ConfigurationSet, EmailIdentity } from 'aws-cdk-lib/aws-ses'
import {
  CognitoSesBinding,
  type CognitoSesBindingProps,
  CognitoSesBindingProvider,
  type CognitoSesBindingProviderProps,
  Heal,
  type ICognitoSesBindingProvider,
  OnDelete,
  Preflight,
} from 'cognito-ses-binding/cdk'

const app = new App()
const stack = new Stack(app, 'Stack')
const absent: { readonly text?: string } = {}

const settings: CognitoSesBindingProviderProps = { requirePoolTag: true, stackName: 'other', sweepSchedule: absent.text }
const provider: ICognitoSesBindingProvider = new CognitoSesBindingProvider(app, 'Provider', settings)
new CognitoSesBindingProvider(app, 'Plain').grantInvoke(new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() }))

const l2: CognitoSesBindingProps = {
  userPools: [new UserPool(stack, 'L2'), UserPool.fromUserPoolId(stack, 'Imported', 'eu-west-1_a1B2c3D4e')],
  configurationSet: new ConfigurationSet(stack, 'L2Set'),
  identity: EmailIdentity.fromEmailIdentityName(stack, 'L2Identity', 'example.com'),
  // An app with exactOptionalPropertyTypes may hand on what it does not have.
  from: absent.text,
  replyTo: undefined,
  preflight: Preflight.WARN,
  onDelete: OnDelete.RETAIN,
  heal: Heal.OFF,
  provider,
}
const texts: readonly string[] = [new CognitoSesBinding(stack, 'Binding', l2)].flatMap((binding) => [
  binding.configurationSetName,
  binding.emailSendingAccount,
  binding.sourceArn,
  binding.from,
  binding.replyTo,
  binding.sendingPoolName,
  binding.eventDestinations,
  binding.max24HourSend,
  binding.warnings,
])
const heal: Heal = 'OFF'

new CognitoSesBinding(stack, texts.join(), {
  userPools: [new CfnUserPool(stack, 'L1')],
  configurationSet: new CfnConfigurationSet(stack, 'L1Set'),
  identity: new CfnEmailIdentity(stack, 'L1Identity', { emailIdentity: 'example.org' }),
  preflight: 'ENFORCE',
  onDelete: 'RESTORE',
  heal,
  allowSandbox: true,
  takeover: false,
  nonce: '1',
  provider: { serviceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:mine' },
})

// @ts-expect-error: a word that is none of the choices
export const wrongWord: Heal = 'NEVER'
// @ts-expect-error: the pools are not optional
export const noPools: CognitoSesBindingProps = { configurationSet: new ConfigurationSet(stack, 'Other') }
