// What an app knows of the user pools that a binding names: who declares them, as what, and where they are.
import { CfnResource, Reference, Stack, Token, TokenComparison, Tokenization } from 'aws-cdk-lib'
import type { aws_cognito } from 'aws-cdk-lib/interfaces'
import type { Construct } from 'constructs'
import { canonical, isObject, type JsonObject } from '../../lib/json.ts'

/** The reference that a text consists of, when it is nothing else. */
const referenceOf = (text: string): Reference | undefined => {
  const parts = Tokenization.reverseString(text)
  const token = parts.length === 1 ? parts.firstToken : undefined
  return Reference.isReference(token) ? token : undefined
}

/** The AWS::Cognito::UserPool behind a pool's ID when it is a resource of the same app, by whichever construct it was named. */
export const ownerOf = (userPoolId: string): CfnResource | undefined => {
  const target = referenceOf(userPoolId)?.target
  return CfnResource.isCfnResource(target) && target.cfnResourceType === 'AWS::Cognito::UserPool' ? target : undefined
}

/**
 * The properties that the owner's template gives the pool, with overrides, aspects and tags; undefined where the CDK in
 * use has no way to ask. The method is CDK's own and not public: it is there from 2.235.0 to 2.276.0 at least.
 */
export const declaredBy = (owner: CfnResource): JsonObject | undefined => {
  const { _toCloudFormation: render } = owner as unknown as { readonly _toCloudFormation?: () => unknown }
  if (typeof render !== 'function') return undefined
  const fragment: unknown = Stack.of(owner).resolve(render.call(owner))
  const resources = isObject(fragment) ? fragment['Resources'] : undefined
  const [resource] = isObject(resources) ? Object.values(resources) : []
  if (!isObject(resource)) return undefined
  return isObject(resource['Properties']) ? resource['Properties'] : {}
}

/** Two IDs of one pool have the same key. A reference counts by what it refers to: stacks may use one logical ID each. */
const keyOf = (userPoolId: string, stack: Stack): string => {
  const owner = ownerOf(userPoolId)
  if (owner) return owner.node.path
  const reference = referenceOf(userPoolId)
  return reference ? `${reference.target.node.path}.${reference.displayName}` : canonical(stack.resolve(userPoolId))
}

/** The first ID of a pool that an earlier one names too. */
export const namedTwice = (userPoolIds: readonly string[], stack: Stack): string | undefined => {
  const keys = userPoolIds.map((id) => keyOf(id, stack))
  return userPoolIds.find((_, index) => keys.indexOf(keys[index] ?? '') !== index)
}

/** Throws for a pool that is known to be in another Region or account: the function works in its own, and so does a binding. */
export const assertSameEnvironment = (pool: aws_cognito.IUserPoolRef, binding: Construct): void => {
  const { account, region } = Stack.of(binding)
  for (const [what, theirs, ours] of [
    ['Region', pool.env.region, region],
    ['account', pool.env.account, account],
  ] as const) {
    if (Token.compareStrings(theirs, ours) !== TokenComparison.DIFFERENT) continue
    throw new Error(
      `InvalidRequest: User pool ${pool.node.path} is in ${what} ${theirs}, the binding in ${ours}. ` +
        `Put the binding into a stack of that ${what}; name a pool's replica in this Region by UserPool.fromUserPoolId. ` +
        `[${binding.node.path}]`,
    )
  }
}
