import { bucketOfKey } from "@ordermesh/runtime/ids";
import { expect, test } from "vitest";
import { customersOverBuckets, inTurns } from "./customers.ts";

test.each([1, 2, 4, 8])("%i shards of even ranges have as many customers each", (shards) => {
  const customers = customersOverBuckets(256);
  const counts = new Map<number, number>();
  for (const customer of customers) {
    const shard = Math.floor((bucketOfKey(customer) * shards) / 4096);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  expect(new Set(customers).size).toBe(256);
  expect([...counts.values()]).toEqual(Array(shards).fill(256 / shards));
});

test("the same customers are named every time, so that a stack knows them again", () => {
  expect(customersOverBuckets(16)).toEqual(customersOverBuckets(16));
});

test.each([0, 4097, Number.NaN])("%d customers are refused", (count) => {
  expect(() => customersOverBuckets(count)).toThrow("allowed is 1 to 4096");
});

test.each([1, 2, 5, 8])("each of %i customers orders once in a round, and the next is of another shard", (count) => {
  const tokens = Array.from({ length: count }, (_, index) => String(index));
  const authorization = inTurns(tokens);
  const round = tokens.map((_, order) => Number(authorization(order).replace("Bearer ", "")));
  expect(round.toSorted((a, b) => a - b)).toEqual(tokens.map(Number));
  expect(authorization(count)).toBe(authorization(0));
  if (count > 1) expect(Math.abs((round[1] ?? 0) - (round[0] ?? 0))).toBe(Math.ceil(count / 2));
});

test("nobody cannot order", () => {
  expect(() => inTurns([])).toThrow("at least one is needed");
});
