import { createLogger } from "@ordermesh/runtime/logging";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrations } from "../app.ts";
import { createGate, type Gate } from "../testing/gate.ts";
import { createTestShards, type TestShards } from "../testing/test-shards.ts";
import { type OpenedShards, openShards } from "./open-shards.ts";

const logger = createLogger({ name: "order-spec", instance: "order-spec", level: "silent" });
let testShards: TestShards;
let gate: Gate;
let opened: OpenedShards | undefined;

beforeEach(async () => {
  testShards = await createTestShards(2);
  gate = await createGate(testShards.urls[1]?.url ?? "");
});

afterEach(async () => {
  await opened?.stop();
  for (const shard of opened?.shards.all ?? []) {
    await shard.stop();
    await shard.close();
  }
  await gate.close();
  await testShards.drop();
});

const open = async (): Promise<OpenedShards> => {
  const urls = testShards.urls.map((shard) => (shard.name === "shard-2" ? { ...shard, url: gate.url } : shard));
  const log = { append: () => Promise.reject(new Error("there is no log in this spec")) };
  opened = await openShards({
    urls,
    ranges: undefined,
    poolSize: 2,
    instance: "order-spec",
    migrations,
    log,
    logger,
  });
  return opened;
};

const ownerOf = (bucket: number): string | undefined => {
  try {
    return opened?.shards.ownerOf(bucket).name;
  } catch {
    return undefined; // SHARD_UNAVAILABLE
  }
};

test("a service starts with one shard away, serves the others, and takes it in when it is there", async () => {
  await testShards.connect();
  await gate.close();
  const { shards } = await open();
  expect(ownerOf(0)).toBe("shard-1");
  expect(ownerOf(4095)).toBeUndefined();
  await expect(shards.read(4095, async () => "read")).rejects.toMatchObject({ code: "SHARD_UNAVAILABLE" });
  await gate.open();
  await expect.poll(() => ownerOf(4095), { timeout: 5_000 }).toBe("shard-2");
});

test("nothing is assigned before every shard was there once", async () => {
  await gate.close();
  await open();
  expect(ownerOf(0)).toBeUndefined();
  await gate.open();
  await expect.poll(() => ownerOf(0), { timeout: 5_000 }).toBe("shard-1");
  expect(ownerOf(4095)).toBe("shard-2");
});
