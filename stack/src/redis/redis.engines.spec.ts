import { join } from "node:path";
import { isAlive } from "@ordermesh/runtime/embedded-postgres";
import { createLogger } from "@ordermesh/runtime/logging";
import { openRedis, type RedisClient, type RedisPort } from "@ordermesh/runtime/redis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { resetDataFolder } from "../data-folder/folder.ts";
import { readStackState, type Stack } from "../index.ts";
import { createStackFixture, type StackFixture } from "../testing/fake-stack.ts";

// One running stack for all tests of this file; the last one stops it. Its events are in PostgreSQL.
let fixture: StackFixture;
let stack: Stack;
const ports: RedisPort[] = [];

beforeAll(async () => {
  fixture = await createStackFixture();
  stack = await fixture.start({ redis: true });
});

afterAll(async () => {
  await Promise.all(ports.map((port) => port.close()));
  await fixture.remove();
});

const redisProcess = () => stack.state().processes.find(({ name }) => name === "redis");

async function environmentOf(process: string): Promise<Record<string, string>> {
  const health = stack.state().processes.find(({ name }) => name === process)?.health;
  return (await (await fetch(`http://${health}/environment`)).json()) as Record<string, string>;
}

const urlOf = async (process: string): Promise<string> => (await environmentOf(process))["ORDERMESH_REDIS_URL"] ?? "";

async function openAt(url: string | undefined): Promise<RedisPort> {
  const logger = createLogger({ name: "spec", instance: "spec", level: "silent" });
  const port = openRedis({ url: url ?? "", name: "spec", timeoutMs: 2_000, logger });
  ports.push(port);
  await vi.waitFor(() => expect(port.up).toBe(true), { timeout: 5_000 });
  return port;
}

const script = "return redis.call('SET', KEYS[1], 1)";
const evaluate = (key: string) => (client: RedisClient) => client.eval(script, { keys: [key] });

test("Redis is in the state, and its programs get their own users' URLs, the others none", async () => {
  const state = await readStackState(fixture.dataDir);
  expect(state).toEqual(stack.state());
  expect(redisProcess()).toEqual({ name: "redis", service: "redis", pid: expect.any(Number) });
  expect(new URL(state?.redisUrl ?? "")).toMatchObject({ username: "tools", hostname: "127.0.0.1" });
  for (const program of ["order", "gateway", "inventory"]) {
    expect(new URL(await urlOf(`${program}-1`)).username).toBe(program);
  }
  expect(await environmentOf("payment-1")).not.toHaveProperty("ORDERMESH_REDIS_URL");
  expect(await environmentOf("notification-1")).not.toHaveProperty("ORDERMESH_REDIS_URL");
});

test("the order service has the index and hears of prices, and nothing else", async () => {
  const order = await openAt(await urlOf("order-1"));
  const inventory = await openAt(await urlOf("inventory-1"));
  await order.run((client) => client.set("ordermesh:index:one", "1", { expiration: { type: "EX", value: 60 } }));
  expect(await order.run((client) => client.get("ordermesh:index:one"))).toBe("1");
  expect(await order.run(evaluate("ordermesh:index:two"))).toBe("OK");
  await order.run((client) => client.scan("0", { MATCH: "ordermesh:index:*" }));
  const heard = vi.fn<(message: string) => void>();
  await order.subscribe("ordermesh:prices", heard);
  await inventory.run((client) => client.publish("ordermesh:prices", '["sku-1"]'));
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith('["sku-1"]'), { timeout: 5_000 });

  await expect(order.run((client) => client.set("ordermesh:limit:ada", "1"))).rejects.toThrow(/NOPERM/);
  await expect(order.run(evaluate("ordermesh:limit:ada"))).rejects.toThrow(/NOPERM|permission/i);
  await expect(order.run((client) => client.publish("ordermesh:prices", "[]"))).rejects.toThrow(/NOPERM/);
  await expect(order.subscribe("others", heard)).rejects.toThrow(/NOPERM/);
});

test("the gateway has the rate limits alone, inventory no key at all", async () => {
  const gateway = await openAt(await urlOf("gateway-1"));
  const inventory = await openAt(await urlOf("inventory-1"));
  expect(await gateway.run(evaluate("ordermesh:limit:ada"))).toBe("OK");
  await expect(gateway.run((client) => client.get("ordermesh:index:one"))).rejects.toThrow(/NOPERM/);
  await expect(inventory.run((client) => client.get("ordermesh:index:one"))).rejects.toThrow(/NOPERM/);
  await expect(inventory.subscribe("ordermesh:prices", () => undefined)).rejects.toThrow(/NOPERM/);
});

test("only the tools' user empties Redis or looks at its settings", async () => {
  for (const program of ["order", "gateway", "inventory"]) {
    const port = await openAt(await urlOf(`${program}-1`));
    await expect(port.run((client) => client.flushAll())).rejects.toThrow(/NOPERM/);
    await expect(port.run((client) => client.configGet("save"))).rejects.toThrow(/NOPERM/);
    await expect(port.run((client) => client.keys("*"))).rejects.toThrow(/NOPERM/);
  }
  const tools = await openAt(stack.state().redisUrl);
  expect(await tools.run((client) => client.configGet("appendonly"))).toEqual({ appendonly: "no" });
  await tools.run((client) => client.flushAll());
});

test("a killed Redis is started again on its address with the same users, and empty", async () => {
  const before = redisProcess();
  const url = await urlOf("order-1");
  const order = await openAt(url);
  await order.run((client) => client.set("ordermesh:index:lost", "1"));
  expect(stack.kill("redis", "SIGKILL")).toBe(true);
  await vi.waitFor(
    () => {
      expect(redisProcess()?.pid).toEqual(expect.any(Number));
      expect(redisProcess()?.pid).not.toBe(before?.pid);
    },
    { timeout: 15_000 },
  );
  const again = await openAt(url);
  expect(await again.run((client) => client.get("ordermesh:index:lost"))).toBeNull();
  const said = fixture.lines.filter((line) => line.source === "stack").map((line) => line.message);
  expect(said).toEqual(["redis died", "redis is started again"]);
});

test("stopping ends it, and a reset clears its folder", async () => {
  const { processes } = stack.state();
  await stack.stop();
  expect(processes.filter((one) => isAlive(one.pid))).toEqual([]);
  expect(await resetDataFolder(fixture.dataDir)).toBe(true);
});

test("without redis-server on PATH the start says how to get it, before anything runs", async () => {
  vi.stubEnv("PATH", join(fixture.folder, "nothing-here"));
  try {
    const phases: string[] = [];
    const refused = { name: "UserError", code: "REDIS_NOT_FOUND", message: expect.stringContaining("apt-get install") };
    const start = fixture.start({
      redis: true,
      runPhase: (title, work) => {
        phases.push(title);
        return work(() => undefined);
      },
    });
    await expect(start).rejects.toMatchObject(refused);
    expect(phases).not.toContain("PostgreSQL");
  } finally {
    vi.unstubAllEnvs();
  }
});
