// The describe-and-update script as a custom resource: the handler whose cold start ours is compared with.

import { request as httpRequest } from 'node:http'
import { request } from 'node:https'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { describeAndUpdate } from './describe-and-update.ts'

type Event = {
  readonly ResponseURL: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
  readonly ResourceProperties: Readonly<Record<string, string>>
}

const client = new CognitoIdentityProviderClient({})

export const handler = async (event: Event): Promise<void> => {
  const { UserPoolId = '', ConfigurationSet, SourceArn, From } = event.ResourceProperties
  await describeAndUpdate(client, UserPoolId, { EmailSendingAccount: 'DEVELOPER', ConfigurationSet, SourceArn, From })
  const { StackId, RequestId, LogicalResourceId } = event
  const body = JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: UserPoolId, StackId, RequestId, LogicalResourceId })
  await new Promise<void>((resolve, reject) => {
    const send = event.ResponseURL.startsWith('https:') ? request : httpRequest
    const put = send(event.ResponseURL, { method: 'PUT', headers: { 'content-type': '', 'content-length': Buffer.byteLength(body) } })
    put.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve())
    })
    put.on('error', reject)
    put.end(body)
  })
}
