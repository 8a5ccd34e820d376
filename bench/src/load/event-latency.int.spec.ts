import { afterAll, beforeAll, expect, test } from "vitest";
import { sampleOrder } from "../testing/sample-orders.ts";
import { createSmallPlatform, type SmallPlatform } from "../testing/small-platform.ts";
import { ada, carol } from "../testing/two-shards.ts";
import { readEventLatency } from "./event-latency.ts";

const outline = { statuses: ["PENDING", "CONFIRMED"], reservation: "DEDUCTED", payment: "CAPTURED" } as const;
const orders = [ada, carol, carol].map((customerId) => sampleOrder({ ...outline, customerId, ageMs: 3000 }));
const [first, second] = orders;
const startMs = Math.min(...orders.map(({ time }) => time.getTime()));

let platform: SmallPlatform;
beforeAll(async () => {
  platform = await createSmallPlatform();
  await platform.refill(orders);
});
afterAll(() => platform.drop());

const apply = (group: "inventory" | "payment", index: 0 | 1, order: typeof first, afterMs: number): Promise<void> =>
  platform.run(group, "INSERT INTO inbox (consumer_group, event_id, receive_time) VALUES ($1, $2, $3)", [
    group,
    order?.eventIds[index],
    new Date((order?.time.getTime() ?? 0) + afterMs),
  ]);

test("a run whose events nobody has applied has no latency", async () => {
  expect(await readEventLatency(platform.databases, "cart", startMs)).toBeUndefined();
});

test("each event counts from its change to the transaction of each group that applied it", async () => {
  await apply("inventory", 0, first, 10);
  await apply("inventory", 1, first, 30);
  await apply("inventory", 0, second, 20);
  await apply("payment", 0, second, 500);
  // An event that is not of this run.
  await platform.run("payment", "INSERT INTO inbox (consumer_group, event_id) VALUES ('payment', gen_random_uuid())");
  const latency = await readEventLatency(platform.databases, "cart", startMs);
  expect(Object.keys(latency?.byGroup ?? {}).sort()).toEqual(["inventory", "payment"]);
  expect(latency?.byGroup["inventory"]).toMatchObject({ events: 3 });
  expect(latency?.byGroup["inventory"]?.p50).toBeCloseTo(20, 0);
  expect(latency?.byGroup["inventory"]?.max).toBeCloseTo(30, 0);
  expect(latency?.overall).toMatchObject({ events: 4 });
  expect(latency?.overall.max).toBeCloseTo(500, 0);
  expect(await readEventLatency(platform.databases, "another-run", startMs)).toBeUndefined();
});

test.each([1, 2, 5, 1000])("every change counts once when %i are read at a time", async (rowsPerChunk) => {
  await platform.run("notification", "DELETE FROM inbox");
  for (const { eventIds } of orders)
    for (const id of eventIds)
      await platform.run("notification", "INSERT INTO inbox (consumer_group, event_id) VALUES ('notification', $1)", [
        id,
      ]);
  const latency = await readEventLatency(platform.databases, "cart", startMs, rowsPerChunk);
  expect(latency?.byGroup["notification"]?.events).toBe(6);
});
