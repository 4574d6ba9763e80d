// The five times on which safety rests, in one place.
//
//    read the pool ─────── FRESH_MS ──────────▶│      no update after this: an owner's write in between would be lost
//         write-ahead ──── PROMPT_MS ─▶│              the update is sent by now, or not at all
//                     sent ── IN_DOUBT_MS ─▶│         without an answer it has taken effect by now, or never will
//         write-ahead ──────── LANDED_MS ──▶│         so whoever finds an intention that does not show waits until here

/** A copy of a pool counts for this long. */
export const COPY_VALID_MS = 3_000

/** From the write-ahead to the update. */
export const SEND_WITHIN_MS = 1_000

/** A request without an answer, to Cognito or to DynamoDB, takes effect within this time or never. Inferred, no source bounds it: docs/evidence.md. */
export const IN_DOUBT_MS = 2_000

export const LANDED_MS = SEND_WITHIN_MS + IN_DOUBT_MS
