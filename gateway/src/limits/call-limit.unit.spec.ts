import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createOwnLimit, rateLimited } from "./call-limit.ts";
import { openLimit } from "./open-limit.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Limit = ReturnType<typeof createOwnLimit>;

/** How many of so many calls at once are let through. */
async function passed(limit: Limit, caller: string, calls: number): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: calls }, () => limit.take(caller)));
  return results.filter(({ status }) => status === "fulfilled").length;
}

const refusals = async () => (await rateLimited.get()).values[0]?.value ?? 0;

describe("the limit of one gateway", () => {
  it("lets so many calls a second through for each caller, and says when to try again", async () => {
    const limit = createOwnLimit({ perSecond: 5, burst: 0 });
    expect(await passed(limit, "ada", 8)).toBe(5);
    expect(await passed(limit, "bob", 5)).toBe(5);
    vi.advanceTimersByTime(400);
    await expect(limit.take("ada")).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 600 });
    vi.advanceTimersByTime(600);
    expect(await passed(limit, "ada", 8)).toBe(5);
  });

  it("lets a burst through once in ten seconds", async () => {
    const limit = createOwnLimit({ perSecond: 5, burst: 7 });
    expect(await passed(limit, "ada", 20)).toBe(12);
    for (let second = 1; second < 10; second++) {
      vi.advanceTimersByTime(1_000);
      expect(await passed(limit, "ada", 20)).toBe(5);
    }
    vi.advanceTimersByTime(1_000);
    expect(await passed(limit, "ada", 20)).toBe(12);
  });

  it("counts what it refuses", async () => {
    const before = await refusals();
    await passed(createOwnLimit({ perSecond: 1, burst: 0 }), "ada", 4);
    expect(await refusals()).toBe(before + 3);
  });

  it("is none at all when it is switched off", () => {
    expect(openLimit({ perSecond: 0, burst: 100 }, undefined, { error: () => undefined })).toBeUndefined();
    expect(openLimit({ perSecond: 1, burst: 0 }, undefined, { error: () => undefined })).toBeDefined();
  });
});
