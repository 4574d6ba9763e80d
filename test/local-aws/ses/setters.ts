// What tests and demos set up in SES without a call: each lays the members given over a healthy default.
import type { JsonObject } from '../../../lib/json.ts'
import { HEALTHY_ACCOUNT, identityKey, plainConfigurationSet, type SesState, verifiedIdentity } from './state.ts'

/** `region` is the local Region unless told. A member given as undefined is left out. */
export type SesSetters = {
  readonly setAccount: (members: JsonObject, region?: string) => void
  readonly putConfigurationSet: (name: string, members?: JsonObject, region?: string) => void
  readonly putEventDestinations: (configurationSet: string, destinations: readonly JsonObject[], region?: string) => void
  /** Verified, unless `members` say otherwise. */
  readonly putIdentity: (name: string, members?: JsonObject, region?: string) => void
  readonly putDedicatedIpPool: (name: string, members?: JsonObject, region?: string) => void
  readonly removeConfigurationSet: (name: string, region?: string) => void
  readonly removeIdentity: (name: string, region?: string) => void
  readonly removeDedicatedIpPool: (name: string, region?: string) => void
}

export const createSesSetters = (state: SesState, local: string): SesSetters => ({
  setAccount: (members, region = local) => {
    state(region).account = { ...HEALTHY_ACCOUNT, ...members }
  },
  putConfigurationSet: (name, members, region = local) => {
    state(region).configurationSets.set(name, { ...plainConfigurationSet(name), ...members })
  },
  putEventDestinations: (configurationSet, destinations, region = local) => {
    state(region).eventDestinations.set(configurationSet, destinations)
  },
  putIdentity: (name, members, region = local) => {
    state(region).identities.set(identityKey(name), { ...verifiedIdentity(name), ...members })
  },
  putDedicatedIpPool: (name, members, region = local) => {
    state(region).dedicatedIpPools.set(name, { PoolName: name, ScalingMode: 'STANDARD', ...members })
  },
  removeConfigurationSet: (name, region = local) => {
    state(region).configurationSets.delete(name)
    state(region).eventDestinations.delete(name)
  },
  removeIdentity: (name, region = local) => {
    state(region).identities.delete(identityKey(name))
  },
  removeDedicatedIpPool: (name, region = local) => {
    state(region).dedicatedIpPools.delete(name)
  },
})
