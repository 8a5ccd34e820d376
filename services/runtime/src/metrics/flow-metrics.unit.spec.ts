import { expect, test } from "vitest";
import { createLogger } from "../logging/index.ts";
import { createFlowMetrics, deadLetters } from "./index.ts";

const logger = createLogger({ name: "metrics", instance: "spec", level: "silent" });
const consumptions = () => [{ group: "order", topics: ["a", "b"] }];

test("a scrape shows lag per group and topic, the outbox, who publishes it, and dead letters", async () => {
  deadLetters.inc({ group: "order" }, 2);
  const metrics = createFlowMetrics({
    log: { healthy: async () => true, lag: async (_, [topic]) => (topic === "a" ? 7n : 0n) },
    outbox: { isLeader: () => true, lag: async () => ({ rows: 3, oldestMs: 1_500 }) },
    consumptions,
    logger,
  });
  const lines = (await metrics.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.toSorted()).toEqual([
    'ordermesh_consumer_lag_records{group="order",topic="a"} 7',
    'ordermesh_consumer_lag_records{group="order",topic="b"} 0',
    'ordermesh_dead_letters_total{group="order"} 2',
    "ordermesh_event_log_up 1",
    "ordermesh_outbox_leader 1",
    "ordermesh_outbox_oldest_seconds 1.5",
    "ordermesh_outbox_rows 3",
  ]);
  expect(metrics.contentType).toMatch(/text\/plain/);
});

test("while the log and the database are away a scrape says so and shows nothing stale", async () => {
  let away = false;
  const metrics = createFlowMetrics({
    log: { healthy: async () => !away, lag: async () => 7n },
    outbox: {
      isLeader: () => false,
      lag: () => (away ? Promise.reject(new Error("no database")) : Promise.resolve({ rows: 1, oldestMs: 9 })),
    },
    consumptions,
    logger,
  });
  expect(await metrics.text()).toContain('topic="a"} 7');
  away = true;
  const text = await metrics.text();
  expect(text).toContain("ordermesh_event_log_up 0");
  expect(text).not.toContain('topic="a"}');
  expect(text).not.toContain("ordermesh_outbox_rows 1");
});
