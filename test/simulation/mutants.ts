// Breaks the core on purpose, one thing at a time, and counts how many histories the simulation needs to notice.
// node test/run.mjs test/simulation/mutants.ts [--only ID,…] [--histories N] [--seeds N]
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import type { Tally } from './campaign.ts'

type Mutant = {
  readonly id: string
  /** What is broken. */
  readonly what: string
  readonly file: string
  readonly find: string
  readonly put: string
}

export const MUTANTS: readonly Mutant[] = [
  {
    id: 'unbroken',
    what: 'nothing: no rule may break',
    file: 'lib/items.ts',
    find: "import type { Lease } from './claims.ts'",
    put: "import type { Lease } from './claims.ts'",
  },
  {
    id: 'lease-ignored',
    what: 'the lease: another event’s is never seen',
    file: 'lib/items.ts',
    find: 'if (held.Event !== mine.Event) return Date.parse(held.Until) > now',
    put: 'if (held.Event !== mine.Event) return false',
  },
  {
    id: 'lease-no-takeover',
    what: 'the lease: an earlier delivery does not see that a later one took over',
    file: 'lib/items.ts',
    find: 'if (isLater(held, mine)) throw new Superseded(true)',
    put: '',
  },
  {
    id: 'lease-never-given-up',
    what: 'the lease: it and the intention stay after a failure',
    file: 'lib/pool-item.ts',
    find: 'const { Lease: _lease, Revision: _revision, ...rest } = unclear',
    put: 'if (held) return\n  const { Lease: _lease, Revision: _revision, ...rest } = unclear',
  },
  {
    id: 'binding-lease-ignored',
    what: 'the binding’s own lease is ignored',
    file: 'lib/request.ts',
    find: 'if (!binding?.Lease || !isHeld(binding.Lease, office.lease, clock.now())) return',
    put: 'if (clock) return',
  },
  {
    id: 'not-written-ahead',
    what: 'the write-ahead: no Intended in it',
    file: 'lib/claims.ts',
    find: 'Intended: { EmailConfiguration: next.send, Claims: [...next.claims], At: at },',
    put: '',
  },
  {
    id: 'applied-stays-old',
    what: 'the write-ahead: Applied stays what it was',
    file: 'lib/claims.ts',
    find: '  Applied: live,\n',
    put: '  Applied: record?.Applied ?? live,\n',
  },
  {
    id: 'open-claims-forgotten',
    what: 'the write-ahead: the claims of an unfinished write before it are forgotten',
    file: 'lib/claims.ts',
    find: 'Claims: openClaims(record),',
    put: 'Claims: record?.Claims ?? [],',
  },
  {
    id: 'record-not-taken-back',
    what: 'after a sure refusal the record does not go back to what it was',
    file: 'lib/pool-item.ts',
    find: '= unclear ? held : (before ?? held)',
    put: '= held',
  },
  {
    id: 'record-always-taken-back',
    what: 'after an unclear failure the record goes back to what it was',
    file: 'lib/pool-item.ts',
    find: '= unclear ? held : (before ?? held)',
    put: '= before ?? held',
  },
  {
    id: 'rebase-does-nothing',
    what: 'the rebase: base stays',
    file: 'lib/email-configuration.ts',
    find: "  return wishes.includes('ConfigurationSet') ? withSenderForItsSet(moved, live) : moved\n",
    put: '  return moved === live ? moved : base\n',
  },
  {
    id: 'rebase-takes-all',
    what: 'the rebase: what we were about to apply counts as the owner’s',
    file: 'lib/email-configuration.ts',
    find: '[applied, intended].some((ours)',
    put: '[applied].some((ours)',
  },
  {
    id: 'sender-one-by-one',
    what: 'the rebase: the members of the sender move one by one',
    file: 'lib/email-configuration.ts',
    find: 'const wishes = [SENDER, ...others.map((name) => [name])]',
    put: 'const wishes = [...SENDER, ...others].map((name) => [name])',
  },
  {
    id: 'set-without-sender',
    what: 'the rebase: a set moves into base without the sender that it needs',
    file: 'lib/email-configuration.ts',
    find: "  return wishes.includes('ConfigurationSet') ? withSenderForItsSet(moved, live) : moved\n",
    put: '  return moved\n',
  },
  {
    id: 'digest-constant',
    what: 'the digest: the same for every event',
    file: 'handler/cloudformation.ts',
    find: 'event: digest(event),',
    put: "event: digest('event'),",
  },
  {
    id: 'digest-of-request-id',
    what: 'the digest: of the RequestId alone',
    file: 'handler/cloudformation.ts',
    find: 'event: digest(event),',
    put: 'event: digest(event.RequestId),',
  },
  {
    id: 'answers-never-found',
    what: 'the digest: stored answers are never found',
    file: 'lib/binding.ts',
    find: 'record?.Answers.find((answer) => answer.Event === event &&',
    put: "record?.Answers.find((answer) => answer.Event === '' &&",
  },
  {
    id: 'late-events-served',
    what: 'an event that was signed before the newest one is served',
    file: 'lib/binding.ts',
    find: 'signedAt !== undefined && record?.Newest !== undefined && signedAt < record.Newest',
    put: 'signedAt === undefined && record === null',
  },
  {
    id: 'ready-not-awaited',
    what: 'a pool is written before the binding has recorded it',
    file: 'lib/reconcile.ts',
    find: '      await run.ready\n      await run.stillMine()\n',
    put: '      await run.stillMine()\n',
  },
  {
    id: 'still-mine-not-asked',
    what: 'nobody looks whether the binding was taken over',
    file: 'lib/reconcile.ts',
    find: '      await run.ready\n      await run.stillMine()\n',
    put: '      await run.ready\n',
  },
  {
    id: 'read-ahead-not-checked',
    what: 'a pool’s item that was read before its binding’s is trusted',
    file: 'lib/reconcile.ts',
    find: 'if (!(await isCurrent)) continue',
    put: '',
  },
  {
    id: 'read-ahead-for-all',
    what: 'the item read ahead is taken for every pool’s',
    file: 'lib/request.ts',
    find: 'id === pools[0] ? first : undefined',
    put: 'first',
  },
  {
    id: 'landing-not-awaited',
    what: 'a write that may still land is not waited for',
    file: 'lib/reconcile.ts',
    find: 'const LANDING_MS = PROMPT_MS + 2_000',
    put: 'const LANDING_MS = 0',
  },
  {
    id: 'pools-not-remembered',
    what: 'the binding records no pools before it attaches',
    file: 'lib/binding.ts',
    find: 'Pools: union(record?.Pools ?? [], pools),',
    put: 'Pools: record?.Pools ?? union([], pools).slice(pools.length),',
  },
  {
    id: 'retain-unanswered',
    what: 'RETAIN counts where no SUCCESS answered',
    file: 'lib/claims.ts',
    find: "const isRetained = change.answered && (change.onDelete ?? mine?.OnDelete) === 'RETAIN'",
    put: "const isRetained = (change.onDelete ?? mine?.OnDelete) === 'RETAIN'",
  },
  {
    id: 'claim-moves-up',
    what: 'an Update puts its claim on top',
    file: 'lib/claims.ts',
    find: 'const replaced = claims.with(position, change.claim)',
    put: 'const replaced = [...claims.toSpliced(position, 1), change.claim]',
  },
  {
    id: 'settings-left-out',
    what: 'a setting that no SDK knows is left out of the update',
    file: 'lib/user-pool.ts',
    find: "...without(pool, [...DESCRIBE_ONLY, 'EmailConfiguration'])",
    put: "...without(pool, [...DESCRIBE_ONLY, 'EmailConfiguration', 'MemberOfTomorrow'])",
  },
  {
    id: 'old-copy-written',
    what: 'a copy of the pool that has grown old is written back',
    file: 'lib/reconcile.ts',
    find: 'if (clock.now() - readAt > FRESH_MS || clock.now() - aheadAt > PROMPT_MS) continue',
    put: '',
  },
  {
    id: 'silent-on-its-own-answer',
    what: 'a delivery that finds its own answer on record takes it for another’s',
    file: 'lib/request.ts',
    find: 'return isOurs(stored) ? stored : undefined',
    put: 'return isOurs(stored) && office === undefined ? stored : undefined',
  },
  {
    id: 'never-heals',
    what: 'the healer takes everything for as declared',
    file: 'lib/heal.ts',
    find: 'if (!record || (differing.length === 0 && blocked === undefined))',
    put: 'if (record || differing.length > 0)',
  },
  {
    id: 'heals-what-was-meant',
    what: 'the healer writes over a value that somebody chose',
    file: 'lib/heal.ts',
    find: 'if (meant.length > 0)',
    put: 'if (meant.length < 0)',
  },
  {
    id: 'contests-too-much',
    what: 'the healer takes what was there before the binding for somebody’s choice',
    file: 'lib/heal.ts',
    find: '  sameMember(name, live, record.Base) ||\n',
    put: '',
  },
  {
    id: 'heals-without-end',
    what: 'the healer has no budget',
    file: 'lib/heal.ts',
    find: 'if (heals >= HEALS_A_DAY)',
    put: 'if (heals < 0)',
  },
  {
    id: 'heals-where-off',
    what: 'the healer ignores Heal OFF and the tag',
    file: 'lib/heal.ts',
    find: "if (mode === 'OFF' || child(pool, 'UserPoolTags')?.[OFF_TAG.key] === OFF_TAG.value) return",
    put: 'if (!mode) return',
  },
  {
    id: 'heals-where-notify',
    what: 'the healer ignores Heal NOTIFY',
    file: 'lib/heal.ts',
    find: "if (mode === 'NOTIFY') return",
    put: 'if (!mode) return',
  },
  {
    id: 'contest-forgotten',
    what: 'a contested pool is healed as soon as it is wiped',
    file: 'lib/heal.ts',
    find: 'const isContested = record.Unhealed?.startsWith(CONTESTED)',
    put: 'const isContested = record.Unhealed === CONTESTED',
  },
  {
    id: 'heals-onto-dead-set',
    what: 'the healer does not ask whether the set may send',
    file: 'lib/heal.ts',
    find: "decision.kind === 'heal' ? await worse(look, finder, run, own) : undefined",
    put: "decision.kind === 'off' ? await worse(look, finder, run, own) : undefined",
  },
  {
    id: 'reason-of-old-record',
    what: 'the healer says why in a record that has moved since',
    file: 'lib/heal.ts',
    find: 'if (!sameJson(rest, judgedPart(judged))) return false',
    put: 'if (!rest) return sameJson(rest, judged)',
  },
  {
    id: 'cursor-stays',
    what: 'the sweep that reaches the end leaves its place behind',
    file: 'lib/sweep.ts',
    find: 'await saveCursor(run, cursor, undefined, run.signal)',
    put: '',
  },
  {
    id: 'work-goes-on',
    what: 'the work is not stopped when the time runs out',
    file: 'handler/cloudformation.ts',
    find: "    work.abort(new Error('the time ran out'))\n",
    put: '',
  },
]

/** Must survive, or the others show nothing. */
const UNBROKEN = 'unbroken'

const FOLDER = 'node_modules/.cache/mutants'

/** The simulation with one source text changed, as one file; lib/ on disk stays as it is. */
const bundled = async ({ id, file, find, put }: Mutant): Promise<string> => {
  const outfile = resolve(FOLDER, `${process.pid}-${id}.mjs`)
  const path = resolve(file)
  const source = readFileSync(path, 'utf8')
  if (source.split(find).length !== 2)
    throw new Error(`mutant ${id}: ${file} must have this text once, and it has it ${source.split(find).length - 1} times: ${find}`)
  await build({
    entryPoints: [resolve('test/simulation/campaign.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
    plugins: [
      {
        name: 'mutant',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === path ? { contents: source.replace(find, () => put), loader: 'ts' } : undefined,
          ),
      },
    ],
  })
  return outfile
}

const WORKER = `import('node:worker_threads').then(async ({ parentPort, workerData: { url, first, most } }) => {
  const { playSeeds } = await import(url)
  parentPort.postMessage(await playSeeds(first, 1, (tally) => tally.histories < most && tally.failures.length === 0))
})`

const campaign = (outfile: string, first: number, most: number): Promise<Tally> =>
  new Promise((done, reject) => {
    const worker = new Worker(WORKER, { eval: true, workerData: { url: pathToFileURL(outfile).href, first, most } })
    worker.once('message', done)
    worker.once('error', reject)
  })

/** Far apart, so that no two runs share a history. */
const startOf = (run: number): number => 1_000_000 * (run + 1)

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { only: text, histories: text, seeds: text } })
  const only = values.only?.split(',')
  const most = Number(values.histories ?? 2_000)
  const runs = Array.from({ length: Number(values.seeds ?? 10) }, (_, run) => run)
  mkdirSync(FOLDER, { recursive: true })
  console.log(`Histories until the simulation noticed, for each of ${runs.length} fixed seeds, at most ${most.toLocaleString('en')}:\n`)
  console.log(`${'mutant'.padEnd(25)} found  min median   max  rules broken`)
  let missed = 0
  for (const mutant of MUTANTS.filter(({ id }) => id === UNBROKEN || (only?.includes(id) ?? true))) {
    const outfile = await bundled(mutant)
    const waiting = [...runs]
    const tallies: Tally[] = []
    const worker = async (): Promise<void> => {
      for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) tallies.push(await campaign(outfile, startOf(run), most))
    }
    await Promise.all(Array.from({ length: availableParallelism() }, worker))
    rmSync(outfile)
    const found = tallies.filter(({ failures }) => failures.length > 0)
    const counts = found.map(({ histories }) => histories).sort((a, b) => a - b)
    const column = (value: number | undefined) => String(value ?? '–').padStart(6)
    const rules = [...new Set(found.flatMap(({ failures }) => failures.map(({ rule }) => rule)))].join(', ')
    console.log(
      `${mutant.id.padEnd(25)} ${String(found.length).padStart(2)}/${runs.length}${column(counts[0])} ${column(counts[counts.length >> 1])}${column(counts.at(-1))}  ${rules || '–'}  (${mutant.what})`,
    )
    if (mutant.id === UNBROKEN && found.length > 0) {
      console.log('\nThe unbroken core breaks rules: mend that first (npm run simulate).')
      process.exitCode = 1
      return
    }
    if (mutant.id !== UNBROKEN && found.length < runs.length) missed += 1
  }
  console.log(missed === 0 ? '\nEvery mutant was found by every seed.' : `\n${missed} mutants were not found by every seed.`)
}

await main()
