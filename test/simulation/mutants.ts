// The core broken on purpose, one thing at a time: each must break a rule of the simulation, or the simulation shows nothing.
// A mutant replaces one export of one module, so that it outlives every refactoring that keeps the export's meaning.
import { isObject, type JsonObject, without } from '../../lib/json.ts'
import { type EmailConfiguration, memberNames, SENDER, sameMember, withMembersOf } from '../../lib/pool/layers.ts'

type Modules = {
  'handler/invocation.ts': typeof import('../../handler/invocation.ts')
  'lib/binding/record.ts': typeof import('../../lib/binding/record.ts')
  'lib/healer/decide.ts': typeof import('../../lib/healer/decide.ts')
  'lib/lease.ts': typeof import('../../lib/lease.ts')
  'lib/pool/hold.ts': typeof import('../../lib/pool/hold.ts')
  'lib/pool/layers.ts': typeof import('../../lib/pool/layers.ts')
  'lib/pool/plan.ts': typeof import('../../lib/pool/plan.ts')
  'lib/pool/settings.ts': typeof import('../../lib/pool/settings.ts')
  'lib/preflight/checks.ts': typeof import('../../lib/preflight/checks.ts')
  'lib/table/items.ts': typeof import('../../lib/table/items.ts')
  'lib/timing.ts': typeof import('../../lib/timing.ts')
}

export type Mutant = {
  readonly id: string
  /** What is broken. */
  readonly what: string
  readonly module: keyof Modules
  readonly export: string
  /** From the export as it is, what stands in its place for every other module. */
  readonly by: (original: never) => unknown
}

const mutant = <M extends keyof Modules, E extends keyof Modules[M] & string>(
  id: string,
  what: string,
  module: M,
  name: E,
  by: (original: Modules[M][E]) => Modules[M][E],
): Mutant => ({ id, what, module, export: name, by })

/** The rebase as it is, but for which members make one wish, and whether a set takes its sender along. */
const rebaseBy =
  (unitsOf: (others: readonly string[]) => readonly (readonly string[])[], takesSender: boolean) =>
  (base: EmailConfiguration, applied: EmailConfiguration, intended: EmailConfiguration | undefined, live: EmailConfiguration) => {
    const isOurs = (names: readonly string[]): boolean =>
      [applied, intended].some((ours) => ours !== undefined && names.every((name) => sameMember(name, live, ours)))
    const others = memberNames(base, applied, intended, live).filter((name) => !SENDER.some((member) => member === name))
    const wishes = unitsOf(others)
      .filter((names) => !isOurs(names))
      .flat()
    const moved = withMembersOf(base, live, wishes)
    const needsSender = moved['EmailSendingAccount'] !== 'DEVELOPER' && live['EmailSendingAccount'] === 'DEVELOPER'
    return takesSender && wishes.includes('ConfigurationSet') && moved['ConfigurationSet'] !== undefined && needsSender
      ? withMembersOf(moved, live, SENDER)
      : moved
  }

/** An event of CloudFormation, among other things that have a digest. */
const isEvent = (value: unknown): value is JsonObject => isObject(value) && value['RequestId'] !== undefined

const withoutLease = <T extends { readonly Lease?: unknown }>(item: T): T => {
  const { Lease: _, ...rest } = item
  return rest as T
}

const LEASES: readonly Mutant[] = [
  mutant('lease-ignored', 'the lease: another’s is never seen', 'lib/lease.ts', 'holderOf', () => () => 'nobody'),
  mutant(
    'binding-lease-ignored',
    'the binding’s own lease is ignored',
    'lib/binding/record.ts',
    'readBindingRecord',
    (original) =>
      (...of) => {
        const read = original(...of)
        return read.ok ? { ok: true, record: withoutLease(read.record) } : read
      },
  ),
  mutant(
    'lease-never-given-up',
    'the lease: it and the intention stay after a failure',
    'lib/pool/hold.ts',
    'release',
    () => async () => undefined,
  ),
  mutant(
    'doubt-ends-lease',
    'a lease ends although something of its holder may still take effect',
    'lib/lease.ts',
    'whileInDoubt',
    () => (lease, now) => ({
      ...lease,
      Until: new Date(now).toISOString(),
    }),
  ),
  mutant(
    'failed-ends-lease',
    'a FAILED ends the binding’s lease at once',
    'lib/binding/record.ts',
    'withResponse',
    (original) =>
      (...of) =>
        withoutLease(original(...of)),
  ),
  mutant('doubt-not-waited-out', 'what may still take effect is waited for by nobody', 'lib/timing.ts', 'IN_DOUBT_MS', () => 0 as 2_000),
  mutant(
    'work-goes-on',
    'the work is not stopped when the time runs out',
    'handler/invocation.ts',
    'deadlineIn',
    (original) =>
      (...of) => ({
        ...original(...of),
        signal: new AbortController().signal,
      }),
  ),
]

const WRITE_AHEAD: readonly Mutant[] = [
  mutant('not-written-ahead', 'the write-ahead: no Intended in it', 'lib/pool/hold.ts', 'draftAhead', (original) => (...of) => {
    const { Intended: _, ...rest } = original(...of)
    return rest
  }),
  mutant('applied-stays-old', 'the write-ahead: Applied stays what it was', 'lib/pool/hold.ts', 'draftAhead', (original) => (...of) => ({
    ...original(...of),
    Applied: of[1]?.Applied ?? of[2],
  })),
  mutant(
    'open-claims-forgotten',
    'the write-ahead: the claims of an unfinished write before it are forgotten',
    'lib/pool/hold.ts',
    'draftAhead',
    (original) =>
      (...of) => ({
        ...original(...of),
        Claims: of[1]?.Claims ?? [],
      }),
  ),
  mutant(
    'record-not-taken-back',
    'after a sure refusal the record does not go back to what it was',
    'lib/pool/hold.ts',
    'release',
    (original) => (work, hold) => original(work, hold, true),
  ),
  mutant(
    'record-always-taken-back',
    'after an unclear failure the record goes back to what it was',
    'lib/pool/hold.ts',
    'release',
    (original) => (work, hold) => original(work, hold, false),
  ),
  mutant(
    'old-copy-written',
    'a copy of the pool that has grown old is written back',
    'lib/timing.ts',
    'COPY_VALID_MS',
    () => Infinity as 3_000,
  ),
  mutant(
    'put-again-at-once',
    'a new item’s put is repeated while the first may still take effect',
    'lib/table/items.ts',
    'save',
    (original) =>
      (table, clock, ...rest) =>
        original(table, { ...clock, sleep: async (ms, signal) => (ms < 1_500 ? clock.sleep(ms, signal) : undefined) }, ...rest),
  ),
]

const LAYERS: readonly Mutant[] = [
  mutant('rebase-does-nothing', 'the rebase: base stays', 'lib/pool/layers.ts', 'rebase', () => (base) => base),
  mutant(
    'rebase-takes-all',
    'the rebase: what we were about to apply counts as the owner’s',
    'lib/pool/layers.ts',
    'rebase',
    (original) => (base, applied, _, live) => original(base, applied, undefined, live),
  ),
  mutant('sender-one-by-one', 'the rebase: the members of the sender move one by one', 'lib/pool/layers.ts', 'rebase', () =>
    rebaseBy((others) => [...SENDER, ...others].map((name) => [name]), true),
  ),
  mutant('set-without-sender', 'the rebase: a set moves into base without the sender that it needs', 'lib/pool/layers.ts', 'rebase', () =>
    rebaseBy((others) => [SENDER, ...others.map((name) => [name])], false),
  ),
  mutant(
    'set-has-spellings',
    'a set that its owner wrote beside us counts as the service’s spelling of ours',
    'lib/pool/layers.ts',
    'readBack',
    (original) =>
      (...of) => {
        const { ignored, normalized, changedByOthers } = original(...of)
        return changedByOthers.join() === 'ConfigurationSet'
          ? { ignored, normalized: changedByOthers, changedByOthers: [] }
          : { ignored, normalized, changedByOthers }
      },
  ),
  mutant('claim-moves-up', 'an Update puts its claim on top', 'lib/pool/plan.ts', 'plan', (original) => (id, record, live, operation) => {
    if (operation.kind !== 'attach' || !record) return original(id, record, live, operation)
    const { StackId, LogicalResourceId } = operation.claim
    const isMine = (one: { readonly StackId: string; readonly LogicalResourceId: string }) =>
      one.StackId === StackId && one.LogicalResourceId === LogicalResourceId
    const onTop = <T extends typeof operation.claim>(claims: readonly T[]): T[] => [
      ...claims.filter((one) => !isMine(one)),
      ...claims.filter(isMine),
    ]
    const { Intended } = record
    const moved = {
      ...record,
      Claims: onTop(record.Claims),
      ...(Intended ? { Intended: { ...Intended, Claims: onTop(Intended.Claims) } } : {}),
    }
    return original(id, moved, live, operation)
  }),
  mutant(
    'retain-unanswered',
    'RETAIN counts where no SUCCESS answered',
    'lib/pool/plan.ts',
    'plan',
    (original) => (id, record, live, operation) =>
      original(id, record, live, operation.kind === 'detach' ? { ...operation, answered: true } : operation),
  ),
  mutant(
    'settings-left-out',
    'a setting that no SDK knows is left out of the update',
    'lib/pool/settings.ts',
    'updateRequest',
    (original) =>
      (...of) =>
        without(original(...of), ['MemberOfTomorrow']),
  ),
]

const BINDING: readonly Mutant[] = [
  mutant(
    'digest-constant',
    'the digest: the same for every event',
    'lib/binding/record.ts',
    'digest',
    (original) => (value) => original(isEvent(value) ? 'event' : value),
  ),
  mutant(
    'digest-of-request-id',
    'the digest: of the RequestId alone',
    'lib/binding/record.ts',
    'digest',
    (original) => (value) => original(isEvent(value) ? value['RequestId'] : value),
  ),
  mutant(
    'answers-never-found',
    'the digest: stored answers are never found',
    'lib/binding/record.ts',
    'storedResponse',
    () => () => undefined,
  ),
  mutant(
    'answers-not-stored',
    'the answer is not stored before it is sent',
    'lib/binding/record.ts',
    'withResponse',
    (original) =>
      (...of) => ({
        ...original(...of),
        Answers: of[0].Answers,
      }),
  ),
  mutant(
    'late-events-served',
    'an event that was signed before the newest one is served',
    'lib/binding/record.ts',
    'isLate',
    () => () => false,
  ),
  mutant(
    'pools-not-remembered',
    'the binding records no pools before it attaches',
    'lib/binding/record.ts',
    'begun',
    (original) =>
      (...of) => ({
        ...original(...of),
        Pools: of[0]?.Pools ?? [],
      }),
  ),
]

const HEALER: readonly Mutant[] = [
  mutant('never-heals', 'the healer takes everything for as declared', 'lib/healer/decide.ts', 'decide', () => () => ({
    kind: 'asDeclared',
  })),
  mutant(
    'heals-what-was-meant',
    'the healer writes over a value that somebody chose',
    'lib/healer/decide.ts',
    'decide',
    (original) =>
      (...of) => {
        const decision = original(...of)
        return decision.kind === 'contested' && decision.why.startsWith('somebody set') ? { kind: 'heal' } : decision
      },
  ),
  mutant(
    'contests-too-much',
    'the healer takes what was there before the binding for somebody’s choice',
    'lib/healer/decide.ts',
    'decide',
    (original) =>
      (observed, ...of) =>
        original({ ...observed, record: observed.record && { ...observed.record, Base: {} } }, ...of),
  ),
  mutant(
    'heals-without-end',
    'the healer has no budget',
    'lib/healer/decide.ts',
    'decide',
    (original) =>
      (observed, ...of) =>
        original({ ...observed, record: observed.record && { ...observed.record, HealHistory: [] } }, ...of),
  ),
  mutant('heals-where-off', 'the healer ignores Heal OFF and the tag', 'lib/healer/decide.ts', 'decide', (original) => (...of) => {
    const decision = original(...of)
    return decision.kind === 'off' ? { kind: 'heal' } : decision
  }),
  mutant('heals-where-notify', 'the healer ignores Heal NOTIFY', 'lib/healer/decide.ts', 'decide', (original) => (...of) => {
    const decision = original(...of)
    return decision.kind === 'notify' ? { kind: 'heal' } : decision
  }),
  mutant(
    'contest-forgotten',
    'a contested pool is healed as soon as it is wiped',
    'lib/healer/decide.ts',
    'decide',
    (original) =>
      (observed, ...of) =>
        original({ ...observed, record: observed.record && { ...observed.record, Unhealed: undefined } }, ...of),
  ),
  mutant(
    'heals-onto-dead-set',
    'the healer does not ask whether the set may send',
    'lib/preflight/checks.ts',
    'findingsOf',
    () => () => [],
  ),
  mutant(
    'reason-of-old-record',
    'the healer says why in a record that has moved since',
    'lib/table/items.ts',
    'save',
    (original) => async (table, clock, draft, seen, signal) => {
      if (draft['Unhealed'] === undefined || draft['Intended'] !== undefined) return original(table, clock, draft, seen, signal)
      const now = await table.read(draft.UserPoolId, signal)
      return original(table, clock, { ...draft, ...now, Unhealed: draft['Unhealed'] }, Number(now?.['Revision'] ?? seen), signal)
    },
  ),
  mutant(
    'cursor-stays',
    'the sweep that reaches the end leaves its place behind',
    'lib/table/items.ts',
    'save',
    (original) => async (table, clock, draft, seen, signal) => {
      const isEnd = draft.UserPoolId === 'sweep' && draft['Lease'] === undefined && draft['After'] === undefined
      return original(table, clock, isEnd ? { ...draft, After: '~' } : draft, seen, signal)
    },
  ),
]

export const MUTANTS: readonly Mutant[] = [...LEASES, ...WRITE_AHEAD, ...LAYERS, ...BINDING, ...HEALER]
