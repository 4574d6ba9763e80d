// The doubled Lambda: GetFunctionConfiguration of what was put there. Nothing here runs.
import type { JsonObject } from '../../lib/json.ts'
import { done, type Outcome, refused } from './outcome.ts'
import { type Reply, replyOf, type Service, signedRegion } from './service.ts'

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/

const errorReply = (error: { readonly code: string; readonly message: string; readonly status: number }): Reply => ({
  status: error.status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
  body: JSON.stringify({ Type: 'User', Message: error.message }),
  error,
})

const bodyReply = (body: JsonObject): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const createLambda = (account: string, localRegion: string) => {
  const functions = new Map<string, JsonObject>()
  const find = (name: string, region: string): Outcome => {
    const found = functions.get(`${region}/${name}`)
    const arn = `arn:aws:lambda:${region}:${account}:function:${name}`
    return found ? done(found) : refused('ResourceNotFoundException', `Function not found: ${arn}`, 404)
  }
  const service: Service = {
    name: 'lambda',
    errorReply,
    recognise: ({ method, url, headers }) => {
      const name = PATH.exec(url.pathname)?.[1]
      if (method !== 'GET' || name === undefined) return undefined
      const perform = () => replyOf(find(name, signedRegion(headers) ?? localRegion), bodyReply, errorReply)
      return { action: 'GetFunctionConfiguration', request: { FunctionName: name }, perform }
    },
  }
  /** Puts a function as the provider's stack makes it, with these members over it. */
  const putFunction = (name: string, members: JsonObject = {}, region = localRegion): void => {
    const FunctionArn = `arn:aws:lambda:${region}:${account}:function:${name}`
    const plain = { FunctionName: name, FunctionArn, Runtime: 'nodejs24.x', State: 'Active', LastModified: '2026-11-20T09:12:44.000+0000' }
    functions.set(`${region}/${name}`, { ...plain, Environment: { Variables: { TABLE_NAME: name } }, ...members })
  }
  return { service, putFunction }
}
