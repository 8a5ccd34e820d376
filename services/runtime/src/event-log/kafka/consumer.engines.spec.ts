import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { freshNames, numbered, numbersOf, readAll, record, textOf, upTo } from "../contract/harness.ts";
import { openEventLog } from "../open.ts";
import type { EventLog, LogRecord } from "../port.ts";
import { partitionOfKey } from "../topics.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { openGroupView } from "./testing/group-view.ts";
import { startTestCluster, type TestCluster } from "./testing/test-cluster.ts";

const WAIT = { timeout: 30_000, interval: 20 };

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.remove());

async function openLog(clientId: string) {
  const captured = createCapturedLogger();
  const log = await openEventLog({ url: cluster.url, clientId, logger: captured.logger });
  onTestFinished(() => log.close());
  return { log, messages: captured.messages };
}

/** Subscribes a member that notes what it sees. */
async function join(log: EventLog, group: string, topic: string) {
  const seen: LogRecord[] = [];
  const handle = async ({ records }: { records: readonly LogRecord[] }) => void seen.push(...records);
  return { seen, subscription: await log.subscribe({ group, topics: [topic], maxRecords: 20, handle }) };
}

test("a rebalance in the middle of a batch waits for it: it is committed, nothing comes twice or is skipped", async () => {
  const { topic, group } = freshNames();
  const [a, b] = [await openLog("a"), await openLog("b")];
  const view = await openGroupView(cluster.addresses);
  await a.log.append(numbered(topic, 100));
  const started = Promise.withResolvers<AbortSignal>();
  const release = Promise.withResolvers<void>();
  const batches: LogRecord[][] = [];
  await a.log.subscribe({
    group,
    topics: [topic],
    maxRecords: 10,
    async handle({ records, signal }) {
      batches.push([...records]);
      started.resolve(signal);
      await release.promise;
    },
  });
  const signal = await started.promise;

  const joining = join(b.log, group, topic);
  // The first member has learned of the second while its batch is in flight, and the group waits for it.
  await vi.waitFor(() => expect(a.messages("debug")).toContain("event log: heartbeat failed"), WAIT);
  expect(await view.state(group)).toBe("PreparingRebalance");
  const other = await joining;
  expect(other.subscription.assigned()).toEqual([]);
  expect([batches.length, other.seen.length, signal.aborted]).toEqual([1, 0, false]);

  release.resolve();
  const all = () => [...batches.flat(), ...other.seen];
  await vi.waitFor(() => expect(numbersOf(all())).toEqual(upTo(100)), WAIT);
  expect(all()).toHaveLength(100);
  expect(other.seen.length).toBeGreaterThan(0);
  expect(other.subscription.assigned()).toHaveLength(2);
  await vi.waitFor(async () => expect(await a.log.lag(group, [topic])).toBe(0n), WAIT);
});

test("a partition that fails for long, and slowly, holds up no other", async () => {
  const { topic, group } = freshNames();
  const { log } = await openLog("failing");
  const key = (partition: number) =>
    upTo(100)
      .map(String)
      .find((text) => partitionOfKey(text) === partition) ?? "";
  const bad = partitionOfKey("bad");
  const good = key((bad + 1) % 4);
  let broken = true;
  let failures = 0;
  const repaired = Promise.withResolvers<void>();
  const seen: string[] = [];
  await log.subscribe({
    group,
    topics: [topic],
    maxRecords: 500,
    async handle({ records }) {
      if (broken && records.some(({ partition }) => partition === bad)) {
        failures += 1;
        // The third attempt takes until the repair.
        if (failures === 3) await repaired.promise;
        throw new Error("on purpose");
      }
      seen.push(...records.map(textOf));
    },
  });
  await log.append(upTo(10).map((index) => record(topic, "bad", `bad-${index}`)));
  await vi.waitFor(() => expect(failures).toBe(3), WAIT);

  const end = performance.now() + 10_000;
  let slowest = 0;
  for (let index = 0; performance.now() < end; index += 1) {
    const sent = performance.now();
    await log.append([record(topic, good, `good-${index}`)]);
    await vi.waitFor(() => expect(seen.at(-1)).toBe(`good-${index}`), { timeout: 10_000, interval: 5 });
    slowest = Math.max(slowest, performance.now() - sent);
  }
  expect(slowest).toBeLessThan(2_000);
  expect(failures).toBe(3);
  expect(seen.some((text) => text.startsWith("bad"))).toBe(false);

  broken = false;
  repaired.resolve();
  await vi.waitFor(() => expect(seen.filter((text) => text.startsWith("bad"))).toHaveLength(10), WAIT);
  await log.append([record(topic, "bad", "bad-10")]);
  const expected = upTo(11).map((index) => `bad-${index}`);
  await vi.waitFor(() => expect(seen.filter((text) => text.startsWith("bad"))).toEqual(expected), WAIT);
});

test("stop waits for the attempt of a failing partition and commits it", async () => {
  const { topic, group } = freshNames();
  const { log } = await openLog("stopped");
  const second = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let calls = 0;
  await log.append(numbered(topic, 10, 1));
  const subscription = await log.subscribe({
    group,
    topics: [topic],
    maxRecords: 4,
    async handle() {
      calls += 1;
      if (calls === 1) throw new Error("on purpose");
      second.resolve();
      await release.promise;
    },
  });
  await second.promise;
  const stopped = subscription.stop();
  release.resolve();
  await stopped;
  expect(subscription.assigned()).toEqual([]);
  expect(calls).toBe(2);
  expect(await log.lag(group, [topic])).toBe(6n);
});

test("two subscriptions of one process to one group share it and leave each other alone", async () => {
  const { topic, group } = freshNames();
  const { log, messages } = await openLog("twice");
  const a = await join(log, group, topic);
  const b = await join(log, group, topic);
  await vi.waitFor(
    () => expect([a, b].map(({ subscription }) => subscription.assigned().length)).toEqual([2, 2]),
    WAIT,
  );
  expect(messages("info").filter((message) => message.includes("left behind"))).toEqual([]);
  await log.append(numbered(topic, 50));
  await vi.waitFor(() => expect(numbersOf([...a.seen, ...b.seen])).toEqual(upTo(50)), WAIT);
  expect(a.seen.length + b.seen.length).toBe(50);
  await vi.waitFor(async () => expect(await log.lag(group, [topic])).toBe(0n), WAIT);

  await a.subscription.stop();
  await log.append(numbered(topic, 50, 16, 50));
  await vi.waitFor(() => expect(numbersOf([...a.seen, ...b.seen])).toEqual(upTo(100)), WAIT);
  expect(await readAll(log, topic)).toHaveLength(100);
  expect(a.seen.length + b.seen.length).toBe(100);
});

test("a name that is none is refused at once", async () => {
  const { log } = await openLog("names");
  const handle = async () => undefined;
  const { topic, group } = freshNames();
  await expect(log.subscribe({ group: "a b", topics: [topic], maxRecords: 1, handle })).rejects.toThrow(
    /group must be/,
  );
  await expect(log.subscribe({ group, topics: ["a b"], maxRecords: 1, handle })).rejects.toThrow(/topic must be/);
});
