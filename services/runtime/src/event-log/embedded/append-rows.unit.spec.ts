import { expect, test } from "vitest";
import { decodeRecords } from "../record-encoding.ts";
import { planAppend } from "./append-rows.ts";
import { appendStatement } from "./append-statement.ts";
import type { Topic } from "./topic-catalog.ts";

const ids = { x: 1, y: 2 };

function topicOf(name: string): Topic {
  const id = ids[name as keyof typeof ids];
  return {
    id,
    topic: name,
    partitions: [0, 1].map((partition) => ({ id: id * 10 + partition, topic: name, partition })),
  };
}

const record = (topic: string, key: string, size = 1) => ({ topic, key, headers: {}, value: new Uint8Array(size) });

test("records are grouped by topic and partition in their order", () => {
  const keys = ["a", "b", "c", "d", "e", "f"];
  const plans = planAppend(
    keys.flatMap((key) => [record("x", key), record("y", key)]),
    topicOf,
    32,
  );
  expect(plans.map(({ topicId }) => topicId)).toEqual([1, 2]);
  const found = plans.map(({ rows }) => rows.flatMap((row) => decodeRecords(row.records).map(({ key }) => key)));
  expect(found.map((list) => list.toSorted())).toEqual([keys, keys]);
  expect(plans.every(({ rows }) => rows.every(({ count, records }) => decodeRecords(records).length === count))).toBe(
    true,
  );
});

test("a row stays within a page and a statement within its rows", () => {
  const plans = planAppend(
    Array.from({ length: 100 }, () => record("x", "k", 1_000)),
    topicOf,
    4,
  );
  expect(plans.length).toBeGreaterThan(1);
  expect(plans.every(({ rows }) => rows.length <= 4)).toBe(true);
  expect(Math.max(...plans.flatMap(({ rows }) => rows.map((row) => row.records.length)))).toBeLessThan(8_100);
  expect(plans.flatMap(({ rows }) => rows).reduce((sum, { count }) => sum + count, 0)).toBe(100);
});

test("a record larger than a page has a row of its own", () => {
  const [plan] = planAppend([record("x", "k"), record("x", "k", 50_000), record("x", "k")], topicOf, 32);
  expect(plan?.rows.map(({ count }) => count)).toEqual([1, 1, 1]);
});

test("a statement numbers its rows one behind the other", () => {
  const rows = [2, 3].map((count) => ({ partitionId: 10, count, records: "[]" }));
  const { statement, values } = appendStatement({ topicId: 1, rows });
  expect(statement.name).toBe("log_append_2");
  expect(values).toEqual([1, 5, 10, 2, 2, "[]", 10, 5, 3, "[]"]);
});
