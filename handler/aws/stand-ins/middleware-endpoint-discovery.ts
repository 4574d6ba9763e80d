// Stands in for @aws-sdk/middleware-endpoint-discovery in the bundle: DynamoDB in AWS needs none, and we turn none on.

/** The option as the client looks it up: never set. */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: (): undefined => undefined,
  configFileSelector: (): undefined => undefined,
  default: undefined,
}

export const resolveEndpointDiscoveryConfig = <T>(config: T): T => config
