// What an error of the table means for the person who reads it.
import { deniedAction, isDenied, isNotFound, isThrottled, type Refusal, refusal, type ServiceError } from '../errors.ts'
import { serviceWords } from '../printable.ts'

/** The sentence for an error that the table gave. */
export const tableRefusalFor = (error: ServiceError, table: string): Refusal => {
  const said = serviceWords(error.message)
  const action = deniedAction(error.message) ?? error.action
  if (isThrottled(error)) return refusal('Throttling', `Table ${table} is throttled: ${said}. Try again later.`)
  if (isDenied(error)) {
    return refusal(
      'AccessDenied',
      action === error.action
        ? `${error.action} on table ${table} was denied: ${said}. Let the function’s role call it; the provider stack’s role does.`
        : `${error.action} on table ${table} was denied: ${said}. Let the function’s role call ${action}, which this table needs.`,
    )
  }
  if (isNotFound(error)) {
    return refusal(
      'NotFound',
      `There is no table ${table}, in which the bindings are recorded (TABLE_NAME). Deploy the provider stack again, or name the right table in its parameter TableName.`,
    )
  }
  return refusal('InternalFailure', `${error.action} on table ${table} failed (${error.code}): ${said}. Try again.`)
}
