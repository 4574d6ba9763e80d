// What the pinned SDK's own model says about the members of a user pool, so that tables of ours can be held against it.
import { UpdateUserPoolRequest$, UserPoolType$ } from '@aws-sdk/client-cognito-identity-provider'

/** Kinds of a schema, as numbered in the generated code of the SDK: [kind, namespace, name, traits, …]. */
const LIST = 1
const STRUCTURE = 3

/** Some schemas stand as a thunk, some as [schema, traits]; this gives the schema itself. */
const resolved = (schema: unknown): unknown => {
  if (typeof schema === 'function') return resolved(schema())
  if (Array.isArray(schema) && typeof schema[0] !== 'number') return resolved(schema[0])
  return schema
}

/** Name and schema of each member of a structure; of a list of structures, those of its items. Undefined when there are no members. */
const membersOf = (schema: unknown): readonly (readonly [string, unknown])[] | undefined => {
  const found = resolved(schema)
  if (!Array.isArray(found)) return undefined
  if (found[0] === LIST) return membersOf(found[4])
  if (found[0] !== STRUCTURE) return undefined
  const [names, schemas]: [unknown, unknown] = [found[4], found[5]]
  if (!Array.isArray(names) || !Array.isArray(schemas)) throw new Error('The SDK lays out its schemas in another way than this test knows.')
  return names.map((name, index) => [String(name), schemas[index]] as const)
}

const pathsOf = (schema: unknown): readonly string[] =>
  (membersOf(schema) ?? []).flatMap(([name, member]) => [name, ...pathsOf(member).map((path) => `${name}.${path}`)])

const namesOf = (schema: unknown): readonly string[] => (membersOf(schema) ?? []).map(([name]) => name)

/** The members of UpdateUserPool's input, `UserPoolId` and `PoolName` among them. */
export const updatableMembers = (): readonly string[] => namesOf(UpdateUserPoolRequest$)

/** The same with everything inside them, as `Policies.PasswordPolicy.MinimumLength`; a list of structures counts as one of them. */
export const updatablePaths = (): readonly string[] => pathsOf(UpdateUserPoolRequest$)

/** The members of the pool that DescribeUserPool gives. */
export const describedMembers = (): readonly string[] => namesOf(UserPoolType$)

/** What DescribeUserPool gives and UpdateUserPool has no member for; `Id` and `Name` among them, which it calls otherwise. */
export const describeOnlyMembers = (): readonly string[] => {
  const updatable = new Set(updatableMembers())
  return describedMembers().filter((name) => !updatable.has(name))
}
