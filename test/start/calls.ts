// How often which service was called, as numbers and in words.
import type { Call } from '../local-aws/dispatch.ts'

const NAMES = {
  cognito: 'Cognito',
  dynamodb: 'DynamoDB',
  ses: 'SES',
  sts: 'STS',
  lambda: 'Lambda',
  response: 'CloudFormation',
} as const satisfies Record<Call['service'], string>

const countedBy = (calls: readonly Call[], key: 'service' | 'action'): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const call of calls) counts[call[key]] = (counts[call[key]] ?? 0) + 1
  return counts
}

export const callCounts = (calls: readonly Call[]): Readonly<Record<string, number>> => countedBy(calls, 'service')

/** `3 Cognito (DescribeUserPool ×2, UpdateUserPool), 6 DynamoDB, 4 SES` */
export const callsInWords = (calls: readonly Call[]): string => {
  const ofCognito = calls.filter(({ service }) => service === 'cognito')
  const actions = Object.entries(countedBy(ofCognito, 'action')).map(([action, count]) => (count > 1 ? `${action} ×${count}` : action))
  const counts = callCounts(calls)
  const words = Object.entries(NAMES).flatMap(([service, name]) => {
    const count = counts[service] ?? 0
    if (count === 0) return []
    return [`${count} ${name}${service === 'cognito' ? ` (${actions.join(', ')})` : ''}`]
  })
  return words.length > 0 ? words.join(', ') : 'none'
}
