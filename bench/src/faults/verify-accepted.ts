// Compares what clients were promised with what the order database holds.
import { type Observer, openObserver } from "../measuring/observer.ts";

export interface AcceptedOrders {
  /** Orders with the run's client reference, whoever was told of them. */
  readonly placed: number;
  /** Answered 201 and not in the database. */
  readonly missing: readonly string[];
  /** Answered 201 and neither CONFIRMED nor CANCELLED. */
  readonly notFinal: readonly string[];
  /** Final, but only after the saga deadline, or after the outage in which the deadline passed. */
  readonly late: readonly string[];
}

/** A time in which some process of the stack was away, so that nobody could be held to a deadline. */
export interface Outage {
  readonly from: Date;
  readonly until: Date;
}

const idsPerQuery = 10_000;
/** The sweeper passes some time after the deadline. */
const sweeperSlackMs = 5_000;

const fates = `
  SELECT t.id::text, o.status::text, f.time > d.time + make_interval(secs => $2) AS late
  FROM unnest($1::uuid[]) AS t (id)
  LEFT JOIN orders o ON o.id = t.id
  LEFT JOIN LATERAL (
    SELECT min(time) AS time FROM order_change c
    WHERE c.order_id = t.id AND c.status IN ('CONFIRMED', 'CANCELLED')
  ) f ON true
  LEFT JOIN LATERAL (
    SELECT greatest(o.deadline, max(a.until)) AS time
    FROM unnest($3::timestamptz[], $4::timestamptz[]) AS a (since, until)
    WHERE a.since <= o.deadline + make_interval(secs => $2) AND a.until >= o.deadline
  ) d ON true
  WHERE o.status IS NULL OR o.status = 'PENDING' OR f.time > d.time + make_interval(secs => $2)`;

/** Looks up every accepted order of a run in which there were these outages. */
export async function verifyAccepted(
  url: string,
  { runId, ids, outages }: { runId: string; ids: readonly string[]; outages: readonly Outage[] },
): Promise<AcceptedOrders> {
  const orders = await openObserver(url);
  try {
    const rows: Fate[] = [];
    for (let start = 0; start < ids.length; start += idsPerQuery) {
      const chunk = ids.slice(start, start + idsPerQuery);
      const values = [chunk, sweeperSlackMs / 1000, outages.map(({ from }) => from), outages.map(({ until }) => until)];
      rows.push(...(await orders.query<Fate & Record<string, unknown>>(fates, values)));
    }
    const idsWhere = (matches: (fate: Fate) => boolean): string[] => rows.filter(matches).map(({ id }) => id);
    return {
      placed: await countOf(orders, runId),
      missing: idsWhere(({ status }) => status === null),
      notFinal: idsWhere(({ status }) => status === "PENDING"),
      late: idsWhere(({ late }) => late === true),
    };
  } finally {
    await orders.close();
  }
}

interface Fate {
  readonly id: string;
  readonly status: string | null;
  readonly late: boolean | null;
}

async function countOf(orders: Observer, runId: string): Promise<number> {
  const [row] = await orders.query<{ placed: number }>(
    "SELECT count(*)::float8 AS placed FROM orders WHERE client_reference = $1",
    [runId],
  );
  return row?.placed ?? 0;
}
