import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ShardSet } from "../shards/index.ts";
import { createGate, type Gate } from "../testing/gate.ts";
import { createTestShards, type TestShards } from "../testing/test-shards.ts";
import { awaitPublished } from "./published.ts";

let testShards: TestShards;
let gate: Gate;
let shards: ShardSet;
let lines: string[];

beforeAll(async () => {
  testShards = await createTestShards(2);
  const [first, second] = testShards.urls;
  if (first === undefined || second === undefined) throw new Error("two shards were asked for");
  gate = await createGate(second.url);
  shards = await testShards.connect([first, { ...second, url: gate.url }]);
});
afterAll(async () => {
  await gate.close();
  await testShards.drop();
});
beforeEach(() => {
  lines = [];
});

const wait = (signal = new AbortController().signal): Promise<void> =>
  awaitPublished(shards.all, signal, (why) => lines.push(why));

// The relays of these shards have no log, so a row stays until it is removed here.
const hold = async (shard: number): Promise<void> => {
  await shards.all[shard]?.database.pool.query("INSERT INTO outbox (records, record_count) VALUES ('[]', 0)");
};
const release = async (shard: number): Promise<void> => {
  await shards.all[shard]?.database.pool.query("DELETE FROM outbox");
};

it("waits for what every outbox held at the call, and not for what comes after", async () => {
  await hold(0);
  await hold(1);
  let done = false;
  const waiting = wait().then(() => {
    done = true;
  });
  await release(0);
  await hold(0);
  expect(done).toBe(false);
  await release(1);
  await waiting;
  await release(0);
  expect(lines).toEqual([]);
});

it("goes on without a database that is away, and says so", async () => {
  await gate.close();
  try {
    await wait();
  } finally {
    await gate.open();
  }
  expect(lines).toEqual([expect.stringMatching(/^shard-2 is away; .* missing/)]);
});

it("ends when it is told to", async () => {
  await hold(0);
  const stopping = new AbortController();
  const waiting = wait(stopping.signal);
  stopping.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  await release(0);
});
