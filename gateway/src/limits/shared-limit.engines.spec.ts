// Two gateways and a real Redis that is killed, stopped and emptied under their calls.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts, findRedis, type RunningRedis, startRedis } from "@ordermesh/engines/redis";
import { createLogger } from "@ordermesh/runtime/logging";
import { openRedis, type RedisPort } from "@ordermesh/runtime/redis";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { CallLimit } from "./call-limit.ts";
import { createSharedLimit } from "./shared-limit.ts";

const logger = createLogger({ name: "limit", instance: "spec", level: "silent" });
const users = [
  { name: "gateway", password: "gateway", rules: ["~ordermesh:limit:*", "+ping", "+eval", "+@read", "+@write"] },
  { name: "tools", password: "tools", rules: ["~*", "+@all"] },
];

// Ample on a busy machine: a call that waited for Redis would take this long.
const timeoutMs = 1_000;

let folder: string;
let port: number;
let server: RunningRedis;

const startServer = async () => startRedis({ program: await findRedis(), folder, port, users });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ordermesh-limit-"));
  [port = 0] = await findFreePorts(1);
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function open(user = "gateway"): Promise<RedisPort> {
  const redis = openRedis({ url: server.url(user), name: "gateway-1", timeoutMs, logger });
  onTestFinished(() => redis.close());
  await vi.waitFor(() => expect(redis.up).toBe(true), { timeout: 5_000, interval: 5 });
  return redis;
}

async function gateway(perSecond: number): Promise<{ limit: CallLimit; redis: RedisPort }> {
  const redis = await open();
  const limit = createSharedLimit({ limits: { perSecond, burst: 0 }, redis, logger });
  onTestFinished(() => limit.stop());
  return { limit, redis };
}

const lets = (limit: CallLimit, caller: string) =>
  limit.take(caller).then(
    () => true,
    () => false,
  );

test("calls at one gateway count at the other", async () => {
  const [one, two] = [await gateway(10), await gateway(10)];
  const together = async () => {
    // A window of its own for each try: none begins in the middle of another.
    const caller = `ada-${performance.now()}`;
    for (let call = 0; call < 10; call++) await one.limit.take(caller);
    await vi.waitFor(async () => expect(await lets(two.limit, caller)).toBe(false), { timeout: 500, interval: 5 });
  };
  await vi.waitFor(together, { timeout: 10_000, interval: 10 });
});

test("an emptied Redis begins to count anew", async () => {
  const { limit } = await gateway(1_000);
  const tools = await open("tools");
  for (let call = 0; call < 40; call++) await limit.take("ada");
  await tools.run((client) => client.flushAll());
  for (let call = 0; call < 40; call++) await limit.take("ada");
  const counted = () => tools.run((client) => client.get("ordermesh:limit:rate:ada"));
  await vi.waitFor(async () => expect(Number(await counted())).toBeGreaterThan(0), 1_000);
});

test.each(["SIGSTOP", "SIGKILL"] as const)("no call waits for a Redis that got a %s", async (signal) => {
  const { limit, redis } = await gateway(10_000);
  await limit.take("ada");
  server.kill(signal);
  let slowest = 0;
  for (let call = 0; call < 5_000; call++) {
    const begin = performance.now();
    await limit.take("ada");
    slowest = Math.max(slowest, performance.now() - begin);
    if (call % 100 === 0) await new Promise(setImmediate);
  }
  expect(slowest).toBeLessThan(timeoutMs / 2);
  await vi.waitFor(() => expect(redis.up).toBe(false), { timeout: 5_000, interval: 5 });
  if (signal === "SIGSTOP") server.kill("SIGCONT");
  else server = await server.exited.then(startServer);
  await vi.waitFor(() => expect(redis.up).toBe(true), { timeout: 10_000, interval: 20 });
});
