import type { Database } from "../database/index.ts";

const ROWS_PER_STATEMENT = 5_000;
/** It may have to read the whole table, which has no index on the time. */
const TIMEOUT_MS = 600_000;

const PRUNE = {
  name: "idempotency_prune",
  timeoutMs: TIMEOUT_MS,
  text: `DELETE FROM idempotency_key WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM idempotency_key WHERE create_time < $1
           LIMIT ${ROWS_PER_STATEMENT} FOR UPDATE SKIP LOCKED))`,
};

/**
 * Forgets keys that were used more than `olderThanMs` ago, a few thousand per statement. After that the same key runs
 * its request again, so the age must exceed the time in which clients retry.
 *
 * @returns how many rows were removed
 */
export async function pruneIdempotencyKeys(
  database: Database,
  olderThanMs: number,
  nowMs = Date.now(),
): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rowCount } = await database.query(PRUNE, [new Date(nowMs - olderThanMs)]);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < ROWS_PER_STATEMENT) return removed;
  }
}
