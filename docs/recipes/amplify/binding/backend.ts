// amplify/backend.ts: the pool of this backend, with a binding.
import { defineBackend } from '@aws-amplify/backend'
import { ConfigurationSet, EmailIdentity } from 'aws-cdk-lib/aws-ses'
import { CognitoSesBinding } from 'cognito-ses-binding/cdk'
import { auth } from './auth/resource'

const backend = defineBackend({ auth })

const mail = backend.createStack('mail')
new CognitoSesBinding(mail, 'Binding', {
  userPools: [backend.auth.resources.cfnResources.cfnUserPool],
  configurationSet: new ConfigurationSet(mail, 'Set'),
  identity: EmailIdentity.fromEmailIdentityName(mail, 'Identity', 'example.com'),
  from: 'Example <no-reply@example.com>',
})
