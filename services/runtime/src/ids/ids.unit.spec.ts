import { describe, expect, test, vi } from "vitest";
import { BUCKET_COUNT, bucketOfId, bucketOfKey, isUuid, newBucketedId, newEventId, timeOfId } from "./index.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe("bucketed ids", () => {
  test("lay time, bucket and randomness out as a UUIDv8", () => {
    const id = newBucketedId("customer-1", NOW, () => Uint8Array.of(0xff, 1, 2, 3, 4, 5, 6, 7));
    expect(id).toBe("019b7ca9-8f2e-8e83-bf01-020304050607");
    expect(timeOfId(id)).toBe(NOW);
    expect(bucketOfId(id)).toBe(bucketOfKey("customer-1"));
  });

  test("are valid for every value of the random byte that carries the variant", () => {
    for (let byte = 0; byte < 256; byte++) {
      const id = newBucketedId("customer-1", NOW, () => Uint8Array.of(byte, 0, 0, 0, 0, 0, 0, 0));
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test("of one millisecond and key differ", () => {
    const ids = new Set(Array.from({ length: 5_000 }, () => newBucketedId("customer-1", NOW)));
    expect(ids.size).toBe(5_000);
  });

  test("keep leading zeros of time and bucket", () => {
    const key = Array.from({ length: 10_000 }, (_, n) => `customer-${n}`).find((name) => bucketOfKey(name) < 16) ?? "";
    const id = newBucketedId(key, 1);
    expect(isUuid(id)).toBe(true);
    expect([timeOfId(id), bucketOfId(id)]).toEqual([1, bucketOfKey(key)]);
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 48])("refuse the time %s", (time) => {
    expect(() => newBucketedId("customer-1", time)).toThrow(RangeError);
  });
});

describe("buckets", () => {
  test("of known keys never change, since rows are placed by them", () => {
    expect(["customer-1", "", "käufer"].map(bucketOfKey)).toEqual([0xe83, 0xe3b, 0x60a]);
  });

  test("spread keys evenly", () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 40_960; n++) {
      const bucket = bucketOfKey(`customer-${n}`);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    expect(Math.max(...counts.keys())).toBeLessThan(BUCKET_COUNT);
    expect(counts.size).toBeGreaterThan(4_080);
    expect(Math.max(...counts.values())).toBeLessThan(35);
  });
});

describe("event ids", () => {
  test("are UUIDv7 that grow within a process", () => {
    const ids = Array.from({ length: 20_000 }, () => newEventId());
    expect(ids.every((id) => isUuid(id) && id[14] === "7")).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
  });

  test("grow even when the clock is set back", () => {
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] });
    try {
      const before = newEventId();
      vi.setSystemTime(Date.now() - 30_000);
      expect(newEventId() > before).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("carry a given time", () => {
    expect(timeOfId(newEventId(NOW))).toBe(NOW);
  });
});

test.each([
  "",
  "x",
  "019b7ca56f6e8967bf01020304050607",
  "019b7ca5-6f6e-8967-bf01-02030405060g",
  " 019b7ca5-6f6e-8967-bf01-020304050607",
])("%j is no UUID", (text) => {
  expect(isUuid(text)).toBe(false);
});
