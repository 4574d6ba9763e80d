// Watches every effect of a history and says what may not be, by a model of its own.
import { bindingKey, digest } from '../../lib/binding/record.ts'
import { isObject, type JsonObject, sameJson } from '../../lib/json.ts'
import type { Item } from '../../lib/ports.ts'
import type { Watch } from './calls.ts'
import type { Resource, Stack } from './cloud-formation.ts'
import type { ExceptionId } from './exceptions.ts'
import { createHealerRules, saysOnly } from './healer-rules.ts'
import type { Invocation, Judge, Request } from './lambda.ts'
import { differing, type Email, type Knowledge, layered, mixes, retained, sameEmail, stands, wished } from './layers.ts'
import { type ClaimView, CURSOR, claimsOf, isBinding, ownerOf, type RecordView } from './records.ts'
import type { Wish } from './steps.ts'
import type { Pool, World } from './world.ts'

export type Verdict = { readonly rule: string; readonly what: string }

/** What one invocation has seen and done of one pool. */
export type Observation = {
  readonly email: Email
  /** What was known when it looked. */
  readonly knowledge: readonly Knowledge[]
  readonly settings: JsonObject
  readonly emailWrites: number
  readonly settingsWrites: number
  readonly at: number
  /** Before its write-ahead: what was known, and the claims. */
  readonly ahead?: { readonly knowledge: readonly Knowledge[]; readonly claims: string }
  readonly landed: boolean
}

/** Milliseconds between the reading of a pool and its writing. */
const OLDEST_COPY = 3_000
const apartFromLease = ({ Lease: _, Revision: _revision, ...record }: RecordView) => record

const isHealer = ({ request, operator }: Invocation): boolean => request === undefined && operator === undefined

/** A binding's own events take its claim off, and an operator those of the stack that is named. */
const mayTakeOff = ({ request, operator }: Invocation, claim: ClaimView): boolean =>
  operator === undefined ? request !== undefined && ownerOf(claim) === ownerOf(request.event) : claim.StackId === operator

/** Of values that never change, and of which few stand in many places. */
const texts = new WeakMap<Email, string>()
const textOf = (email: Email): string => {
  const known = texts.get(email) ?? JSON.stringify(email)
  texts.set(email, known)
  return known
}
const knowledgeText = ({ base, ours, spelling }: Knowledge): string => {
  let all = textOf(base)
  for (const one of ours) all += textOf(one)
  return spelling ? `${all} ${textOf(spelling.asked)}${textOf(spelling.found)}` : all
}
const distinct = (items: readonly Knowledge[]): readonly Knowledge[] =>
  items.length < 2 ? items : [...new Map(items.map((item) => [knowledgeText(item), item])).values()]
const unlike = <T>(items: readonly T[]): readonly T[] =>
  items.length < 2 ? items : [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]

export type Oracle = Watch<Invocation> &
  Pick<Judge, 'answered'> & {
    /** When everything has settled. `strict`: every binding has just been applied again. */
    readonly checkSettled: (stacks: readonly Stack[], poolId: (number: number) => string, strict: boolean) => void
    /** When no owner writes any more and the sweep has come. */
    readonly checkBound: () => void
    readonly checkGone: () => void
    readonly checkAnswers: (requests: readonly Request[]) => void
    /** All that later verdicts depend on, for the exhaustive search: as text, the same for equal states. */
    readonly state: (running: readonly Invocation[]) => string
    /** The same for an update that is on its way. */
    readonly sendingState: (invocation: Invocation, userPoolId: string) => string
  }

export const createOracle = (
  world: World,
  now: () => number,
  violated: (rule: string, what: string) => void,
  tolerated: (id: ExceptionId) => void,
): Oracle => {
  const known = new Map<string, readonly Knowledge[]>()
  const observations = new WeakMap<Invocation, Map<string, Observation>>()
  const answeredPools = new Map<string, ReadonlySet<string>>()
  const servedWrites = new Map<string, number>()
  /** When a binding's lease was last taken. */
  const takenAt = new Map<string, number>()
  /** How many updates of a pool an invocation has sent that may have had an effect. */
  const sent = new Map<string, number>()
  /** Whose write-ahead was the last one, and what it had read. */
  const beforeAhead = new Map<string, { readonly invocation: string; readonly email: Email; readonly at: string }>()
  /** The records whose last write-ahead was the healer's. */
  const healing = new Set<string>()
  const record = (key: string): RecordView | undefined => world.table.get(key)
  const knowledgeOf = (id: string): readonly Knowledge[] => known.get(id) ?? []
  const healer = createHealerRules(world, now, knowledgeOf, violated, tolerated)
  const observationsOf = (invocation: Invocation): Map<string, Observation> => {
    const found = observations.get(invocation) ?? new Map<string, Observation>()
    observations.set(invocation, found)
    return found
  }

  const began: Oracle['began'] = ({ id, state, answeringAt, request, startedAt }, kind) => {
    if (answeringAt !== undefined || state === 'over') violated('nothing runs on', `${id} begins ${kind} after its answer`)
    const changes = kind === 'put' || kind === 'update' || kind === 'remove'
    if (changes && request?.storedAt !== undefined && request.storedAt < startedAt)
      violated('redelivery', `${id} begins ${kind} although its event had been answered`)
  }

  const described: Oracle['described'] = (invocation, pool) => {
    const { email, settings, emailWrites, settingsWrites } = pool
    const before = observationsOf(invocation).get(pool.id)
    observationsOf(invocation).set(pool.id, {
      landed: false,
      ...before,
      email,
      settings,
      emailWrites,
      settingsWrites,
      at: now(),
      knowledge: knowledgeOf(pool.id),
    })
  }

  const count = ({ id: name }: Invocation, id: string, more: number): void => {
    sent.set(`${name} ${id}`, (sent.get(`${name} ${id}`) ?? 0) + more)
  }

  const updating: Oracle['updating'] = (invocation, id) => {
    const seen = observationsOf(invocation).get(id)
    const knowledge = knowledgeOf(id)
    const { Revision: revision } = record(id) ?? {}
    if (seen && now() - seen.at > OLDEST_COPY)
      violated('fresh copy', `${invocation.id} writes a copy of ${id} that is ${now() - seen.at} ms old`)
    count(invocation, id, 1)
    return (pool, before) => {
      if (!seen?.ahead) return violated('interleaving', `${invocation.id} updates ${id} without a lease of its own`)
      if (isHealer(invocation)) healer.writes(invocation, id)
      const wrong = Object.keys({ ...before.settings, ...pool.settings }).filter(
        (name) => !sameJson(before.settings[name], pool.settings[name]),
      )
      if (wrong.length > 0) {
        const isGap =
          seen.settingsWrites !== pool.settingsWrites && wrong.every((name) => sameJson(pool.settings[name], seen.settings[name]))
        if (isGap) {
          tolerated('settings-gap')
          // Whoever read in between holds the owner's settings, and may put them back.
          pool.settingsWrites += 1
        } else violated('only EmailConfiguration', `${invocation.id} changes ${wrong.join()} of ${id}`)
      }
      const isGap = seen.emailWrites !== pool.emailWrites && !sameEmail(seen.email, before.email)
      if (isGap) tolerated('email-gap')
      if (record(id)?.Revision === revision) {
        known.set(id, distinct(knowledge.map((one) => ({ ...one, ours: [pool.email] }))))
        const mine = observationsOf(invocation).get(id)
        if (mine) observationsOf(invocation).set(id, { ...mine, landed: true })
        return
      }
      tolerated('late-write')
      const current = knowledgeOf(id)
      if (current.length === 0) {
        if (!isGap && !sameEmail(pool.email, before.email))
          violated(
            'late write',
            `an UpdateUserPool of ${invocation.id} landed on ${id} after the last claim had gone: ${differing(pool.email, before.email)}`,
          )
        return
      }
      known.set(
        id,
        distinct([
          ...current.map((one) => ({ ...one, ours: [...one.ours, pool.email] })),
          ...(isGap ? current.map((one) => ({ ...one, base: wished(one, before.email), ours: [pool.email] })) : []),
        ]),
      )
    }
  }

  const refused: Oracle['refused'] = (invocation, id) => count(invocation, id, -1)

  /** Who ends has given up what it held, and taken back what had no effect: as far as the table let it. */
  const ended: Oracle['ended'] = (invocation) => {
    if (invocation.tableFailedAt !== undefined) return
    for (const [id, { invocation: name, at }] of beforeAhead) {
      const item = record(id)
      if (name !== invocation.id || item?.Intended?.At !== at) continue
      const isInDoubt = sent.get(`${name} ${id}`) && Date.parse(item.Lease?.Until ?? '') <= now() + 2_000
      if (item.Lease?.Invocation.endsWith(`/${name}`) && !isInDoubt)
        violated('given up', `${name} has ended and holds ${id} until ${item.Lease.Until}`)
      else if (!item.Lease && !sent.get(`${name} ${id}`))
        violated('taken back', `${name} has written nothing to ${id}, and its intention is still on record`)
    }
  }

  const checkLease = (invocation: Invocation, key: string, before: RecordView | undefined): void => {
    const held = before?.Lease
    if (!held || held.Invocation.endsWith(`/${invocation.id}`) || Date.parse(held.Until) <= now()) return
    violated('interleaving', `${invocation.id} writes ${key} while ${held.Invocation} holds it until ${held.Until}`)
  }

  /** The bases that a put may leave: claims that go with OnDelete RETAIN become base. */
  const basesAfter = (invocation: Invocation, gone: readonly ClaimView[], poolId: string, base: Email, live: Email): readonly Email[] => {
    const [claim] = gone
    const properties = invocation.operator === undefined ? invocation.request?.event['ResourceProperties'] : claim
    if (!claim || !isObject(properties) || properties['OnDelete'] !== 'RETAIN') return [base]
    const owner = ownerOf(claim)
    const arrived = answeredPools.get(owner)?.has(poolId) ?? false
    const stored = [...world.table.values()].some((item: RecordView) => ownerOf(item) === owner && item.Answered?.includes(poolId))
    if (arrived !== stored) tolerated('retain-unanswered')
    const kept = retained(base, claim.Declared, live)
    return arrived && stored ? [kept] : arrived || stored ? [kept, base] : [base]
  }

  /** An Update that finds no claim of its own takes the set of its old properties for what it had attached. */
  const withoutFormerSet = ({ request }: Invocation, poolId: string, isNew: boolean, base: Email): readonly Email[] => {
    const old = request?.event['OldResourceProperties']
    const isFormer = isNew && isObject(old) && [old['UserPoolId'] ?? old['UserPoolIds']].flat().includes(poolId)
    if (!isFormer || old['ConfigurationSet'] !== base['ConfigurationSet']) return []
    tolerated('former-set')
    const { ConfigurationSet: _, ...rest } = base
    return [rest]
  }

  const checkRestored = (pool: Pool, knowledge: readonly Knowledge[], who: string): void => {
    if (knowledge.length === 0 || knowledge.some((one) => stands(wished(one, pool.email), pool.email, one.spelling))) return
    const others = knowledge.map((one) => differing(wished(one, pool.email), pool.email))
    const isSenderKept = pool.emailMfa && others.some((names) => names.every((name) => name.includes('+')))
    if (isSenderKept) tolerated('sender-kept')
    const first = knowledge[0]
    if (!isSenderKept)
      violated(
        'restored',
        `${who} removes the last claim on ${pool.id}: ${others.join(' or ')} is ${JSON.stringify(pool.email)}; the owner last wished ${JSON.stringify(first && wished(first, pool.email))}`,
      )
  }

  /** A binding knows a pool before it claims it, and who lost the binding claims nothing more. */
  const checkBinding = ({ id, request }: Invocation, after: RecordView, key: string): void => {
    if (!request) return
    const { StackId, LogicalResourceId } = request.event
    const binding = record(bindingKey({ StackId, LogicalResourceId }))
    const isClaimed = claimsOf(after).some((one) => ownerOf(one) === ownerOf(request.event))
    if (isClaimed && !binding?.Pools?.includes(key)) violated('recorded first', `${id} claims ${key}, and its binding has not recorded it`)
    const held = binding?.Lease
    const isLost = held && !held.Invocation.endsWith(`/${id}`) && now() > (takenAt.get(binding.UserPoolId) ?? 0)
    if (isLost) violated('who lost it stops', `${id} writes ${key} ahead, and ${held.Invocation} has its binding`)
  }

  /** A new claim lies on top, and an Update leaves its claim where it is. */
  const checkOrder = (key: string, before: readonly string[], after: readonly string[]): void => {
    const expected = [...before.filter((owner) => after.includes(owner)), ...after.filter((owner) => !before.includes(owner))]
    if (!sameJson(expected, after)) violated('order', `the claims on ${key} were ${before.join(' < ')} and are ${after.join(' < ')}`)
  }

  const put: Oracle['put'] = (invocation, key, itemBefore, itemAfter) => {
    const [before, after]: [RecordView | undefined, RecordView | undefined] = [itemBefore, itemAfter]
    checkLease(invocation, key, before)
    if (isBinding(key) && after?.Lease && after.Lease.Invocation !== before?.Lease?.Invocation) takenAt.set(key, now())
    if (isBinding(key) || key === CURSOR) return
    const pool = world.pools.find(({ id }) => id === key)
    const observation = observationsOf(invocation).get(key)
    if (!pool || !observation || (after?.Intended && !after.Lease)) return
    // Given up, with something in doubt: the lease only gets an earlier end.
    const isSameHolder = before !== undefined && before.Lease?.Invocation === after?.Lease?.Invocation
    if (after?.Intended && isSameHolder && sameJson(apartFromLease(before), apartFromLease(after))) return
    if (isHealer(invocation) && before && after && saysOnly(before, after)) return healer.says(after, observation)
    if (after?.Intended) {
      if (isHealer(invocation)) healing.add(key)
      else healing.delete(key)
    }
    const isReverted = !after?.Intended && !observation.landed && observation.ahead?.claims === JSON.stringify(after?.Claims ?? [])
    if (!isReverted) checkOrder(key, claimsOf(before).map(ownerOf), claimsOf(after).map(ownerOf))
    const gone = claimsOf(before).filter((one) => !claimsOf(after).some((other) => ownerOf(one) === ownerOf(other)))
    for (const one of gone)
      if (!mayTakeOff(invocation, one)) violated('claims', `${invocation.id} takes off the claim of ${ownerOf(one)} on ${key}`)
    const current = before ? knowledgeOf(key) : [{ base: observation.email, ours: [observation.email] }]
    const isNew = claimsOf(after).length > claimsOf(before).length
    // Nobody else has put the record since it was read, but a write may have landed since the pool was.
    const landed = before && observation.knowledge !== current ? current.flatMap(({ ours }) => ours) : []
    // Whoever finds an unfinished write cannot know whether it landed: what stood there before it counts as ours too.
    const found = before?.Intended ? beforeAhead.get(key) : undefined
    const unfinished = found && found.invocation !== invocation.id ? [found.email] : []
    const observed = (ours: readonly Email[]): readonly Knowledge[] =>
      (before ? observation.knowledge : current).flatMap((one) =>
        basesAfter(invocation, gone, key, wished({ ...one, ours: [...one.ours, ...unfinished] }, observation.email), observation.email)
          .flatMap((base) => [base, ...withoutFormerSet(invocation, key, isNew, base)])
          .map((base) => ({ ...one, base, ours: [...ours, ...landed] })),
      )
    if (after?.Intended) {
      checkBinding(invocation, after, key)
      beforeAhead.set(key, { invocation: invocation.id, email: observation.email, at: after.Intended.At })
      if (isHealer(invocation)) healer.setsOut(invocation, before, after.Intended.EmailConfiguration, observation, key)
      known.set(key, distinct(observed([observation.email, after.Intended.EmailConfiguration])))
      observationsOf(invocation).set(key, {
        ...observation,
        landed: false,
        ahead: observation.ahead ?? { knowledge: before ? current : [], claims: JSON.stringify(before?.Claims ?? []) },
      })
      return
    }
    if (!isReverted) servedWrites.set(key, observation.emailWrites)
    if (observation.landed) {
      if (!current.some(({ ours }) => ours.some((one) => sameEmail(one, observation.email)))) tolerated('email-window')
      known.set(
        key,
        distinct([
          ...current,
          ...current.flatMap(({ base, ours }) =>
            ours.flatMap((asked) =>
              mixes(asked, observation.email).map((one) => ({ base, ours: [one], spelling: { asked, found: observation.email } })),
            ),
          ),
        ]),
      )
    } else if (observation.ahead && isReverted) {
      known.set(key, distinct([...observation.ahead.knowledge, ...observed([observation.email])]))
    } else known.set(key, distinct(observed([observation.email])))
    const { ahead: _, ...rest } = observation
    observationsOf(invocation).set(key, { ...rest, landed: false })
    if (after) return
    // A write-ahead that is taken back before anything was sent has restored nothing.
    if (!isReverted) checkRestored(pool, knowledgeOf(key), invocation.id)
    known.delete(key)
    healer.forget(key)
  }

  const answered: Oracle['answered'] = ({ id, tableFailedAt, answeringAt }, request, body) => {
    const answer: JsonObject = JSON.parse(body)
    const event = digest(request.event)
    const isStored = [...world.table.values()].some((item: RecordView) =>
      item.Answers?.some((one) => one.Body === body && one.Event === event),
    )
    if (isStored) request.storedAt ??= now()
    else if (answer['Status'] === 'SUCCESS') violated('stored before sent', `${id} answers SUCCESS, and it is not on record`)
    else {
      tolerated('not-stored')
      if ((answeringAt ?? 0) - (tableFailedAt ?? 0) <= 2_000 || /dynamodb:|no table|Table bindings|still running/.test(body))
        request.unstorable.push(body)
    }
    if (answer['Status'] !== 'SUCCESS' || request.bodies.length > 1) return
    const properties = request.event['ResourceProperties']
    const named = isObject(properties) ? [properties['UserPoolId'] ?? properties['UserPoolIds'] ?? []].flat() : []
    const pools = request.event.RequestType === 'Delete' ? [] : named.map(String)
    answeredPools.set(ownerOf(request.event), new Set(pools))
  }

  type Truth = { readonly owner: string; readonly stackId: string; readonly resource: Resource }
  const declaredOf = ({ ConfigurationSet, SourceArn, From, ReplyToEmailAddress }: Wish): Email =>
    Object.fromEntries(
      Object.entries({ ConfigurationSet, SourceArn, From, ReplyToEmailAddress }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    )

  const saysSo = (claim: ClaimView, wish: Wish): boolean =>
    sameJson(claim.Declared, declaredOf(wish)) && claim.Heal === (wish.Heal ?? 'AUTO') && claim.OnDelete === (wish.OnDelete ?? 'RESTORE')

  const checkSettled: Oracle['checkSettled'] = (stacks, poolId, strict) => {
    const truths: Truth[] = stacks.flatMap(({ id, resources }) =>
      id === undefined ? [] : [...resources].map(([logicalId, resource]) => ({ owner: `${id}|${logicalId}`, stackId: id, resource })),
    )
    // Of stacks that are gone and whose bindings were retained, until an operator releases them.
    for (const { retained } of stacks)
      for (const [stackId, resources] of retained)
        for (const [logicalId, resource] of resources) truths.push({ owner: `${stackId}|${logicalId}`, stackId, resource })
    // Where a rollback was skipped an unfinished write may wait for the next event that can finish it.
    const isSkipped = ({ UserPoolId }: Item): boolean =>
      truths.some(
        ({ resource: { wish, orElse } }) =>
          orElse && [wish, ...orElse].some(({ pools }) => pools.some((number) => poolId(number) === UserPoolId)),
      )
    for (const item of world.table.values()) if (!isSkipped(item)) checkItem(item)
    for (const pool of world.pools) {
      const item = record(pool.id)
      const claims = item?.Claims ?? []
      const onPool = (wish: Wish | undefined): boolean => wish?.pools.some((number) => poolId(number) === pool.id) ?? false
      for (const { owner, stackId, resource } of truths) {
        const claim = claims.find((one) => ownerOf(one) === owner)
        const may = [resource.wish, ...(resource.orElse ?? [])]
        // An operator may have released it without hearing so.
        const isLeft = !stacks.some(({ id }) => id === stackId)
        const fits = may.some((wish) => (claim ? onPool(wish) && saysSo(claim, wish) : isLeft || !onPool(wish)))
        if (!fits)
          violated('claims', `${owner} on ${pool.id} declares ${JSON.stringify(claim?.Declared)}; its stack says ${JSON.stringify(may)}`)
      }
      for (const claim of claims)
        if (!truths.some(({ owner }) => owner === ownerOf(claim)))
          violated('claims', `a claim on ${pool.id} is left of ${ownerOf(claim)}, which is gone`)
      // What nobody's template says any more is not applied again.
      const isLeft = claims.some((one) => stacks.some(({ retained }) => retained.has(one.StackId)))
      const isFresh = (strict && !isLeft) || servedWrites.get(pool.id) === pool.emailWrites
      const isUnfinished = item?.Intended !== undefined && isSkipped(item)
      if (claims.length > 0 && isFresh && !isUnfinished) checkLayers(pool, claims)
    }
  }

  const checkLayers = (pool: Pool, claims: readonly ClaimView[]): void => {
    const declared = claims.map((claim) => claim.Declared)
    const possible = knowledgeOf(pool.id).map((one) => ({ ...one, base: wished(one, pool.email) }))
    if (unlike(possible.map(({ base }) => base)).length > 1) tolerated('several-bases')
    const expected = possible.map(({ base, spelling }) => ({ email: layered(base, declared, pool.email), spelling }))
    if (expected.some(({ email }) => email === undefined)) tolerated('blocked')
    else if (!expected.some(({ email, spelling }) => email !== undefined && stands(email, pool.email, spelling)))
      violated('layers', `${pool.id} has ${JSON.stringify(pool.email)}; the layers say ${JSON.stringify(expected)}`)
  }

  const checkItem = (item: RecordView): void => {
    const key = item.UserPoolId
    // What the healer began and could not end waits for the next sweep.
    if (key === CURSOR || healing.has(key)) return
    // A binding's may stand while what its holder left in doubt may still land, and afterwards it holds nobody up.
    if (item.Lease && !(isBinding(key) && Date.parse(item.Lease.Until) <= now() + 2_000))
      violated('leftovers', `${key} has a lease: ${JSON.stringify(item.Lease)}`)
    if (item.Intended) violated('leftovers', `${key} has an intention: ${JSON.stringify(item.Intended)}`)
    if (!isBinding(key) && claimsOf(item).length === 0) violated('leftovers', `${key} has no claims`)
    if (isBinding(key) && (item.Pools?.length === 0) !== (item.ExpiresAt !== undefined))
      violated('leftovers', `${key} has pools ${item.Pools} and ExpiresAt ${item.ExpiresAt}`)
  }

  const checkGone: Oracle['checkGone'] = () => {
    for (const item of world.table.values()) {
      checkItem(item)
      if (!isBinding(item.UserPoolId) && item.UserPoolId !== CURSOR)
        violated('leftovers', `${item.UserPoolId} is there after all stacks are gone`)
    }
  }

  const checkAnswers: Oracle['checkAnswers'] = (requests) => {
    for (const request of requests) {
      const name = `${request.step}.${request.index}`
      const [first, ...others] = unlike(request.bodies)
      if (first === undefined) {
        if (request.lost) tolerated('answer-lost')
        else violated('answered', `${name} was never answered`)
      } else if (others.length > 0) {
        const strangers = [first, ...others].filter((body) => !request.unstorable.includes(body) && !body.includes('superseded'))
        const isTolerated = strangers.length <= 1
        if (isTolerated) tolerated('other-body')
        else violated('one body', `${name} got ${[first, ...others].join(' and ')}`)
      }
    }
  }
  const sorted = <V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const state: Oracle['state'] = (running) =>
    JSON.stringify([
      sorted(known),
      sorted(answeredPools).map(([owner, pools]) => [owner, [...pools].sort()]),
      [servedWrites, takenAt, sent, beforeAhead].map((map) => sorted<unknown>(map)),
      [...healing].sort(),
      healer.state(),
      running.map((one) => [one.id, one.tableFailedAt, one.answeringAt, sorted(observationsOf(one))]),
    ])
  const sendingState: Oracle['sendingState'] = (invocation, id) =>
    JSON.stringify([record(id)?.Revision, observationsOf(invocation).get(id), knowledgeOf(id)])
  return {
    state,
    sendingState,
    began,
    described,
    updating,
    refused,
    put,
    ended,
    answered,
    checkSettled,
    checkBound: healer.checkBound,
    checkGone,
    checkAnswers,
  }
}
