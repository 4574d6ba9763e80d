// A real AWS account as a place for the suite: with AWS_VERIFIED=1, by the caller's credentials, and nowhere by accident.
import type { Place } from './deployed-target.ts'
import { queryCall, type Service, type Site } from './signed-call.ts'
import { all } from './xml.ts'

/** Whether the caller asks for a run on AWS. */
export const wantsAws = process.env['AWS_VERIFIED'] === '1'

const needed = (name: string, what: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`AWS_VERIFIED=1 needs ${name}: ${what}. docs/e2e.md says how to run it.`)
  return value
}

/** The place that the environment describes. @throws Error that names what is missing */
export const awsPlace = async (): Promise<Place> => {
  const region = needed('AWS_REGION', 'the Region to run in, without a provider in it')
  const identity = needed('AWS_VERIFIED_IDENTITY', 'ARN of an SES identity of that Region that is verified and may be used by Cognito')
  const credentials = {
    accessKeyId: needed('AWS_ACCESS_KEY_ID', 'aws configure export-credentials --format env gives it'),
    secretAccessKey: needed('AWS_SECRET_ACCESS_KEY', 'aws configure export-credentials --format env gives it'),
    sessionToken: process.env['AWS_SESSION_TOKEN'],
  }
  const site: Site = { region, credentials, endpoint: (service: Service) => `https://${service}.${region}.amazonaws.com` }
  const answer = await queryCall(site, 'sts', 'GetCallerIdentity', {})
  const account = all(answer, 'Account')[0]?.text ?? ''
  if (identity.split(':')[4] !== account)
    throw new Error(`AWS_VERIFIED_IDENTITY ${identity} is not of account ${account}, whose credentials these are.`)
  const name = identity.split(':identity/')[1] ?? ''
  return { site, pollMs: 2_000, identity, from: name.includes('@') ? name : `no-reply@${name}`, moreSettings: {} }
}
