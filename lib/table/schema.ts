// The shape of an item, checked as it is read: an item of a newer version is left alone, one that makes no sense is named.
import * as v from 'valibot'
import { type Refusal, refusal } from '../errors.ts'
import type { JsonObject } from '../json.ts'

/** The version of the record's shape. A record of a newer one is left alone. */
export const SCHEMA_VERSION = 1

/** An item of the table as `schema` says, or what is wrong with it. */
export const readItem = <T>(
  schema: v.GenericSchema<unknown, T>,
  item: JsonObject,
  table: string,
): { readonly ok: true; readonly record: T } | Refusal => {
  const version = item['SchemaVersion']
  const key = String(item['UserPoolId'])
  if (typeof version === 'number' && version > SCHEMA_VERSION) {
    return refusal(
      'InternalFailure',
      `The item ${key} in table ${table} was written by a newer version of cognito-ses-binding (SchemaVersion ${version}; this one knows ${SCHEMA_VERSION}). Nothing was changed; deploy the newer provider again.`,
    )
  }
  const parsed = v.safeParse(schema, item)
  if (parsed.success) return { ok: true, record: parsed.output }
  const [issue] = parsed.issues
  return refusal(
    'InternalFailure',
    `The item ${key} in table ${table} cannot be read: ${v.getDotPath(issue)}: ${issue.message}. Nothing was written to the user pool; repair the item (point-in-time recovery has older copies) or delete it, then try again.`,
  )
}
