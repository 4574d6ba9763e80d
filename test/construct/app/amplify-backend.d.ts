// A stand-in for the few names of @aws-amplify/backend that the recipes use: the package itself is 940 MB with what it brings.
import type { Stack } from 'aws-cdk-lib'
import type { CfnUserPool } from 'aws-cdk-lib/aws-cognito'

export type Auth = { readonly kind: 'auth' }

export declare const defineAuth: (props: {
  readonly loginWith: { readonly email: true }
  readonly senders?: { readonly email: { readonly fromEmail: string; readonly fromName?: string } }
}) => Auth

export declare const defineBackend: (factories: { readonly auth: Auth }) => {
  readonly auth: { readonly resources: { readonly cfnResources: { readonly cfnUserPool: CfnUserPool } } }
  readonly createStack: (name: string) => Stack
}
