import { bucketOfKey } from "@ordermesh/runtime/ids";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyAccepted } from "../faults/verify-accepted.ts";
import { openBacklogReader, waitUntilQuiet } from "../measuring/backlog.ts";
import { type OrderShards, openOrderShards } from "../measuring/order-shards.ts";
import { sampleOrder } from "../testing/sample-orders.ts";
import { createSmallPlatform, type SmallPlatform } from "../testing/small-platform.ts";
import { ada, carol, shardOf } from "../testing/two-shards.ts";
import { measureBaseline } from "./baseline.ts";
import { readCompletion } from "./completion.ts";

const confirmed = sampleOrder({
  statuses: ["PENDING", "CONFIRMED"],
  reservation: "DEDUCTED",
  payment: "CAPTURED",
  ageMs: 3000,
});
const cancelled = sampleOrder({
  statuses: ["PENDING", "CANCELLED"],
  reservation: "RELEASED",
  payment: "VOIDED",
  customerId: carol,
  ageMs: 3000,
});
const pending = sampleOrder({ statuses: ["PENDING"], reservation: "RESERVED", payment: "PENDING", ageMs: 3000 });

let platform: SmallPlatform;
let orders: OrderShards;
beforeAll(async () => {
  platform = await createSmallPlatform();
  await platform.refill([confirmed, cancelled, pending]);
  const delayOf = (id: string, seconds: number): Promise<void> =>
    platform.run(
      shardOf(id),
      `UPDATE order_change SET time = time + interval '${seconds} s' WHERE order_id = '${id}' AND status <> 'PENDING'`,
    );
  await delayOf(confirmed.id, 0.25);
  await delayOf(cancelled.id, 2);
  orders = await openOrderShards(platform.databases.shards);
});
afterAll(async () => {
  await orders.close();
  await platform.drop();
});

test("completion is read from the run's own orders and their history", async () => {
  const start = confirmed.time.getTime();
  const completion = await readCompletion(orders, "cart", start, start + 1000);
  expect(completion).toEqual({
    placed: 3,
    completed: 2,
    completedInWindow: 1,
    byStatus: { PENDING: 1, CONFIRMED: 1, CANCELLED: 1 },
    timeToFinalMs: { p50: 250, p99: 2000, max: 2000 },
  });
  expect(await readCompletion(orders, "another-run", start, start + 1000)).toMatchObject({ placed: 0, completed: 0 });
});

test("accepted orders that are missing, not final or late are told apart", async () => {
  const unknown = confirmed.id.replace(/^../, "ff");
  await platform.run(
    "shard-2",
    `UPDATE orders SET deadline = create_time - interval '1 h' WHERE id = '${cancelled.id}'`,
  );
  const ids = [confirmed.id, cancelled.id, pending.id, unknown];
  expect(await verifyAccepted(platform.databases.shards, { runId: "cart", ids, outages: [] })).toEqual({
    placed: 3,
    missing: [unknown],
    notFinal: [pending.id],
    late: [cancelled.id],
  });
});

test("an order whose deadline passed in an outage is late only if it was final long after the outage", async () => {
  const finalAt = cancelled.time.getTime() + 2_000;
  const at = (seconds: number): Date => new Date(finalAt + seconds * 1000);
  await platform.run("shard-2", `UPDATE orders SET deadline = '${at(-30).toISOString()}' WHERE id = '${cancelled.id}'`);
  const lateWith = async (from: number, until: number): Promise<readonly string[]> => {
    const outages = [{ from: at(from), until: at(until) }];
    return (await verifyAccepted(platform.databases.shards, { runId: "cart", ids: [cancelled.id], outages })).late;
  };
  expect(await lateWith(-32, -1)).toEqual([]);
  expect(await lateWith(-28, -1)).toEqual([]);
  expect(await lateWith(-32, -10)).toEqual([cancelled.id]);
  expect(await lateWith(-20, -1)).toEqual([cancelled.id]);
});

test("a copy of a move counts neither as placed nor as completed", async () => {
  await platform.copyRows("shard-1", "shard-2", "orders");
  await platform.copyRows("shard-1", "shard-2", "order_change");
  const start = confirmed.time.getTime();
  expect(await readCompletion(orders, "cart", start, start + 1000)).toMatchObject({ placed: 3, completed: 2 });
  const promised = { runId: "cart", ids: [confirmed.id, cancelled.id], outages: [] };
  expect(await verifyAccepted(platform.databases.shards, promised)).toMatchObject({ placed: 3, missing: [] });
  await platform.run("shard-2", "DELETE FROM orders WHERE id <> $1", [cancelled.id]);
});

test("an order that lies where it does not belong is missing", async () => {
  const bucket = bucketOfKey(ada);
  await platform.run("shard-1", "DELETE FROM bucket WHERE bucket = $1", [bucket]);
  const promised = { runId: "cart", ids: [confirmed.id, cancelled.id], outages: [] };
  const { placed, missing } = await verifyAccepted(platform.databases.shards, promised);
  await platform.run("shard-1", "INSERT INTO bucket (bucket, state) VALUES ($1, 'OWNED')", [bucket]);
  expect({ placed, missing }).toEqual({ placed: 1, missing: [confirmed.id] });
});

test("a backlog is waited for until it is empty, and what is left is named when it is not", async () => {
  await platform.consumeAll();
  const backlog = await openBacklogReader(platform);
  try {
    expect(await waitUntilQuiet(backlog, 0)).toMatchObject({ quiet: false, left: { pendingOrders: 1 } });
    const settling = waitUntilQuiet(backlog, 10_000, { intervalMs: 10 });
    await platform.run("shard-1", `UPDATE orders SET status = 'CONFIRMED' WHERE id = '${pending.id}'`);
    expect(await settling).toMatchObject({ quiet: true });
    await platform.run("payment", "INSERT INTO outbox (records, record_count) VALUES ('[]', 1)");
    expect(await backlog.read()).toEqual({
      pendingOrders: 0,
      outboxRows: 1,
      parkedEvents: 0,
      consumerLag: 0,
      providerWork: 0,
    });
  } finally {
    await backlog.close();
  }
});

test("the baseline inserts into copies of the service's own tables and leaves nothing behind", async () => {
  const shardUrl = platform.databases.shards[0]?.url ?? "";
  const perSecond = await measureBaseline({ url: shardUrl, connections: 2, seconds: 0.3 });
  expect(perSecond).toBeGreaterThan(10);
  const left = await orders.query("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'bench%'");
  expect(left).toEqual([]);
  expect(await orders.query("SELECT 1 FROM orders")).toHaveLength(3);
});
