// What became of a run's orders, from all shards: no call per order, so that watching costs next to nothing.
import { type OrderShards, shownHere } from "../measuring/order-shards.ts";

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
    SELECT id, status, create_time FROM orders
    WHERE id BETWEEN $1 AND $2 AND client_reference = $3 AND ${shownHere("id")}
  ), final AS MATERIALIZED (
    SELECT order_id, min(time) AS time FROM order_change
    WHERE order_id BETWEEN $1 AND $2 AND status IN ('CONFIRMED', 'CANCELLED') GROUP BY order_id
  ), timed AS (
    SELECT run.status, final.time, extract(epoch FROM final.time - run.create_time)::float8 * 1000 AS took
    FROM run LEFT JOIN final ON final.order_id = run.id
  )
  SELECT status::text, took, count(*)::float8 AS placed,
         (count(*) FILTER (WHERE time <= to_timestamp($4::float8 / 1000)))::float8 AS in_window
  FROM timed GROUP BY status, took`;

/** Orders of one status that took equally long; times are whole milliseconds, so there are few of them. */
interface Alike extends Record<string, unknown> {
  readonly status: string;
  /** Null while they are open. */
  readonly took: number | null;
  readonly placed: number;
  readonly in_window: number;
}

/** Reads what became of the orders of `runId` accepted from `startMs` on; `windowEndMs` closes the load's window. */
export async function readCompletion(
  shards: OrderShards,
  runId: string,
  startMs: number,
  windowEndMs: number,
): Promise<Completion> {
  // Clocks of one machine agree, but an order is named before it is written: leave some room.
  const [low, high] = idRange(startMs - 1000, Date.now() + 1000);
  const rows = await shards.query<Alike>(completionOfRun, [low, high, runId, windowEndMs]);
  const byStatus: Record<string, number> = {};
  for (const { status, placed } of rows) byStatus[status] = (byStatus[status] ?? 0) + placed;
  const completed = rows.filter(({ took }) => took !== null);
  return {
    placed: total(rows, ({ placed }) => placed),
    completed: total(completed, ({ placed }) => placed),
    completedInWindow: total(completed, ({ in_window: inWindow }) => inWindow),
    byStatus,
    timeToFinalMs: timesOf(completed),
  };
}

const total = (rows: readonly Alike[], of: (row: Alike) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0);

/** The shortest time that so large a part of the orders did not exceed. */
function timesOf(completed: readonly Alike[]): Completion["timeToFinalMs"] {
  const sorted = completed.toSorted((a, b) => (a.took ?? 0) - (b.took ?? 0));
  const count = total(sorted, ({ placed }) => placed);
  const within = (part: number): number => {
    let passed = 0;
    const row = sorted.find(({ placed }) => {
      passed += placed;
      return passed >= part * count;
    });
    return row?.took ?? 0;
  };
  return count === 0 ? undefined : { p50: within(0.5), p99: within(0.99), max: within(1) };
}
