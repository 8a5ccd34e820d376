// The program that operators run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { migrate } from "@ordermesh/runtime/database";
import { createTestDatabase, type TestDatabase } from "@ordermesh/runtime/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { leaseKey } from "./index-keys.ts";
import { createOrderIndex } from "./order-index.ts";
import {
  contentsOf,
  expectFound,
  type LogHarness,
  logger,
  openLogHarness,
  type RedisHarness,
  startRedisHarness,
} from "./testing/index-harness.ts";

const migrations = join(import.meta.dirname, "../../prisma/migrations");
const program = join(import.meta.dirname, "../rebuild-index.ts");

let harness: RedisHarness;
let log: LogHarness;
let shard: TestDatabase;

beforeAll(async () => {
  harness = await startRedisHarness();
  shard = await createTestDatabase("shard");
  await migrate({ url: shard.url, directory: migrations, logger });
});
afterAll(async () => {
  await harness.stop();
  await shard.drop();
});
beforeEach(async () => {
  await harness.empty();
  log = await openLogHarness();
  return () => log.close();
});

function start(more: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      ORDERMESH_INSTANCE: "order-1",
      ORDERMESH_EVENT_LOG_URL: log.url,
      ORDERMESH_SHARDS: `shard-1=${shard.url}`,
      ...more,
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return { child, closed: once(child, "close"), text: () => text };
}

async function run(
  more: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<{ code: unknown; text: string }> {
  const { closed, text } = start(more, ...words);
  const [code] = await closed;
  return { code, text: text() };
}

const redisUrl = () => ({ ORDERMESH_REDIS_URL: harness.server.url("order") });

describe("the program", () => {
  it("rebuilds, tells how far it is, and sums up", async () => {
    const index = createOrderIndex({ redis: harness.redis, logger });
    onTestFinished(() => index.stop());
    const orders = [await log.place(index), await log.place(index)];
    const { code, text } = await run(redisUrl());
    expect(text).toContain("reading ordermesh.payments.v1: 66 % of the log, 4 records, 4 entries");
    expect(text).toMatch(/The index is rebuilt: 6 entries from 6 records in \d+\.\d s\.\n$/);
    expect(code).toBe(0);
    await expectFound(index, orders);
  });

  it("that was killed is run again, and leaves one generation", async () => {
    const index = createOrderIndex({ redis: harness.redis, logger });
    onTestFinished(() => index.stop());
    await log.place(index);
    const killed = start(redisUrl());
    await expect.poll(killed.text, { timeout: 20_000 }).toContain("waiting until every writer knows it");
    killed.child.kill("SIGKILL");
    await killed.closed;
    const refused = await run(redisUrl());
    expect(refused.text).toContain("REBUILD_UNDER_WAY");
    expect(refused.code).toBe(1);
    // Its lease ends by itself.
    await expect
      .poll(() => harness.tools.run((client) => client.exists(leaseKey)), { timeout: 20_000, interval: 100 })
      .toBe(0);
    expect((await run(redisUrl())).code).toBe(0);
    const { generations, entries } = await contentsOf(harness.tools);
    expect([generations.length, entries.size]).toEqual([1, 3]);
  });

  it.each(["--fast", "today"])("takes no %s, and does nothing", async (word) => {
    const { code, text } = await run(redisUrl(), word);
    expect(text).toMatch(/^error: (unknown option|too many arguments)/);
    expect(code).toBe(2);
    expect((await contentsOf(harness.tools)).generations).toEqual([]);
  });

  it.each([
    ["without a Redis", {}, "REDIS_NOT_CONFIGURED"],
    ["with a Redis that is away", { ORDERMESH_REDIS_URL: "redis://order:order@127.0.0.1:1" }, "REDIS_AWAY"],
    ["with a wrong setting", { ORDERMESH_REDIS_URL: "localhost" }, "ORDERMESH_REDIS_URL"],
  ])("%s says what is wrong", async (_, more, said) => {
    const { code, text } = await run(more);
    expect(text).toContain(said);
    expect(text).not.toContain("    at ");
    expect(code).toBe(1);
  });
});
