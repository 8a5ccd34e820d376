import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Kafka } from "kafkajs";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { freshNames, numbered, numbersOf, readAll, record, textsByKey, upTo } from "../contract/harness.ts";
import { openEventLog } from "../open.ts";
import type { EventLog, LogRecord } from "../port.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { startTestCluster, type TestCluster } from "./testing/test-cluster.ts";

const WAIT = { timeout: 40_000, interval: 50 };
const broker = "kafka-1";
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.remove());

async function open(clientId: string) {
  const { logger, messages } = createCapturedLogger();
  const log = await openEventLog({ url: cluster.url, clientId, logger });
  onTestFinished(() => log.close());
  return { log, messages };
}

async function subscribe(log: EventLog, topic: string, group: string) {
  const seen: LogRecord[] = [];
  const handle = async ({ records }: { records: readonly LogRecord[] }) => void seen.push(...records);
  return { seen, subscription: await log.subscribe({ group, topics: [topic], maxRecords: 50, handle }) };
}

/** Appends one record after the other, repeating what was refused, until it is told to stop. */
function startWriter(log: EventLog, topic: string) {
  let appended = 0;
  let refused = 0;
  let stopping = false;
  const writing = (async () => {
    while (!stopping) {
      try {
        await log.append([record(topic, `key-${appended % 8}`, `${appended}`)]);
        appended += 1;
        await delay(5);
      } catch {
        refused += 1;
        await delay(50);
      }
    }
  })();
  return {
    appended: () => appended,
    refused: () => refused,
    async stop() {
      stopping = true;
      await writing;
    },
  };
}

/** Each key's numbers grow, when a repeat counts where it came first. */
function expectOrder(records: readonly LogRecord[]): void {
  for (const [key, texts] of textsByKey(records)) {
    const numbers = [...new Set(texts.map(Number))];
    expect(numbers, `order of ${key}`).toEqual(numbers.toSorted((a, b) => a - b));
  }
}

/** Brings the broker back for the tests that follow, whatever happens in this one. */
async function killBroker(): Promise<() => Promise<void>> {
  await cluster.kill(broker);
  let restarted: Promise<void> | undefined;
  const restart = () => {
    restarted ??= cluster.restart(broker);
    return restarted;
  };
  onTestFinished(restart);
  return restart;
}

test("a log opens without its cluster, says so, and works by itself once the cluster is there", async () => {
  const { topic, group } = freshNames();
  const restart = await killBroker();
  const { log, messages } = await open("early");
  const started = performance.now();
  expect(await log.healthy()).toBe(false);
  expect(performance.now() - started).toBeLessThan(2_500);
  expect(messages("warn").join("\n")).toContain("the cluster is not healthy");

  const subscribing = performance.now();
  const { seen, subscription } = await subscribe(log, topic, group);
  expect(performance.now() - subscribing).toBeLessThan(4_000);
  expect(subscription.assigned()).toEqual([]);
  const appending = performance.now();
  await expect(log.append([record(topic, "key", "lost")])).rejects.toThrow();
  expect(performance.now() - appending).toBeLessThan(15_000);
  await expect(readAll(log, topic)).rejects.toThrow();
  await expect(log.lag(group, [topic])).rejects.toThrow();

  await restart();
  await vi.waitFor(() => expect(log.healthy()).resolves.toBe(true), WAIT);
  expect(messages("info").join("\n")).toContain("the cluster is healthy again");
  await vi.waitFor(() => expect(subscription.assigned()).toHaveLength(4), WAIT);
  await log.append(numbered(topic, 100));
  await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(100)), WAIT);
  expectOrder(seen);
});

test("closing does not wait for a cluster that is away", async () => {
  const { topic, group } = freshNames();
  const { log } = await open("closing");
  await subscribe(log, topic, group);
  await log.append([record(topic, "key", "0")]);
  await killBroker();
  const appending = log.append([record(topic, "key", "1")]).catch((error: Error) => error);
  const started = performance.now();
  await log.close();
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(await appending).toBeInstanceOf(Error);
});

test("ten seconds without the broker lose nothing that was acknowledged, and everything goes on", async () => {
  const { topic, group } = freshNames();
  const { log } = await open("steady");
  const { seen } = await subscribe(log, topic, group);
  const writer = startWriter(log, topic);
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(100), WAIT);

  const restart = await killBroker();
  await vi.waitFor(() => expect(log.healthy()).resolves.toBe(false), WAIT);
  // The outage is the condition itself: long enough that sends and fetches use up their own repeats.
  await delay(10_000);
  expect(writer.refused()).toBeGreaterThan(0);
  const before = writer.appended();
  await restart();
  await vi.waitFor(() => expect(writer.appended()).toBeGreaterThan(before + 100), WAIT);
  await writer.stop();

  const expected = upTo(writer.appended());
  await vi.waitFor(() => expect(numbersOf(seen)).toEqual(expected), WAIT);
  const found = await readAll(log, topic);
  expect(numbersOf(found)).toEqual(expected);
  expectOrder(found);
  expectOrder(seen);
  expect(await log.healthy()).toBe(true);
});

async function deleteTopic(topic: string) {
  const admin = new Kafka({ brokers: [...cluster.addresses] }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  await admin.deleteTopics({ topics: [topic] });
  return admin;
}

test("a topic deleted under a writer is created anew, with an error in the log", async () => {
  const { topic } = freshNames();
  const { log, messages } = await open("deleted");
  await log.append(numbered(topic, 50));
  const admin = await deleteTopic(topic);

  const writer = startWriter(log, topic);
  await vi.waitFor(() => expect(writer.appended()).toBeGreaterThan(100), WAIT);
  await writer.stop();
  expect(messages("error").join("\n")).toMatch(/lost a topic/);
  const [created] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
  expect(created?.partitions).toHaveLength(4);
  expect(numbersOf(await readAll(log, topic))).toEqual(upTo(writer.appended()));
  expect(await log.healthy()).toBe(true);
});

test("a subscription whose topic was deleted before its progress was committed reads the new one from its start", async () => {
  const { topic, group } = freshNames();
  const { log } = await open("deleted-reader");
  const { seen } = await subscribe(log, topic, group);
  await log.append(numbered(topic, 50));
  await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(50)), { ...WAIT, interval: 2 });
  await deleteTopic(topic);
  seen.length = 0;

  const writer = startWriter(log, topic);
  await vi.waitFor(() => expect(writer.appended()).toBeGreaterThan(100), WAIT);
  await writer.stop();
  await vi.waitFor(() => expect(numbersOf(seen)).toEqual(upTo(writer.appended())), WAIT);
});

test("a connected log that has nothing to do hardly wakes its process, where kafkajs alone does so all the time", async () => {
  const { topic } = freshNames();
  const program = fileURLToPath(new URL("testing/idle-process.ts", import.meta.url));
  const wakesPerSecond = async (what: "log" | "kafkajs") => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, what, cluster.addresses[0] ?? "", topic]);
    return Number(stdout);
  };
  expect(await wakesPerSecond("kafkajs")).toBeGreaterThan(300);
  const idle = await wakesPerSecond("log");
  expect(idle).toBeLessThan(100);
  // It was connected: fetches and heartbeats wake it, too.
  expect(idle).toBeGreaterThan(0);
});
