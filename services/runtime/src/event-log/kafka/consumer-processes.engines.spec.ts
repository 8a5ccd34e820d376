import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { freshNames, numbered, numbersOf, upTo } from "../contract/harness.ts";
import { openEventLog } from "../open.ts";
import type { EventRecord, LogRecord } from "../port.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { openGroupView } from "./testing/group-view.ts";
import { spawnSubscriber } from "./testing/spawn-subscriber.ts";
import { startTestCluster, type TestCluster } from "./testing/test-cluster.ts";

const WAIT = { timeout: 40_000, interval: 20 };

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.remove());

async function openLog() {
  const log = await openEventLog({ url: cluster.url, clientId: "spec", logger: createCapturedLogger().logger });
  onTestFinished(() => log.close());
  return log;
}

test.each([
  { when: "before it learns of that", learnsFirst: false },
  { when: "after it learned of that", learnsFirst: true },
])("a member that outlived its session and ends its batch $when moves nothing back and works on", async (given) => {
  const { topic, group } = freshNames();
  const log = await openLog();
  const view = await openGroupView(cluster.addresses);
  await log.append(numbered(topic, 80));
  const task = { url: cluster.url, clientId: "stopped", group, topic, maxRecords: 8, batchMs: 0 };
  const stopped = spawnSubscriber({ ...task, holdFirst: true });
  await vi.waitFor(() => expect(stopped.numbers()).toHaveLength(8), WAIT);
  stopped.signal("SIGSTOP");

  const seen: LogRecord[] = [];
  await log.subscribe({
    group,
    topics: [topic],
    maxRecords: 100,
    handle: async ({ records }) => void seen.push(...records),
  });
  await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(80)), WAIT);
  await vi.waitFor(async () => expect(await log.lag(group, [topic])).toBe(0n), WAIT);
  const committed = await view.committed(group, topic);

  if (!given.learnsFirst) stopped.release();
  stopped.signal("SIGCONT");
  if (given.learnsFirst) {
    await vi.waitFor(() => expect(stopped.reports).toContainEqual({ aborted: true }), WAIT);
    stopped.release();
  }
  await vi.waitFor(() => expect(stopped.reports).toContainEqual({ released: true }), WAIT);
  // It has joined again, and may have tried to commit before.
  await vi.waitFor(async () => expect(await view.clientIds(group)).toEqual(["spec", "stopped"]), WAIT);
  await vi.waitFor(async () => expect(await view.state(group)).toBe("Stable"), WAIT);
  expect(await view.committed(group, topic)).toEqual(committed);

  await log.append(numbered(topic, 80, 16, 80));
  const all = () => [...numbersOf(seen), ...stopped.numbers().slice(8)].toSorted((a, b) => a - b);
  await vi.waitFor(() => expect(all()).toEqual(upTo(160)), WAIT);
  expect(stopped.numbers().length).toBeGreaterThan(8);
});

test("a process that is killed and started again under its name goes on well before its session ends", async () => {
  const { topic, group } = freshNames();
  const log = await openLog();
  const view = await openGroupView(cluster.addresses);
  await log.append(numbered(topic, 40));
  const task = { url: cluster.url, clientId: "order-1", group, topic, maxRecords: 10, batchMs: 0, holdFirst: false };
  const first = spawnSubscriber(task);
  await vi.waitFor(async () => expect(await log.lag(group, [topic])).toBe(0n), WAIT);
  expect(first.numbers().toSorted((a, b) => a - b)).toEqual(upTo(40));
  first.signal("SIGKILL");
  await first.ended;
  await log.append(numbered(topic, 40, 16, 40));
  expect(await view.clientIds(group)).toEqual(["order-1"]);

  const second = spawnSubscriber(task);
  const spawned = performance.now();
  await vi.waitFor(() => expect(second.numbers().length).toBeGreaterThan(0), WAIT);
  // The session is six seconds; some of this time is that of a process that starts.
  expect(performance.now() - spawned).toBeLessThan(4_500);
  await vi.waitFor(() => expect(second.numbers().toSorted((a, b) => a - b)).toEqual(upTo(80).slice(40)), WAIT);
});

test("a backlog of 100,000 records is drained in bounded memory", async () => {
  const { topic, group } = freshNames();
  const log = await openLog();
  const total = 100_000;
  // The number, padded to 600 bytes.
  const record = (index: number): EventRecord => ({
    topic,
    key: `key-${index % 64}`,
    headers: { "content-type": "text/plain" },
    value: Buffer.from(String(index).padEnd(600)),
  });
  for (let from = 0; from < total; from += 2_000) await log.append(upTo(2_000).map((index) => record(from + index)));

  const subscriber = spawnSubscriber(
    { url: cluster.url, clientId: "drainer", group, topic, maxRecords: 500, batchMs: 20, holdFirst: false },
    ["--max-old-space-size=128"],
  );
  await vi.waitFor(async () => expect(await log.lag(group, [topic])).toBe(0n), { timeout: 100_000, interval: 200 });
  const batches = subscriber.reports.flatMap(({ numbers, memory }) => (numbers && memory ? [{ numbers, memory }] : []));
  expect(Math.max(...batches.map(({ numbers }) => numbers.length))).toBe(500);
  const numbers = subscriber.numbers();
  expect(numbers).toHaveLength(total);
  expect(new Set(numbers).size).toBe(total);
  // The values alone are 60 MB.
  const growth = Math.max(...batches.map(({ memory }) => memory)) - (batches[0]?.memory ?? 0);
  expect(growth).toBeLessThan(40_000_000);
});
