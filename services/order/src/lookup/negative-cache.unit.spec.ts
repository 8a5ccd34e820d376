import { expect, it } from "vitest";
import { createNegativeCache } from "./negative-cache.ts";

function cacheAt() {
  let time = 0;
  const cache = createNegativeCache({ lifetimeMs: 1_000, maxEntries: 3, now: () => time });
  return { cache, advance: (ms: number) => (time += ms) };
}

it("remembers for its lifetime and no longer", () => {
  const { cache, advance } = cacheAt();
  cache.add("a");
  advance(999);
  expect(cache.has("a")).toBe(true);
  advance(1);
  expect(cache.has("a")).toBe(false);
});

it("counts the lifetime from the last time that it was absent", () => {
  const { cache, advance } = cacheAt();
  cache.add("a");
  advance(900);
  cache.add("a");
  advance(900);
  expect(cache.has("a")).toBe(true);
});

it("forgets at once what has come to be", () => {
  const { cache } = cacheAt();
  cache.add("a");
  cache.delete("a");
  expect(cache.has("a")).toBe(false);
});

it("stays within its size by forgetting the oldest", () => {
  const { cache } = cacheAt();
  for (const key of ["a", "b", "a", "c", "d"]) cache.add(key);
  expect(["a", "b", "c", "d"].filter((key) => cache.has(key))).toEqual(["a", "c", "d"]);
});
