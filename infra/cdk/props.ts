// What a user of the construct writes: the binding's properties, in CDK's own types.
import type { aws_cognito, aws_ses } from 'aws-cdk-lib/interfaces'

export const Preflight = { ENFORCE: 'ENFORCE', WARN: 'WARN', SKIP: 'SKIP' } as const
export type Preflight = (typeof Preflight)[keyof typeof Preflight]

export const OnDelete = { RESTORE: 'RESTORE', RETAIN: 'RETAIN' } as const
export type OnDelete = (typeof OnDelete)[keyof typeof OnDelete]

export const Heal = { AUTO: 'AUTO', NOTIFY: 'NOTIFY', OFF: 'OFF' } as const
export type Heal = (typeof Heal)[keyof typeof Heal]

/** The function that bindings are sent to. */
export interface ICognitoSesBindingProvider {
  /** The ARN of the function. */
  readonly serviceToken: string
}

export interface CognitoSesBindingProps {
  /** The pools: created in this app, imported, or L1. All in the binding's account and Region; more than 100 become several resources. */
  readonly userPools: readonly aws_cognito.IUserPoolRef[]
  /** The SES configuration set. */
  readonly configurationSet: aws_ses.IConfigurationSetRef
  /**
   * The verified SES identity that sends.
   * @default - the pool keeps its own; it must have one
   */
  readonly identity?: aws_ses.IEmailIdentityRef | undefined
  /**
   * The sender that people see: one address, with a display name or without.
   * @default - the pool keeps its own
   */
  readonly from?: string | undefined
  /**
   * Where answers go: one address.
   * @default - the pool keeps its own
   */
  readonly replyTo?: string | undefined
  /** @default Preflight.ENFORCE */
  readonly preflight?: Preflight | undefined
  /** @default false */
  readonly allowSandbox?: boolean | undefined
  /** @default OnDelete.RESTORE */
  readonly onDelete?: OnDelete | undefined
  /** @default Heal.AUTO */
  readonly heal?: Heal | undefined
  /** @default false */
  readonly takeover?: boolean | undefined
  /**
   * Change it to apply the binding again.
   * @default - a hash of what this app's templates say of the pools; none when all are imported
   */
  readonly nonce?: string | undefined
  /** @default - the function named cognito-ses-binding in the binding's account and Region */
  readonly provider?: ICognitoSesBindingProvider | undefined
}
