// Compares what clients were promised with what the shards hold.
import { bucketOfId } from "@ordermesh/runtime/ids";
import { type OrderShards, openOrderShards, type ShardObserver, type ShardUrls } from "../measuring/order-shards.ts";
import { allBuckets, idsByShard, type Ownership, readUnmoved } from "../measuring/ownership.ts";

export interface AcceptedOrders {
  /** Orders with the run's client reference, whoever was told of them. */
  readonly placed: number;
  /** Answered 201 and not at the shard that owns them. */
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

export interface Promised {
  readonly runId: string;
  readonly ids: readonly string[];
  readonly outages: readonly Outage[];
}

/** Looks up every accepted order of a run, each at the shard that owns it. */
export async function verifyAccepted(urls: ShardUrls, promised: Promised): Promise<AcceptedOrders> {
  const shards = await openOrderShards(urls);
  try {
    return await readUnmoved(shards, (ownership) => compare(shards, ownership, promised));
  } finally {
    await shards.close();
  }
}

async function compare(shards: OrderShards, ownership: Ownership, promised: Promised): Promise<AcceptedOrders> {
  const { runId, ids, outages } = promised;
  const groups = idsByShard(ownership, ids, shards.all.length);
  const rows = await Promise.all(shards.all.map((shard, index) => fatesOf(shard, groups[index] ?? [], outages)));
  const idsWhere = (matches: (fate: Fate) => boolean): string[] =>
    rows.flat().flatMap((fate) => (matches(fate) ? [fate.id] : []));
  const placed = await Promise.all(
    shards.all.map((shard, index) =>
      countOf(
        shard,
        runId,
        allBuckets.filter((each) => ownership.shows(index, each)),
      ),
    ),
  );
  const nobodys = ids.filter((id) => ownership.ownersOf(bucketOfId(id)).length === 0);
  return {
    placed: placed.reduce((sum, count) => sum + count, 0),
    missing: [...nobodys, ...idsWhere(({ status }) => status === null)],
    notFinal: idsWhere(({ status }) => status === "PENDING"),
    late: idsWhere(({ late }) => late === true),
  };
}

async function fatesOf(shard: ShardObserver, ids: readonly string[], outages: readonly Outage[]): Promise<Fate[]> {
  const rows: Fate[] = [];
  for (let start = 0; start < ids.length; start += idsPerQuery) {
    const chunk = ids.slice(start, start + idsPerQuery);
    const values = [chunk, sweeperSlackMs / 1000, outages.map(({ from }) => from), outages.map(({ until }) => until)];
    rows.push(...(await shard.query<Fate & Record<string, unknown>>(fates, values)));
  }
  return rows;
}

interface Fate {
  readonly id: string;
  readonly status: string | null;
  readonly late: boolean | null;
}

async function countOf(shard: ShardObserver, runId: string, buckets: readonly number[]): Promise<number> {
  const [row] = await shard.query<{ placed: number }>(
    "SELECT count(*)::float8 AS placed FROM orders WHERE client_reference = $1 AND order_bucket(id) = ANY($2::int[])",
    [runId, buckets],
  );
  return row?.placed ?? 0;
}
