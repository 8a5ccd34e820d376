import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Kafka } from "kafkajs";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freshNames, numbered, numbersOf, readAll, upTo } from "../contract/harness.ts";
import { openEventLog } from "../open.ts";
import type { EventLog, LogRecord } from "../port.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { startTestCluster, type TestCluster } from "./testing/test-cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.remove());

async function openLog(): Promise<EventLog> {
  const log = await openEventLog({ url: cluster.url, clientId: "reader-spec", logger: createCapturedLogger().logger });
  onTestFinished(() => log.close());
  return log;
}

async function openAdmin() {
  const admin = new Kafka({ brokers: [...cluster.addresses] }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return admin;
}

/** As retention does. */
async function removeBelow(topic: string, partition: number, offset: string): Promise<void> {
  const admin = await openAdmin();
  // kafkajs removes only where it knows the topic already.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
}

/** So that only what is still held is counted. */
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const groupsOfReaders = async () =>
  (await (await openAdmin()).listGroups()).groups.map(({ groupId }) => groupId).filter((id) => id.startsWith("read."));

test("a topic that does not exist reads as empty and is not created", async () => {
  const { topic, group } = freshNames();
  const log = await openLog();
  expect(await readAll(log, topic)).toEqual([]);
  expect(await log.lag(group, [topic])).toBe(0n);
  expect(await (await openAdmin()).listTopics()).not.toContain(topic);
});

test("records that retention removes while they are read do not hold up the end", async () => {
  const { topic } = freshNames();
  const log = await openLog();
  // More than a reader takes in at once, so that what is removed was not fetched before.
  const value = new Uint8Array(100_000);
  for (let part = 0; part < 20; part += 1) {
    await log.append(Array.from({ length: 10 }, () => ({ topic, key: "one", headers: {}, value })));
  }
  const reading = log.read(topic);
  const seen: LogRecord[] = [];
  for await (const record of reading) {
    seen.push(record);
    if (seen.length === 1) await removeBelow(topic, record.partition, "200");
  }
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.length).toBeLessThan(200);
});

test("what is appended while a topic is read is not part of the reading", async () => {
  const { topic } = freshNames();
  const log = await openLog();
  await log.append(numbered(topic, 100));
  const seen: LogRecord[] = [];
  for await (const record of log.read(topic)) {
    seen.push(record);
    if (seen.length === 1) await log.append(numbered(topic, 100, 16, 100));
  }
  expect(numbersOf(seen)).toEqual(upTo(100));
  expect(numbersOf(await readAll(log, topic))).toEqual(upTo(200));
});

test("a reading that is left early, or never finished, leaves no group behind when the log is closed", async () => {
  const { topic } = freshNames();
  const log = await openLog();
  await log.append(numbered(topic, 1_000));
  for await (const record of log.read(topic)) {
    expect(record.topic).toBe(topic);
    break;
  }
  expect(await groupsOfReaders()).toEqual([]);

  const reading = log.read(topic)[Symbol.asyncIterator]();
  expect((await reading.next()).done).toBe(false);
  expect(await groupsOfReaders()).toHaveLength(1);
  await log.close();
  expect(await groupsOfReaders()).toEqual([]);
});

test("a slow reader gets every record once and keeps little of the topic in memory", async () => {
  const { topic } = freshNames();
  const log = await openLog();
  const value = new Uint8Array(10_000);
  for (let part = 0; part < 80; part += 1) {
    await log.append(Array.from({ length: 100 }, (_, index) => ({ topic, key: `${index}`, headers: {}, value })));
  }
  const places = new Set<string>();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for await (const { partition, offset } of log.read(topic)) {
    places.add(`${partition}/${offset}`);
    if (places.size % 100 === 0) {
      // Lets the reader fetch whatever it would fetch ahead.
      await new Promise(setImmediate);
      collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
  }
  expect(places.size).toBe(8_000);
  // The topic holds 80 MB.
  expect(most).toBeLessThan(50_000_000);
});

test("lag counts from the oldest record that is kept where the group has committed nothing", async () => {
  const { topic, group } = freshNames();
  const log = await openLog();
  await log.append(numbered(topic, 10, 1));
  const [first] = await readAll(log, topic);
  await removeBelow(topic, first?.partition ?? -1, "4");
  expect(await log.lag(group, [topic])).toBe(6n);
});
