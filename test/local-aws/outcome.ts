// What an action of a doubled service gives back: a body, or the service's own refusal.
import type { JsonObject } from '../../lib/json.ts'

export type ApiError = { readonly code: string; readonly message: string; readonly status: number }

export type Outcome = { readonly ok: true; readonly body: JsonObject } | { readonly ok: false; readonly error: ApiError }

export const done = (body: JsonObject = {}): Outcome => ({ ok: true, body })

export const refused = (code: string, message: string, status = 400): Outcome => ({ ok: false, error: { code, message, status } })
