import type { Database } from "../../database/index.ts";
import type { Logger } from "../../logging/index.ts";

const INTERVAL_MS = 10 * 60_000;
const ROWS_PER_STATEMENT = 1_000;

// Never what a group has yet to consume, and never dead letters: those are settled by a person. One process at a
// time does it; the others find the lock taken and leave it.
const PRUNE = {
  name: "log_prune",
  text: `WITH turn AS MATERIALIZED (
           SELECT pg_try_advisory_xact_lock(1330792773, 2) AS mine
         ), consumed AS (
           SELECT p.partition_id, coalesce(min(o.next_offset), t.next_offset) AS below
           FROM log_topic t JOIN log_partition p USING (topic_id) LEFT JOIN log_offset o USING (partition_id)
           WHERE t.topic NOT LIKE '%.dlq' GROUP BY p.partition_id, t.next_offset
         ), old AS (
           SELECT b.partition_id, b.last_offset FROM turn, consumed c CROSS JOIN LATERAL (
             SELECT partition_id, last_offset, append_time FROM log_batch
             WHERE partition_id = c.partition_id AND last_offset < c.below
             ORDER BY last_offset LIMIT ${ROWS_PER_STATEMENT}) b
           WHERE turn.mine AND b.append_time < now() - $1::double precision * interval '1 millisecond'
         ), removed AS (
           DELETE FROM log_batch b USING old
           WHERE b.partition_id = old.partition_id AND b.last_offset = old.last_offset
           RETURNING b.partition_id
         )
         SELECT count(*)::integer AS removed FROM removed`,
};

/** Removes what is older than `retentionMs` and consumed by every group. Returns the number of rows removed. */
export async function pruneLog(database: Database, retentionMs: number): Promise<number> {
  for (let total = 0; ; ) {
    const { rows } = await database.query<{ removed: number }>(PRUNE, [retentionMs]);
    const removed = rows[0]?.removed ?? 0;
    total += removed;
    if (removed === 0) {
      return total;
    }
  }
}

/** Prunes now and then until the returned function is called. */
export function startRetention(database: Database, retentionMs: number, logger: Logger): () => void {
  const timer = setInterval(() => {
    pruneLog(database, retentionMs).catch((error: unknown) => logger.warn({ err: error }, "event log: not pruned"));
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
