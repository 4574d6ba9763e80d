// The doubled SES v2: which route is which action, and how its REST protocol spells an answer.
import type { JsonObject } from '../../lib/json.ts'
import { violationOf } from './model/violations.ts'
import { type ApiError, type Outcome, refused } from './outcome.ts'
import { type Incoming, parseObject, type Reply, replyOf, type Service, signedRegion } from './service.ts'
import { createConfigurationSet } from './ses/create-configuration-set.ts'
import { createConfigurationSetEventDestination } from './ses/create-configuration-set-event-destination.ts'
import { createDedicatedIpPool } from './ses/create-dedicated-ip-pool.ts'
import { createEmailIdentity } from './ses/create-email-identity.ts'
import { getAccount } from './ses/get-account.ts'
import { getConfigurationSet } from './ses/get-configuration-set.ts'
import { getConfigurationSetEventDestinations } from './ses/get-configuration-set-event-destinations.ts'
import { getDedicatedIpPool } from './ses/get-dedicated-ip-pool.ts'
import { getEmailIdentity } from './ses/get-email-identity.ts'
import type { SesRegion, SesState } from './ses/state.ts'

const ROOT = '/v2/email/'

type Route = {
  readonly action: string
  readonly method: 'GET' | 'POST'
  /** Below the root; a part in braces is a parameter. */
  readonly path: string
  readonly act: (region: SesRegion, request: JsonObject) => Outcome
}

/** As in the SDK's model (`http` trait of each operation). */
const ROUTES: readonly Route[] = [
  { action: 'GetAccount', method: 'GET', path: 'account', act: getAccount },
  { action: 'GetConfigurationSet', method: 'GET', path: 'configuration-sets/{ConfigurationSetName}', act: getConfigurationSet },
  {
    ...{ action: 'GetConfigurationSetEventDestinations', act: getConfigurationSetEventDestinations },
    ...{ method: 'GET', path: 'configuration-sets/{ConfigurationSetName}/event-destinations' },
  },
  { action: 'GetEmailIdentity', method: 'GET', path: 'identities/{EmailIdentity}', act: getEmailIdentity },
  { action: 'GetDedicatedIpPool', method: 'GET', path: 'dedicated-ip-pools/{PoolName}', act: getDedicatedIpPool },
  { action: 'CreateConfigurationSet', method: 'POST', path: 'configuration-sets', act: createConfigurationSet },
  {
    ...{ action: 'CreateConfigurationSetEventDestination', act: createConfigurationSetEventDestination },
    ...{ method: 'POST', path: 'configuration-sets/{ConfigurationSetName}/event-destinations' },
  },
  { action: 'CreateEmailIdentity', method: 'POST', path: 'identities', act: createEmailIdentity },
  { action: 'CreateDedicatedIpPool', method: 'POST', path: 'dedicated-ip-pools', act: createDedicatedIpPool },
]

/** The parameters in the path, or undefined when the path is another one's. */
const parametersOf = (path: string, asked: string): JsonObject | undefined => {
  const [names, parts] = [path.split('/'), asked.split('/')]
  if (names.length !== parts.length) return undefined
  const pairs = names.map((name, index) => ({ name, part: decodeURIComponent(parts[index] ?? '') }))
  if (pairs.some(({ name, part }) => (name.startsWith('{') ? part === '' : name !== part))) return undefined
  return Object.fromEntries(pairs.filter(({ name }) => name.startsWith('{')).map(({ name, part }) => [name.slice(1, -1), part]))
}

const errorReply = (error: ApiError): Reply => ({
  status: error.status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
  body: JSON.stringify({ message: error.message }),
  error,
})

const bodyReply = (body: JsonObject): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const createSes = (state: SesState, localRegion: string): Service => {
  const find = ({ method, url }: Incoming) => {
    const asked = url.pathname.slice(ROOT.length)
    for (const route of ROUTES.filter((row) => row.method === method)) {
      const parameters = parametersOf(route.path, asked)
      if (parameters) return { route, parameters }
    }
    return undefined
  }
  return {
    name: 'ses',
    errorReply,
    recognise: (incoming) => {
      if (!incoming.url.pathname.startsWith(ROOT)) return undefined
      const found = find(incoming)
      const request = { ...parseObject(incoming.body), ...found?.parameters }
      const region = state(signedRegion(incoming.headers) ?? localRegion)
      const perform = (): Outcome => {
        if (!found) return refused('UnknownOperationException', `${incoming.method} ${incoming.url.pathname}`, 404)
        const violation = violationOf('sesv2', found.route.action, request)
        if (violation) return refused(violation.kind === 'type' ? 'SerializationException' : 'BadRequestException', violation.message)
        return found.route.act(region, request)
      }
      return { action: found?.route.action ?? 'Unknown', request, perform: () => replyOf(perform(), bodyReply, errorReply) }
    },
  }
}
