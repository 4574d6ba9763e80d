// The template of a plan: how many pools go into how many bindings, and that none of them moves.
import { expect, test } from '@jest/globals'
import { boundBy, templateOf } from '../../lib/fleet/proposal.ts'

type Binding = { readonly DependsOn?: string; readonly Properties: { readonly UserPoolIds: readonly string[] } }

const bindings = (pools: Parameters<typeof templateOf>[0]) =>
  templateOf(pools, { ConfigurationSet: 'mail' })['Resources'] as unknown as Readonly<Record<string, Binding>>

const idOf = (index: number): string => `eu-west-1_Pool${String(index).padStart(4, '0')}`
const fresh = (count: number) => Array.from({ length: count }, (_, index) => ({ id: idOf(index), logicalId: undefined }))

test('more than 100 pools are several bindings, in the order of their IDs, each after the one before', () => {
  const all = bindings(
    fresh(230)
      .reverse()
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  )

  expect(Object.entries(all).map(([name, { DependsOn, Properties }]) => [name, DependsOn, Properties.UserPoolIds.length])).toEqual([
    ['Binding', undefined, 100],
    ['Binding2', 'Binding', 100],
    ['Binding3', 'Binding2', 30],
  ])
  expect(Object.values(all).flatMap(({ Properties }) => Properties.UserPoolIds)).toEqual(fresh(230).map(({ id }) => id))
})

test('a pool that is bound stays in its binding: a new one that would come before it goes where there is room', () => {
  const bound = fresh(130).map(({ id }, index) => ({ id, logicalId: index < 100 ? 'Binding' : 'Binding2' }))
  const before = bindings(fresh(130))
  const after = bindings([{ id: 'eu-west-1_A', logicalId: undefined }, ...bound])

  expect(after['Binding']?.Properties.UserPoolIds).toEqual(before['Binding']?.Properties.UserPoolIds)
  expect(after['Binding2']?.Properties.UserPoolIds).toEqual(['eu-west-1_A', ...(before['Binding2']?.Properties.UserPoolIds ?? [])])
})

test('a binding of which no pool is left is not in the template, and the next one waits for none', () => {
  const left = bindings([{ id: idOf(1), logicalId: 'Binding2' }])

  expect(left).toEqual({ Binding2: expect.not.objectContaining({ DependsOn: expect.anything() }) })
})

test('a record that cannot be read counts for a stack that it names, because a template without the pool would take its binding away', () => {
  const items = [
    { UserPoolId: idOf(1), SchemaVersion: 9, Layers: [{ Stack: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/mail/1' }] },
    { UserPoolId: idOf(2), SchemaVersion: 9, Layers: [{ Stack: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/mailing/1' }] },
    { UserPoolId: 'binding#1', SchemaVersion: 9, StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/mail/1' },
  ]
  expect(boundBy('mail', items, 'table')).toEqual([idOf(1)])
})
