import { openDatabase } from "@ordermesh/runtime/database";
import { createLogger } from "@ordermesh/runtime/logging";
import { createTestDatabase } from "@ordermesh/runtime/testing";
import { expect, test } from "vitest";
import { createGate } from "../testing/gate.ts";
import { createGuard } from "./guard.ts";

const logger = createLogger({ name: "order-spec", instance: "order-spec", level: "silent" });

test("a statement that is slow does not make a shard that answers be taken for away", async () => {
  const testDatabase = await createTestDatabase("guard");
  const database = openDatabase({ url: testDatabase.url, name: "guard", logger, queryTimeoutMs: 100 });
  const ping = { name: "ping", text: "SELECT 1", timeoutMs: 2_000 };
  const guard = createGuard("shard-1", async () => (await database.query(ping)).rowCount === 1, logger);
  const slow = { name: "slow", text: "SELECT pg_sleep(1)" };
  for (let attempt = 0; attempt < 7; attempt += 1) {
    await expect(guard.run(() => database.query(slow))).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  }
  expect(guard.available()).toBe(true);
  // One statement may take longer than the others.
  await guard.run(() => database.query({ ...slow, name: "slow-but-allowed", timeoutMs: 5_000 }));
  await database.close();
  await testDatabase.drop();
});

test("one that is gone is, after a few calls, and then fails at once", async () => {
  const testDatabase = await createTestDatabase("guard");
  const gate = await createGate(testDatabase.url);
  const database = openDatabase({ url: gate.url, name: "guard", logger, queryTimeoutMs: 100 });
  const guard = createGuard("shard-1", () => Promise.resolve(false), logger);
  await gate.close();
  let calls = 0;
  const work = () => {
    calls += 1;
    return database.query({ name: "ping", text: "SELECT 1" });
  };
  for (let attempt = 0; attempt < 9; attempt += 1) {
    await expect(guard.run(work)).rejects.toMatchObject({ code: "SHARD_UNAVAILABLE" });
  }
  expect(calls).toBe(5);
  expect(guard.available()).toBe(false);
  await database.close();
  await testDatabase.drop();
});
