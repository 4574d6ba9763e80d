// The exhaustive search against a core that is broken on purpose: node test/simulation/exhaustive-broken.mjs ID [ARGUMENT…]; ID may be several, a+b.
// lib/ on disk stays as it is.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { runnable } from '../../infra/esbuild-options.cjs'

const STORE = 'await save(table, clock, answered(ours, event.event, answer, success, clock.now()), ours.Revision, signal)'
const ALONE = 'return shows ? 0 : Date.parse(intended.At) + LANDED_MS'
const GIVE_UP = `      const { Lease: _lease, Revision: _revision, ...rest } = left
      await save(table, clock, rest, Revision, work.closing)`
/** ID → [file, text, other text]…, joined by + */
const BREAKS = {
  // Bugs.
  'lease-ignored': [
    'lib/lease.ts',
    'held !== undefined && held.Invocation !== ours.Invocation && Date.parse(held.Until) > now',
    'false && held === ours && now > 0',
  ],
  'not-written-ahead': ['lib/pool/hold.ts', 'Intended: { EmailConfiguration: next.send, Claims: [...next.claims], At: at },', ''],
  'rebase-does-nothing': [
    'lib/pool/layers.ts',
    "  return wishes.includes('ConfigurationSet') ? withSenderForItsSet(moved, live) : moved\n",
    '  return moved === live ? moved : base\n',
  ],
  'answer-not-stored': ['lib/binding/session.ts', STORE, `if (table.name === '') ${STORE}`],
  'sent-before-stored': ['lib/binding/session.ts', STORE, `void ${STORE.slice(6)}.catch(() => undefined)`],
  'landed-0': ['lib/timing.ts', 'export const LANDED_MS = PROMPT_MS + IN_DOUBT_MS', 'export const LANDED_MS = 0'],
  // A mend: what a FAILED leaves in doubt lands within 2 s, and until then nobody begins.
  'mend-failed-keeps-lease': [
    'lib/binding/record.ts',
    'Answers: [{ Event: event, At: new Date(now)',
    '...(success || !record.Lease ? {} : { Lease: { ...record.Lease, Until: new Date(now + 2_000).toISOString() } }),\n      Answers: [{ Event: event, At: new Date(now)',
  ],
  // Another: a set's name has no other spelling.
  'mend-set-has-no-spelling': [
    'lib/pool/layers.ts',
    "if (name === 'EmailSendingAccount' || asked",
    "if (name === 'EmailSendingAccount' || name === 'ConfigurationSet' || asked",
  ],
  // For the random histories: only rules about outcomes, as --outcomes here.
  'outcomes-only': [
    'test/simulation/history.ts',
    'violation ??= { rule, what }',
    "if (!['interleaving', 'who lost it stops', 'recorded first', 'sent at once', 'fresh copy', 'given up', 'taken back'].includes(rule)) violation ??= { rule, what }",
  ],
  // What might go.
  'pool-lease-ignored': ['lib/pool/observe.ts', '!isHeld(record.Lease, work.lease, clock.now())', 'true'],
  'binding-lease-ignored': ['lib/binding/session.ts', '!isHeld(found.Lease, lease, clock.now())', 'true'],
  'binding-merged': [
    'lib/binding/session.ts',
    STORE,
    `for (let mine = ours; ; ) {
      if (await save(table, clock, answered(mine, event.event, answer, success, clock.now()), mine.Revision, signal)) break
      const item = await readItemOf(table, clock, bindingKey(event.owner), signal)
      const read = item && readBindingRecord(item, table.name)
      if (!read?.ok) break
      const stored = storedAnswer(read.record, event.event, clock.now())
      if (stored) return stored.Body
      mine = read.record
    }`,
  ],
  'observe-never-waits': ['lib/pool/observe.ts', ALONE, 'return 0'],
  'retry-never-waits': ['lib/pool/next-attempt.ts', 'refusedForSure(error) ? wait : Math.max(wait, LANDED_MS)', 'wait'],
  'lease-until-landed': [
    'lib/pool/observe.ts',
    ALONE,
    'return 0',
    'lib/pool/hold.ts',
    GIVE_UP,
    `      const { Lease: _lease, Revision: _revision, ...rest } = left
      const landed = new Date(clock.now() + 2_000).toISOString()
      await save(table, clock, isSent && ahead.Lease ? { ...rest, Lease: { ...ahead.Lease, Until: landed } } : rest, Revision, work.closing)`,
  ],
  'lease-kept-in-doubt': [
    'lib/pool/observe.ts',
    ALONE,
    'return 0',
    'lib/pool/hold.ts',
    '  const left = isSent ? ahead : before\n',
    '  if (isSent) return\n  const left = before\n',
  ],
  'stored-always-sent': ['lib/binding/serve.ts', 'if (!opened.isFirstLook) return undefined', ''],
  'never-taken-back': [
    'lib/pool/hold.ts',
    'const left = isSent ? ahead : before',
    'const left = isSent || before !== ahead ? ahead : before',
  ],
  'not-finished-after-refusal': ['lib/pool/reconcile.ts', "if (found?.Intended && change.kind !== 'heal')", 'if (found === null)'],
  'new-item-put-at-once': [
    'lib/table/items.ts',
    'if (mayLand && seen === undefined) await clock.sleep(IN_DOUBT_MS, signal)',
    'if (mayLand) return',
  ],
  'no-look-for-stored': [
    'lib/binding/session.ts',
    'return (read?.ok ? storedAnswer(read.record, event.event, clock.now())?.Body : undefined) ?? refused',
    'return read === null ? "" : refused',
  ],
  'late-events-served': [
    'lib/binding/record.ts',
    'signedAt !== undefined && record?.Newest !== undefined && signedAt < record.Newest',
    'signedAt === undefined && record === null',
  ],
  'open-claims-forgotten': ['lib/pool/hold.ts', 'Claims: openClaims(record),', 'Claims: record?.Claims ?? [],'],
  'old-copy-written': ['lib/pool/reconcile.ts', 'clock.now() - readAt > FRESH_MS || ', ''],
  'sent-late': ['lib/pool/reconcile.ts', ' || clock.now() - aheadAt > PROMPT_MS', ''],
  'applied-stays-old': ['lib/pool/hold.ts', '  Applied: live,\n', '  Applied: record?.Applied ?? live,\n'],
}

const [names, ...rest] = process.argv.slice(2)
const changes = names.split('+').flatMap((name) => {
  const texts = BREAKS[name]
  if (!texts) throw new Error(`one of ${Object.keys(BREAKS)}`)
  return Array.from({ length: texts.length / 3 }, (_, index) => texts.slice(3 * index, 3 * index + 3))
})
const folder = 'node_modules/.cache/run'
mkdirSync(folder, { recursive: true })
const outfile = resolve(folder, `${process.pid}-${names}.mjs`)
await build({
  entryPoints: [resolve(process.env.ENTRY ?? 'test/simulation/exhaustive.ts')],
  outfile,
  ...runnable,
  plugins: [
    {
      name: 'broken',
      setup: ({ onLoad }) =>
        onLoad({ filter: /\.ts$/ }, ({ path }) => {
          let contents = readFileSync(path, 'utf8')
          for (const [file, find, put] of changes) {
            if (path !== resolve(file)) continue
            if (contents.split(find).length !== 2) throw new Error(`${file} must have this once: ${find}`)
            contents = contents.replace(find, () => put)
          }
          return { contents, loader: 'ts' }
        }),
    },
  ],
})
process.on('exit', () => rmSync(outfile, { force: true }))
process.argv = [process.argv[0], outfile, ...rest]
await import(pathToFileURL(outfile).href)
