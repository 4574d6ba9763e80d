// What differs between two readings of a user pool, to the byte; only the order of members does not count.
import { canonical, isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { DESCRIBE_ONLY } from '../local-aws/cognito/members.ts'

export type Change = {
  /** The dotted name, such as EmailConfiguration.From; with the pool's ID before it where there are several pools. */
  readonly setting: string
  /** Undefined when absent. */
  readonly before: Json | undefined
  readonly after: Json | undefined
  /** Whether it is what a binding is for. */
  readonly isEmailConfiguration: boolean
}

/** These change by themselves: with every update, with every user, and with what SES and SNS are seen to say. */
const ALIVE = ['LastModifiedDate', 'EstimatedNumberOfUsers', 'EmailConfigurationFailure', 'SmsConfigurationFailure']
const EMAIL = 'EmailConfiguration'

const namesOf = (before: JsonObject, after: JsonObject): readonly string[] => [...new Set([...Object.keys(before), ...Object.keys(after)])]

const differences = (prefix: string, before: JsonObject, after: JsonObject): readonly Omit<Change, 'isEmailConfiguration'>[] =>
  namesOf(before, after).flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if ((was === undefined) === (is === undefined) && canonical(was) === canonical(is)) return []
    if (isObject(was) && isObject(is)) return differences(`${prefix}${name}.`, was, is)
    return [{ setting: `${prefix}${name}`, before: was, after: is }]
  })

/** @param prefix stands before every name */
export const changesBetween = (before: JsonObject, after: JsonObject, prefix = ''): readonly Change[] =>
  namesOf(before, after)
    .filter((name) => !ALIVE.includes(name))
    .flatMap((name) =>
      differences(prefix, { [name]: before[name] }, { [name]: after[name] }).map((change) => ({
        ...change,
        isEmailConfiguration: name === EMAIL,
      })),
    )

/** A member that UpdateUserPool takes; it takes Name as PoolName. */
const isSetting = (name: string): boolean => name !== EMAIL && (name === 'Name' || !DESCRIBE_ONLY.includes(name))

/** How many settings besides EmailConfiguration are the same in both. */
export const untouchedCount = (before: JsonObject, after: JsonObject): number =>
  Object.keys(before).filter(
    (name) => isSetting(name) && name in after && differences('', { [name]: before[name] }, { [name]: after[name] }).length === 0,
  ).length
