// CreateDedicatedIpPool: a pool of addresses to send from.
import { type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import type { SesRegion } from './state.ts'

export const createDedicatedIpPool = (region: SesRegion, request: JsonObject): Outcome => {
  const PoolName = text(request, 'PoolName') ?? ''
  if (region.dedicatedIpPools.has(PoolName)) return refused('AlreadyExistsException', `Dedicated IP pool ${PoolName} already exists.`)
  region.dedicatedIpPools.set(PoolName, { PoolName, ScalingMode: text(request, 'ScalingMode') ?? 'STANDARD' })
  return done()
}
