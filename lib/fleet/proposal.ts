// What a binding would do to a pool, by the Lambda's own plan and pre-flight, and the template that says so. Pure.
import { verdictOf } from '../binding/admission.ts'
import type { Binding } from '../binding/properties.ts'
import { type Refusal, refusal } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { type EmailConfiguration, memberNames } from '../pool/layers.ts'
import { busy } from '../pool/observe.ts'
import { plan } from '../pool/plan.ts'
import { claimsOf, type Owner, type PoolRecord, readPoolRecord, stackName } from '../pool/record.ts'
import { settingsCount } from '../pool/settings.ts'
import { emailConfigurationOf } from '../pool/verify.ts'
import { findingsOf } from '../preflight/checks.ts'
import type { Facts } from '../preflight/facts.ts'
import { bindingOf, type Change, changesOf, isLeased, type Reading } from './status.ts'

export type Proposal = {
  readonly ok: true
  readonly changes: readonly Change[]
  /** How many settings of the pool stay as they are. */
  readonly untouched: number
  readonly warnings: readonly string[]
  /** Whose bindings the new one would lie over. */
  readonly takesOver: readonly ReturnType<typeof bindingOf>[]
  /** The resource of the template that has the pool already. */
  readonly logicalId: string | undefined
}

/** The bindings of a template of ours: Binding, Binding2 … */
const FIRST = 'Binding'
const OURS = /^Binding\d*$/

/** The record as it is when the template is deployed: what the stack bound under another name is gone from the template. */
const underOurNames = (record: PoolRecord | undefined, stack: string): PoolRecord | undefined => {
  if (!record) return undefined
  const stays = ({ StackId, LogicalResourceId }: Owner) => stackName(StackId) !== stack || OURS.test(LogicalResourceId)
  const intended = record.Intended && { ...record.Intended, Claims: record.Intended.Claims.filter(stays) }
  return { ...record, Claims: record.Claims.filter(stays), Intended: intended }
}

/** What `plan` was asked for, and whether the provider lets a binding lie over another stack's. */
export type Wish = { readonly binding: Binding; readonly stack: string; readonly allowTakeover: boolean }

/**
 * Plan first, then pre-flight of what it wants: as `reconcile` does. The claim is the one that the stack has here, or a new one of that stack.
 * @param gather what SES says of what the pool would have
 */
export const proposalOf = async (
  reading: Reading,
  { binding, stack, allowTakeover }: Wish,
  gather: (emailConfiguration: EmailConfiguration) => Promise<Facts>,
): Promise<Proposal | Refusal> => {
  const { userPoolId, pool, recorded, readAt } = reading
  if (!recorded.ok) return recorded
  if (recorded.record && isLeased(recorded.record, readAt)) return busy(userPoolId, recorded.record)
  const record = underOurNames(recorded.record, stack)
  const mine = claimsOf(record).find(({ StackId }) => stackName(StackId) === stack)
  // A stack that has no claim here may have no ID yet.
  const { StackId, LogicalResourceId } = mine ?? { StackId: stack, LogicalResourceId: FIRST }
  const { declared: Declared, onDelete: OnDelete, heal: Heal, preflight: Preflight } = binding
  const claim = { StackId, LogicalResourceId, Declared, OnDelete, Heal, Preflight }
  const live = emailConfigurationOf(pool)
  const takeover = binding.takeover ? (allowTakeover ? 'yes' : 'forbidden') : 'no'
  const planned = plan(userPoolId, record, live, { kind: 'attach', claim, takeover, formerSet: undefined })
  if (!planned.ok) return planned
  const { desired, changes, warnings, claims } = planned
  const declared = memberNames(...claims.map(({ Declared }) => Declared))
  const subject = { ...reading, emailConfiguration: desired, allowSandbox: binding.allowSandbox, declared }
  const findings = findingsOf(subject, await gather(desired))
  if (findings.some(({ check }) => check.startsWith('read-'))) return unknownVerdict(userPoolId)
  const judged = findings.filter(({ check }) => !check.startsWith('detail-'))
  const verdict = verdictOf(judged, true)
  if (verdict.refusal) return verdict.refusal
  return {
    ok: true,
    changes: changesOf(changes, live, desired),
    untouched: settingsCount(pool),
    warnings: [...warnings, ...verdict.warnings],
    takesOver: mine ? [] : claimsOf(record).map(bindingOf),
    logicalId: mine?.LogicalResourceId,
  }
}

/** What the caller may not read is not the provider's role's fault: its own denial is told with the problems. */
const unknownVerdict = (userPoolId: string): Refusal =>
  refusal('AccessDenied', `What Amazon SES says of user pool ${userPoolId} could not be read, so what the Lambda would say is not known.`)

/** The pools on which a stack of this name has a claim. A record that cannot be read counts where it names the stack at all. */
export const boundBy = (stack: string, items: readonly JsonObject[], table: string): readonly string[] =>
  items.flatMap((item) => {
    const id = String(item['UserPoolId'])
    if (id.startsWith('binding#')) return []
    const read = readPoolRecord(item, table)
    const isBound = read.ok
      ? claimsOf(read.record).some(({ StackId }) => stackName(StackId) === stack)
      : JSON.stringify(item).includes(`:stack/${stack}/`)
    return isBound ? [id] : []
  })

const MOST = 100

/** Which pools each binding has, at most 100. A pool stays where it is: to move it would take it away before it is bound again. */
const groupsOf = (pools: readonly Placed[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>()
  const nameOf = (index: number): string => (index === 0 ? FIRST : `${FIRST}${index + 1}`)
  const put = (name: string, id: string): void => void groups.set(name, [...(groups.get(name) ?? []), id])
  for (const { id, logicalId } of pools) if (logicalId !== undefined) put(logicalId, id)
  let index = 0
  for (const { id, logicalId } of pools) {
    if (logicalId !== undefined) continue
    while ((groups.get(nameOf(index))?.length ?? 0) >= MOST) index += 1
    put(nameOf(index), id)
  }
  const numberOf = (name: string): number => Number(name.slice(FIRST.length) || 1)
  return new Map([...groups].map(([name, ids]) => [name, ids.sort()] as const).sort(([a], [b]) => numberOf(a) - numberOf(b)))
}

type Placed = { readonly id: string; readonly logicalId: string | undefined }

/** CloudFormation's template of bindings on these pools. */
export const templateOf = (pools: readonly Placed[], properties: JsonObject): JsonObject => {
  const functionArn = 'arn:$' + '{AWS::Partition}:lambda:$' + '{AWS::Region}:$' + '{AWS::AccountId}:function:cognito-ses-binding'
  const groups = [...groupsOf(pools)]
  const resources = groups.map(([name, UserPoolIds], index) => [
    name,
    {
      Type: 'Custom::CognitoSesBinding',
      // One after the other: side by side they would fight for the one quota, and the first that fails stops the rest.
      DependsOn: groups[index - 1]?.[0],
      Properties: { ServiceToken: { 'Fn::Sub': functionArn }, ServiceTimeout: 600, ...properties, UserPoolIds },
    },
  ])
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Configuration sets of user pools - made by cognito-ses-binding plan.',
    Resources: Object.fromEntries(resources),
  }
}
