import type { Database } from "../database/index.ts";
import { newEventId } from "../ids/index.ts";

const ROWS_PER_STATEMENT = 5_000;
/** It may have to read the whole table, which has no index on the time. */
const TIMEOUT_MS = 600_000;

// Event ids are UUIDv7, so the primary key finds old rows without an index on the time. The time is checked too: an
// old event that was redriven a moment ago must stay known.
const PRUNE = {
  name: "inbox_prune",
  timeoutMs: TIMEOUT_MS,
  text: `DELETE FROM inbox WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM inbox WHERE event_id < $1 AND receive_time < $2
           LIMIT ${ROWS_PER_STATEMENT} FOR UPDATE SKIP LOCKED))`,
};

/**
 * Forgets events that were received more than `olderThanMs` ago, a few thousand per statement. The age must exceed the
 * log's retention plus the longest time that a dead letter waits for its redrive.
 *
 * @returns how many rows were removed
 */
export async function pruneInbox(database: Database, olderThanMs: number, nowMs = Date.now()): Promise<number> {
  const before = nowMs - olderThanMs;
  const values = [newEventId(before), new Date(before)];
  let removed = 0;
  for (;;) {
    const { rowCount } = await database.query(PRUNE, values);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < ROWS_PER_STATEMENT) return removed;
  }
}
