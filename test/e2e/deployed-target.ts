// The suite through a CloudFormation: the shipped provider template is deployed there, and each stack of the suite is a real stack of it.
import { randomBytes } from 'node:crypto'
import { child, type JsonObject } from '../../lib/json.ts'
import { eventually } from './eventually.ts'
import { deployProvider, removeTemplate, uploadTemplate } from './provider-stack.ts'
import { recordsOf } from './records.ts'
import { jsonCall, type Site } from './signed-call.ts'
import { type StackState, type Stacks, stacksOf } from './stacks.ts'
import { ATTRIBUTES, type Bindings, type Deployed, directCalls, type Stack, type Target } from './target.ts'

export type DeployedTarget = Target & {
  readonly site: Site
  readonly stacks: Stacks
  /** Of the provider's stack. */
  readonly provider: StackState
  readonly templateUrl: string
}

export type Place = {
  readonly site: Site
  readonly pollMs: number
  readonly identity: string
  readonly from: string
  readonly moreSettings: JsonObject
}

/** Logical IDs are alphanumeric, so are the keys of outputs. */
const outputKey = (logicalId: string, attribute: string): string => `${logicalId}x${attribute}`

/** A consumer's template: bindings, and all that can be asked of them as outputs. */
export const consumerTemplate = (bindings: Bindings, ServiceToken: string): JsonObject => ({
  AWSTemplateFormatVersion: '2010-09-09',
  Resources: Object.fromEntries(
    Object.entries(bindings).map(([id, properties]) => [
      id,
      // Properties last but for the two that CloudFormation wants: without ServiceTimeout a lost answer costs an hour.
      { Type: 'Custom::CognitoSesBinding', Properties: { ServiceToken, ServiceTimeout: 60, ...properties } },
    ]),
  ),
  Outputs: Object.fromEntries(
    Object.keys(bindings).flatMap((id) => [
      [outputKey(id, 'Ref'), { Value: { Ref: id } }],
      ...ATTRIBUTES.map((attribute) => [outputKey(id, attribute), { Value: { 'Fn::GetAtt': [id, attribute] } }]),
    ]),
  ),
})

const ENDS_WELL = /^(CREATE|UPDATE|DELETE)_COMPLETE$/

const deployedOf = (state: StackState, bindings: Bindings): Deployed => {
  const attributesOf = (id: string) =>
    Object.fromEntries(['Ref', ...ATTRIBUTES].map((attribute) => [attribute, state.outputs[outputKey(id, attribute)] ?? 'no output']))
  const ok = ENDS_WELL.test(state.status)
  return {
    ok,
    attributes: ok ? Object.fromEntries(Object.keys(bindings).map((id) => [id, attributesOf(id)])) : {},
    reasons: state.events.filter(({ status }) => status.endsWith('_FAILED')).map(({ reason }) => reason),
  }
}

/** Deploys the provider there. @throws Error when a provider is installed there already */
export const deployedTarget = async ({ site, pollMs, ...place }: Place): Promise<DeployedTarget> => {
  const run = randomBytes(4).toString('hex')
  const bucket = `cognito-ses-binding-e2e-${run}`
  const providerName = `cognito-ses-binding-e2e-${run}`
  const stacks = stacksOf(site, pollMs)
  const direct = directCalls(site)
  const [pools, sets, names]: [string[], string[], Set<string>] = [[], [], new Set()]

  const templateUrl = await uploadTemplate(site, bucket)
  const provider = await deployProvider(stacks, providerName, templateUrl).catch(async (error: unknown) => {
    if (await stacks.describe(providerName)) await stacks.remove(providerName)
    await removeTemplate(site, bucket)
    throw error
  })
  const { ServiceToken = '', TableName = '' } = provider.outputs

  const stack = (wanted: string): Stack => {
    const name = `${wanted}-${run}`
    return {
      name,
      deploy: async (bindings) => {
        names.add(name)
        return deployedOf(await stacks.deploy(name, { body: consumerTemplate(bindings, ServiceToken) }), bindings)
      },
      remove: async () => {
        const deployed = deployedOf(await stacks.remove(name), {})
        if (deployed.ok) names.delete(name)
        return deployed
      },
    }
  }

  /** Everything is tried, whatever fails: what was made costs somebody money. */
  const close = async (): Promise<void> => {
    const failures: unknown[] = []
    const attempt = async (work: () => Promise<unknown>) => {
      try {
        await work()
      } catch (error) {
        failures.push(error)
      }
    }
    for (const name of names) await attempt(() => stacks.remove(name))
    await attempt(() => stacks.remove(providerName))
    await attempt(() => removeTable(site, TableName))
    for (const id of pools) await attempt(() => direct.removePool(id))
    for (const name of sets) await attempt(() => direct.removeSet(name))
    await attempt(() => removeTemplate(site, bucket))
    if (failures.length > 0)
      throw new AggregateError(failures, `Not all was cleaned up; look for names with ${run}: ${failures.join('; ')}`)
  }

  return {
    ...{ ...place, site, stacks, provider, templateUrl, stack, close, region: site.region },
    ...{ pool: direct.pool, ownerSets: direct.ownerSets },
    createPool: async (settings) => {
      const id = await direct.createPool(settings)
      pools.push(id)
      return id
    },
    createSet: async () => {
      const name = `e2e-${run}-${sets.length + 1}`
      sets.push(name)
      await direct.createSet(name)
      return name
    },
    records: () => recordsOf(site, TableName),
  }
}

/** The table outlives the provider's stack, by its template. Where the engine does not keep it there is nothing to do. */
const removeTable = async (site: Site, TableName: string): Promise<void> => {
  try {
    await jsonCall(site, 'dynamodb', 'UpdateTable', { TableName, DeletionProtectionEnabled: false })
    const status = async () => child(await jsonCall(site, 'dynamodb', 'DescribeTable', { TableName }), 'Table')?.['TableStatus']
    await eventually(status, (now) => now === 'ACTIVE', 60_000)
    await jsonCall(site, 'dynamodb', 'DeleteTable', { TableName })
  } catch (error) {
    if (!String(error).includes('ResourceNotFoundException')) throw error
  }
}
