// What Redis loses comes back without anybody's doing.
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { startHealing } from "./heal-index.ts";
import { entryKey, leaseKey, stateKey } from "./index-keys.ts";
import { stateText } from "./index-state.ts";
import { createOrderIndex, type OrderIndex } from "./order-index.ts";
import {
  contentsOf,
  expectFound,
  type LogHarness,
  logger,
  openLogHarness,
  type PlacedOrder,
  patience,
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

function openIndex(maxWaiting?: number): OrderIndex {
  const { redis } = harness;
  const index = createOrderIndex({ redis, logger, ...(maxWaiting !== undefined && { maxWaiting }) });
  onTestFinished(() => index.stop());
  return index;
}

function heal(): void {
  const { redis } = harness;
  const healing = startHealing({ redis, log: log.log, logger, published: async () => undefined, settleMs });
  onTestFinished(() => healing.stop());
}

describe("the index heals by itself", () => {
  it("when there is none yet, and after FLUSHALL", async () => {
    const index = openIndex();
    const orders = [await log.place(index), await log.place(index)];
    expect(await index.find({ kind: "tracking", value: "Z" })).toEqual({ kind: "away" });
    heal();
    await expectFound(index, orders);
    await harness.tools.run((client) => client.flushAll());
    orders.push(await log.place(index));
    await expectFound(index, orders);
  });

  it("after a SIGKILL: what it held is read from the log, and what was given meanwhile was kept", async () => {
    heal();
    const index = openIndex();
    const orders = [await log.place(index)];
    await expectFound(index, orders);
    harness.server.kill("SIGKILL");
    await harness.server.exited;
    orders.push(await log.place(index));
    expect(await index.find({ kind: "tracking", value: "Z" })).toEqual({ kind: "away" });
    await harness.restart();
    await expectFound(index, orders);
  });

  it("after a hang, which costs a look-up the time of one use at most", async () => {
    heal();
    const index = openIndex();
    const orders = [await log.place(index)];
    await expectFound(index, orders);
    harness.server.kill("SIGSTOP");
    try {
      const begin = performance.now();
      expect(await index.find({ kind: "tracking", value: "Z" })).toEqual({ kind: "away" });
      expect(performance.now() - begin).toBeLessThan(1_000);
      orders.push(await log.place(index));
    } finally {
      harness.server.kill("SIGCONT");
    }
    await expectFound(index, orders);
  });

  it("after entries had to be given up while Redis was away", async () => {
    heal();
    const index = openIndex(4);
    await expectFound(index, [await log.place(index)]);
    harness.server.kill("SIGSTOP");
    const lost: PlacedOrder[] = [];
    try {
      await vi.waitFor(() => expect(harness.redis.up).toBe(false), patience);
      for (let n = 0; n < 5; n += 1) lost.push(await log.place(index));
    } finally {
      harness.server.kill("SIGCONT");
    }
    await expectFound(index, lost);
  });

  it("after a rebuild died, whose lease has ended", async () => {
    const index = openIndex();
    const order = await log.place(index);
    const state = stateText({ next: "dead" });
    await harness.tools.run((client) =>
      Promise.all([
        client.set(stateKey, state),
        client.set(entryKey("dead", { kind: "tracking", value: "Z" }), order.orderId),
        client.set(leaseKey, "somebody", { PX: 1_500 }),
      ]),
    );
    heal();
    await expectFound(index, [order]);
    await vi.waitFor(async () => expect((await contentsOf(harness.tools)).generations).toHaveLength(1), patience);
    expect((await contentsOf(harness.tools)).generations).not.toContain("dead");
  });
});
