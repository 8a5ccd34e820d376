import { randomUUID } from "node:crypto";
import { CompressionTypes, Partitioners } from "kafkajs";
import { expect, onTestFinished, test, vi } from "vitest";
import type { EventRecord } from "../port.ts";
import { createAppender } from "./appender.ts";
import { openKafkaConnection } from "./connection.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { expectAllKept } from "./testing/expect-all-kept.ts";
import { type Fault, startFaultProxy } from "./testing/fault-proxy.ts";
import { readTopic } from "./testing/read-topic.ts";
import { startTestCluster } from "./testing/test-cluster.ts";
import { startWriters } from "./testing/writers.ts";
import { createTopicCatalog } from "./topic-catalog.ts";

/** Three brokers are restarted one after the other, each until it has caught up. */
const RESTARTS_MS = 300_000;
const keys = Array.from({ length: 8 }, (_, n) => `key-${n}`);

/** A cluster that ends, with its data, when the test is over. */
async function startCluster(brokers: 1 | 3, settings: Record<string, string> = {}) {
  const cluster = await startTestCluster({ brokers, settings });
  onTestFinished(() => cluster.remove());
  return cluster;
}

/** The appender as the driver makes it, and what it logged. */
async function openAppender(brokers: readonly string[]) {
  const captured = createCapturedLogger();
  const { logger } = captured;
  const connection = await openKafkaConnection({ address: { brokers }, clientId: "producer-spec", logger });
  onTestFinished(() => connection.close());
  const catalog = createTopicCatalog(connection.admin);
  const appender = createAppender({ connection, catalog });
  onTestFinished(() => appender.close());
  const topic = `producer-${randomUUID()}`;
  return { connection, appender, captured, topic };
}

function record(topic: string, text: string, bytes = text.length): EventRecord {
  return { topic, key: "key", headers: {}, value: new TextEncoder().encode(text.padEnd(bytes)) };
}

test("lost requests, lost answers and late answers lose nothing, double nothing and disturb no order", async () => {
  // Later than the client waits for an answer (10 s), so that it has sent again by then.
  const proxy = await startFaultProxy(11_000);
  onTestFinished(() => proxy.close());
  const { addresses } = await startCluster(1, {
    "advertised.listeners": `CLIENT://127.0.0.1:${proxy.port},INTERNAL://127.0.0.1:0`,
  });
  proxy.forwardTo(addresses[0] ?? "");
  const { connection, appender, captured, topic } = await openAppender([`127.0.0.1:${proxy.port}`]);
  const writing = startWriters(appender, topic, keys);
  await vi.waitUntil(() => writing.acknowledged.size > 1_000, { timeout: 20_000 });

  const late: Promise<void>[] = [];
  for (let n = 0; n < 20; n += 1) {
    const faults: Fault[] = n < 3 ? ["answer late"] : ["request lost", "answer lost"];
    const { struck, over } = proxy.strike(faults[n % faults.length] ?? "answer lost");
    await struck;
    if (n < 3) late.push(over);
    const before = writing.acknowledged.size;
    await vi.waitUntil(() => writing.acknowledged.size > before + 50, { timeout: 20_000 });
  }
  await Promise.all(late);
  await writing.stop();

  const messages = await readTopic(connection, topic);
  expectAllKept(messages, writing);
  // The client repeated by itself each time, under the same sequence number: no call was refused.
  expect(writing.errors).toEqual([]);
  expect(messages).toHaveLength(writing.acknowledged.size);
  expect(captured.lines.filter((line) => /Produce.*timed out/.test(line)).length).toBeGreaterThanOrEqual(3);
});

test(
  "brokers killed one after the other under load lose nothing that was acknowledged, and order is kept",
  async () => {
    const cluster = await startCluster(3);
    const { connection, appender, topic } = await openAppender(cluster.addresses);
    const writing = startWriters(appender, topic, keys);
    await vi.waitUntil(() => writing.acknowledged.size > 1_000, { timeout: 30_000 });
    const admin = await connection.admin();
    const partitions = async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions ?? [];

    for (const name of ["kafka-1", "kafka-2", "kafka-3"]) {
      const id = Number(name.slice(-1));
      const led = (await partitions()).filter(({ leader }) => leader === id).length;
      await cluster.kill(name);
      const counts = keys.map((key) => writing.acknowledgedOf(key));
      // Every key goes on without that broker, so every partition has found a new leader.
      await vi.waitUntil(() => keys.every((key, n) => writing.acknowledgedOf(key) > (counts[n] ?? 0) + 20), {
        timeout: 60_000,
        interval: 100,
      });
      await cluster.restart(name);
      await vi.waitUntil(async () => (await partitions()).every(({ isr }) => isr.length === 3), {
        timeout: 60_000,
        interval: 200,
      });
      console.info(
        `killed ${name}, leader of ${led} partitions; longest append so far ${Math.round(writing.longestMs())} ms`,
      );
    }
    await writing.stop();

    expectAllKept(await readTopic(connection, topic), writing);
    console.info(
      `${writing.acknowledged.size} records acknowledged, ${writing.errors.length} calls refused and repeated (${[...new Set(writing.errors.map(({ message }) => message))].join("; ")}), ` +
        `longest append ${Math.round(writing.longestMs())} ms`,
    );
  },
  RESTARTS_MS,
);

test("of a batch that a topic takes only in part, the record at fault is refused and the others are there", async () => {
  const { addresses } = await startCluster(1);
  const { connection, appender, topic } = await openAppender(addresses);
  const admin = await connection.admin();
  const small = [{ name: "max.message.bytes", value: "10000" }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4, configEntries: small }] });

  const calls = Array.from({ length: 40 }, (_, n) =>
    appender.append([record(topic, `${n}`, n === 17 ? 20_000 : 1_000)]),
  );
  const results = await Promise.allSettled(calls);
  const refused = results.flatMap((result, n) => (result.status === "rejected" ? [{ n, reason: result.reason }] : []));
  expect(refused).toMatchObject([{ n: 17, reason: { code: "RECORD_TOO_LARGE" } }]);
  const texts = (await readTopic(connection, topic)).map(({ value }) => Number(value));
  expect(texts).toEqual(Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 17));

  await appender.append([record(topic, "40")]);
  expect((await readTopic(connection, topic)).at(-1)?.value?.toString()).toBe("40");
});

test("a batch that another client compressed with zstd or gzip is stored and read", async () => {
  const { addresses } = await startCluster(1);
  const { connection, appender, topic } = await openAppender(addresses);
  await appender.append([record(topic, "0")]);
  const producer = connection.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  for (const [text, compression] of [
    ["1", CompressionTypes.ZSTD],
    ["2", CompressionTypes.GZIP],
  ] as const) {
    await producer.send({ topic, compression, messages: [{ key: "key", value: text.padEnd(50_000), partition: 0 }] });
  }
  const texts = (await readTopic(connection, topic)).map(({ value }) => Number(value));
  expect(texts.toSorted()).toEqual([0, 1, 2]);
});
