import { expect, onTestFinished, test, vi } from "vitest";
import { createLogger } from "../logging/index.ts";
import { openRedis, RedisAwayError, type RedisClient, type RedisPort, redisMetrics } from "./index.ts";
import { type FakeRedis, startFakeRedis } from "./testing/fake-redis.ts";

const timeoutMs = 100;

async function open(url: string) {
  const logged: string[] = [];
  const destination = { write: (line: string) => void logged.push(line) };
  const logger = createLogger({ name: "redis", instance: "spec", destination });
  const redis = openRedis({ url, name: "spec-1", timeoutMs, logger });
  onTestFinished(() => redis.close());
  return { redis, logged };
}

async function openedFake(): Promise<{ fake: FakeRedis; redis: RedisPort; logged: string[] }> {
  const fake = await startFakeRedis();
  onTestFinished(() => fake.stop());
  const opened = await open(fake.url);
  await becomesUp(opened.redis);
  return { fake, ...opened };
}

const becomesUp = (redis: RedisPort) => vi.waitFor(() => expect(redis.up).toBe(true), { timeout: 5_000, interval: 5 });
const becomesAway = (redis: RedisPort) =>
  vi.waitFor(() => expect(redis.up).toBe(false), { timeout: 5_000, interval: 5 });
const read = (client: RedisClient) => client.get("a");

async function failures(reason: string): Promise<number> {
  const values = await redisMetrics[1]?.get();
  return values?.values.find(({ labels }) => labels["reason"] === reason)?.value ?? 0;
}

async function elapsed(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work.catch(() => undefined);
  return performance.now() - begin;
}

test("opens while Redis is away, refuses at once, and finds it when it comes", async () => {
  const before = await startFakeRedis();
  const { url } = before;
  await before.stop();
  const { redis, logged } = await open(url);
  const refusal = redis.run(read);
  await expect(refusal).rejects.toBeInstanceOf(RedisAwayError);
  await vi.waitFor(() => expect(logged.join()).toContain("Redis is away"));
  expect(logged.join()).not.toContain("secret");
  const recovered = vi.fn();
  redis.onRecovered(recovered);
  const fake = await startFakeRedis(Number(new URL(url).port));
  onTestFinished(() => fake.stop());
  await becomesUp(redis);
  expect(recovered).toHaveBeenCalledOnce();
  expect(await redis.run(read)).toBeNull();
});

test("a hang costs those under way their time once, and those after them nothing", async () => {
  const { fake, redis } = await openedFake();
  const [timeouts, refusals] = [await failures("timeout"), await failures("away")];
  fake.hang(true);
  const underWay = await Promise.all(Array.from({ length: 20 }, () => elapsed(redis.run(read))));
  expect(Math.min(...underWay)).toBeGreaterThan(timeoutMs - 5);
  expect(Math.max(...underWay)).toBeLessThan(4 * timeoutMs);
  expect(redis.up).toBe(false);
  expect(await elapsed(redis.run(read))).toBeLessThan(timeoutMs / 2);
  expect(await failures("timeout")).toBeGreaterThan(timeouts);
  expect(await failures("away")).toBe(refusals + 1);
  // It takes connections all the while, which is not enough.
  const asked = fake.commands.length;
  await vi.waitFor(() => expect(fake.commands.length).toBeGreaterThan(asked), 5_000);
  expect(redis.up).toBe(false);
  fake.hang(false);
  await becomesUp(redis);
  expect(await redis.run(read)).toBeNull();
});

test("a hang is noticed without being asked anything", async () => {
  const { fake, redis } = await openedFake();
  fake.hang(true);
  await becomesAway(redis);
});

test("a lost connection fails what is under way and is made again", async () => {
  const { fake, redis } = await openedFake();
  const recovered = vi.fn();
  redis.onRecovered(recovered);
  fake.hang(true);
  const underWay = redis.run(read);
  const refused = expect(underWay).rejects.toBeInstanceOf(RedisAwayError);
  await vi.waitFor(() => expect(fake.commands.at(-1)).toBe("GET"));
  fake.cut();
  await refused;
  fake.hang(false);
  await becomesUp(redis);
  await vi.waitFor(() => expect(recovered).toHaveBeenCalledOnce());
});

test("an error that Redis answers, or that the caller makes, is the caller's own and changes nothing", async () => {
  const { redis } = await openedFake();
  await expect(redis.run((client) => client.sendCommand(["WRONG"]))).rejects.toThrow("ERR unknown command");
  await expect(redis.run(() => Promise.reject(new TypeError("mine")))).rejects.toThrow(TypeError);
  expect(redis.up).toBe(true);
});

test("the caller may give one use another time", async () => {
  const { fake, redis } = await openedFake();
  fake.hang(true);
  const patient = redis.run(read, { timeoutMs: 60_000 });
  const refused = expect(patient).rejects.toBeInstanceOf(RedisAwayError);
  // One that is not patient ends it for all: the connection is given up.
  await expect(redis.run(read, { timeoutMs: 10 })).rejects.toThrow("no answer within 10 ms");
  await refused;
});

test("a channel is heard over lost connections, and one listener's fault is not another's", async () => {
  const fake = await startFakeRedis();
  onTestFinished(() => fake.stop());
  const { redis, logged } = await open(fake.url);
  const heard: string[] = [];
  await redis.subscribe("news", () => {
    throw new Error("faulty listener");
  });
  const leave = await redis.subscribe("news", (message) => void heard.push(message));
  await vi.waitFor(() => expect(fake.commands).toContain("SUBSCRIBE"));
  await becomesUp(redis);
  fake.push("news", "one");
  await vi.waitFor(() => expect(heard).toEqual(["one"]));
  expect(logged.join()).toContain("faulty listener");

  fake.cut();
  await becomesAway(redis);
  await vi.waitFor(() => expect(fake.commands.filter((name) => name === "SUBSCRIBE")).toHaveLength(2), 5_000);
  await vi.waitFor(() => {
    fake.push("news", "two");
    expect(heard).toContain("two");
  });
  await leave();
  const before = heard.length;
  fake.push("news", "three");
  await redis.run(read);
  expect(heard).toHaveLength(before);
});

test("closing a Redis that hangs takes no longer than a command, and refuses what comes after", async () => {
  const { fake, redis } = await openedFake();
  fake.hang(true);
  const underWay = redis.run(read, { timeoutMs: 60_000 });
  const refused = expect(underWay).rejects.toBeInstanceOf(RedisAwayError);
  expect(await elapsed(redis.close())).toBeLessThan(4 * timeoutMs);
  await refused;
  await expect(redis.run(read)).rejects.toBeInstanceOf(RedisAwayError);
});

test("closing while it tries to connect does not wait for that", async () => {
  const fake = await startFakeRedis();
  onTestFinished(() => fake.stop());
  fake.hang(true);
  const { redis } = await open(fake.url);
  await vi.waitFor(() => expect(fake.commands).toContain("HELLO"));
  expect(await elapsed(redis.close())).toBeLessThan(500);
});

test("a text that is no URL is refused", async () => {
  await expect(open("nowhere")).rejects.toThrow(TypeError);
});
