import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { freshNames, numbered, numbersOf, textsByKey, upTo } from "../contract/harness.ts";
import { openEventLog } from "../open.ts";
import type { EventLog, EventRecord, LogRecord } from "../port.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { openGroupView } from "./testing/group-view.ts";
import { startTestCluster } from "./testing/test-cluster.ts";

const WAIT = { timeout: 60_000, interval: 50 };
/** Longer than a member's session. */
const OUTAGE_MS = 8_000;
/** A send that hangs on a broker without its majority is repeated only after ten seconds. */
const TEST_MS = 180_000;

async function openOn(brokers: 1 | 3) {
  const cluster = await startTestCluster({ brokers });
  onTestFinished(() => cluster.remove());
  const { topic, group } = freshNames();
  const log = await openEventLog({ url: cluster.url, clientId: "spec", logger: createCapturedLogger().logger });
  onTestFinished(() => log.close());
  return { cluster, topic, group, log };
}

/** Repeats as a relay does: nothing later is sent before this is accepted. */
async function appendUntilAccepted(log: EventLog, records: readonly EventRecord[]): Promise<void> {
  for (;;) {
    try {
      return await log.append(records);
    } catch {
      await delay(50);
    }
  }
}

/** Per key in ascending order, what came again left out. */
function expectInOrder(seen: readonly LogRecord[]): void {
  for (const texts of textsByKey(seen).values()) {
    const firsts = [...new Set(texts.map(Number))];
    expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
  }
}

test(
  "two of three brokers are lost and come back: the member goes on by itself, nothing is skipped",
  async () => {
    const { cluster, topic, group, log } = await openOn(3);
    const seen: LogRecord[] = [];
    const subscription = await log.subscribe({
      group,
      topics: [topic],
      maxRecords: 20,
      handle: async ({ records }) => void seen.push(...records),
    });
    await log.append(numbered(topic, 100));
    await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(100)), WAIT);

    await Promise.all([cluster.kill("kafka-2"), cluster.kill("kafka-3")]);
    const appending = appendUntilAccepted(log, numbered(topic, 100, 16, 100));
    await delay(OUTAGE_MS);
    await Promise.all([cluster.restart("kafka-2"), cluster.restart("kafka-3")]);
    await appending;
    await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(200)), WAIT);
    expectInOrder(seen);
    await vi.waitFor(async () => expect(await log.lag(group, [topic])).toBe(0n), WAIT);
    expect(subscription.assigned()).toHaveLength(4);
  },
  TEST_MS,
);

test("a broker that restarts in the middle of a batch takes its commit afterwards, or gives it again", async () => {
  const { cluster, topic, group, log } = await openOn(1);
  await log.append(numbered(topic, 40));
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const seen: LogRecord[] = [];
  await log.subscribe({
    group,
    topics: [topic],
    maxRecords: 10,
    async handle({ records, signal }) {
      started.resolve();
      await release.promise;
      if (!signal.aborted) seen.push(...records);
    },
  });
  await started.promise;
  await cluster.kill("kafka-1");
  await cluster.restart("kafka-1");
  release.resolve();
  await appendUntilAccepted(log, numbered(topic, 40, 16, 40));
  await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(80)), WAIT);
  expectInOrder(seen);
  await vi.waitFor(async () => expect(await log.lag(group, [topic])).toBe(0n), WAIT);
  const view = await openGroupView(cluster.addresses);
  const committed = await view.committed(group, topic);
  expect(committed.reduce((sum, offset) => sum + Math.max(offset, 0), 0)).toBe(80);
});
