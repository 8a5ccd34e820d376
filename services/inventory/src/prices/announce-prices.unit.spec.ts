import { RedisAwayError, type RedisClient, type RedisPort } from "@ordermesh/runtime/redis";
import { expect, test, vi } from "vitest";
import { announcePrices } from "./announce-prices.ts";

const redisOf = (publish: (channel: string, message: string) => Promise<number>): RedisPort => ({
  up: true,
  run: (work) => work({ publish } as unknown as RedisClient),
  subscribe: () => Promise.reject(new Error("not used")),
  onRecovered: () => undefined,
  close: async () => undefined,
});

test("the sku is told as JSON", () => {
  const publish = vi.fn(async () => 1);
  announcePrices(redisOf(publish), { error: vi.fn() })('mug "blue"');
  expect(publish).toHaveBeenCalledExactlyOnceWith("ordermesh:prices", '["mug \\"blue\\""]');
});

test("a Redis that is away is no news, one that refuses is", async () => {
  const error = vi.fn();
  announcePrices(
    redisOf(() => Promise.reject(new RedisAwayError("Redis is away"))),
    { error },
  )("mug");
  announcePrices(
    redisOf(() => Promise.reject(new Error("NOPERM"))),
    { error },
  )("cup");
  await vi.waitFor(() => expect(error).toHaveBeenCalledOnce());
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ sku: "cup" }), expect.any(String));
});
