// SES v2, read only: what pre-flight asks.
import {
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetDedicatedIpPoolCommand,
  GetEmailIdentityCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2'
import { isNotFound } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Ses } from '../../lib/ports.ts'
import { clientSettings } from './client-settings.ts'
import { rawRestJson } from './raw-json.ts'
import { calling } from './service-error.ts'

/** SES, each Region asked where it is. */
export const sesReader = (): Ses => {
  const clients = new Map<string, SESv2Client>()
  const clientOf = (region: string): SESv2Client => {
    const client = clients.get(region) ?? new SESv2Client({ region, ...clientSettings(5_000), protocol: rawRestJson() })
    clients.set(region, client)
    return client
  }
  const orUndefined = async (answer: Promise<object>): Promise<JsonObject | undefined> => {
    try {
      return (await answer) as JsonObject
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
  return {
    getAccount: (region, signal) =>
      calling(
        'ses:GetAccount',
        signal,
        async () => (await clientOf(region).send(new GetAccountCommand({}), { abortSignal: signal })) as unknown as JsonObject,
      ),
    getConfigurationSet: (region, name, signal) =>
      orUndefined(
        calling('ses:GetConfigurationSet', signal, () =>
          clientOf(region).send(new GetConfigurationSetCommand({ ConfigurationSetName: name }), { abortSignal: signal }),
        ),
      ),
    getEventDestinations: async (region, configurationSet, signal) => {
      const command = new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: configurationSet })
      const send = () => clientOf(region).send(command, { abortSignal: signal })
      const answer = await orUndefined(calling('ses:GetConfigurationSetEventDestinations', signal, send))
      return answer && ((answer['EventDestinations'] ?? []) as readonly JsonObject[])
    },
    getEmailIdentity: (region, identity, signal) =>
      orUndefined(
        calling('ses:GetEmailIdentity', signal, () =>
          clientOf(region).send(new GetEmailIdentityCommand({ EmailIdentity: identity }), { abortSignal: signal }),
        ),
      ),
    getDedicatedIpPool: async (region, poolName, signal) => {
      const send = () => clientOf(region).send(new GetDedicatedIpPoolCommand({ PoolName: poolName }), { abortSignal: signal })
      const answer = await orUndefined(calling('ses:GetDedicatedIpPool', signal, send))
      return answer && ((answer['DedicatedIpPool'] ?? {}) as JsonObject)
    },
  }
}
