// plan: the template that binds the chosen pools, and what it would change. A template that would take a binding away unasked is not made.
import { Document, visit } from 'yaml'
import type { Refusal } from '../../lib/errors.ts'
import { boundBy, type Proposal, proposalOf, templateOf } from '../../lib/fleet/proposal.ts'
import type { PoolStatus } from '../../lib/fleet/status.ts'
import type { JsonObject } from '../../lib/json.ts'
import { oneLine } from '../../lib/printable.ts'
import { retrying } from '../../lib/retry.ts'
import type { RegionReader } from './account.ts'
import { chosen, needsList } from './choice.ts'
import { note, openRegion, type Region, type Sight, type Visit, visitAll } from './fleet.ts'
import type { PlanOptions } from './options.ts'
import { Problem } from './problem.ts'
import { changeText, type Out } from './screen.ts'

type Planned = Pick<PoolStatus, 'id' | 'name' | 'state'> & { readonly result: Proposal | Refusal }

/** CloudFormation's limit of a template that is not read from a bucket. */
const DIRECT_BYTES = 51_200

/** The answer to `plan`. @returns the exit status */
export const plan = async (options: PlanOptions, reader: RegionReader, sight: Sight, out: Out): Promise<number> => {
  const region = await openRegion(reader, needsList(options.pools), sight)
  const bound = await poolsOfStack(options.stack, region, sight)
  const planned = await proposals(options, region, bound, sight)
  const good = planned.flatMap(({ id, result }) => (result.ok ? [{ id, logicalId: result.logicalId }] : []))
  const bad = planned.filter(({ result }) => !result.ok)
  const named = new Set(planned.map(({ id }) => id))
  const unbinds = [...bound].filter((id) => !named.has(id))
  // Without them the template would take their bindings away, and nobody asked for that.
  const endangered = bad.filter(({ id }) => bound.has(id))
  const template = good.length > 0 && endangered.length === 0 ? templateOf(good, options.properties) : null
  const problems = [...region.problems.values()]
  const complete = problems.length === 0 && planned.every(({ state }) => state !== 'unread')
  const head = { account: sight.caller.account, region: reader.region, stack: options.stack }
  const yaml = template ? yamlOf(template, planned, remarksOf(planned, unbinds, head)) : ''
  if (options.output === 'json') {
    const pools = planned.map(poolJson)
    out.print(JSON.stringify({ schemaVersion: 1, tool: out.tool, ...head, complete, template, pools, unbinds }, null, 2))
  } else if (template) out.print(yaml)

  out.tell(`${planned.length} pool${planned.length === 1 ? '' : 's'}: ${good.length} in the template, ${bad.length} left out`)
  for (const line of leftOut(planned)) out.tell(`  ${line}`)
  for (const line of takeovers(planned)) out.tell(`! ${line}`)
  for (const { id } of endangered)
    out.tell(`! ${id} is bound by stack ${head.stack} and cannot be in the template, which would take its binding away: none is made.`)
  for (const id of unbinds)
    out.tell(`! ${id} is bound by stack ${head.stack} and is not in the template: deploying it takes that binding away.`)
  if (!region.provider) out.tell(`! There is no function cognito-ses-binding in ${reader.region}: deploy the provider first.`)
  for (const problem of problems) out.tell(`? ${problem}`)
  if (template) {
    const bucket = Buffer.byteLength(yaml) > DIRECT_BYTES ? ' --s3-bucket BUCKET' : ''
    out.tell(`Review it, then: aws cloudformation deploy --region ${head.region} --stack-name ${head.stack} --template-file FILE${bucket}`)
  }
  if (options.exitCode && bad.length > 0) return 2
  return template && complete ? 0 : 1
}

/** The pools on which the stack has a claim now. @throws Problem where nobody can tell */
const poolsOfStack = async (stack: string, { provider, table, problems, reader }: Region, sight: Sight): Promise<ReadonlySet<string>> => {
  const { clock, signal } = sight
  const unknown = ({ message }: Refusal) => new Problem(`Who binds these pools could not be told, so nothing is planned. ${message}`, 1)
  if (provider && 'ok' in provider) throw unknown(provider)
  if (!table) return new Set()
  const items: JsonObject[] = []
  let next: string | undefined
  do {
    const after = next
    const page = await retrying(clock, signal, () => table.scan(after, signal)).catch((error: unknown) => {
      signal.throwIfAborted()
      throw unknown(note(problems, reader.region, error))
    })
    items.push(...page.items)
    next = page.next
  } while (next !== undefined)
  return new Set(boundBy(stack, items, table.name))
}

/** What becomes of each pool that was asked for; without a word, of those on COGNITO_DEFAULT and those that the stack binds. */
const proposals = async (options: PlanOptions, region: Region, bound: ReadonlySet<string>, sight: Sight): Promise<readonly Planned[]> => {
  const [{ pools: words }, { provider }] = [options, region]
  const wish = { ...options, allowTakeover: !provider || 'ok' in provider || provider.allowTakeover }
  const planned: Planned[] = []
  const consider = async ({ status: { id, name, state }, reading, gather }: Visit): Promise<void> => {
    const isMeant = words.length > 0 || state === 'default' || state === 'unread' || bound.has(id)
    if (isMeant) planned.push({ id, name, state, result: reading.ok ? await proposalOf(reading, wish, gather) : reading })
  }
  await visitAll(region, [...chosen(words, [region]).values()].flat(), consider, sight)
  return planned.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const poolJson = ({ result, ...pool }: Planned) => {
  const { changes, untouched, warnings, takesOver } = result.ok ? result : { changes: [], untouched: null, warnings: [], takesOver: [] }
  const refusal = result.ok ? null : { code: result.code, message: result.message }
  return { ...pool, included: result.ok, changes, untouched, warnings, takesOver, refusal }
}

const leftOut = (planned: readonly Planned[]): readonly string[] =>
  planned.flatMap(({ id, name, result }) => (result.ok ? [] : [oneLine(`${id} ${name} ${result.code}: ${result.message}`)]))

const takeovers = (planned: readonly Planned[]): readonly string[] =>
  planned.flatMap(({ id, name, result }) =>
    (result.ok ? result.takesOver : []).map(({ stack, logicalId }) => oneLine(`TAKES OVER ${id} ${name} from ${stack}/${logicalId}`)),
  )

/** Stands in a text for the ID of the pool that it is about. */
const POOL = 'POOL'

/** What is the same of many pools is said once. */
const together = (said: readonly (readonly [text: string, pool: string])[]): string[] => {
  const groups = new Map<string, string[]>()
  for (const [text, pool] of said) {
    const key = text.replaceAll(pool, POOL)
    const group = groups.get(key)
    if (group) group.push(pool)
    else groups.set(key, [pool])
  }
  return [...groups].map(([text, pools]) => {
    const [one = '', ...others] = pools
    if (others.length === 0) return `${one}:${text.replaceAll(POOL, one)}`
    return `${pools.length > 3 ? `${pools.length} pools` : pools.join(', ')}:${text}`
  })
}

type Head = { readonly account: string; readonly region: string; readonly stack: string }

/** What a reviewer wants to know of a template, for the head of its file. */
const remarksOf = (planned: readonly Planned[], unbinds: readonly string[], { account, region, stack }: Head): string => {
  const good = planned.flatMap(({ id, result }) => (result.ok ? [{ id, ...result }] : []))
  const changed = good.map(
    ({ id, changes }) => [changes.map((change) => `\n    ${changeText(change)}`).join('') || ' as it is', id] as const,
  )
  const warned = good.flatMap(({ id, warnings }) => warnings.map((warning) => [` ${oneLine(warning)}`, id] as const))
  const said = [
    `cognito-ses-binding plan: account ${account}, ${region}, stack ${stack}`,
    'Nothing of these pools changes but what is said here.',
    ...together(changed).map((line) => `  ${line}`),
    ...together(warned).map((line) => `! ${line}`),
    ...takeovers(planned),
    ...leftOut(planned).map((line) => `LEFT OUT ${line}`),
    ...unbinds.map((id) => `UNBINDS ${id}: stack ${stack} binds it now, and it is not in this template`),
  ]
  return said.join('\n').replace(/^/gm, ' ')
}

/** The template with its review in it: remarks at the head, and each pool's name beside its ID. */
const yamlOf = (template: JsonObject, planned: readonly Planned[], remarks: string): string => {
  const document = new Document(template)
  const names = new Map(planned.map(({ id, name }) => [id, oneLine(name)]))
  visit(document, {
    Scalar: (_, node) => {
      const name = names.get(String(node.value))
      if (name) node.comment = ` ${name}`
    },
  })
  document.commentBefore = remarks
  return document.toString({ lineWidth: 0 }).trimEnd()
}
