import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deadLetterTopic, openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { startStack } from "@ordermesh/stack";
import { expect, onTestFinished, test } from "vitest";
import { runAudit } from "../../audit/audit.ts";
import { topics } from "../../audit/log-index.ts";
import { issueCustomerTokens } from "../../load/customers.ts";
import { createProgress } from "../../progress.ts";
import { formatKafkaFaults } from "./print-report.ts";
import { runKafkaFaults } from "./run-kafka-faults.ts";

/** A short run: less load, and away for less long than the command's; the consumer still outlives its session of 6 s. */
async function tormentStack({ brokers, consumersToo }: { brokers: 1 | 3; consumersToo: boolean }) {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-faults-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
  const dataDir = join(folder, "data");
  const stack = await startStack({ dataDir, port: 0, shards: 2, eventLog: { kind: "kafka", brokers } });
  onTestFinished(() => stack.stop());
  const report = await runKafkaFaults({
    state: () => Promise.resolve(stack.state()),
    tokens: await issueCustomerTokens(dataDir),
    perSecond: 40,
    steadyMs: 2_000,
    awayMs: 5_000,
    stoppedMs: 8_000,
    consumersToo,
    recoverTimeoutMs: 90_000,
    finalTimeoutMs: 75_000,
    progress: createProgress(),
  });
  return { stack, report };
}

const timeout = 400_000;

test("one broker: nothing is lost or doubled when it, and consumers, are killed or hang", { timeout }, async () => {
  const { stack, report } = await tormentStack({ brokers: 1, consumersToo: true });
  expect(report.failures, formatKafkaFaults(report)).toEqual([]);
  expect(report.scenarios.map(({ scenario, wrong }) => ({ scenario, wrong }))).toEqual([
    { scenario: "the only broker killed and away for 5 s", wrong: null },
    { scenario: "consumer inventory-1 killed in the middle of a batch", wrong: null },
    { scenario: "consumer payment-1 stopped for 8 s", wrong: null },
  ]);
  expect(report.orders).toEqual({ placed: report.accepted, missing: [], notFinal: [], late: [] });
  expect(report.audit.clean).toBe(true);
  expect(report.audit.records).toBeGreaterThan(report.accepted);

  // The audit sees dead letters in this log too.
  const { databases, eventLogUrl } = stack.state();
  const logger = createLogger({ name: "bench", instance: "spec", level: "fatal" });
  const log = await openEventLog({ url: eventLogUrl, clientId: "spec", logger });
  onTestFinished(() => log.close());
  const place = { dlq_group: "payment", dlq_topic: topics.orders, dlq_partition: "0", dlq_offset: "0" };
  const headers = { ...place, dlq_reason: "cannot be applied", dlq_attempts: "4" };
  await log.append([{ topic: deadLetterTopic(topics.orders), key: "order", headers, value: new Uint8Array() }]);
  const { checks } = await runAudit({ databases, eventLogUrl, settled: true });
  expect(checks).toMatchObject([{ invariant: 5, check: "dead-letter", count: 1 }]);
});

test("three brokers: nothing is lost or doubled when two of them are away", { timeout }, async () => {
  const { report } = await tormentStack({ brokers: 3, consumersToo: false });
  expect(report.failures, formatKafkaFaults(report)).toEqual([]);
  expect(report.scenarios[0]).toMatchObject({ scenario: "two of three brokers killed and away for 5 s", wrong: null });
  expect(report.orders).toEqual({ placed: report.accepted, missing: [], notFinal: [], late: [] });
  expect(report.audit.clean).toBe(true);
});
