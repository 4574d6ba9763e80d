// The entry: tells events apart, and builds what speaks to AWS once, outside the handler.
import { randomUUID } from 'node:crypto'
import { cognitoUserPools } from './aws/cognito.ts'
import { dynamoTable } from './aws/dynamodb.ts'
import { sesReader } from './aws/ses.ts'
import { systemClock } from './clock.ts'
import { handleCloudFormation, isCloudFormationEvent } from './cloudformation.ts'
import { handleQueueBatch, handleSchedule, isQueueBatch, isSchedule } from './drift-events.ts'
import type { Environment, LambdaContext } from './invocation.ts'
import { jsonLog } from './log.ts'
import { handleOperatorEvent, isOperatorEvent } from './operator-events.ts'
import { responseTarget } from './response-target.ts'

const { AWS_REGION = 'us-east-1', TABLE_NAME = '', URL_SUFFIX = 'amazonaws.com', RESPONSE_HOSTS = '', ALLOW_TAKEOVER } = process.env

const log = jsonLog({})

const environment: Environment = {
  ports: {
    userPools: cognitoUserPools(AWS_REGION, systemClock),
    ses: sesReader(),
    table: dynamoTable(AWS_REGION, TABLE_NAME),
    clock: systemClock,
  },
  region: AWS_REGION,
  log: jsonLog,
  nonce: randomUUID,
  allowTakeover: ALLOW_TAKEOVER !== 'false',
}

const allowed = {
  region: AWS_REGION,
  urlSuffix: URL_SUFFIX,
  responseHosts: RESPONSE_HOSTS.split(',')
    .map((host) => host.trim())
    .filter(Boolean),
}

/** The Lambda's handler. Throws for what is none of its events, and when an answer could not be delivered. */
export const handler = async (event: unknown, context: LambdaContext = {}): Promise<unknown> => {
  if (isCloudFormationEvent(event)) {
    const target = responseTarget(event['ResponseURL'], allowed, systemClock)
    if (!target) {
      log('error', 'the ResponseURL is not one that CloudFormation gives in this Region: nothing was done', { requestId: event.RequestId })
      throw new Error('the ResponseURL is not allowed')
    }
    return handleCloudFormation(event, target, context, environment)
  }
  if (isQueueBatch(event)) return handleQueueBatch(event, context, environment)
  if (isSchedule(event)) return handleSchedule(context, environment)
  if (isOperatorEvent(event)) return handleOperatorEvent(event, context, environment)
  log(
    'error',
    'this is no event for cognito-ses-binding: expected one of CloudFormation, a queue batch of UpdateUserPool records, a schedule, or an operator’s event with an Operation',
  )
  throw new Error('unknown event')
}
