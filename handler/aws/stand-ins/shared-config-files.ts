// Stands in for the SDK's reader of ~/.aws/config and ~/.aws/credentials in the bundle: a Lambda has neither.
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} })
