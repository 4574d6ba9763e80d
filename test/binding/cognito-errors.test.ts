// Every error that the service's model gives for UpdateUserPool, played through the bundle: the right code, a remedy, and nothing on the pool.
import { afterEach, describe, expect, test } from '@jest/globals'
import { SENDER } from '../driver.ts'
import { errorsOf } from '../local-aws/model/violations.ts'
import { closeStages, everyTime, openStage } from '../stage.ts'

type Played = {
  /** What the service says. */
  readonly said: string
  /** What the stack's events say. */
  readonly reason: RegExp
  /** Words that tell the reader what to do. */
  readonly remedy: RegExp
  readonly status?: number
  /** How often the update is sent; a range where waiting ends with the invocation's time. */
  readonly attempts: readonly [number, number]
  /** For errors that are waited out as long as there is time. */
  readonly remainingMs?: number
}

const ONCE = [1, 1] as const
const UNTIL_THE_END = { attempts: [1, 60], remainingMs: 2_500 } as const

const ERRORS: Readonly<Record<string, Played>> = {
  ResourceNotFoundException: {
    ...{ said: 'User pool does not exist.', attempts: ONCE },
    ...{ reason: /^NotFound: There is no user pool us-east-1_\w+ in us-east-1/, remedy: /Check the ID/ },
  },
  InvalidParameterException: {
    ...{ said: 'something is off.', attempts: ONCE },
    ...{ reason: /^InvalidRequest: .*\(InvalidParameterException\): something is off\./, remedy: /Nothing was written/ },
  },
  ConcurrentModificationException: {
    ...{ said: 'Concurrent modification.', attempts: [6, 6] },
    ...{ reason: /^ResourceConflict: Somebody else kept updating user pool/, remedy: /try again when that is over/ },
  },
  TooManyRequestsException: {
    ...{ said: 'Rate exceeded', ...UNTIL_THE_END },
    ...{ reason: /^Throttling: .*cognito-idp:UpdateUserPool.* was throttled until the time ran out/, remedy: /Try again later/ },
  },
  NotAuthorizedException: {
    ...{ said: 'User is not authorized to perform: iam:PassRole on resource: role/sms.', attempts: ONCE },
    ...{ reason: /^AccessDenied: cognito-idp:UpdateUserPool .* was denied: .*iam:PassRole/, remedy: /parameter SmsRoleArns/ },
  },
  UserImportInProgressException: {
    ...{ said: 'An import runs.', ...UNTIL_THE_END },
    ...{ reason: /^NotStabilized: .*A user import runs on user pool/, remedy: /Try again when the import is over/ },
  },
  InternalErrorException: {
    ...{ said: 'Something went wrong.', status: 500, ...UNTIL_THE_END },
    ...{ reason: /^(?:InternalFailure|NotStabilized): .*\(InternalErrorException\): Something went wrong/, remedy: /Try again/ },
  },
  InvalidSmsRoleAccessPolicyException: {
    ...{ said: 'The role may not publish.', attempts: [3, 3] },
    ...{
      reason: /^InvalidRequest: .*because of the pool’s own SMS role, whoever makes it: The role may not publish/,
      remedy: /Repair the role/,
    },
  },
  InvalidSmsRoleTrustRelationshipException: {
    ...{ said: 'The role does not trust.', attempts: [3, 3] },
    ...{
      reason: /^InvalidRequest: .*because of the pool’s own SMS role, whoever makes it: The role does not trust/,
      remedy: /Repair the role/,
    },
  },
  UserPoolTaggingException: {
    ...{ said: 'Bad tag.', attempts: ONCE },
    ...{ reason: /^InvalidRequest: Amazon Cognito refused UserPoolTags of user pool .*: Bad tag/, remedy: /correct the tags first/ },
  },
  InvalidEmailRoleAccessPolicyException: {
    ...{ said: 'No access.', attempts: ONCE },
    ...{
      reason: /^AccessDenied: Amazon Cognito may not send with SourceArn arn:aws:ses:us-east-1:123456789012:identity\/example\.com/,
      remedy: /identity policy/,
    },
  },
  OperationNotEnabledException: {
    ...{ said: 'Not here.', attempts: ONCE },
    ...{ reason: /^InvalidRequest: User pool us-east-1_\w+ cannot be updated in us-east-1: Not here/, remedy: /primary Region us-east-1/ },
  },
  TierChangeNotAllowedException: {
    ...{ said: 'No change.', attempts: ONCE },
    ...{ reason: /^InvalidRequest: Amazon Cognito refused UserPoolTier of user pool .*: No change/, remedy: /Nothing was written/ },
  },
  FeatureUnavailableInTierException: {
    ...{ said: 'Threat protection needs PLUS.', attempts: ONCE },
    ...{
      reason: /^InvalidRequest: User pool .* has a setting that its UserPoolTier does not allow: Threat/,
      remedy: /correct the pool first/,
    },
  },
}

afterEach(closeStages)

test('the table has every error of the model, and no other', () => {
  expect(Object.keys(ERRORS).sort()).toEqual([...errorsOf('cognito-idp', 'UpdateUserPool')].sort())
})

describe('an update that Amazon Cognito answers with', () => {
  test.each(Object.entries(ERRORS))('%s is FAILED with its sentence, and the pool is as it was', async (code, played) => {
    const { said, reason, remedy, attempts, status = 400, remainingMs } = played
    const stage = await openStage()
    const UserPoolId = stage.aws.createUserPool({ Name: 'people' })
    stage.aws.fault(everyTime('UpdateUserPool', { error: { code, message: said, status } }))
    const before = stage.aws.userPool(UserPoolId)
    const properties = { UserPoolId, ConfigurationSet: 'mail', ...SENDER }
    const { answer, count } = await stage.resource().create(properties, remainingMs === undefined ? {} : { context: { remainingMs } })
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(reason) })
    expect(answer?.Reason).toMatch(remedy)
    expect(count).toBe(1)
    expect(stage.aws.userPool(UserPoolId)).toEqual(before)
    expect(stage.count('UpdateUserPool')).toBeGreaterThanOrEqual(attempts[0])
    expect(stage.count('UpdateUserPool')).toBeLessThanOrEqual(attempts[1])
  })
})
