// Where events are played: the local AWS, or the caller's own account with a local sink for the answers.
import type { JsonObject } from '../../lib/json.ts'
import type { World } from '../local-aws/cognito/state.ts'
import type { Call } from '../local-aws/dispatch.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import { furnish, layScene, sceneNames } from './scene.ts'

export type Stage = {
  /** One line: what will be touched. */
  readonly description: string
  /** What the function's process gets. */
  readonly environment: Readonly<Record<string, string>>
  readonly functionArn: string
  readonly remainingMs: number
  /** For {{placeholders}}. */
  readonly values: Readonly<Record<string, string>>
  /** What DescribeUserPool gives, as it came; undefined when there is no such pool. */
  readonly userPool: (id: string) => Promise<JsonObject | undefined>
  /** Puts in place what a plain event needs. @returns what was put */
  readonly furnish: (event: JsonObject) => readonly string[]
  /** Takes the answers. */
  readonly bucket: Pick<LocalAws, 'responseUrl' | 'answers' | 'refusedAnswers'>
  /** The calls since the last time that this was asked; undefined where nobody counts. */
  readonly takeCalls: () => readonly Call[] | undefined
  readonly close: () => Promise<void>
}

export type Place = { readonly partition: string; readonly region: string; readonly account: string }

export const functionArn = ({ partition, region, account }: Place): string =>
  `arn:${partition}:lambda:${region}:${account}:function:cognito-ses-binding`

/** The local AWS with the story's scene. */
export const localStage = async (world: World, place: Place): Promise<Stage> => {
  const aws = await startLocalAws({ world, ...place })
  const UserPoolId = layScene(aws)
  const furnished = new Set(sceneNames(aws))
  const habit = world === 'reset' ? 'resets what an update leaves out' : 'keeps what an update leaves out'
  return {
    description: `a local AWS over HTTP (${place.region}, ${place.account}) whose Cognito ${habit}`,
    environment: aws.environment,
    functionArn: functionArn(place),
    remainingMs: 30_000,
    values: { UserPoolId, Region: place.region, AccountId: place.account },
    userPool: async (id) => {
      try {
        return aws.userPool(id)
      } catch {
        return undefined
      }
    },
    furnish: (event) => furnish(aws, event, furnished),
    bucket: aws,
    takeCalls: () => {
      const calls = aws.calls.filter(({ service }) => service !== 'response')
      aws.clearCalls()
      return calls
    },
    close: aws.close,
  }
}
