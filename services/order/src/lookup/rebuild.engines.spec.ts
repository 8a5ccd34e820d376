// Rebuilding on a real Redis and a real log, while orders keep coming.
import { OrderPlacedSchema } from "@ordermesh/proto/order";
import { ordersTopic, paymentsTopic } from "@ordermesh/proto/topics";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { stateKey } from "./index-keys.ts";
import { createOrderIndex, type OrderIndex } from "./order-index.ts";
import { IndexChangedError, type RebuildPorts, type RebuildProgress, rebuildIndex } from "./rebuild.ts";
import {
  contentsOf,
  expectFound,
  type LogHarness,
  logger,
  openLogHarness,
  type PlacedOrder,
  type RedisHarness,
  settleMs,
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

const rebuild = (more: Partial<RebuildPorts> = {}, signal = new AbortController().signal): Promise<RebuildProgress> =>
  rebuildIndex(
    { redis: harness.redis, log: log.log, published: async () => undefined, workShare: 1, settleMs: 0, ...more },
    signal,
  );

describe("rebuilding", () => {
  it("gives what was there, with the same ends, and what came meanwhile, and leaves nothing behind", async () => {
    await rebuild();
    const index = openIndex();
    const before: PlacedOrder[] = [];
    for (let n = 0; n < 30; n += 1) before.push(await log.place(index));
    // Two that share a name: whatever order they are replayed in, the newer has it.
    const [older, newer] = [await log.place(index, "shared", Date.now() - 9_000), await log.place(index, "shared")];
    await expectFound(index, [...before, newer]);
    const live = await contentsOf(harness.tools);
    expect(live.entries.size).toBe(30 * 3 + 5);

    const meanwhile: PlacedOrder[] = [];
    let placing = true;
    const stream = (async () => {
      while (placing) meanwhile.push(await log.place(index));
    })();
    const { unreadable } = await rebuild({ settleMs });
    placing = false;
    await stream;
    expect(unreadable).toBe(0);
    await expectFound(index, meanwhile);
    const after = await contentsOf(harness.tools);
    expect(after.generations).toHaveLength(1);
    expect(after.generations).not.toEqual(live.generations);
    for (const [key, value] of live.entries) expect(after.entries.get(key)).toBe(value);
    expect(after.entries.size).toBe(live.entries.size + 3 * meanwhile.length);
    expect(meanwhile.length).toBeGreaterThan(5);
    expect(await index.find({ kind: "tracking", value: older.names.tracking })).toMatchObject({ kind: "hit" });
  });

  it("that was killed half-way has changed nothing, and the next removes what it left", async () => {
    await rebuild();
    const index = openIndex();
    const orders = [await log.place(index), await log.place(index)];
    await expectFound(index, orders);
    const killed = new AbortController();
    const onProgress = ({ step }: { readonly step: string }): void => {
      if (step === `reading ${paymentsTopic}`) killed.abort();
    };
    await expect(rebuild({ onProgress }, killed.signal)).rejects.toThrow();
    const half = await contentsOf(harness.tools);
    expect(half.generations).toHaveLength(2);
    await expectFound(index, orders);
    await rebuild();
    const whole = await contentsOf(harness.tools);
    expect(whole.generations).toHaveLength(1);
    expect(whole.entries.size).toBe(6);
    expect(half.generations).not.toContain(whole.generations[0]);
  });

  it("does not count when Redis lost everything meanwhile", async () => {
    const published = async (): Promise<void> => {
      await harness.tools.run((client) => client.del(stateKey));
    };
    await expect(rebuild({ published })).rejects.toBeInstanceOf(IndexChangedError);
  });

  it("skips what does not decode and what has ended", async () => {
    const index = openIndex();
    const order = await log.place(index);
    await log.place(index, "old", Date.now() - 31 * 24 * 3_600_000);
    const headers = { ce_type: OrderPlacedSchema.typeName, ce_id: "x" };
    await log.log.append([{ topic: ordersTopic, key: "k", headers, value: Uint8Array.of(1) }]);
    expect(await rebuild()).toMatchObject({ unreadable: 1, records: 7 });
    expect((await contentsOf(harness.tools)).entries.size).toBe(3);
    await expectFound(index, [order]);
  });
});
