import { bucketOfKey } from "@ordermesh/runtime/ids";
import { describe, expect, test } from "vitest";
import { chunksOf, customersOwned, sharesOf } from "./plan-fill.ts";
import { describeFilling } from "./print-report.ts";

describe("the orders", () => {
  test.each([
    [1000, [4096], [[0, 1000]]],
    [
      1000,
      [2048, 0, 2048],
      [
        [0, 500],
        [2, 500],
      ],
    ],
    [
      10,
      [1365, 1365, 1366],
      [
        [0, 3],
        [1, 4],
        [2, 3],
      ],
    ],
    [1, [4095, 1], [[0, 1]]],
  ])("%i are divided among shards of %j buckets", (orders, buckets, expected) => {
    const shares = sharesOf(orders, buckets);
    expect(shares.map(({ shard, orders: share }) => [shard, share])).toEqual(expected);
    expect(shares.reduce((sum, share) => sum + share.orders, 0)).toBe(orders);
  });

  test("are written in chunks, the last of which may be smaller", () => {
    expect([...chunksOf(25, 10)]).toEqual([
      { first: 0, last: 10 },
      { first: 10, last: 20 },
      { first: 20, last: 25 },
    ]);
  });
});

test("customers are only those whose bucket is owned", () => {
  const customers = customersOwned("fill", (bucket) => bucket < 1024)
    .take(100)
    .toArray();
  expect(new Set(customers.map(({ id }) => id)).size).toBe(100);
  expect(customers.every(({ id, bucket }) => bucket < 1024 && bucketOfKey(id) === bucket)).toBe(true);
});

test("progress says how long it will take", () => {
  expect(describeFilling(250_000, 1_000_000, 10_000)).toBe("25 %: 250000 of 1000000 orders, 25000/s, 30 s left");
});
