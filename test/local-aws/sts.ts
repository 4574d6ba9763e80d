// The doubled STS: GetCallerIdentity alone, in the Query protocol: a form goes in, XML comes out.
import { randomUUID } from 'node:crypto'
import type { ApiError } from './outcome.ts'
import type { Reply, Service } from './service.ts'

const XMLNS = 'https://sts.amazonaws.com/doc/2011-06-15/'

const xml = (status: number, body: string, error?: ApiError): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body,
  error,
})

const errorReply = (error: ApiError): Reply => {
  const { status, code, message } = error
  const about = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  return xml(status, `<ErrorResponse xmlns="${XMLNS}">${about}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`, error)
}

export const createSts = (account: string): Service => ({
  name: 'sts',
  errorReply,
  recognise: ({ method, headers, body }) => {
    if (method !== 'POST' || !String(headers['content-type']).startsWith('application/x-www-form-urlencoded')) return undefined
    const form = new URLSearchParams(body.toString('utf8'))
    if (form.get('Version') !== '2011-06-15') return undefined
    const action = form.get('Action') ?? ''
    const about = `<Arn>arn:aws:iam::${account}:user/local</Arn><UserId>AIDALOCAL</UserId><Account>${account}</Account>`
    const answer = `<GetCallerIdentityResult>${about}</GetCallerIdentityResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`
    return {
      action,
      request: Object.fromEntries(form),
      perform: () =>
        action === 'GetCallerIdentity'
          ? xml(200, `<GetCallerIdentityResponse xmlns="${XMLNS}">${answer}</GetCallerIdentityResponse>`)
          : errorReply({ code: 'InvalidAction', message: `Could not find operation ${action}`, status: 400 }),
    }
  },
})
