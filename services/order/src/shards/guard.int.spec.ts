import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "@ordermesh/runtime/database";
import { createLogger } from "@ordermesh/runtime/logging";
import { createTestDatabase } from "@ordermesh/runtime/testing";
import { expect, test } from "vitest";
import { createGuard } from "./guard.ts";

const logger = createLogger({ name: "order-spec", instance: "order-spec", level: "silent" });

test("a statement that is slow does not make a shard that answers be taken for away", async () => {
  const testDatabase = await createTestDatabase("guard");
  const database = openDatabase({ url: testDatabase.url, name: "guard", logger, queryTimeoutMs: 100 });
  const ping = { name: "ping", text: "SELECT 1", timeoutMs: 2_000 };
  const guard = createGuard("shard-1", () => database.query(ping), logger);
  const slow = { name: "slow", text: "SELECT pg_sleep(1)" };
  for (let attempt = 0; attempt < 7; attempt += 1) {
    await expect(guard.run(() => database.query(slow))).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  }
  expect(guard.available()).toBe(true);
  // One statement may take longer than the others.
  await guard.run(() => database.query({ ...slow, name: "slow-but-allowed", timeoutMs: 5_000 }));
  guard.close();
  await database.close();
  await testDatabase.drop();
});

test("one that is gone fails its calls at once, without trying, until it answers", async () => {
  let there = false;
  const probe = async () => {
    if (!there) throw new Error("refused");
  };
  const guard = createGuard("shard-1", probe, logger);
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (!there) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    return "done";
  };
  const refused = { code: "SHARD_UNAVAILABLE" };
  await expect(guard.run(work)).rejects.toMatchObject(refused);
  await expect.poll(() => guard.available()).toBe(false);
  for (let attempt = 0; attempt < 9; attempt += 1) await expect(guard.run(work)).rejects.toMatchObject(refused);
  expect(calls).toBe(1);
  there = true;
  await expect.poll(() => guard.run(work).catch(() => "away"), { timeout: 5_000 }).toBe("done");
  expect(calls).toBe(2);
  guard.close();
});

test("one that hangs fails the calls that wait for it, within the stated time", async () => {
  const never = () => new Promise<never>(() => undefined);
  const guard = createGuard("shard-1", never, logger);
  const begun = performance.now();
  await expect(Promise.all([guard.run(never), guard.run(never)])).rejects.toMatchObject({ code: "SHARD_UNAVAILABLE" });
  expect(performance.now() - begun).toBeLessThan(3_500);
  await expect(guard.run(never)).rejects.toMatchObject({ code: "SHARD_UNAVAILABLE" });
  guard.close();
});

test("a call that takes long is left alone while the shard answers", async () => {
  const guard = createGuard("shard-1", async () => undefined, logger);
  expect(await guard.run(() => delay(2_000, "done"))).toBe("done");
  expect(guard.available()).toBe(true);
  guard.close();
});

test("a shard that answers other calls is there, however long one takes and whatever becomes of the asking", async () => {
  const guard = createGuard("shard-1", () => Promise.reject(new Error("too many connections")), logger);
  const slow = guard.run(() => delay(2_500, "done"));
  const others = setInterval(() => void guard.run(() => delay(10)), 50);
  expect(await slow).toBe("done");
  await expect(guard.run(() => Promise.reject(Object.assign(new Error("no"), { code: "53300" })))).rejects.toThrow();
  expect(guard.available()).toBe(true);
  clearInterval(others);
  guard.close();
});
