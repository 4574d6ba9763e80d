// What an error of the table means for the person who reads it.
import { isDenied, isNotFound, isThrottled, type Refusal, refusal, type ServiceError, shortened } from '../errors.ts'

/** The sentence for an error that the table gave. */
export const tableRefusalFor = (error: ServiceError, table: string): Refusal => {
  const said = shortened(error.message)
  if (isThrottled(error)) return refusal('Throttling', `Table ${table} is throttled: ${said}. Try again later.`)
  if (isDenied(error)) {
    return refusal(
      'AccessDenied',
      `${error.action} on table ${table} was denied: ${said}. Let the function’s role call it; the provider stack’s role does.`,
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
