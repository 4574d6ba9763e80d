// The caller's own account as a stage: credentials are found here, outside the bundle, and handed over in the environment.
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { cognitoUserPools } from '../../handler/aws/cognito.ts'
import { systemClock } from '../../handler/clock.ts'
import { parseArn } from '../../lib/arn.ts'
import { isNotFound, ServiceError } from '../../lib/errors.ts'
import { startLocalAws } from '../local-aws/index.ts'
import { Problem } from './problem.ts'
import { functionArn, type Stage } from './stage.ts'

/** What of the caller's environment says where and how AWS is reached; credentials are resolved, not copied. */
const inherited = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        /^(?:AWS_.+|HOME|USERPROFILE|NODE_EXTRA_CA_CERTS)$/.test(entry[0]) &&
        !/^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$/.test(entry[0]),
    ),
  )

/** The first sentence that somebody's error says. */
const said = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error))

/** Credentials and Region as the SDK's own chain finds them; the table's ARN tells the account, and that the table is there. */
const lookAround = async (table: string) => {
  // That Node 20 will not be supported from 2027 on is for whoever deploys.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const client = new DynamoDBClient({})
  try {
    const region = await client.config.region().catch(() => {
      throw new Problem('No Region is set: give AWS_REGION, or a profile that has one (AWS_PROFILE).')
    })
    const credentials = await client.config.credentials().catch((error: unknown) => {
      throw new Problem(`No credentials were found (${said(error)}).`)
    })
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table })).catch((error: unknown) => {
      throw new Problem(`The table ${table} cannot be described in ${region} (${said(error)}).`)
    })
    const { partition, account } = parseArn(Table?.TableArn, 'dynamodb') ?? { partition: 'aws', account: '' }
    const [key] = Table?.KeySchema ?? []
    if (key?.AttributeName !== 'UserPoolId' || Table?.KeySchema?.length !== 1) {
      throw new Problem(`The table ${table} is not the function's: its partition key is not UserPoolId.`)
    }
    return { region, credentials, partition, account }
  } finally {
    client.destroy()
  }
}

export const accountStage = async (table: string): Promise<Stage> => {
  const { region, credentials, partition, account } = await lookAround(table)
  const userPools = cognitoUserPools(region, systemClock)
  const sink = await startLocalAws({ partition, region, account })
  const endpoint = process.env['AWS_ENDPOINT_URL']
  return {
    description: `account ${account}, ${region}, table ${table}${endpoint ? ` at ${endpoint}` : ''}: user pools WILL be changed; CloudFormation hears nothing`,
    environment: {
      ...inherited(),
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken ? { AWS_SESSION_TOKEN: credentials.sessionToken } : {}),
      TABLE_NAME: table,
      RESPONSE_HOSTS: sink.environment['RESPONSE_HOSTS'] ?? '',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    functionArn: functionArn({ partition, region, account }),
    remainingMs: 300_000,
    values: { Region: region, AccountId: account },
    userPool: async (id) => {
      try {
        return await userPools.describe(id, AbortSignal.timeout(30_000))
      } catch (error) {
        if (isNotFound(error)) return undefined
        if (error instanceof ServiceError) throw new Problem(`User pool ${id} cannot be described (${error.code}: ${error.message}).`)
        throw error
      }
    },
    furnish: () => [],
    bucket: sink,
    takeCalls: () => undefined,
    close: sink.close,
  }
}
