// What must hold of two shards when nothing is under way.
import { bucketOfId, bucketOfKey } from "@ordermesh/runtime/ids";
import { expect } from "vitest";
import type { SpecShard } from "./two-shards.ts";
import type { Writer } from "./writer.ts";

interface FoundOrder {
  readonly id: string;
  readonly shard: string;
  readonly customer: string;
  readonly lines: number;
  readonly changes: number;
}

const selectOrders = `
  SELECT id, customer_id AS customer,
         (SELECT count(*)::int FROM order_line WHERE order_id = id) AS lines,
         (SELECT count(*)::int FROM order_change WHERE order_id = id) AS changes
  FROM orders WHERE status = (SELECT max(status) FROM order_change WHERE order_id = id)`;

/**
 * Every accepted order is exactly once, with all of its rows and its key, at the shard that owns its bucket; every bucket
 * has one owner and no move; nothing else is anywhere; events of each order were published in their order.
 */
export async function expectMoved(
  shards: readonly SpecShard[],
  writer: Writer,
  ownerOf: (bucket: number) => string,
): Promise<void> {
  const found: FoundOrder[] = [];
  const keys: string[] = [];
  for (const { name, database } of shards) {
    const { rows } = await database.pool.query<FoundOrder>(selectOrders);
    found.push(...rows.map((row) => ({ ...row, shard: name })));
    const named = await database.pool.query<{ caller: string; key: string }>("SELECT caller, key FROM idempotency_key");
    keys.push(...named.rows.map(({ caller, key }) => `${name} ${caller} ${key}`));
    await expectNothingLeft({ name, database }, ownerOf);
  }
  const expected = [...writer.accepted].map(([id, { customer, changes }]) => ({
    id,
    customer,
    changes,
    lines: 2,
    shard: ownerOf(bucketOfKey(customer)),
  }));
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(found.sort(byId)).toEqual(expected.sort(byId));
  expect(keys.sort()).toEqual(expected.map(({ shard, customer, id }) => `${shard} ${customer} ${id}`).sort());
  expectInOrder(writer);
}

async function expectNothingLeft(
  { name, database }: Pick<SpecShard, "name" | "database">,
  ownerOf: (bucket: number) => string,
): Promise<void> {
  const { rows: buckets } = await database.pool.query(
    "SELECT bucket, state, move_id, peer FROM bucket ORDER BY bucket",
  );
  const own = Array.from({ length: 4096 }, (_, bucket) => bucket).filter((bucket) => ownerOf(bucket) === name);
  expect(buckets).toEqual(own.map((bucket) => ({ bucket, state: "OWNED", move_id: null, peer: null })));
  const { rows } = await database.pool.query(`
    SELECT (SELECT count(*)::int FROM moving_order) AS "capturedOrders",
           (SELECT count(*)::int FROM moving_key) AS "capturedKeys",
           (SELECT count(*)::int FROM bucket_move WHERE finish_time IS NULL) AS moves,
           (SELECT count(*)::int FROM order_line WHERE NOT EXISTS (SELECT FROM orders WHERE id = order_id)) AS lines,
           (SELECT count(*)::int FROM order_change WHERE NOT EXISTS (SELECT FROM orders WHERE id = order_id)) AS changes,
           (SELECT count(*)::int FROM pg_trigger WHERE tgname LIKE 'moving_%' AND tgenabled <> 'D') AS triggers`);
  expect(rows).toEqual([{ capturedOrders: 0, capturedKeys: 0, moves: 0, lines: 0, changes: 0, triggers: 0 }]);
}

function expectInOrder({ published, accepted }: Writer): void {
  const seen = new Map<string, number>();
  for (const { id, change } of published) {
    expect({ id, bucket: bucketOfId(id), change }).toEqual({
      id,
      bucket: bucketOfId(id),
      change: (seen.get(id) ?? 0) + 1,
    });
    seen.set(id, change);
  }
  expect(seen).toEqual(new Map([...accepted].map(([id, { changes }]) => [id, changes])));
}
