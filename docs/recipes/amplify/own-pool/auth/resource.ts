// amplify/auth/resource.ts: the sender, in Amplify's own words.
import { defineAuth } from '@aws-amplify/backend'

export const auth = defineAuth({
  loginWith: { email: true },
  senders: { email: { fromEmail: 'no-reply@example.com', fromName: 'Example' } },
})
