// Messages are kept no longer than the events that they come from: what the log cannot give back is not there to lose.
import type { Database, Statement } from "@ordermesh/runtime/database";
import { EVENT_RETENTION_MS } from "@ordermesh/runtime/event-log";
import { newEventId } from "@ordermesh/runtime/ids";

/** A day less than the log keeps events, so that neither clocks that differ nor a long rebuild meet its edge. */
export const NOTIFICATION_RETENTION_MS = EVENT_RETENTION_MS - 24 * 3_600_000;

const ROWS_PER_STATEMENT = 5_000;

// Ids of orders begin with their time, and no message is older than its order: the primary key finds old rows.
const PRUNE: Statement = {
  name: "notification_prune",
  text: `DELETE FROM notification WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM notification WHERE order_id < $1 AND create_time < $2
           LIMIT ${ROWS_PER_STATEMENT} FOR UPDATE SKIP LOCKED))`,
};

/** The age beyond which messages are not kept. */
export function oldestKept(nowMs: number): Date {
  return new Date(nowMs - NOTIFICATION_RETENTION_MS);
}

/** Removes messages that are too old, a few thousand per statement. Answers how many. */
export async function pruneNotifications(database: Database, nowMs: number): Promise<number> {
  const before = oldestKept(nowMs);
  const values = [newEventId(before.getTime()), before];
  for (let removed = 0; ; ) {
    const { rowCount } = await database.query(PRUNE, values);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < ROWS_PER_STATEMENT) return removed;
  }
}
