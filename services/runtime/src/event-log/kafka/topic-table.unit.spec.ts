import { expect, test } from "vitest";
import { replication, topicSettings } from "./topic-table.ts";

test("dead letters are kept longer and may be larger than events", () => {
  const [events, dead] = [topicSettings("ordermesh.orders.v1"), topicSettings("ordermesh.orders.v1.dlq")];
  expect(dead.partitions).toBe(events.partitions);
  expect(dead.retentionMs).toBeGreaterThan(events.retentionMs);
  expect(dead.maxMessageBytes).toBeGreaterThan(events.maxMessageBytes);
});

test.each([
  [1, 1, 1],
  [2, 2, 1],
  [3, 3, 2],
  [7, 3, 2],
])("on %i brokers a record has %i copies, %i of them before it is acknowledged", (brokers, factor, minInSync) => {
  expect(replication(brokers)).toEqual({ factor, minInSync });
});
