// How orders spread over the shards: what `shards show` tells.
import { BUCKET_COUNT } from "@ordermesh/runtime/ids";
import type { ShardUrl } from "../shards/shard-urls.ts";
import { MoveError } from "./move-error.ts";
import { type MoveRecord, readUnfinished } from "./move-record.ts";
import { openSession, type ShardSession } from "./shard-session.ts";

export interface ShardSpread {
  readonly shard: string;
  /** Buckets that are read and written here. */
  readonly buckets: readonly number[];
  /** The planner's estimate, copies and leftovers of moves included. */
  readonly estimatedOrders: number;
  readonly pendingOrders: number;
  readonly recentOrders: number;
}

export interface HotBucket {
  readonly bucket: number;
  readonly shard: string;
  readonly recentOrders: number;
}

export interface Spread {
  readonly minutes: number;
  readonly shards: readonly ShardSpread[];
  /** Shards that told nothing, and why. */
  readonly away: readonly { readonly shard: string; readonly reason: string }[];
  /** The buckets with the most recent orders, the hottest first. */
  readonly hottest: readonly HotBucket[];
  readonly unfinished: readonly MoveRecord[];
  /** Buckets that no shard which could be asked has. */
  readonly ownerless: readonly number[];
}

const HOTTEST = 10;
const QUERY_TIMEOUT_MS = 15_000;
const MINUTE_MS = 60_000;

interface Reading {
  readonly spread: ShardSpread;
  readonly recent: readonly HotBucket[];
  readonly unfinished: MoveRecord | undefined;
}

/** Asks every shard, at once; those that do not answer are told by `away`. */
export async function readSpread(shards: readonly ShardUrl[], minutes: number, nowMs = Date.now()): Promise<Spread> {
  const readings: Reading[] = [];
  const away: { shard: string; reason: string }[] = [];
  await Promise.all(
    shards.map(async (shard) => {
      try {
        readings.push(await readShard(shard, nowMs - minutes * MINUTE_MS));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        away.push({
          shard: shard.name,
          reason: error instanceof MoveError ? error.message : `${shard.name}: ${error.message}`,
        });
      }
    }),
  );
  const order = (name: string): number => shards.findIndex((shard) => shard.name === name);
  const owned = new Set(readings.flatMap(({ spread }) => spread.buckets));
  return {
    minutes,
    shards: readings.map(({ spread }) => spread).sort((a, b) => order(a.shard) - order(b.shard)),
    away: away.sort((a, b) => order(a.shard) - order(b.shard)),
    hottest: readings
      .flatMap(({ recent }) => recent)
      .sort((a, b) => b.recentOrders - a.recentOrders || a.bucket - b.bucket)
      .slice(0, HOTTEST),
    unfinished: readings.flatMap(({ unfinished }) => unfinished ?? []),
    ownerless: Array.from({ length: BUCKET_COUNT }, (_, bucket) => bucket).filter((bucket) => !owned.has(bucket)),
  };
}

async function readShard(shard: ShardUrl, sinceMs: number): Promise<Reading> {
  const session = await openSession(shard, QUERY_TIMEOUT_MS);
  try {
    const [buckets, recent, counts] = [
      await ownBuckets(session),
      await recentOrders(session, sinceMs),
      await orderCounts(session),
    ];
    const own = new Set(buckets);
    const ownRecent = recent.filter(({ bucket }) => own.has(bucket));
    return {
      spread: {
        shard: shard.name,
        buckets,
        ...counts,
        recentOrders: ownRecent.reduce((sum, row) => sum + row.recentOrders, 0),
      },
      recent: ownRecent.map((row) => ({ ...row, shard: shard.name })),
      unfinished: await readUnfinished(session),
    };
  } finally {
    await session.close();
  }
}

async function ownBuckets(session: ShardSession): Promise<readonly number[]> {
  const rows = await session.rows<{ bucket: number }>(
    "SELECT bucket FROM bucket WHERE state IN ('OWNED', 'FENCED') ORDER BY bucket",
  );
  return rows.map(({ bucket }) => bucket);
}

// Ids begin with their time, so the newest are one end of the primary key.
async function recentOrders(
  session: ShardSession,
  sinceMs: number,
): Promise<readonly { bucket: number; recentOrders: number }[]> {
  const hex = Math.floor(sinceMs).toString(16).padStart(12, "0");
  return session.rows(
    `SELECT order_bucket(id) AS bucket, count(*)::int AS "recentOrders" FROM orders WHERE id >= $1::uuid GROUP BY 1`,
    [`${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`],
  );
}

async function orderCounts(
  session: ShardSession,
): Promise<{ readonly estimatedOrders: number; readonly pendingOrders: number }> {
  const [row] = await session.rows<{ estimatedOrders: number; pendingOrders: number }>(
    `SELECT (SELECT greatest(c.reltuples, s.n_live_tup)::float8 FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
             WHERE c.oid = 'orders'::regclass) AS "estimatedOrders",
            (SELECT count(*)::int FROM orders JOIN bucket ON bucket.bucket = order_bucket(orders.id)
             WHERE status = 'PENDING' AND state IN ('OWNED', 'FENCED')) AS "pendingOrders"`,
  );
  return row ?? { estimatedOrders: 0, pendingOrders: 0 };
}
