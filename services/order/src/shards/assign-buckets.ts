// The first assignment of buckets to shards, done once for all of them together.
import type { Database, Statement } from "@ordermesh/runtime/database";
import { BUCKET_COUNT } from "@ordermesh/runtime/ids";
import type { Logger } from "@ordermesh/runtime/logging";
import type { BucketRange } from "./shard-urls.ts";

/** What the assignment needs of a shard. */
export interface AssignableShard {
  readonly name: string;
  readonly database: Database;
}

const selectAssigned: Statement = {
  name: "select-shard-assigned",
  text: "SELECT assigned, EXISTS (SELECT FROM orders) AS orders FROM shard",
};
const insertRange: Statement = {
  name: "insert-bucket-range",
  text: "INSERT INTO bucket (bucket, state) SELECT generate_series($1::int, $2::int), 'OWNED'",
};
const clear: Statement = { name: "delete-buckets", text: "DELETE FROM bucket" };
const markAssigned: Statement = { name: "mark-shard-assigned", text: "UPDATE shard SET assigned = true" };
// Any two constants serve that nothing else in this database uses.
const lock = "SELECT pg_advisory_lock(1330792773, 3)";

/**
 * Assigns every bucket when no shard has any: as `ranges` say, or all to the shard that already holds orders, which is
 * from before there were several. Later calls change nothing: a new shard begins empty, and buckets are moved to it.
 * Needs every shard; any number of processes may call it at once.
 */
export async function assignBuckets(
  shards: readonly AssignableShard[],
  ranges: readonly BucketRange[],
  logger: Logger,
): Promise<void> {
  const [first] = shards;
  if (first === undefined) throw new Error("there is no shard");
  const client = first.database.dedicatedClient("assign buckets");
  client.on("error", () => undefined); // the statement under way reports it
  await client.connect();
  try {
    await client.query(lock);
    const found = await Promise.all(shards.map(readAssignment));
    if (found.some(({ assigned }) => assigned)) return;
    const holders = found.filter(({ orders }) => orders);
    if (holders.length > 1) throw new Error("several shards hold orders, and none says which buckets are its own");
    const [holder] = holders;
    const wanted = holder === undefined ? ranges : [{ shard: holder.shard.name, first: 0, last: BUCKET_COUNT - 1 }];
    // Nobody serves before all are marked, so what a process that died here has left is overwritten.
    for (const { name, database } of shards) {
      await database.transaction(async (tx) => {
        await tx.query(clear);
        for (const range of wanted) {
          if (range.shard === name) await tx.query({ ...insertRange, values: [range.first, range.last] });
        }
      });
    }
    for (const { database } of shards) await database.query(markAssigned);
    logger.info({ ranges: wanted }, "buckets assigned to shards");
  } finally {
    // Ending the session releases the lock.
    await client.end();
  }
}

async function readAssignment(
  shard: AssignableShard,
): Promise<{ shard: AssignableShard; assigned: boolean; orders: boolean }> {
  const { rows } = await shard.database.query<{ assigned: boolean; orders: boolean }>(selectAssigned);
  return { shard, assigned: rows[0]?.assigned ?? false, orders: rows[0]?.orders ?? false };
}
