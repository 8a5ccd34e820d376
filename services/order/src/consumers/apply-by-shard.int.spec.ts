import { create } from "@bufbuild/protobuf";
import { StockReservedSchema } from "@ordermesh/proto/inventory";
import { inventoryTopic } from "@ordermesh/proto/topics";
import { defineHandler } from "@ordermesh/runtime/consumer";
import { PoisonError } from "@ordermesh/runtime/errors";
import { createEventEncoder, decodeEvent, type Event } from "@ordermesh/runtime/events";
import { bucketOfKey, newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Shard, ShardSet } from "../shards/index.ts";
import { lockOrders } from "../store/order-changes.ts";
import { createGate, type Gate } from "../testing/gate.ts";
import { createTestShards, type TestShards } from "../testing/test-shards.ts";
import { applyByShard } from "./apply-by-shard.ts";
import { parkedEventsMetric } from "./parked-events-metric.ts";
import { startUnparking } from "./unpark-events.ts";

const group = "order";
const logger = createLogger({ name: "order-spec", instance: "order-spec", level: "silent" });
const encoder = createEventEncoder("/ordermesh/inventory");
const time = new Date("2026-03-01T12:00:00.000Z");
const { signal } = new AbortController();
const carls = newBucketedId("carl", time.getTime()); // at shard-1
const adas = newBucketedId("ada", time.getTime()); // at shard-2

let testShards: TestShards;
let shards: ShardSet;
let first: Shard;
let second: Shard;
let gate: Gate;

/** Takes what comes and notes at which shard its transaction ran. */
const applied: string[] = [];
const handlers = [
  defineHandler({
    messages: [StockReservedSchema],
    async apply(events, tx, context) {
      for (const { id, message } of events) if (message.orderId === "") throw new PoisonError(id, "no order");
      await lockOrders(
        tx,
        events.map(({ message }) => message.orderId),
      );
      const { rows } = await tx.query<{ name: string }>("SELECT name FROM shard");
      context.afterCommit(() => void applied.push(...events.map(({ key }) => `${key} at ${rows[0]?.name}`)));
    },
  }),
];

beforeEach(async () => {
  testShards = await createTestShards(2);
  gate = await createGate(testShards.urls[1]?.url ?? "");
  shards = await testShards.connect(
    testShards.urls.map((shard) => (shard.name === "shard-2" ? { ...shard, url: gate.url } : shard)),
  );
  [first, second] = shards.all as [Shard, Shard];
  applied.length = 0;
});

afterEach(async () => {
  await gate.close();
  await testShards.drop();
});

function reserved(key: string, orderId = key): Event {
  const message = create(StockReservedSchema, { orderId });
  const record = encoder.encode(StockReservedSchema, message, { topic: inventoryTopic, key, time, id: newEventId() });
  return decodeEvent(StockReservedSchema, { ...record, partition: 1, offset: 7n, appendTime: time });
}

const parked = async () => (await first.database.pool.query("SELECT event_id FROM parked_event")).rows;
const inbox = async (shard: Shard) =>
  (await shard.database.pool.query<{ event_id: string }>("SELECT event_id FROM inbox")).rows.map((row) => row.event_id);

test("each event is applied at the shard of its order, once", async () => {
  const events = [reserved(carls), reserved(adas)];
  const { apply } = applyByShard({ shards, group, handlers, logger });
  await apply({ events, poison: [] }, 1, signal);
  await apply({ events, poison: [] }, 1, signal);
  expect(applied.toSorted()).toEqual([`${adas} at shard-2`, `${carls} at shard-1`].toSorted());
  expect(await inbox(first)).toEqual([events[0]?.id]);
  expect(await inbox(second)).toEqual([events[1]?.id]);
});

test("events of a shard that is away are parked, and applied when it is back; the others are applied now", async () => {
  await gate.close();
  const events = [reserved(carls), reserved(adas)];
  const { apply, applyParked } = applyByShard({ shards, group, handlers, logger });
  await apply({ events, poison: [] }, 1, signal);
  await apply({ events, poison: [] }, 1, signal);
  expect(applied).toEqual([`${carls} at shard-1`]);
  expect(await parked()).toEqual([{ event_id: events[1]?.id }]);
  const { values } = await parkedEventsMetric(shards).get();
  expect(values.map(({ labels, value }) => [labels["store"], value])).toEqual([["shard-1", 1]]);

  const stop = startUnparking({ shards, group, handlers, applyParked, intervalMs: 20, logger });
  await gate.open();
  await expect.poll(parked, { timeout: 5_000 }).toEqual([]);
  await stop();
  expect(applied).toEqual([`${carls} at shard-1`, `${adas} at shard-2`]);
  expect(await inbox(second)).toEqual([events[1]?.id]);
});

test("an event that meets a fence is applied where its bucket comes to rest", async () => {
  const bucket = bucketOfKey("ada");
  const move = "0d0c6f3e-0000-4000-8000-000000000001";
  await first.database.pool.query(`INSERT INTO bucket VALUES (${bucket}, 'ARRIVING', '${move}', 'shard-2')`);
  await second.database.pool.query(
    `UPDATE bucket SET state = 'RELEASED', move_id = '${move}', peer = 'shard-1' WHERE bucket = ${bucket}`,
  );
  const { apply } = applyByShard({ shards, group, handlers, logger });
  await apply({ events: [reserved(adas), reserved(carls)], poison: [] }, 1, signal);
  expect(applied.toSorted()).toEqual([`${adas} at shard-1`, `${carls} at shard-1`].toSorted());
});

test("poison becomes a dead letter at any shard that can be reached, and its neighbours pass", async () => {
  const { apply } = applyByShard({ shards, group, handlers, logger });
  await apply({ events: [reserved("no order id", ""), reserved(adas)], poison: [] }, 1, signal);
  expect(applied).toEqual([`${adas} at shard-2`]);
  const { rows } = await first.database.pool.query<{ records: string }>("SELECT records FROM outbox");
  expect(rows).toHaveLength(1);
  expect(rows[0]?.records).toContain(`${inventoryTopic}.dlq`);
});

test("with every shard away the batch fails as a whole, to be tried again", async () => {
  await gate.close();
  const alone = await testShards.connect([{ name: "shard-1", url: testShards.urls[0]?.url ?? "" }]);
  const { apply } = applyByShard({ shards: alone, group, handlers, logger });
  // Of shard-2 this process knows nothing: its events are parked at shard-1.
  await apply({ events: [reserved(adas)], poison: [] }, 1, signal);
  expect(await parked()).toHaveLength(1);
  const only = { ...alone, all: [] };
  const { apply: applyNowhere } = applyByShard({ shards: only, group, handlers, logger });
  await expect(applyNowhere({ events: [reserved(adas)], poison: [] }, 1, signal)).rejects.toMatchObject({
    code: "SHARD_UNAVAILABLE",
  });
});
