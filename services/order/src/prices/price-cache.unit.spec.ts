import { describe, expect, it, vi } from "vitest";
import type { Price } from "../domain/pricing.ts";
import { createPriceCache } from "./price-cache.ts";

const freshMs = 2_000;
const maxAgeMs = 60_000;
const patienceMs = 50;

function setUp() {
  const catalogue = new Map<string, Price>([
    ["mug", { currencyCode: "EUR", minorUnits: 500n }],
    ["cap", { currencyCode: "EUR", minorUnits: 900n }],
  ]);
  const asked: string[][] = [];
  const clock = { ms: 0, away: false };
  let held: Promise<void> | undefined;
  const fetching = {
    /** Lets answers wait, with what was known when they were asked for, until the returned function is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
  };
  const cache = createPriceCache({
    freshMs,
    maxAgeMs,
    patienceMs,
    now: () => clock.ms,
    fetchPrices: async (skus) => {
      asked.push([...skus]);
      if (clock.away) throw new Error("inventory is away");
      const answer = new Map(skus.flatMap((sku) => (catalogue.has(sku) ? [[sku, catalogue.get(sku) as Price]] : [])));
      await held;
      return answer;
    },
  });
  return { cache, catalogue, asked, clock, fetching };
}

describe("the price cache", () => {
  it("asks once and then serves until the price is no longer fresh", async () => {
    const { cache, asked, clock } = setUp();
    await cache.prices(["mug"]);
    clock.ms = freshMs;
    await cache.prices(["mug"]);
    expect(asked).toEqual([["mug"]]);
    clock.ms = freshMs + 1;
    await cache.prices(["mug"]);
    expect(asked).toHaveLength(2);
  });

  it("asks in one call for all who wait", async () => {
    const { cache, asked } = setUp();
    await Promise.all([cache.prices(["mug"]), cache.prices(["cap"]), cache.prices(["mug", "cap"])]);
    expect(asked).toEqual([["mug", "cap"]]);
  });

  it("refreshes what is in use along with what is missed", async () => {
    const { cache, asked, clock } = setUp();
    await cache.prices(["mug"]);
    clock.ms = freshMs / 2 + 1;
    await cache.prices(["cap"]);
    expect(asked[1]?.sort()).toEqual(["cap", "mug"]);
  });

  it("takes a new price once the old one is no longer fresh", async () => {
    const { cache, catalogue, clock } = setUp();
    await cache.prices(["mug"]);
    catalogue.set("mug", { currencyCode: "EUR", minorUnits: 600n });
    clock.ms = freshMs + 1;
    expect((await cache.prices(["mug"])).get("mug")?.minorUnits).toBe(600n);
  });

  it("asks anew for what was dropped, and for nothing else", async () => {
    const { cache, catalogue, asked } = setUp();
    await cache.prices(["mug", "cap"]);
    catalogue.set("mug", { currencyCode: "EUR", minorUnits: 600n });
    cache.drop(["mug", "unknown"]);
    await cache.prices(["cap"]);
    expect(asked).toHaveLength(1);
    expect((await cache.prices(["mug"])).get("mug")?.minorUnits).toBe(600n);
    expect(asked[1]).toEqual(["mug"]);
    await cache.prices(["mug"]);
    expect(asked).toHaveLength(2);
  });

  it("does not trust an answer that was under way when the price was dropped", async () => {
    const { cache, catalogue, asked, fetching } = setUp();
    const answered = fetching.hold();
    const early = cache.prices(["mug"]);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    catalogue.set("mug", { currencyCode: "EUR", minorUnits: 600n });
    cache.drop(["mug"]);
    answered();
    expect((await early).get("mug")?.minorUnits).toBe(500n);
    expect((await cache.prices(["mug"])).get("mug")?.minorUnits).toBe(600n);
  });

  it("serves what was dropped within the stated age while inventory is away", async () => {
    const { cache, clock } = setUp();
    await cache.prices(["mug"]);
    clock.away = true;
    cache.drop(["mug"]);
    expect((await cache.prices(["mug"])).get("mug")?.minorUnits).toBe(500n);
    clock.ms = maxAgeMs + 1;
    await expect(cache.prices(["mug"])).rejects.toMatchObject({ code: "PRICES_UNAVAILABLE" });
  });

  it("serves within the stated age while inventory hangs, and waits for it past that age", async () => {
    const { cache, catalogue, clock, fetching } = setUp();
    await cache.prices(["mug"]);
    const answered = fetching.hold();
    clock.ms = freshMs + 1;
    catalogue.set("mug", { currencyCode: "EUR", minorUnits: 600n });
    expect((await cache.prices(["mug"])).get("mug")?.minorUnits).toBe(500n);
    expect((await cache.prices(["mug"])).get("mug")?.minorUnits).toBe(500n);
    const cap = cache.prices(["cap"]);
    const withNeither = cache.prices(["cap", "mug"]);
    answered();
    expect((await cap).get("cap")?.minorUnits).toBe(900n);
    expect((await withNeither).get("mug")?.minorUnits).toBe(600n);
  });

  it("leaves out items that do not exist, and finds one that is new at once", async () => {
    const { cache, catalogue } = setUp();
    expect([...(await cache.prices(["pin"])).keys()]).toEqual([]);
    catalogue.set("pin", { currencyCode: "EUR", minorUnits: 1n });
    expect([...(await cache.prices(["pin"])).keys()]).toEqual(["pin"]);
  });

  it("serves within the stated age while inventory is away, and fails past it", async () => {
    const { cache, clock } = setUp();
    await cache.prices(["mug"]);
    clock.away = true;
    clock.ms = maxAgeMs;
    expect((await cache.prices(["mug"])).get("mug")?.minorUnits).toBe(500n);
    clock.ms = maxAgeMs + 1;
    await expect(cache.prices(["mug"])).rejects.toMatchObject({ code: "PRICES_UNAVAILABLE" });
    await expect(cache.prices(["cap"])).rejects.toMatchObject({ code: "PRICES_UNAVAILABLE" });
  });
});
