import { newBucketedId } from "@ordermesh/runtime/ids";
import { createLogger } from "@ordermesh/runtime/logging";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { entryKey, gapKey } from "./index-keys.ts";
import type { IndexState } from "./index-state.ts";
import { createIndexWriter } from "./index-writer.ts";
import { droppedEntries } from "./lookup-metrics.ts";
import { type IndexEntry, placedEntries } from "./order-name.ts";
import type { IndexRedis } from "./redis-commands.ts";

const logger = createLogger({ name: "index", instance: "spec", level: "silent" });
const nowMs = Date.UTC(2026, 2, 1);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Takes everything while it is up, and notes the flights and the keys. */
function fakeRedis() {
  const flights: string[][] = [];
  let recovered: () => void = () => undefined;
  const redis = {
    up: true,
    async run<T>(work: Parameters<IndexRedis["run"]>[0]): Promise<T> {
      if (!redis.up) throw new Error("away");
      const keys: string[] = [];
      const client = {
        sendCommand: async (words: readonly string[]) => {
          keys.push((words[0] === "EVALSHA" ? words[3] : words[1]) ?? "");
        },
      };
      const result = (await work(client)) as T;
      flights.push(keys);
      return result;
    },
    onRecovered(listener: () => void) {
      recovered = listener;
    },
  };
  return {
    redis,
    flights,
    recover() {
      redis.up = true;
      recovered();
    },
  };
}

function writerOn(fake: ReturnType<typeof fakeRedis>, state: IndexState = { generation: "g1" }, maxWaiting = 1_000) {
  const known = { read: async () => state };
  return createIndexWriter({ redis: fake.redis, state: known, logger, now: () => nowMs, maxWaiting });
}

function entries(from: number, count: number, acceptedMs = nowMs): IndexEntry[] {
  return Array.from({ length: count }, (_, index) =>
    placedEntries(newBucketedId("ada", acceptedMs), `cart-${from + index}`),
  ).flat();
}

const keyOf = (number: number, generation = "g1"): string =>
  entryKey(generation, { kind: "reference", value: `cart-${number}` });

const dropped = async (): Promise<number> => (await droppedEntries.get()).values[0]?.value ?? 0;

it("writes what was gathered in one flight", async () => {
  const fake = fakeRedis();
  const writer = writerOn(fake);
  writer.add(entries(1, 1));
  writer.add(entries(2, 1));
  expect(fake.flights).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(fake.flights).toEqual([[keyOf(1), keyOf(2)]]);
});

it("writes to the generation that is being built as well, and not past an entry's end", async () => {
  const fake = fakeRedis();
  const writer = writerOn(fake, { generation: "g1", next: "g2" });
  writer.add([...entries(1, 1), ...entries(2, 1, nowMs - 31 * 24 * 3_600_000)]);
  await vi.advanceTimersByTimeAsync(100);
  expect(fake.flights).toEqual([[keyOf(1), keyOf(1, "g2")]]);
});

it("keeps entries while Redis is away and writes them when it is back, in order", async () => {
  const fake = fakeRedis();
  const writer = writerOn(fake);
  fake.redis.up = false;
  writer.add(entries(1, 2));
  await vi.advanceTimersByTimeAsync(30_000);
  writer.add(entries(3, 1));
  fake.recover();
  await vi.advanceTimersByTimeAsync(1);
  expect(fake.flights).toEqual([[keyOf(1), keyOf(2), keyOf(3)]]);
});

it("waits for an index where there is none", async () => {
  const fake = fakeRedis();
  const state: { generation?: string } = {};
  const writer = writerOn(fake, state);
  writer.add(entries(1, 1));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(fake.flights).toEqual([]);
  state.generation = "g1";
  await vi.advanceTimersByTimeAsync(1_000);
  expect(fake.flights).toEqual([[keyOf(1)]]);
});

it("gives up what is beyond its bound, counts it, and tells Redis of the gap when it can", async () => {
  const fake = fakeRedis();
  const writer = writerOn(fake, { generation: "g1" }, 3);
  const before = await dropped();
  fake.redis.up = false;
  writer.add(entries(1, 5));
  expect(await dropped()).toBe(before + 2);
  fake.recover();
  await vi.advanceTimersByTimeAsync(1);
  expect(fake.flights).toEqual([[keyOf(1), keyOf(2), keyOf(3)], [gapKey]]);
});

it("writes what waits before it stops, and counts what it cannot", async () => {
  const fake = fakeRedis();
  const writer = writerOn(fake);
  writer.add(entries(1, 300));
  await writer.stop();
  expect(fake.flights.map((keys) => keys.length)).toEqual([256, 44]);

  const away = fakeRedis();
  const before = await dropped();
  const other = writerOn(away);
  away.redis.up = false;
  other.add(entries(1, 2));
  await other.stop();
  expect(await dropped()).toBe(before + 2);
});
