// What AWS's names look like: Region, partition, account, user pool ID, and ARNs of what is regional. One pattern each.

/** `us-east-1`, `us-gov-west-1`, `us-isob-east-1`, `eusc-de-east-1`. It becomes part of a host name, so nothing else may pass. */
export const REGION = '[a-z]{2,8}(?:-[a-z]{1,16}){1,3}-[0-9]{1,2}'

/** `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, `aws-iso-b`. */
export const PARTITION = 'aws(?:-[a-z]{1,8}){0,3}'

export const ACCOUNT = '[0-9]{12}'

/** `<region>_<id>`. The service's own pattern is wider: [\w-]+_[0-9a-zA-Z]+ (UserPoolIdType). */
export const USER_POOL_ID = `^${REGION}_[0-9A-Za-z]{1,55}$`

/** The characters that the service's model allows in SourceArn (ArnType); a slash stands in the local part of an address only. */
const IDENTITY = '(?:[\\w+=,./-]+@)?[\\w.-]+'

/** `arn:<partition>:ses:<region>:<account>:identity/<address or domain>` (Service Authorization Reference, Amazon SES v2). */
export const SES_IDENTITY_ARN = `^arn:${PARTITION}:ses:${REGION}:${ACCOUNT}:identity/${IDENTITY}$`

/** The service's model (ArnType); its least length, 20, is below that of any SES ARN. */
export const ARN_LENGTH = 2048

export type Arn = {
  readonly partition: string
  readonly region: string
  readonly account: string
  /** What stands after the account, such as `stack/name/id`. */
  readonly resource: string
}

const REGIONAL_ARN = new RegExp(`^arn:(${PARTITION}):([a-z-]{1,32}):(${REGION}):(${ACCOUNT}):(.+)$`, 's')

/** An ARN of a Region's resource, when it is one of `service`; undefined for anything else. */
export const parseArn = (text: string | undefined, service: 'cloudformation' | 'dynamodb' | 'lambda' | 'ses'): Arn | undefined => {
  const [, partition = '', named, region = '', account = '', resource = ''] = REGIONAL_ARN.exec(text ?? '') ?? []
  return named === service ? { partition, region, account, resource } : undefined
}

const REGION_NAME = new RegExp(`^${REGION}$`)

export const isRegion = (text: string): boolean => REGION_NAME.test(text)

const POOL_ID = new RegExp(USER_POOL_ID)

export const isUserPoolId = (text: string): boolean => POOL_ID.test(text)

/** The Region that a user pool's ID names: where its users are. */
export const homeRegion = (userPoolId: string): string => userPoolId.split('_')[0] ?? ''

export const userPoolArn = ({ partition, region, account }: Omit<Arn, 'resource'>, userPoolId: string): string =>
  `arn:${partition}:cognito-idp:${region}:${account}:userpool/${userPoolId}`
