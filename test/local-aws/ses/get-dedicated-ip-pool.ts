// GetDedicatedIpPool: a pool of addresses to send from.
import { type JsonObject, text } from '../../../lib/json.ts'
import { done, type Outcome, refused } from '../outcome.ts'
import type { SesRegion } from './state.ts'

export const getDedicatedIpPool = (region: SesRegion, request: JsonObject): Outcome => {
  const name = text(request, 'PoolName') ?? ''
  const DedicatedIpPool = region.dedicatedIpPools.get(name)
  return DedicatedIpPool ? done({ DedicatedIpPool }) : refused('NotFoundException', `Dedicated IP pool ${name} does not exist.`, 404)
}
