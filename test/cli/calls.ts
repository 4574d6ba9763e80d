// What the command line may send: the actions of its policy, and the one that needs no permission.
import { readFileSync } from 'node:fs'
import type { LocalAws } from '../local-aws/index.ts'

const policy: { readonly Statement: readonly { readonly Action: string | readonly string[] }[] } = JSON.parse(
  readFileSync('infra/cli-policy.json', 'utf8'),
)

/** `cognito-idp:ListUserPools` … */
export const granted: readonly string[] = policy.Statement.flatMap(({ Action }) => Action)

const PREFIXES = { cognito: 'cognito-idp', ses: 'ses', dynamodb: 'dynamodb', lambda: 'lambda', sts: 'sts', response: 'response' } as const

/** Every call that came, as IAM names it. */
export const sent = (aws: LocalAws): readonly string[] => [
  ...new Set(aws.calls.map(({ service, action }) => `${PREFIXES[service]}:${action}`)),
]

/** Those that the policy does not allow. */
export const beyondPolicy = (aws: LocalAws): readonly string[] =>
  sent(aws).filter((action) => action !== 'sts:GetCallerIdentity' && !granted.includes(action))
