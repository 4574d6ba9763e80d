// One JSON line a decision, to standard output. Twenty lines of our own: Powertools' logger is 34 KB and 6 ms of every cold start.
import type { JsonObject } from '../lib/json.ts'
import type { Log } from '../lib/ports.ts'

/** Lambda's JSON log format takes over a line that has `timestamp` and `level` as it is (Lambda developer guide, advanced logging controls). */
export const jsonLog =
  (context: JsonObject): Log =>
  (level, message, fields = {}) => {
    process.stdout.write(
      `${JSON.stringify({ timestamp: new Date().toISOString(), level: level.toUpperCase(), message, ...context, ...fields })}\n`,
    )
  }
