// What became of a run's orders, from the order database: no call per order, so that watching costs next to nothing.
import type { Observer } from "../measuring/observer.ts";

export interface Completion {
  readonly placed: number;
  readonly completed: number;
  readonly completedInWindow: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Milliseconds from create time to the state change that ended PENDING; undefined when none did. */
  readonly timeToFinalMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
}

/** Orders carry their time in the first 48 bits of the id, so a run is a range of the primary key. */
export function idRange(fromMs: number, toMs: number): [low: string, high: string] {
  const prefix = (ms: number): string => {
    const hex = ms.toString(16).padStart(12, "0");
    return `${hex.slice(0, 8)}-${hex.slice(8)}`;
  };
  return [`${prefix(fromMs)}-0000-0000-000000000000`, `${prefix(toMs)}-ffff-ffff-ffffffffffff`];
}

const completionOfRun = `
  WITH run AS MATERIALIZED (
    SELECT id, status, create_time FROM orders WHERE id BETWEEN $1 AND $2 AND client_reference = $3
  ), final AS MATERIALIZED (
    SELECT order_id, min(time) AS time FROM order_change
    WHERE order_id BETWEEN $1 AND $2 AND status IN ('CONFIRMED', 'CANCELLED') GROUP BY order_id
  ), timed AS (
    SELECT run.status, final.time, extract(epoch FROM final.time - run.create_time)::float8 * 1000 AS took
    FROM run LEFT JOIN final ON final.order_id = run.id
  )
  SELECT status, count(*)::float8 AS placed, count(time)::float8 AS completed,
         (count(*) FILTER (WHERE time <= to_timestamp($4::float8 / 1000)))::float8 AS in_window,
         grouping(status) AS total,
         percentile_disc(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY took) FILTER (WHERE took IS NOT NULL) AS took
  FROM timed GROUP BY ROLLUP (status)`;

/** Reads what became of the orders of `runId` accepted from `startMs` on; `windowEndMs` closes the load's window. */
export async function readCompletion(
  orders: Observer,
  runId: string,
  startMs: number,
  windowEndMs: number,
): Promise<Completion> {
  // Clocks of one machine agree, but an order is named before it is written: leave some room.
  const [low, high] = idRange(startMs - 1000, Date.now() + 1000);
  const rows = await orders.query<{
    status: string | null;
    placed: number;
    completed: number;
    in_window: number;
    total: number;
    took: number[] | null;
  }>(completionOfRun, [low, high, runId, windowEndMs]);
  const total = rows.find((row) => row.total === 1);
  const [p50, p99, max] = total?.took ?? [];
  return {
    placed: total?.placed ?? 0,
    completed: total?.completed ?? 0,
    completedInWindow: total?.in_window ?? 0,
    byStatus: Object.fromEntries(rows.filter((row) => row.total === 0).map((row) => [row.status ?? "?", row.placed])),
    timeToFinalMs: p50 === undefined || p99 === undefined || max === undefined ? undefined : { p50, p99, max },
  };
}
