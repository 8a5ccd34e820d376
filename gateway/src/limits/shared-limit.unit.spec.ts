import { RedisAwayError, type RedisClient, type RedisPort } from "@ordermesh/runtime/redis";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { CallLimits } from "./call-limit.ts";
import { createSharedLimit } from "./shared-limit.ts";

/** What the library's script does with one counter per key, and windows that never end. */
function fakeRedis() {
  const counters = new Map<string, number>();
  const state = { up: true, asked: 0, failure: undefined as Error | undefined, counters };
  const client = {
    eval: async (_script: string, options: { readonly keys: string[]; readonly arguments: string[] }) => {
      const [key = ""] = options.keys;
      const [points] = options.arguments;
      state.asked++;
      if (state.failure) throw state.failure;
      counters.set(key, (counters.get(key) ?? 0) + Number(points));
      return [counters.get(key), 700];
    },
  };
  const redis: RedisPort = {
    get up() {
      return state.up;
    },
    run: (work) => work(client as unknown as RedisClient),
    subscribe: () => Promise.reject(new Error("not used")),
    onRecovered: () => undefined,
    close: async () => undefined,
  };
  return { redis, state };
}

function gateway(redis: RedisPort, limits: CallLimits) {
  const clock = { ms: 0 };
  const error = vi.fn();
  const limit = createSharedLimit({ limits, redis, logger: { error }, now: () => clock.ms });
  onTestFinished(() => limit.stop());
  const passed = async (calls: number, caller = "ada"): Promise<number> => {
    let count = 0;
    for (let call = 0; call < calls; call++) {
      count += await limit.take(caller).then(
        () => 1,
        () => 0,
      );
    }
    return count;
  };
  return { clock, error, passed, limit };
}

describe("the limit of all gateways together", () => {
  it("refuses a caller whose calls are spread over two gateways, within what is told late", async () => {
    const { redis } = fakeRedis();
    const limits = { perSecond: 100, burst: 0 };
    const [one, two] = [gateway(redis, limits), gateway(redis, limits)];
    let through = 0;
    for (let round = 0; round < 100; round++) through += (await one.passed(1)) + (await two.passed(1));
    expect(through).toBeGreaterThanOrEqual(100);
    expect(through).toBeLessThanOrEqual(100 + 2 * 4);
  });

  it("says when to try again, and lets the caller in again then", async () => {
    const { redis, state } = fakeRedis();
    const { clock, passed, limit } = gateway(redis, { perSecond: 10, burst: 0 });
    state.counters.set("ordermesh:limit:rate:ada", 10);
    expect(await passed(1)).toBe(1);
    await new Promise(setImmediate); // what was told is answered
    await expect(limit.take("ada")).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 700 });
    expect(await passed(1, "bob")).toBe(1);
    clock.ms = 700;
    await expect(limit.take("ada")).resolves.toBeUndefined();
  });

  it("asks Redis once for each fiftieth of a second's calls, and never for those who make fewer", async () => {
    const { redis, state } = fakeRedis();
    const { passed } = gateway(redis, { perSecond: 1_000, burst: 0 });
    expect(await passed(100)).toBe(100);
    expect(state.asked).toBe(5);
    expect(state.counters.get("ordermesh:limit:rate:ada")).toBe(100);
    expect(await passed(19, "bob")).toBe(19);
    expect(state.asked).toBe(5);
  });

  it.each([
    ["away", false, undefined],
    ["lost under way", true, new RedisAwayError("Redis is away")],
  ])("is each gateway's own while Redis is %s, without a word", async (_name, up, failure) => {
    const { redis, state } = fakeRedis();
    const { passed, error } = gateway(redis, { perSecond: 10, burst: 0 });
    Object.assign(state, { up, failure });
    expect(await passed(15)).toBe(10);
    expect(error).not.toHaveBeenCalled();
    expect(state.asked === 0).toBe(!up);
  });

  it("says once when Redis does not let it count", async () => {
    const { redis, state } = fakeRedis();
    const { passed, error } = gateway(redis, { perSecond: 10, burst: 0 });
    state.failure = new Error("NOPERM");
    expect(await passed(15)).toBe(10);
    expect(error).toHaveBeenCalledOnce();
  });
});
