// amplify/backend.ts: the pool of this backend, without a binding.
import { defineBackend } from '@aws-amplify/backend'
import { auth } from './auth/resource'

const backend = defineBackend({ auth })

const { cfnUserPool } = backend.auth.resources.cfnResources
cfnUserPool.addPropertyOverride('EmailConfiguration.ConfigurationSet', 'sign-in')
