// ListUserPools: the pools of a Region, page by page, with the little that a list says of each.
import { type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import type { CognitoState } from './state.ts'

/** The API reference: 1 to 60, required. */
const MOST = 60

const regionOf = (pool: JsonObject): string | undefined => text(pool, 'Arn')?.split(':')[3]

/** @param region the Region that the request was signed for */
export const listUserPools = (state: CognitoState, request: JsonObject, region: string): Outcome => {
  const { MaxResults: size, NextToken: token } = request
  if (typeof size !== 'number' || size < 1 || size > MOST) {
    return refused('InvalidParameterException', `Expected MaxResults to be 1 to ${MOST}.`)
  }
  const start = typeof token === 'string' ? Number(token.replace(/^after-/, '')) : 0
  if (!Number.isInteger(start)) return refused('InvalidParameterException', 'Invalid pagination token.')
  const pools = [...state.pools.values()].map(({ pool }) => pool).filter((pool) => regionOf(pool) === region)
  const page = pools.slice(start, start + size).map(({ Id, Name, LambdaConfig, LastModifiedDate, CreationDate, ReplicaRegions }) => ({
    ...{ Id, Name, LambdaConfig, LastModifiedDate, CreationDate },
    ...(ReplicaRegions === undefined ? {} : { ReplicaRegions }),
  }))
  return done({ UserPools: page, ...(start + size < pools.length ? { NextToken: `after-${start + size}` } : {}) })
}
