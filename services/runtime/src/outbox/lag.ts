import type { Database } from "../database/index.ts";

export interface OutboxLag {
  /** Commits that wait to be published. */
  readonly rows: number;
  /** Age of the oldest of them in milliseconds, by the database's clock; 0 when none waits. */
  readonly oldestMs: number;
}

// The ids are nearly in the order of time, so the first row is as good as the minimum and needs no scan.
const LAG = {
  name: "outbox_lag",
  text: `SELECT (SELECT count(*) FROM outbox)::integer AS rows,
                coalesce((SELECT extract(epoch FROM clock_timestamp() - create_time) * 1000
                          FROM outbox ORDER BY id LIMIT 1), 0)::float8 AS oldest_ms`,
};

/** How far the relay is behind. */
export async function readLag(database: Database): Promise<OutboxLag> {
  const { rows } = await database.query<{ rows: number; oldest_ms: number }>(LAG);
  return { rows: rows[0]?.rows ?? 0, oldestMs: Math.max(0, rows[0]?.oldest_ms ?? 0) };
}
