// A history is an explicit list of steps, made from a seed: what stacks, owners, the network and the queue do, and when.
import type { JsonObject } from '../../lib/json.ts'
import { between, chance, hashed, oneOf, type Random, seeded, weighted } from './random.ts'

/** What one binding's template says. Pools are numbered. */
export type Wish = {
  readonly ConfigurationSet: string
  readonly SourceArn?: string
  readonly From?: string
  readonly ReplyToEmailAddress?: string
  readonly OnDelete?: 'RETAIN'
  readonly Takeover?: 'true'
  readonly Preflight?: 'SKIP'
  readonly Heal?: 'NOTIFY' | 'OFF'
  readonly pools: readonly number[]
}

export type Template = Readonly<Record<string, Wish>>

export type OwnerWrite =
  /** The whole block, as a template writes it. */
  | { readonly kind: 'template'; readonly email: JsonObject }
  /** Some members; null removes one. */
  | { readonly kind: 'part'; readonly email: JsonObject }
  /** Exactly what we wrote last. */
  | { readonly kind: 'copy' }
  /** Nothing of EmailConfiguration. */
  | { readonly kind: 'settings' }
  /** Email MFA, by SetUserPoolMfaConfig: with it the pool cannot go back to COGNITO_DEFAULT. */
  | { readonly kind: 'mfa'; readonly on: boolean }
  /** The tag that keeps the healer away. */
  | { readonly kind: 'tag'; readonly off: boolean }

export type Port = 'any' | 'describe' | 'update' | 'read' | 'put' | 'remove' | 'scan' | 'ses' | 'answer'

export type FaultKind =
  | 'throttle'
  | 'refuse'
  | 'fail-before'
  | 'fail-after'
  | 'hang-before'
  | 'hang-after'
  | 'late'
  | 'late-hang'
  | 'die-before'
  | 'die-after'
  | 'die-late'
  | 'slow'

/**
 * The call of a delivery that goes wrong: of the `event`th request of step `of`, its `delivery`th delivery, the `nth` call of a port.
 * Of an owner's step or a sweep: of the `delivery`th process of the healer that it wakes.
 */
export type Fault = {
  readonly kind: 'fault'
  readonly of: number
  readonly event: number
  readonly delivery: number
  readonly port: Port
  readonly nth: number
  /** As many calls in a row. */
  readonly times: number
  readonly fault: FaultKind
}

export type Step = { readonly id: number; readonly gap: number } & (
  | {
      readonly kind: 'deploy'
      readonly stack: number
      readonly template: Template
      /** Another resource of the stack fails after ours succeeded. */
      readonly otherFails: boolean
      /** Cancelled so many milliseconds after it began, whether our answer is there or not. */
      readonly cancelAfter?: number
      /** A deployment that is tried again may have the RequestId of an earlier one (aws/aws-cdk#35957). */
      readonly oldRequestId: boolean
    }
  /** `retained`: the stack goes and its bindings stay (DeletionPolicy Retain, or deletion by force). */
  | { readonly kind: 'delete'; readonly stack: number; readonly retained?: boolean }
  /** An operator releases what the stacks of this number left. */
  | { readonly kind: 'release'; readonly stack: number; readonly dryRun: boolean }
  | {
      readonly kind: 'owner'
      readonly pool: number
      readonly write: OwnerWrite
      /** When CloudTrail's records of a write reach the queue, in milliseconds after it: none is lost, two come twice. */
      readonly records: readonly number[]
      /** The same write so many times more, so many milliseconds apart: an owner who does not give in. */
      readonly again?: { readonly times: number; readonly every: number }
    }
  /** The schedule's sweep, or two of them at once. */
  | { readonly kind: 'sweep'; readonly times: number }
  /** The configuration sets may send, or may not. */
  | { readonly kind: 'ses'; readonly isSending: boolean }
  /** The queue delivers a request once more. */
  | { readonly kind: 'duplicate'; readonly of: number; readonly event: number; readonly after: number }
  | Fault
)

/** What is there before the first step. */
export type Setting = {
  readonly seed: number
  readonly pools: readonly { readonly email: JsonObject; readonly emailMfa: boolean }[]
  /** What UpdateUserPool does with a setting that is left out. */
  readonly omitted: 'reset' | 'kept'
  /** Whether the service stores addresses in another spelling. */
  readonly respells: boolean
  readonly lambdaSeconds: number
  /** Behind which pool an earlier sweep stopped, if one did. */
  readonly sweptTo: number | undefined
}

export type History = { readonly setting: Setting; readonly steps: readonly Step[] }

const ACCOUNT = '123456789012'

export const arnOf = (name: string): string => `arn:aws:ses:us-east-1:${ACCOUNT}:identity/${name}.example.com`

/** Of the identity that has the name, so that pre-flight has nothing against it where both are one's own. */
const address = (name: string): string => `Shop from-${name} <from-${name}@${name}.Example.COM>`
/** The service takes no name in ReplyToEmailAddress. */
const bareAddress = (name: string): string => `${name}@Example.COM`

const ownersEmail = (random: Random, name: string): JsonObject => {
  if (chance(random, 0.4)) {
    return {
      EmailSendingAccount: 'COGNITO_DEFAULT',
      ...(chance(random, 0.25) ? { ReplyToEmailAddress: bareAddress(`reply-${name}`) } : {}),
      ...(chance(random, 0.1) ? { SourceArn: arnOf(name) } : {}),
    }
  }
  return {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: arnOf(name),
    ...(chance(random, 0.5) ? { From: address(name) } : {}),
    ...(chance(random, 0.4) ? { ConfigurationSet: `set-${name}` } : {}),
    ...(chance(random, 0.3) ? { ReplyToEmailAddress: bareAddress(`reply-${name}`) } : {}),
    ...(chance(random, 0.3) ? { NewMember: { of: name } } : {}),
  }
}

const settingOf = (seed: number, random: Random): Setting => {
  const count = weighted(random, [6, 1], [3, 2], [1, 3])
  const pools = Array.from({ length: count }, (_, index) => {
    const emailMfa = chance(random, 0.12)
    const email = ownersEmail(random, `first${index}`)
    const onDeveloper = { EmailSendingAccount: 'DEVELOPER', SourceArn: arnOf(`first${index}`) }
    return { emailMfa, email: emailMfa ? { ...email, ...onDeveloper } : email }
  })
  return {
    seed,
    pools,
    omitted: oneOf(random, ['reset', 'kept']),
    respells: chance(random, 0.15),
    lambdaSeconds: oneOf(random, [20, 60, 120]),
    sweptTo: chance(random, 0.15) ? between(random, 0, count - 1) : undefined,
  }
}

const gapOf = (random: Random): number =>
  weighted(
    random,
    [4, between(random, 0, 900)],
    [3, between(random, 1_000, 6_000)],
    [3, between(random, 10_000, 150_000)],
    [1, between(random, 300_000, 7_200_000)],
  )

const wishOf = (random: Random, id: number, pools: number): Wish => {
  // Names that come again, so that two layers may say the same.
  const name = chance(random, 0.2) ? 'shared' : `s${id}x${between(random, 0, 9)}`
  const all = Array.from({ length: pools }, (_, index) => index)
  const chosen = all.filter(() => chance(random, 0.6))
  return {
    ConfigurationSet: chance(random, 0.1) ? 'set-first0' : name,
    ...(chance(random, 0.7) ? { SourceArn: arnOf(name) } : {}),
    ...(chance(random, 0.35) ? { From: address(name) } : {}),
    ...(chance(random, 0.35) ? { ReplyToEmailAddress: bareAddress(`reply-${name}`) } : {}),
    ...(chance(random, 0.15) ? { OnDelete: 'RETAIN' as const } : {}),
    ...(chance(random, 0.5) ? { Takeover: 'true' as const } : {}),
    ...(chance(random, 0.75) ? { Preflight: 'SKIP' as const } : {}),
    ...(chance(random, 0.15) ? { Heal: oneOf(random, ['NOTIFY', 'OFF'] as const) } : {}),
    pools: chosen.length > 0 ? chosen : [between(random, 0, pools - 1)],
  }
}

/** A template that follows the one before: changed, renamed, with a binding more or less. */
const nextTemplate = (random: Random, id: number, pools: number, before: Template | undefined): Template => {
  const [first, second] = Object.keys(before ?? {})
  if (!before || first === undefined) {
    return chance(random, 0.15)
      ? { Mail: wishOf(random, id, pools), Other: wishOf(random, id, pools) }
      : { Mail: wishOf(random, id, pools) }
  }
  const known = before[first] ?? wishOf(random, id, pools)
  const rest = second === undefined ? {} : { [second]: before[second] ?? known }
  const fresh = wishOf(random, id, pools)
  return weighted<() => Template>(
    random,
    [5, () => ({ ...before, [first]: fresh })],
    [2, () => ({ ...before, [first]: { ...known, pools: fresh.pools } })],
    [1, () => ({ ...before, [first]: { ...known, ConfigurationSet: fresh.ConfigurationSet } })],
    [2, () => ({ ...rest, [`Mail${id}`]: chance(random, 0.7) ? known : fresh })],
    [1, () => ({ ...before, Other: fresh })],
    [1, () => (second === undefined ? { ...before, [first]: fresh } : { [first]: known })],
    [1, () => ({ ...before, [first]: fresh, ...(second === undefined ? {} : { [second]: wishOf(random, id + 100, pools) }) })],
  )()
}

const ownerWrite = (random: Random, id: number): OwnerWrite =>
  weighted<OwnerWrite>(
    random,
    [3, { kind: 'settings' }],
    [3, { kind: 'template', email: ownersEmail(random, `o${id}`) }],
    [1, { kind: 'template', email: { EmailSendingAccount: 'COGNITO_DEFAULT' } }],
    [2, { kind: 'part', email: { ConfigurationSet: `set-o${id}` } }],
    [1, { kind: 'part', email: { ReplyToEmailAddress: bareAddress(`reply-o${id}`) } }],
    [1, { kind: 'part', email: { From: address(`o${id}`) } }],
    [1, { kind: 'part', email: { EmailSendingAccount: 'DEVELOPER', SourceArn: arnOf(`o${id}`) } }],
    [1, { kind: 'part', email: { NewMember: { of: `o${id}` } } }],
    [1, { kind: 'part', email: { ConfigurationSet: null } }],
    [1, { kind: 'copy' }],
    [1, { kind: 'mfa', on: chance(random, 0.8) }],
    [0.5, { kind: 'tag', off: chance(random, 0.6) }],
  )

const faultOf = (random: Random, of: number): Fault => {
  const port = weighted<Port>(
    random,
    [5, 'any'],
    [5, 'update'],
    [2, 'describe'],
    [3, 'put'],
    [1, 'remove'],
    [1, 'read'],
    [2, 'answer'],
    [0.3, 'ses'],
    [0.3, 'scan'],
  )
  const fault = weighted<FaultKind>(
    random,
    [2, 'throttle'],
    [2, 'refuse'],
    [2, 'fail-before'],
    [2, 'fail-after'],
    [1.5, 'hang-before'],
    [1.5, 'hang-after'],
    [2, 'late'],
    [1.5, 'late-hang'],
    [3, 'die-before'],
    [4, 'die-after'],
    [2, 'die-late'],
    [1, 'slow'],
  )
  return {
    kind: 'fault',
    of,
    event: weighted(random, [6, 0], [3, 1], [1, 2]),
    delivery: weighted(random, [6, 0], [3, 1], [1, 2]),
    port,
    nth: port === 'any' ? between(random, 0, 12) : weighted(random, [6, 0], [3, 1], [1, 2]),
    times: weighted(random, [6, 1], [2, between(random, 2, 4)], [1, 8]),
    fault,
  }
}

/** Processes that die or hang at their update, one event after the other: what each leaves is there for the next. */
const stormOf = (random: Random, of: number): readonly Omit<Fault, 'kind'>[] => {
  const fault = (): FaultKind => oneOf(random, ['die-after', 'die-before', 'hang-after', 'hang-before', 'late-hang'])
  const event = { of, port: 'update' as const, nth: 0 }
  return [0, 1].flatMap((index) => {
    const kind = fault()
    return [0, 1, 2].map((delivery) => ({ ...event, event: index, delivery, times: 8, fault: kind }))
  })
}

/** A queue whose records cannot be worked on, however often it gives them: they end as dead letters. */
const deadLettersOf = (random: Random, of: number): readonly Omit<Fault, 'kind'>[] =>
  [0, 1, 2, 3, 4].map((delivery) => {
    const fault = oneOf<FaultKind>(random, ['refuse', 'hang-before', 'die-before'])
    return { of, event: 0, delivery, port: 'any' as const, nth: between(random, 0, 2), times: 8, fault }
  })

/** The history of a seed. */
export const historyOf = (seed: number): History => {
  const random = seeded(hashed('history', seed))
  const setting = settingOf(seed, random)
  const pools = setting.pools.length
  const stacks = weighted(random, [5, 1], [5, 2], [1, 3])
  const templates: (Template | undefined)[] = Array.from({ length: stacks }, () => undefined)
  const quiet = chance(random, 0.1)
  const moves = between(random, 2, 7)
  const steps: Step[] = []
  const isLate = (step: Step): boolean => step.kind === 'fault' && step.fault.includes('late')
  for (let id = 1; id <= moves; id += 1) {
    // What comes right after a write that lands late finds it on its way.
    const isPressed = steps.some((step) => Math.floor(step.id / 100) === id - 1 && isLate(step)) && chance(random, 0.7)
    const gap = isPressed ? between(random, 0, 900) : gapOf(random)
    const stack = between(random, 0, stacks - 1)
    const before = templates[stack]
    const addFaults = (count: number): void => {
      for (let index = 1; index <= (quiet ? 0 : count); index += 1) steps.push({ id: id * 100 + index, gap: 0, ...faultOf(random, id) })
    }
    const addStorm = (faults: readonly Omit<Fault, 'kind'>[]): void => {
      for (const [index, fault] of faults.entries()) steps.push({ id: id * 100 + 50 + index, gap: 0, kind: 'fault', ...fault })
    }
    if (id > 1 && chance(random, 0.38)) {
      const record = () => between(random, 120_000, 300_000)
      const again = chance(random, 0.15)
        ? { again: { times: between(random, 1, 6), every: oneOf(random, [30_000, 300_000, 900_000, 3_600_000, 9 * 3_600_000]) } }
        : {}
      const records = weighted<() => number[]>(random, [6, () => [record()]], [3, () => []], [1, () => [record(), record()]])()
      steps.push({ id, gap, kind: 'owner', pool: between(random, 0, pools - 1), write: ownerWrite(random, id), records, ...again })
      addFaults(weighted(random, [6, 0], [3, 1], [1, 2]))
      if (!quiet && chance(random, 0.03)) addStorm(deadLettersOf(random, id))
      continue
    }
    if (id > 1 && chance(random, 0.12)) {
      steps.push({ id, gap: chance(random, 0.4) ? between(random, 0, 900) : gap, kind: 'sweep', times: weighted(random, [4, 1], [1, 2]) })
      addFaults(weighted(random, [5, 0], [3, 1], [2, 2]))
      continue
    }
    if (steps.some((step) => step.kind === 'delete' && step.retained) && chance(random, 0.35)) {
      steps.push({ id, gap, kind: 'release', stack, dryRun: chance(random, 0.2) })
      addFaults(weighted(random, [4, 0], [3, 1], [2, 2]))
      continue
    }
    if (id > 1 && chance(random, 0.05)) {
      steps.push({ id, gap, kind: 'ses', isSending: chance(random, 0.4) })
      continue
    }
    if (before && chance(random, 0.25)) {
      templates[stack] = undefined
      steps.push({ id, gap, kind: 'delete', stack, ...(chance(random, 0.15) ? { retained: true } : {}) })
    } else {
      const template = nextTemplate(random, id, pools, before)
      const otherFails = chance(random, 0.12)
      const cancelAfter = chance(random, 0.1) ? { cancelAfter: between(random, 1_000, 8_000) } : {}
      if (!otherFails) templates[stack] = template
      steps.push({ id, gap, kind: 'deploy', stack, template, otherFails, oldRequestId: chance(random, 0.1), ...cancelAfter })
    }
    if (chance(random, 0.12)) {
      const after = weighted(
        random,
        [3, between(random, 0, 900)],
        [2, between(random, 1_000, 30_000)],
        [2, between(random, 60_000, 7_200_000)],
      )
      steps.push({ id: id * 100, gap: 0, kind: 'duplicate', of: id, event: weighted(random, [5, 0], [2, 1]), after })
    }
    if (!quiet && chance(random, 0.1)) addStorm(stormOf(random, id))
    addFaults(weighted(random, [4, 0], [4, 1], [3, 2], [1, 3]))
  }
  return { setting, steps }
}

const shown = (value: unknown): string => JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ')

/** A step on one line. */
export const stepText = (step: Step): string => {
  const { id, gap, kind, ...rest } = step
  return `#${id} ${gap > 0 ? `after ${gap} ms ` : ''}${kind} ${shown(rest)}`
}
