// amplify/auth/resource.ts without a sender: the binding says it.
import { defineAuth } from '@aws-amplify/backend'

export const auth = defineAuth({ loginWith: { email: true } })
