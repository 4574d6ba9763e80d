// The two times on which safety rests, in one place.
//
//    read the pool ──────── COPY_VALID_MS ────────▶│   no update of this copy after this: an owner's write in between would be lost
//                     sent ── IN_DOUBT_MS ──▶│         a write without an answer has taken effect by now, or never will
//
// Everything else is the lease. It ends when nothing that its holder sent can take effect any more, so nobody waits for anybody's write:
//
//    work ───────────▶│ watchdog          the Lambda's own end ▶│
//    lease ───────────────────────────────────────────────────▶│   a holder that was killed keeps it until then: at least IN_DOUBT_MS after the watchdog
//    lease ───────────▶│                                           given up when all is known
//    lease ───────────▶│── IN_DOUBT_MS ──▶│                        given up with something in doubt

/** A copy of a pool may be written back for this long after it was asked for. */
export const COPY_VALID_MS = 3_000

/** A write without an answer, to Cognito or to DynamoDB, takes effect within this time or never. Inferred, no source bounds it: docs/evidence.md. */
export const IN_DOUBT_MS = 2_000
