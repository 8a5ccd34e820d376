import { newBucketedId } from "@ordermesh/runtime/ids";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createOrderIndex, type OrderIndex } from "./order-index.ts";
import type { IndexEntry, OrderName } from "./order-name.ts";
import { rebuildIndex } from "./rebuild.ts";
import {
  expectFound,
  type LogHarness,
  logger,
  openLogHarness,
  patience,
  type RedisHarness,
  startRedisHarness,
} from "./testing/index-harness.ts";

let harness: RedisHarness;
let log: LogHarness;

beforeAll(async () => {
  harness = await startRedisHarness();
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.empty();
  log = await openLogHarness();
  return () => log.close();
});

function openIndex(): OrderIndex {
  const index = createOrderIndex({ redis: harness.redis, logger });
  onTestFinished(() => index.stop());
  return index;
}

const rebuild = () =>
  rebuildIndex(
    { redis: harness.redis, log: log.log, published: async () => undefined, workShare: 1, settleMs: 0 },
    new AbortController().signal,
  );

describe("an entry", () => {
  it("is found soon after it was given, and gives way to a newer order only", async () => {
    await rebuild();
    const index = openIndex();
    const nowMs = Date.now();
    const newest = await log.place(index, "cart", nowMs);
    await expectFound(index, [newest]);
    await log.place(index, "cart", nowMs - 60_000);
    const later = await log.place(index, "cart", nowMs + 1);
    await expectFound(index, [later]);
    expect(await index.find({ kind: "reference", value: "Cart" })).toEqual({ kind: "miss" });
  });

  it("is dropped where it proved wrong, and not where it has been corrected since", async () => {
    await rebuild();
    const index = openIndex();
    const order = await log.place(index);
    await expectFound(index, [order]);
    const name: OrderName = { kind: "tracking", value: order.names.tracking };
    const wrong: IndexEntry = { name, orderId: newBucketedId("x", 1) };
    index.forget(wrong);
    await expectFound(index, [order]);
    index.forget({ name, orderId: order.orderId });
    await vi.waitFor(async () => expect(await index.find(name)).toEqual({ kind: "miss" }), patience);
  });
});
