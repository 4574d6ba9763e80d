// The laws of the layers, for any JSON, members that nobody knows included.
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { Json, JsonObject } from '../../lib/json.ts'
import { committed } from '../../lib/pool/hold.ts'
import {
  asWished,
  desired,
  differingMembers,
  type EmailConfiguration,
  overlay,
  readBack,
  rebase,
  sameMember,
  withMembersOf,
} from '../../lib/pool/layers.ts'
import { plan } from '../../lib/pool/plan.ts'
import { type Claim, readPoolRecord } from '../../lib/pool/record.ts'

const ARN = (name: string) => `arn:aws:ses:us-east-1:123456789012:identity/${name}.example`
const arn = fc.constantFrom('a', 'b', 'c').map(ARN)
const set = fc.constantFrom('one', 'two', 'three')
const address = fc.constantFrom('a@a.example', 'B <b@b.example>', 'c@c.example')
const unknown = fc.record({ DeliveryDrone: fc.jsonValue(), Colour: fc.string() }, { requiredKeys: [] })

/** What a pool may have: on its own sender, or on Cognito's. */
const configuration: fc.Arbitrary<EmailConfiguration> = fc
  .tuple(
    fc.oneof(
      fc.constant({ EmailSendingAccount: 'COGNITO_DEFAULT' }),
      fc.record(
        { EmailSendingAccount: fc.constant('DEVELOPER'), SourceArn: arn, From: address, ConfigurationSet: set },
        { requiredKeys: ['EmailSendingAccount', 'SourceArn'] },
      ),
    ),
    fc.record({ ReplyToEmailAddress: address }, { requiredKeys: [] }),
    unknown,
  )
  .map((parts) => Object.assign({}, ...parts))

const declared: fc.Arbitrary<EmailConfiguration> = fc.record(
  { ConfigurationSet: set, SourceArn: arn, From: address, ReplyToEmailAddress: address },
  { requiredKeys: ['ConfigurationSet', 'SourceArn'] },
)
const DECLARABLE = ['ConfigurationSet', 'SourceArn', 'EmailSendingAccount', 'From', 'ReplyToEmailAddress']

const claimed = (Declared: EmailConfiguration, LogicalResourceId: string): Claim => ({
  StackId: 'stack',
  LogicalResourceId,
  Declared,
  OnDelete: 'RESTORE',
  Heal: 'AUTO',
})

/** The pool and its record, driven by plans as a service without faults would. */
const pool = (live: EmailConfiguration) => {
  let item: JsonObject | undefined
  const record = () => {
    const read = item && readPoolRecord(item, 'table')
    if (read && !read.ok) throw new Error(read.message)
    return read?.record
  }
  const apply = (change: Parameters<typeof plan>[3]) => {
    const next = plan('pool', record(), live, change)
    if (!next.ok) throw new Error(next.message)
    if (next.changes.length > 0) live = next.toSend
    const rest = committed('pool', record(), { base: next.base, claims: next.claims, asked: next.desired, applied: live })
    item = rest && { ...rest, Revision: 1 }
    return next
  }
  return {
    live: () => live,
    record,
    ownerSets: (configuration: EmailConfiguration) => {
      live = configuration
    },
    add: (layer: EmailConfiguration, id: string) =>
      apply({ kind: 'attach', claim: claimed(layer, id), takeover: 'no', formerSet: undefined }),
    remove: (id: string) =>
      apply({ kind: 'detach', owner: { StackId: 'stack', LogicalResourceId: id }, onDelete: 'RESTORE', answered: true }),
  }
}

describe('layers', () => {
  test('adding and then removing a claim is the identity on an untouched pool', () => {
    void fc.assert(
      fc.property(configuration, declared, (before, layer) => {
        const one = pool(before)
        one.add(layer, 'A')
        one.remove('A')
        expect(one.live()).toEqual(before)
        expect(one.record()).toBeUndefined()
      }),
    )
  })

  test('the calculation is idempotent: the same claim again writes nothing', () => {
    void fc.assert(
      fc.property(configuration, declared, (before, layer) => {
        const one = pool(before)
        one.add(layer, 'A')
        expect(one.add(layer, 'A').changes).toEqual([])
      }),
    )
  })

  test('a member that nobody declared is never written, unknown ones included', () => {
    void fc.assert(
      fc.property(configuration, declared, (before, layer) => {
        const { toSend: send } = pool(before).add(layer, 'A')
        const implied = ['EmailSendingAccount', ...Object.keys(layer)]
        expect(differingMembers(before, send).filter((name) => !implied.includes(name))).toEqual([])
        for (const name of Object.keys(before).filter((member) => !DECLARABLE.includes(member))) expect(send[name]).toEqual(before[name])
      }),
    )
  })

  test('removing claims in any order ends in the same base', () => {
    void fc.assert(
      fc.property(
        configuration,
        fc.array(declared, { minLength: 1, maxLength: 4 }).chain((layers) =>
          fc.tuple(
            fc.constant(layers),
            fc.shuffledSubarray(
              layers.map((_, index) => index),
              { minLength: layers.length },
            ),
          ),
        ),
        (before, [layers, order]) => {
          const one = pool(before)
          layers.forEach((layer, index) => {
            one.add(layer, String(index))
          })
          for (const index of order) one.remove(String(index))
          expect(one.live()).toEqual(before)
        },
      ),
    )
  })

  test('the later claim wins member by member, and what it leaves open is the earlier one’s', () => {
    void fc.assert(
      fc.property(configuration, declared, declared, (base, below, above) => {
        const wish = desired(base, [below, above], base)
        expect(wish).toMatchObject({
          blocked: false,
          emailConfiguration: { ...base, ...below, ...above, EmailSendingAccount: 'DEVELOPER' },
        })
      }),
    )
  })

  test('what the owner set while a claim was there is what stands after it', () => {
    void fc.assert(
      fc.property(configuration, configuration, declared, (before, wish, layer) => {
        const one = pool(before)
        one.add(layer, 'A')
        const applied = one.live()
        one.ownerSets(wish)
        one.add(layer, 'A')
        one.remove('A')
        // A value that the owner set to exactly what we had applied counts as ours.
        const sender = ['EmailSendingAccount', 'SourceArn', 'From']
        const tookOurs = (names: string[]) =>
          names.every((name) => sameMember(name, wish, applied)) && names.some((name) => layer[name] !== undefined)
        fc.pre(![sender, ['ConfigurationSet'], ['ReplyToEmailAddress']].some(tookOurs))
        expect(one.live()).toEqual(wish)
      }),
    )
  })
})

describe('a member is the same', () => {
  test.each<[string, Json | undefined, Json | undefined, boolean]>([
    ['From', '"A"  <a@A.example>', 'A <a@a.example>', true],
    ['From', null, 'a@a.example', false],
    ['From', null, undefined, true],
    ['From', { Address: 'a@a.example' }, 'a@a.example', false],
    ['EmailSendingAccount', undefined, 'COGNITO_DEFAULT', true],
    ['SourceArn', `${ARN('a')}/a@A.example`, `${ARN('a')}/a@a.example`, false],
    ['Tomorrow', 'a@A.example', 'a@a.example', false],
  ])('as an address only where it is one: %s %j beside %j: %j', (name, a, b, isSame) => {
    expect([sameMember(name, { [name]: a }, { [name]: b }), sameMember(name, { [name]: b }, { [name]: a })]).toEqual([isSame, isSame])
  })
})

describe('rebase', () => {
  test('of what we applied, or were about to apply, moves nothing', () => {
    void fc.assert(
      fc.property(configuration, configuration, configuration, (base, applied, intended) => {
        expect(rebase(base, applied, intended, applied)).toEqual(base)
        expect(rebase(base, applied, intended, intended)).toEqual(base)
      }),
    )
  })

  test('moves EmailSendingAccount, SourceArn and From together', () => {
    const base = { EmailSendingAccount: 'DEVELOPER', SourceArn: ARN('a'), From: 'a@a.example' }
    const applied = overlay(base, { From: 'b@b.example', ConfigurationSet: 'one' })
    expect(rebase(base, applied, undefined, { ...applied, SourceArn: ARN('c') })).toEqual({
      ...base,
      SourceArn: ARN('c'),
      From: 'b@b.example',
    })
  })

  test('brings the sender along when the owner’s ConfigurationSet moves into a base that has none', () => {
    const base = { EmailSendingAccount: 'COGNITO_DEFAULT' }
    const applied = overlay(base, { SourceArn: ARN('a'), ConfigurationSet: 'one' })
    expect(rebase(base, applied, undefined, { ...applied, ConfigurationSet: 'two' })).toEqual({
      EmailSendingAccount: 'DEVELOPER',
      SourceArn: ARN('a'),
      ConfigurationSet: 'two',
    })
  })
})

describe('the reading after a write', () => {
  const before = { EmailSendingAccount: 'DEVELOPER', SourceArn: ARN('a') }
  const sent = { EmailSendingAccount: 'DEVELOPER', SourceArn: ARN('b'), From: 'B <b@b.example>', ConfigurationSet: 'one' }

  test('finds nothing where all is as sent, addresses in the service’s spelling included', () => {
    const after = { ...sent, From: '"B" <b@B.example>' }
    expect(readBack(before, sent, after)).toEqual({ ignored: [], normalized: [], changedByOthers: [] })
  })

  test('as before and not as sent did not take; another text is the service’s spelling', () => {
    const { ConfigurationSet: _, ...after } = { ...sent, SourceArn: ARN('B') }
    expect(readBack(before, sent, after)).toEqual({ ignored: ['ConfigurationSet'], normalized: ['SourceArn'], changedByOthers: [] })
  })

  test('where somebody wrote at that moment, what looks as before may be theirs too: it is nobody’s spelling', () => {
    const after = { EmailSendingAccount: 'COGNITO_DEFAULT' }
    const { changedByOthers: changed, normalized } = readBack(before, sent, after)
    expect(normalized).toEqual([])
    expect([...changed].sort()).toEqual(['ConfigurationSet', 'EmailSendingAccount', 'From', 'SourceArn'])
  })

  const THE_SENDER = ['EmailSendingAccount', 'From', 'SourceArn']
  test.each<[string, EmailConfiguration, string[]]>([
    ['another set, and not the sender', { ConfigurationSet: 'two' }, ['ConfigurationSet']],
    [
      'another set, and not what the service spelled otherwise meanwhile',
      { ConfigurationSet: 'two', Tomorrow: 'RED' },
      ['ConfigurationSet', 'Tomorrow'],
    ],
    ['another From: the sender is one wish', { From: 'B <c@b.example>' }, THE_SENDER],
    ['From at another domain', { From: 'B <b@c.example>' }, THE_SENDER],
    ['a From that is no address', { From: 'nobody' }, THE_SENDER],
    ['From and the set', { From: 'c@c.example', ConfigurationSet: 'two' }, ['ConfigurationSet', ...THE_SENDER]],
  ])('tells what somebody wrote at that moment: %s', (_, written, theirs) => {
    const { changedByOthers: changed, normalized } = readBack(
      before,
      { ...sent, Tomorrow: 'red' },
      { ...sent, Tomorrow: 'red', ...written },
    )
    expect(normalized).toEqual([])
    expect([...changed].sort()).toEqual(theirs)
  })

  test.each<[string, string | undefined, string | undefined]>([
    ['ReplyToEmailAddress', undefined, 'c@c.example'],
    ['ReplyToEmailAddress', 'b@b.example', undefined],
    ['ReplyToEmailAddress', 'not an address', 'nor this'],
    ['Tomorrow', undefined, 'green'],
    ['Tomorrow', 'blue', undefined],
  ])('takes %s, sent as %j and found as %j, for somebody’s: it is no spelling of it', (name, asked, found) => {
    const stood = { ...sent, [name]: 'a@a.example' }
    const only = (value: string | undefined) => withMembersOf(stood, value === undefined ? {} : { [name]: value }, [name])
    expect(readBack(stood, only(asked), only(found))).toEqual({ ignored: [], normalized: [], changedByOthers: [name] })
  })
})

describe('the sender', () => {
  const live = { EmailSendingAccount: 'DEVELOPER', SourceArn: ARN('a'), From: 'a@a.example', ConfigurationSet: 'one' }

  test('of no layer stays as it is live; a declared From still wins', () => {
    expect(desired({ EmailSendingAccount: 'COGNITO_DEFAULT' }, [{ ConfigurationSet: 'two', From: 'x@a.example' }], live)).toEqual({
      blocked: false,
      senderOfNoLayer: true,
      emailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: ARN('a'), From: 'x@a.example', ConfigurationSet: 'two' },
    })
  })

  test('of no layer takes the latest From that is declared, whoever lies over it', () => {
    const wish = desired({}, [{ From: 'y@a.example' }, { From: 'x@a.example' }, { ConfigurationSet: 'two' }], live)
    expect(wish).toMatchObject({ senderOfNoLayer: true, emailConfiguration: { From: 'x@a.example', ConfigurationSet: 'two' } })
  })

  test.each<[string, EmailConfiguration]>([
    ['a pool on COGNITO_DEFAULT', { EmailSendingAccount: 'COGNITO_DEFAULT' }],
    ['a pool on COGNITO_DEFAULT that sends from its owner’s address', { EmailSendingAccount: 'COGNITO_DEFAULT', SourceArn: ARN('a') }],
    ['a pool that does not say with what it sends', { SourceArn: ARN('a') }],
    ['a pool on DEVELOPER without an identity', { EmailSendingAccount: 'DEVELOPER', From: 'a@a.example' }],
  ])('that is nowhere blocks the claims: %s', (_, nobody) => {
    expect(desired(nobody, [{ ConfigurationSet: 'two' }], nobody)).toEqual({ blocked: true })
  })
})

describe('From in another case beside an address identity', () => {
  const SourceArn = 'arn:aws:ses:us-east-1:123456789012:identity/a@a.example'
  const live = { EmailSendingAccount: 'DEVELOPER', SourceArn, From: 'a@A.example', ConfigurationSet: 'one' }
  const wish = { ConfigurationSet: 'one', From: 'a@a.example' }

  test('is not as wished, but the same member: a service may store it so', () => {
    const target = { ...live, ...wish }
    expect([asWished('From', live, target), sameMember('From', live, target)]).toEqual([false, true])
    expect(asWished('From', live, { ...live, From: '"" <a@A.example>' })).toBe(true)
  })

  test('counts in no other member', () => {
    const replyTo = (ReplyToEmailAddress: string) => ({ ...live, ReplyToEmailAddress })
    expect(asWished('ReplyToEmailAddress', replyTo('a@A.example'), replyTo('a@a.example'))).toBe(true)
  })

  test('is not to be told where there is to be none', () => {
    const { From: _, ...wanted } = live
    expect([asWished('From', live, wanted), asWished('From', wanted, wanted)]).toEqual([false, true])
  })

  test('does not count beside the identity of a domain', () => {
    expect(asWished('From', live, { ...live, ...wish, SourceArn: ARN('a') })).toBe(true)
  })

  test('is written when it is declared so, and goes back with the claim', () => {
    const one = pool(live)
    expect(one.add(wish, 'x').changes).toEqual(['From'])
    expect(one.live()['From']).toBe('a@a.example')
    one.remove('x')
    expect(one.live()).toEqual(live)
  })

  test('that the service stored is not written again', () => {
    const one = pool(live)
    one.add(wish, 'x')
    one.ownerSets({ ...one.live(), From: 'a@A.EXAMPLE' })
    expect(one.add(wish, 'x').changes).toEqual([])
  })
})
