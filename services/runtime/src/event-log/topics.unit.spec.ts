import { expect, test } from "vitest";
import { backoffMs } from "../batching/index.ts";
import { logBackoff } from "./timing.ts";
import { assertLogName, partitionOfKey } from "./topics.ts";

test("a key keeps its partition for ever", () => {
  // Fixed values: a change would break the order per key of every log that holds records.
  const keys = ["", "a", "order-1", "019a0000-0000-8000-8000-000000000000"];
  expect(keys.map((key) => partitionOfKey(key, 4))).toEqual(keys.map((key) => partitionOfKey(key)));
  expect(keys.map((key) => partitionOfKey(key, 1_000))).toMatchInlineSnapshot(`
    [
      257,
      192,
      258,
      548,
    ]
  `);
});

test("keys spread evenly over the partitions", () => {
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < 8_000; index += 1) {
    const partition = partitionOfKey(`019a0000-0000-8000-8000-${index.toString(16).padStart(12, "0")}`);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(1_800);
});

test("names that a driver could not take are refused, saying which", () => {
  expect(() => assertLogName("topic", "ordermesh.orders.v1")).not.toThrow();
  expect(() => assertLogName("group", "no blanks")).toThrow(
    'group must be 1 to 200 of A-Z a-z 0-9 . _ -, got "no blanks"',
  );
});

test("the wait before a repeat doubles from 0.1 s to 5 s, the upper half of it random", () => {
  expect([1, 2, 3, 20].map((attempt) => backoffMs(attempt, logBackoff, () => 0))).toEqual([50, 100, 200, 2_500]);
  expect([1, 2, 3, 20].map((attempt) => backoffMs(attempt, logBackoff, () => 1))).toEqual([100, 200, 400, 5_000]);
});
