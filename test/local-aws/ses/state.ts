// What the doubled SES knows, Region by Region.
import type { JsonObject } from '../../../lib/json.ts'

export type SesRegion = {
  account: JsonObject
  readonly configurationSets: Map<string, JsonObject>
  /** By name of the configuration set. */
  readonly eventDestinations: Map<string, readonly JsonObject[]>
  readonly identities: Map<string, JsonObject>
  readonly dedicatedIpPools: Map<string, JsonObject>
}

/** Gives the Region, and opens it when nobody was there yet. */
export type SesState = (region: string) => SesRegion

/** An account that may send: out of the sandbox, far from its quota. */
export const HEALTHY_ACCOUNT: JsonObject = {
  DedicatedIpAutoWarmupEnabled: true,
  EnforcementStatus: 'HEALTHY',
  ProductionAccessEnabled: true,
  SendingEnabled: true,
  SendQuota: { Max24HourSend: 50000, MaxSendRate: 14, SentLast24Hours: 120 },
  SuppressionAttributes: { SuppressedReasons: [] },
}

/** What SES gives back of a configuration set of which only the name was given (inferred from the API reference). */
export const plainConfigurationSet = (name: string): JsonObject => ({
  ConfigurationSetName: name,
  DeliveryOptions: { TlsPolicy: 'OPTIONAL' },
  ReputationOptions: { ReputationMetricsEnabled: false },
  SendingOptions: { SendingEnabled: true },
  SuppressionOptions: { SuppressedReasons: [] },
  Tags: [],
})

/** An identity that everything is well with. */
export const verifiedIdentity = (name: string): JsonObject => ({
  IdentityType: name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN',
  FeedbackForwardingStatus: true,
  VerifiedForSendingStatus: true,
  VerificationStatus: 'SUCCESS',
  DkimAttributes: { SigningEnabled: true, Status: 'SUCCESS', SigningAttributesOrigin: 'AWS_SES' },
  MailFromAttributes: { BehaviorOnMxFailure: 'USE_DEFAULT_VALUE' },
  Policies: {},
  Tags: [],
})

/** Identities are found by this: domains in any case, an address letter by letter (SES developer guide, creating-identities; nodemailer#1080). */
export const identityKey = (name: string): string => (name.includes('@') ? name : name.toLowerCase())

export const createSesState = (): SesState => {
  const regions = new Map<string, SesRegion>()
  return (name) => {
    const region = regions.get(name) ?? {
      account: HEALTHY_ACCOUNT,
      configurationSets: new Map(),
      eventDestinations: new Map(),
      identities: new Map(),
      dedicatedIpPools: new Map(),
    }
    regions.set(name, region)
    return region
  }
}
