// What a pool becomes by an UpdateUserPool that is not refused, in both worlds.
import { child, type JsonObject, without } from '../../../lib/json.ts'
import { PLAIN_SETTINGS, TWINS } from './members.ts'
import { at, setAt } from './paths.ts'
import { type EmailMembers, fixedMembers, type World } from './state.ts'

const isSystemTag = (name: string): boolean => name.startsWith('aws:')

/** In the JSON protocols of AWS a member that is null counts as omitted. */
const withoutNulls = (request: JsonObject): JsonObject => Object.fromEntries(Object.entries(request).filter(([, value]) => value !== null))

const emailAfter = (how: EmailMembers, sent: JsonObject, before: JsonObject | undefined): JsonObject => ({
  EmailSendingAccount: 'COGNITO_DEFAULT',
  ...(how === 'keep' ? before : {}),
  ...sent,
})

/** Of two members that hold one setting, the one that the pool had and the request left out follows the one that was sent. */
const withTwins = (next: JsonObject, before: JsonObject, request: JsonObject): JsonObject =>
  TWINS.reduce((pool, { flat, nested }) => {
    const [sentFlat, sentNested] = [at(request, flat), at(request, nested)]
    if (sentFlat !== undefined && sentNested === undefined && at(before, nested) !== undefined) return setAt(pool, nested, sentFlat)
    if (sentNested !== undefined && sentFlat === undefined && at(before, flat) !== undefined) return setAt(pool, flat, sentNested)
    return pool
  }, next)

export const afterUpdateRequest = (world: World, emailMembers: EmailMembers, before: JsonObject, asked: JsonObject): JsonObject => {
  const request = withoutNulls(asked)
  const { PoolName = before['Name'] } = request
  const left = world === 'keep' ? before : PLAIN_SETTINGS
  const email = child(request, 'EmailConfiguration')
  const tags = child(request, 'UserPoolTags') ?? child(left, 'UserPoolTags')
  // Tags of the system are not the caller's to lose.
  const systemTags = Object.entries(child(before, 'UserPoolTags') ?? {}).filter(([name]) => isSystemTag(name))
  const next: JsonObject = {
    ...left,
    ...without(request, ['UserPoolId', 'PoolName']),
    ...(email && { EmailConfiguration: emailAfter(emailMembers, email, child(before, 'EmailConfiguration')) }),
    ...((tags || systemTags.length > 0) && { UserPoolTags: { ...tags, ...Object.fromEntries(systemTags) } }),
    ...fixedMembers(before),
    ...(PoolName !== undefined && { Name: PoolName }),
  }
  return withTwins(next, before, request)
}
