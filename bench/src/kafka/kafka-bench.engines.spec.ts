import { installKafka } from "@ordermesh/engines/kafka";
import { expect, test } from "vitest";
import { createProgress } from "../progress.ts";
import { formatKafkaBench } from "./print-report.ts";
import { quickSizes, runKafkaBench } from "./run-kafka-bench.ts";

test("the driver is compared with the tools, and latency is measured through the real parts", async () => {
  const installation = await installKafka();
  const report = await runKafkaBench({ installation, sizes: quickSizes, progress: createProgress() });
  const { produce, consume, commitToConsumed } = report;
  expect(produce.ours.map(({ processes }) => processes)).toEqual([1, 2]);
  for (const figures of [produce.tool, ...produce.ours, consume.tool, ...consume.ours]) {
    expect(figures.recordsPerSecond).toBeGreaterThan(0);
    expect(figures.brokerUsPerRecord).toBeGreaterThan(0);
    expect(figures.clientUsPerRecord).toBeGreaterThanOrEqual(0);
  }
  expect(commitToConsumed).toMatchObject([{ targetPerSecond: 200, events: 300 }]);
  expect(commitToConsumed[0]?.p50).toBeGreaterThan(0);
  expect(formatKafkaBench(report)).toContain(`Kafka ${installation.version}`);
}, 300_000);
