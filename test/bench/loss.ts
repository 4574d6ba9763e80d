// What attaching a configuration set costs a rich pool in settings: ours beside what a person would pick instead, in both worlds.
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  UpdateUserPoolCommand,
  type UpdateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { child, type JsonObject, without } from '../../lib/json.ts'
import { updateRequest } from '../../lib/pool/settings.ts'
import { healthySes, resource, SENDER } from '../driver.ts'
import { startLambda } from '../lambda.ts'
import { DESCRIBE_ONLY } from '../local-aws/cognito/members.ts'
import { type LocalAws, startLocalAws } from '../local-aws/index.ts'
import rich from '../local-aws/rich-user-pool.json'
import { describeAndUpdate } from './contenders/describe-and-update.ts'
import { leaves, lostBetween } from './lost-settings.ts'
import type { Place } from './place.ts'
import type { Loss, LossRow } from './results.ts'

const WISH = { EmailSendingAccount: 'DEVELOPER', ConfigurationSet: 'mail', ...SENDER } as const

/** The same pool, and one with members that no SDK knows: at the top, nested, and inside EmailConfiguration. */
const KNOWN: JsonObject = without(rich as JsonObject, ['Id', 'Arn'])
const UNKNOWN: JsonObject = {
  ...KNOWN,
  QuantumConfiguration: { Qubits: 3 },
  Policies: { ...child(KNOWN, 'Policies'), ThoughtPolicy: { MinimumDepth: 7 } },
  EmailConfiguration: { ...child(KNOWN, 'EmailConfiguration'), DeliveryPromise: 'BEST' },
}

/** The settings that somebody can set and nobody asked to change. */
const settingsOf = (pool: JsonObject): ReadonlyMap<string, unknown> => {
  const asked = new Set(Object.keys(WISH).map((name) => `EmailConfiguration.${name}`))
  return new Map(leaves(without(pool, DESCRIBE_ONLY)).filter(([name]) => !asked.has(name)))
}

type Contender = {
  readonly contender: string
  readonly title: string
  readonly attach: (aws: LocalAws, client: CognitoIdentityProviderClient, userPoolId: string, root: string) => Promise<void>
}

const CONTENDERS: readonly Contender[] = [
  {
    contender: 'ours',
    title: 'Custom::CognitoSesBinding',
    attach: async (aws, _client, UserPoolId, root) => {
      const lambda = await startLambda(aws.environment, root)
      const { answer } = await resource(aws, lambda.invoke).create({ UserPoolId, ConfigurationSet: 'mail', ...SENDER })
      await lambda.kill()
      if (answer?.Status !== 'SUCCESS') throw new Error(answer?.Reason)
    },
  },
  {
    contender: 'echo',
    title: 'SDK echo: describe, send all back but a denylist',
    attach: async (_aws, client, UserPoolId) => {
      const { UserPool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }))
      const pool = UserPool as unknown as JsonObject
      const request = updateRequest(UserPoolId, pool, { ...child(pool, 'EmailConfiguration'), ...WISH })
      await client.send(new UpdateUserPoolCommand(request as unknown as UpdateUserPoolCommandInput))
    },
  },
  {
    contender: 'script',
    title: 'describe-and-update script: the members that one knows of',
    attach: (_aws, client, UserPoolId) => describeAndUpdate(client, UserPoolId, WISH),
  },
  {
    contender: 'singleCall',
    title: 'AwsCustomResource or one CLI call: EmailConfiguration alone',
    attach: async (_aws, client, UserPoolId) => {
      await client.send(new UpdateUserPoolCommand({ UserPoolId, EmailConfiguration: WISH }))
    },
  },
]

export const measureLoss = async ({ root, say }: Place): Promise<Loss> => {
  const rows: LossRow[] = []
  for (const world of ['reset', 'keep'] as const) {
    for (const isUnknown of [false, true]) {
      for (const { contender, title, attach } of CONTENDERS) {
        say(`${title}, ${world}`)
        const aws = await startLocalAws({ world })
        healthySes(aws)
        const client = new CognitoIdentityProviderClient({
          ...{ region: aws.region, endpoint: aws.endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
        })
        const id = aws.createUserPool(isUnknown ? UNKNOWN : KNOWN)
        const before = settingsOf(aws.userPool(id))
        let failure: string | undefined
        try {
          await attach(aws, client, id, root)
          const set = child(aws.userPool(id), 'EmailConfiguration')?.['ConfigurationSet']
          if (set !== WISH.ConfigurationSet) failure = 'the set was not attached'
        } catch (error) {
          failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
        }
        const lost = lostBetween(before, settingsOf(aws.userPool(id)))
        rows.push({ contender, title, world, isUnknown, settings: before.size, lost, ...(failure === undefined ? {} : { failure }) })
        client.destroy()
        await aws.close()
      }
    }
  }
  return { rows }
}
