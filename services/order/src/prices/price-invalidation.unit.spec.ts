import type { RedisPort } from "@ordermesh/runtime/redis";
import { expect, test, vi } from "vitest";
import { followPriceChanges } from "./price-invalidation.ts";

function setUp() {
  const listeners = new Map<string, (message: string) => void>();
  const leave = vi.fn(async () => undefined);
  const redis: RedisPort = {
    up: true,
    run: () => Promise.reject(new Error("not used")),
    subscribe: async (channel, listener) => {
      listeners.set(channel, listener);
      return leave;
    },
    onRecovered: () => undefined,
    close: async () => undefined,
  };
  const drop = vi.fn();
  const logger = { warn: vi.fn(), error: vi.fn() };
  const say = (message: string) => listeners.get("ordermesh:prices")?.(message);
  return { redis, drop, logger, say, leave };
}

test("what inventory says has changed is dropped, until it is no longer followed", async () => {
  const { redis, drop, logger, say, leave } = setUp();
  const stop = await followPriceChanges(redis, { drop }, logger);
  say('["mug","cap"]');
  expect(drop).toHaveBeenCalledExactlyOnceWith(["mug", "cap"]);
  await stop();
  expect(leave).toHaveBeenCalledOnce();
});

test.each(["mug", "{}", "[1]", '"mug"'])("%s is no message about prices", async (message) => {
  const { redis, drop, logger, say } = setUp();
  await followPriceChanges(redis, { drop }, logger);
  say(message);
  expect(drop).not.toHaveBeenCalled();
  expect(logger.warn).toHaveBeenCalledOnce();
});

test("a Redis that does not let the service listen is said, and the service goes on", async () => {
  const { redis, drop, logger } = setUp();
  const refusing = { ...redis, subscribe: () => Promise.reject(new Error("NOPERM")) };
  const stop = await followPriceChanges(refusing, { drop }, logger);
  expect(logger.error).toHaveBeenCalledOnce();
  await expect(stop()).resolves.toBeUndefined();
});
