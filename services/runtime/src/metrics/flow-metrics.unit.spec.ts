import { expect, test } from "vitest";
import { createLogger } from "../logging/index.ts";
import { createFlowMetrics, deadLetters } from "./index.ts";

const logger = createLogger({ name: "metrics", instance: "spec", level: "silent" });
const consumptions = () => [{ group: "order", topics: ["a", "b"] }];

test("a scrape shows lag per group and topic, every outbox, who publishes it, and dead letters", async () => {
  deadLetters.inc({ group: "order" }, 2);
  const metrics = createFlowMetrics({
    log: { healthy: async () => true, lag: async (_, [topic]) => (topic === "a" ? 7n : 0n) },
    stores: [
      { name: "shard-1", outbox: { isLeader: () => true, lag: async () => ({ rows: 3, oldestMs: 1_500 }) } },
      { name: "shard-2", outbox: { isLeader: () => false, lag: () => Promise.reject(new Error("away")) } },
    ],
    consumptions,
    logger,
  });
  const lines = (await metrics.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.toSorted()).toEqual([
    'ordermesh_consumer_lag_records{group="order",topic="a"} 7',
    'ordermesh_consumer_lag_records{group="order",topic="b"} 0',
    'ordermesh_dead_letters_total{group="order"} 2',
    "ordermesh_event_log_up 1",
    'ordermesh_outbox_leader{store="shard-1"} 1',
    'ordermesh_outbox_leader{store="shard-2"} 0',
    'ordermesh_outbox_oldest_seconds{store="shard-1"} 1.5',
    'ordermesh_outbox_rows{store="shard-1"} 3',
  ]);
  expect(metrics.contentType).toMatch(/text\/plain/);
});

test("while the log and the database are away a scrape says so and shows nothing stale", async () => {
  let away = false;
  const metrics = createFlowMetrics({
    log: { healthy: async () => !away, lag: async () => 7n },
    stores: [
      {
        name: "order",
        outbox: {
          isLeader: () => false,
          lag: () => (away ? Promise.reject(new Error("no database")) : Promise.resolve({ rows: 1, oldestMs: 9 })),
        },
      },
    ],
    consumptions,
    logger,
  });
  expect(await metrics.text()).toContain('topic="a"} 7');
  expect(await metrics.text()).toContain('ordermesh_outbox_rows{store="order"} 1');
  away = true;
  const text = await metrics.text();
  expect(text).toContain("ordermesh_event_log_up 0");
  expect(text).not.toContain('topic="a"}');
  expect(text).not.toContain('ordermesh_outbox_rows{store="order"} 1');
});
