// The shipped provider template on a CloudFormation: into a bucket, because it is too big for a request, and from there into a stack.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CallError, call, type Site } from './signed-call.ts'
import type { StackState, Stacks } from './stacks.ts'

export const TEMPLATE_FILE = 'dist/provider.template.json'
const KEY = 'provider.template.json'

/** Puts the template of this build into a bucket of its own; gives its TemplateURL. */
export const uploadTemplate = async (site: Site, bucket: string): Promise<string> => {
  const body = readFileSync(join(process.cwd(), TEMPLATE_FILE), 'utf8')
  const place =
    site.region === 'us-east-1'
      ? ''
      : `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${site.region}</LocationConstraint></CreateBucketConfiguration>`
  for (const request of [
    { path: `/${bucket}`, body: place },
    { path: `/${bucket}/${KEY}`, body },
  ]) {
    const answer = await call(site, 's3', { method: 'PUT', ...request })
    if (answer.status >= 300) throw new CallError(`PUT ${request.path}`, answer)
  }
  return `${site.endpoint('s3')}/${bucket}/${KEY}`
}

export const removeTemplate = async (site: Site, bucket: string): Promise<void> => {
  await call(site, 's3', { method: 'DELETE', path: `/${bucket}/${KEY}` })
  await call(site, 's3', { method: 'DELETE', path: `/${bucket}` })
}

/** Deploys the provider and expects that it succeeds. */
export const deployProvider = async (
  stacks: Stacks,
  name: string,
  url: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<StackState> => {
  const state = await stacks.deploy(name, { url }, parameters)
  if (/^(CREATE|UPDATE)_COMPLETE$/.test(state.status)) return state
  const why = state.events.filter(({ status }) => status.endsWith('_FAILED')).map(({ logicalId, reason }) => `${logicalId}: ${reason}`)
  throw new Error(`The provider's stack ${name} is ${state.status}: ${why.join('; ')}`)
}
