// status: how every pool stands, in four forms. Rows are printed as they come where the form allows it, else in order of urgency.
import { needsAttention, type PoolStatus, STATES, type State } from '../../lib/fleet/status.ts'
import { child, type JsonObject } from '../../lib/json.ts'
import { csv } from '../../lib/printable.ts'
import type { RegionReader } from './account.ts'
import { chosen, needsList } from './choice.ts'
import { openRegion, type Region, type Sight, visitAll } from './fleet.ts'
import type { StatusOptions } from './options.ts'
import { COLUMNS, cellsOf, type Out, page, table } from './screen.ts'

/** All that was read, the rows that --only lets through, and how many pools were asked for. */
type Fleet = Awaited<ReturnType<typeof readFleet>>

/** The answer to `status`. @returns the exit status */
export const status = async (options: StatusOptions, readers: readonly RegionReader[], sight: Sight, out: Out): Promise<number> => {
  const { account } = sight.caller
  const fleet = await readFleet(options, readers, sight, (row) => {
    if (options.output === 'ndjson') out.print(JSON.stringify({ type: 'pool', account, ...row }))
  })
  const { rows, states, regions, isStopped } = fleet
  const read = [...new Set(regions.flatMap((region) => [...region.problems.values()])), ...unreadText(options, fleet)]
  const interrupted = isStopped ? [`interrupted: ${fleet.all.length} of ${fleet.asked} pools read; this is not the whole picture.`] : []
  const problems = [...read, ...interrupted]
  const complete = problems.length === 0
  const attention = rows.filter(needsAttention).length
  const summary = { account, complete, problems, summary: { pools: rows.length, attention, states } }
  if (options.output === 'json') {
    const head = { schemaVersion: 1, tool: out.tool, generatedAt: new Date(sight.clock.now()).toISOString() }
    out.print(JSON.stringify({ ...head, ...summary, regions: regions.map((region) => regionJson(region, rows)) }, null, 2))
  } else if (options.output === 'ndjson') {
    if (!isStopped) out.print(JSON.stringify({ type: 'summary', ...summary }))
  } else out.print(textOf(options, fleet, account, out))
  for (const line of remarks(options, fleet)) out.tell(line)
  for (const problem of read) out.tell(`? ${problem}`)
  for (const problem of interrupted) out.tell(`! ${problem}`)
  if (isStopped) return 130
  return options.exitCode && attention > 0 ? 2 : complete ? 0 : 1
}

/** Reads all pools that are asked for; `each` hears of the rows that are shown, as they come. */
const readFleet = async (
  { pools: words, only }: StatusOptions,
  readers: readonly RegionReader[],
  sight: Sight,
  each: (row: PoolStatus) => void,
) => {
  const all: PoolStatus[] = []
  let asked = 0
  const isShown = ({ state }: PoolStatus): boolean => only.length === 0 || only.includes(state)
  const take = (row: PoolStatus): void => {
    all.push(row)
    if (isShown(row)) each(row)
  }
  let regions: readonly Region[] = []
  try {
    regions = await Promise.all(readers.map((reader) => openRegion(reader, needsList(words), sight)))
    const pools = [...chosen(words, regions)]
    asked = pools.flatMap(([, listed]) => listed).length
    await Promise.all(pools.map(([region, listed]) => visitAll(region, listed, ({ status: row }) => take(row), sight)))
  } catch (error) {
    if (!sight.signal.aborted) throw error
  }
  all.sort(byUrgency(readers))
  const counts = STATES.map((state) => [state, all.filter((row) => row.state === state).length])
  const states = Object.fromEntries(counts) as Readonly<Record<State, number>>
  return { regions, all, rows: all.filter(isShown), states, asked, isStopped: sight.signal.aborted }
}

const byUrgency = (readers: readonly RegionReader[]) => {
  const regions = readers.map(({ region }) => region)
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return (a: PoolStatus, b: PoolStatus): number =>
    regions.indexOf(a.region) - regions.indexOf(b.region) ||
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    compare(a.name, b.name) ||
    compare(a.id, b.id)
}

const sesOf = (ses: JsonObject | undefined) => {
  if (!ses) return null
  const quota = child(ses, 'SendQuota')
  return {
    production: ses['ProductionAccessEnabled'] ?? null,
    sending: ses['SendingEnabled'] ?? null,
    enforcement: ses['EnforcementStatus'] ?? null,
    max24HourSend: quota?.['Max24HourSend'] ?? null,
    sentLast24Hours: quota?.['SentLast24Hours'] ?? null,
  }
}

const regionJson = ({ reader: { region }, provider, ses }: Region, rows: readonly PoolStatus[]) => ({
  region,
  provider: provider && !('ok' in provider) ? provider : null,
  ses: sesOf(ses),
  pools: rows.filter((row) => row.region === region),
})

/** CSV, pages about the pools that were named, or a table of all. */
const textOf = ({ output, pools: words }: StatusOptions, { rows, regions }: Fleet, account: string, { screen }: Out): string => {
  const cells = rows.map((row) => [account, row.region, ...cellsOf(row)])
  if (output === 'csv') return [['ACCOUNT', 'REGION', ...COLUMNS], ...cells].map(csv).join('\n')
  if (words.length > 0) return rows.map((row) => page(row, screen)).join('\n\n')
  const isPlaced = regions.length > 1
  const placed = ([state = '', ...cells]: readonly string[], region: string) => [state, ...(isPlaced ? [region] : []), ...cells]
  const lines = rows.map((row) => placed(cellsOf(row), row.region))
  return table(placed(COLUMNS, 'REGION'), lines, isPlaced ? 3 : 2, screen)
}

/** Which pools could not be read for a reason of their own; pages say it themselves. */
const unreadText = ({ pools: words, regions: asked }: StatusOptions, { all, regions }: Fleet): readonly string[] => {
  const told = new Set(regions.flatMap(({ problems }) => [...problems.values()]))
  const unread = all.filter(({ state, error }) => state === 'unread' && !told.has(error?.message ?? ''))
  const names = unread.map(({ id, name }) => (/^[\w.-]+$/.test(name) ? name : id))
  if (names.length === 0) return []
  const some = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`
  const what = `${names.length} pool${names.length === 1 ? '' : 's'} could not be read (${some})`
  const command = ['cognito-ses-binding status', ...names.slice(0, 3), ...asked.map((region) => `--region ${region}`)].join(' ')
  return [words.length > 0 ? `${what}.` : `${what}: ${command} says why.`]
}

const providerText = ({ reader, provider }: Region): string => {
  if (!provider || 'ok' in provider) return `${reader.region} ${provider ? '?' : 'none'}`
  const { runtime, deployedAt, state } = provider
  return `${reader.region} ${runtime}, deployed ${deployedAt.slice(0, 10)}${state === 'Active' ? '' : `, ${state}`}`
}

/** What is said beside the result: counts, the provider, SES, and what to do next. */
const remarks = ({ pools: words }: StatusOptions, { regions, states, all }: Fleet): readonly string[] => {
  const counted = STATES.flatMap((state) => (states[state] > 0 ? [`${states[state]} ${state}`] : [])).join(', ')
  return [
    `${all.length} pool${all.length === 1 ? '' : 's'}: ${counted || 'none'} · provider: ${regions.map(providerText).join(' · ') || '?'}`,
    ...regions.flatMap(({ reader, gone }) => (gone > 0 ? [`${reader.region}: ${gone} deleted while they were read`] : [])),
    ...regions.flatMap(({ reader: { region }, ses }) => {
      const facts = sesOf(ses)
      const onDefault = words.length > 0 ? [] : all.filter((row) => row.region === region && row.sender === 'COGNITO_DEFAULT')
      const free = onDefault.filter(({ state }) => state === 'default').length
      const kind = facts?.production === false ? 'sandbox' : 'production'
      const some = free === onDefault.length ? '' : ` (takes the ${free} in state default)`
      const next = `cognito-ses-binding plan --region ${region} --configuration-set NAME --source-arn ARN --from ADDRESS${some}`
      return [
        ...(facts ? [`SES ${region}: ${kind}, ${facts.sentLast24Hours} of ${facts.max24HourSend} mails in 24 hours`] : []),
        ...(onDefault.length > 0
          ? [`${region}: ${onDefault.length} on COGNITO_DEFAULT share its 50 mails a day. To move them: ${next}`]
          : []),
      ]
    }),
  ]
}
