import { bucketOfKey, timeOfId } from "@ordermesh/runtime/ids";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runAudit } from "../audit/audit.ts";
import { type OrderShards, openOrderShards } from "../measuring/order-shards.ts";
import { createProgress } from "../progress.ts";
import { createSmallPlatform, type SmallPlatform } from "../testing/small-platform.ts";
import { bucketsOf } from "../testing/two-shards.ts";
import { runFill } from "./run-fill.ts";

let platform: SmallPlatform;
let shards: OrderShards;
beforeAll(async () => {
  platform = await createSmallPlatform();
  await platform.refill([]);
  shards = await openOrderShards(platform.databases.shards);
});
afterAll(async () => {
  await shards.close();
  await platform.drop();
});

const fill = (orders: number): ReturnType<typeof runFill> =>
  runFill({ databases: platform.databases, dataDir: ".", orders, ordersPerChunk: 40, progress: createProgress() });

test("orders lie on the shards that own them, with all that belongs to them", async () => {
  const report = await fill(200);
  expect(report.byShard).toMatchObject([{ orders: 100 }, { orders: 100 }]);
  for (const shard of shards.all) {
    const rows = await shard.query<{ id: string; payment_id: string; customer_id: string; bucket: number; time: Date }>(
      `SELECT id, payment_id, customer_id, order_bucket(id) AS bucket, create_time AS time FROM orders`,
    );
    expect(rows).toHaveLength(100);
    const [first, last] = bucketsOf[shard.name as keyof typeof bucketsOf];
    for (const { id, payment_id: paymentId, customer_id: customer, bucket, time } of rows) {
      expect(bucket).toBe(bucketOfKey(customer));
      expect(bucket >= first && bucket <= last).toBe(true);
      expect([id, paymentId].map(timeOfId)).toEqual([time.getTime(), time.getTime()]);
    }
  }
});

test("the audit finds nothing wrong with the orders themselves", async () => {
  const { checks, orders } = await runAudit({ ...platform, waitMs: 0 });
  expect(orders).toBe(200);
  const unexplained = checks.filter(
    ({ check }) => !/^(event|payment|reservation|notifications|kept|amount)/.test(check),
  );
  expect(unexplained).toEqual([]);
});

test("a second fill adds to the first", async () => {
  await fill(10);
  expect(await shards.query("SELECT 1 FROM orders")).toHaveLength(210);
});

test("buckets that two shards have are not filled", async () => {
  await platform.run("shard-1", "INSERT INTO bucket (bucket, state) VALUES (7, 'OWNED')");
  await expect(fill(10)).rejects.toMatchObject({ code: "BUCKETS_UNCLEAR" });
});

test("more orders than the disk can hold are refused before the first is written", async () => {
  await expect(fill(1e12)).rejects.toMatchObject({ code: "DISK_TOO_SMALL" });
});
