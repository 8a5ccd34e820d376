// The same on a real server, as users of few rights.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts, findRedis, type RunningRedis, startRedis } from "@ordermesh/engines/redis";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createLogger } from "../logging/index.ts";
import { openRedis, RedisAwayError, type RedisPort } from "./index.ts";

const logger = createLogger({ name: "redis", instance: "spec", level: "silent" });
// Ample on a busy machine: what would wait for it is told apart from what is refused at once.
const timeoutMs = 200;
const users = [
  { name: "tools", password: "tools secret", rules: ["~*", "&*", "+@all"] },
  {
    name: "order",
    password: "p@ss/word:",
    rules: ["~ordermesh:index:*", "&ordermesh:prices", "+ping", "+get", "+set", "+subscribe", "+unsubscribe"],
  },
];
const key = "ordermesh:index:a";

let folder: string;
let port: number;
let server: RunningRedis;

async function startServer(): Promise<void> {
  server = await startRedis({ program: await findRedis(), folder, port, users });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ordermesh-redis-"));
  [port = 0] = await findFreePorts(1);
  await startServer();
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

let redis: RedisPort;
let tools: RedisPort;

async function open(user: string): Promise<RedisPort> {
  const opened = openRedis({ url: server.url(user), name: `${user}-1`, timeoutMs, logger });
  onTestFinished(() => opened.close());
  await vi.waitFor(() => expect(opened.up).toBe(true), { timeout: 5_000, interval: 5 });
  return opened;
}

beforeEach(async () => {
  redis = await open("order");
  tools = await open("tools");
});

const put = (value: string) => redis.run((client) => client.set(key, value));
const read = () => redis.run((client) => client.get(key));
const recovers = () => vi.waitFor(async () => expect(await put("again")).toBe("OK"), { timeout: 10_000, interval: 20 });

async function elapsed(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work.catch(() => undefined);
  return performance.now() - begin;
}

test("a user does what its rules say, and a refusal is no failure of Redis", async () => {
  await put("1");
  expect(await read()).toBe("1");
  await expect(redis.run((client) => client.get("ordermesh:limit:a"))).rejects.toThrow("NOPERM");
  await expect(redis.run((client) => client.flushAll())).rejects.toThrow("NOPERM");
  await expect(redis.subscribe("ordermesh:other", () => undefined)).rejects.toThrow("NOPERM");
  expect(redis.up).toBe(true);
});

test("the administrators see who is connected", async () => {
  const list = await tools.run((client) => client.sendCommand(["CLIENT", "LIST"]));
  expect(String(list)).toContain("name=order-1");
});

test("a flush leaves nothing and breaks nothing", async () => {
  await put("1");
  await tools.run((client) => client.flushAll());
  expect(await read()).toBeNull();
  expect(redis.up).toBe(true);
});

test("a killed Redis is refused at once, and used again when it is back on its port", async () => {
  await put("1");
  server.kill("SIGKILL");
  await server.exited;
  await vi.waitFor(() => expect(redis.up).toBe(false), { timeout: 5_000, interval: 1 });
  const refusal = read();
  await expect(refusal).rejects.toBeInstanceOf(RedisAwayError);
  await startServer();
  await recovers();
});

test("a stopped Redis costs one command its time, and is used again when it goes on", async () => {
  await put("1");
  server.kill("SIGSTOP");
  const first = await elapsed(read());
  expect(first).toBeLessThan(5 * timeoutMs);
  const refused = await Promise.all(Array.from({ length: 100 }, () => elapsed(read())));
  expect(Math.max(...refused)).toBeLessThan(timeoutMs);
  server.kill("SIGCONT");
  await recovers();
  expect(await read()).toBe("again");
});

test("a command that timed out may be carried out later", async () => {
  await put("before");
  server.kill("SIGSTOP");
  await expect(put("late")).rejects.toBeInstanceOf(RedisAwayError);
  server.kill("SIGCONT");
  await vi.waitFor(async () => expect(await tools.run((client) => client.get(key))).toBe("late"), {
    timeout: 10_000,
    interval: 20,
  });
});

test("a channel is heard again after Redis was killed", async () => {
  const heard: string[] = [];
  await redis.subscribe("ordermesh:prices", (message) => void heard.push(message));
  const publish = (message: string) => tools.run((client) => client.publish("ordermesh:prices", message));
  await publish("one");
  await vi.waitFor(() => expect(heard).toEqual(["one"]));
  server.kill("SIGKILL");
  await server.exited;
  await startServer();
  const hearsTwo = async () => {
    await publish("two");
    expect(heard).toContain("two");
  };
  await vi.waitFor(hearsTwo, { timeout: 10_000, interval: 20 });
});
