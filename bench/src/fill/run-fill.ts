// Fills the shards with finished orders of made-up customers, so that it can be seen what a large table costs.
import { randomBytes } from "node:crypto";
import { statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type StackState, UserError } from "@ordermesh/stack";
import { type OrderShards, openOrderShards, type ShardObserver, type ShardUrls } from "../measuring/order-shards.ts";
import { allBuckets, type Ownership, readOwnership, readVersions } from "../measuring/ownership.ts";
import type { Progress } from "../progress.ts";
import { insertFinishedOrders } from "./finished-orders.ts";
import { type ChunkRange, chunksOf, customersOwned, type Share, sharesOf } from "./plan-fill.ts";
import { describeFilling } from "./print-report.ts";

export interface FillOptions {
  readonly databases: Pick<StackState["databases"], "shards">;
  /** Where the databases are, to see whether the orders fit. */
  readonly dataDir: string;
  readonly orders: number;
  /** Default 50,000. */
  readonly ordersPerChunk?: number;
  readonly progress: Progress;
}

export interface FillReport {
  readonly orders: number;
  readonly elapsedMs: number;
  /** Of that, cleaning up and counting values for the planner. */
  readonly analyzeMs: number;
  readonly byShard: readonly { readonly shard: string; readonly orders: number; readonly sizeMb: number }[];
}

/** So many orders of a customer follow each other closely, as of one who comes and goes. */
const ordersPerCustomer = 50;
/** Over so long a time, up to an hour ago. Keys older than a week would be pruned while something is measured. */
const [spreadMs, agoMs] = [5 * 24 * 3_600_000, 3_600_000];
/** What an order takes on the disk with its indexes and its part of the write-ahead log, measured and rounded up. */
const bytesPerOrder = 2_500;
const tables = "orders, order_line, order_change, idempotency_key";

export async function runFill(options: FillOptions): Promise<FillReport> {
  const { databases, orders, progress } = options;
  await assertRoom(options);
  const start = performance.now();
  const shards = await openOrderShards(databases.shards);
  try {
    const before = await readVersions(shards);
    const ownership = await readOwnership(shards);
    assertAllOwned(ownership);
    const shares = sharesOf(
      orders,
      shards.all.map((_, shard) => allBuckets.filter((bucket) => ownership.shows(shard, bucket)).length),
    );
    await fillShares(shares, ownership, options, start);
    if ((await readVersions(shards)) !== before) {
      throw new UserError(
        "BUCKETS_MOVED",
        "buckets changed hands while their shards were filled: rows lie where they do not belong",
      );
    }
    const filledAt = performance.now();
    progress.show("VACUUM ANALYZE");
    await Promise.all(shards.all.map((shard) => shard.query(`VACUUM (ANALYZE) ${tables}`)));
    progress.clear();
    const elapsedMs = Math.round(performance.now() - start);
    return {
      orders,
      elapsedMs,
      analyzeMs: Math.round(performance.now() - filledAt),
      byShard: await sizes(shards, shares),
    };
  } finally {
    await shards.close();
  }
}

async function assertRoom({ dataDir, orders }: FillOptions): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir);
  const [free, needed] = [bavail * bsize, orders * bytesPerOrder];
  if (needed <= free) return;
  const gb = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new UserError(
    "DISK_TOO_SMALL",
    `--orders: ${orders} need about ${gb(needed)} GB, and ${dataDir} has ${gb(free)} GB free; give at most ${Math.floor(free / bytesPerOrder)}`,
  );
}

/** A move under way would be disturbed, and disturb. */
function assertAllOwned(ownership: Ownership): void {
  const without = allBuckets.filter((bucket) => ownership.ownersOf(bucket).length !== 1);
  if (without.length === 0) return;
  throw new UserError(
    "BUCKETS_UNCLEAR",
    `${without.length} buckets, such as ${without[0]}, do not belong to exactly one shard`,
  );
}

async function fillShares(
  shares: readonly Share[],
  ownership: Ownership,
  options: FillOptions,
  start: number,
): Promise<void> {
  const { databases, orders, ordersPerChunk = 50_000, progress } = options;
  const runId = `fill-${randomBytes(4).toString("hex")}`;
  // As many at work as there are cores, and at least one for each shard.
  const atOnce = Math.max(1, Math.floor(availableParallelism() / shares.length));
  let written = 0;
  await Promise.all(
    shares.map(async (share) => {
      const { name, url } = databases.shards[share.shard] ?? { name: "", url: "" };
      const customers = customersOwned(`${runId}-${name}`, (bucket) => ownership.shows(share.shard, bucket));
      const chunks = chunksOf(share.orders, ordersPerChunk);
      const until = Date.now() - agoMs;
      const at = (order: number): number => until - spreadMs + (order * spreadMs) / share.orders;
      const write = async (shard: ShardObserver, { first, last }: ChunkRange): Promise<void> => {
        const count = last - first;
        const some = next(customers, Math.ceil(count / ordersPerCustomer));
        await insertFinishedOrders(shard, {
          runId: `${runId}-${name}`,
          first,
          count,
          fromMs: at(first),
          untilMs: at(last),
          customers: some,
        });
        written += count;
        progress.show(describeFilling(written, orders, performance.now() - start));
      };
      const connections: ShardUrls = Array.from({ length: atOnce }, () => ({ name, url }));
      const workers = await openOrderShards(connections);
      try {
        // What is lost with a crash of the server is filled in again.
        await workers.query("SET synchronous_commit = off");
        await Promise.all(
          workers.all.map(async (worker) => {
            for (const chunk of chunks) await write(worker, chunk);
          }),
        );
      } finally {
        await workers.close();
      }
    }),
  );
}

/** The next of an endless sequence; it stays open for those after them. */
function next<Value>(values: Generator<Value, never>, count: number): Value[] {
  return Array.from({ length: count }, () => values.next().value);
}

async function sizes(shards: OrderShards, shares: readonly Share[]): Promise<FillReport["byShard"]> {
  const text = "SELECT pg_database_size(current_database())::float8 / 1e6 AS mb";
  return Promise.all(
    shards.all.map(async (shard, index) => {
      const [row] = await shard.query<{ mb: number }>(text);
      const filled = shares.find((share) => share.shard === index)?.orders ?? 0;
      return { shard: shard.name, orders: filled, sizeMb: Math.round(row?.mb ?? 0) };
    }),
  );
}
