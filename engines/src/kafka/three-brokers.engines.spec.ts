import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kafka } from "kafkajs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type KafkaCluster, startKafkaCluster } from "./index.ts";
import { connectTo, receive, send, withAdmin } from "./testing/kafka-client.ts";

let dataDir: string;
let cluster: KafkaCluster;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "ordermesh-kafka-"));
  cluster = await startKafkaCluster({ dataDir, brokers: 3 });
});

async function inSync(kafka: Kafka, topic: string): Promise<number[]> {
  const { topics } = await withAdmin(kafka, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  return topics[0]?.partitions[0]?.isr ?? [];
}

afterAll(async () => {
  await cluster?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test("each broker is registered, and topics get three copies", async () => {
  expect(cluster.url).toBe(`kafka://${cluster.addresses.join(",")}`);
  const kafka = connectTo(cluster.addresses);
  const { brokers } = await withAdmin(kafka, (admin) => admin.describeCluster());
  expect(brokers.map(({ nodeId }) => nodeId).sort()).toEqual([1, 2, 3]);
  await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic: "copied" }], waitForLeaders: true }));
  const { topics } = await withAdmin(kafka, (admin) => admin.fetchTopicMetadata({ topics: ["copied"] }));
  expect(topics[0]?.partitions[0]?.replicas).toHaveLength(3);
});

test("with one broker killed it goes on, and the broker comes back into the copies", async () => {
  const kafka = connectTo(cluster.addresses);
  await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic: "kept" }], waitForLeaders: true }));
  await send(kafka, "kept", ["all three"]);
  await cluster.kill("kafka-1");
  await send(kafka, "kept", ["two of three"]);
  expect(await inSync(kafka, "kept")).not.toContain(1);
  await cluster.restart("kafka-1");
  await vi.waitFor(async () => expect(await inSync(kafka, "kept")).toContain(1), { timeout: 30_000, interval: 200 });
  expect(await receive(kafka, "kept", 2, "reader")).toEqual(["all three", "two of three"]);
});

test("a write that only one of the copies has is not acknowledged", async () => {
  const kafka = connectTo(cluster.addresses);
  // Two copies, so that one loss leaves a single one while the controllers keep their majority.
  const assignment = [{ partition: 0, replicas: [2, 1] }];
  const topics = [{ topic: "thin", replicaAssignment: assignment }];
  await withAdmin(kafka, (admin) => admin.createTopics({ topics, waitForLeaders: true }));
  await send(kafka, "thin", ["both"]);
  await cluster.kill("kafka-1");
  await vi.waitFor(async () => expect(await inSync(kafka, "thin")).toEqual([2]), { timeout: 30_000, interval: 200 });
  const impatient = connectTo(cluster.addresses, undefined, 3);
  await expect(send(impatient, "thin", ["one"])).rejects.toThrow(/fewer in-sync replicas than required/);
  await cluster.restart("kafka-1");
  await send(kafka, "thin", ["both again"]);
  expect(await receive(kafka, "thin", 2, "thin-reader")).toEqual(["both", "both again"]);
});

test("another number of brokers is refused on existing data", async () => {
  await expect(startKafkaCluster({ dataDir, brokers: 1 })).rejects.toMatchObject({ code: "KAFKA_BROKERS_CHANGED" });
});

test("a stopped cluster starts again on other ports, and its groups go on", async () => {
  const before = cluster.addresses;
  const kafka = connectTo(before);
  await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic: "moved" }], waitForLeaders: true }));
  await send(kafka, "moved", ["before"]);
  expect(await receive(kafka, "moved", 1, "group")).toEqual(["before"]);
  await cluster.stop();
  cluster = await startKafkaCluster({ dataDir, brokers: 3 });
  expect(cluster.addresses).not.toEqual(before);
  const again = connectTo(cluster.addresses);
  await send(again, "moved", ["after"]);
  expect(await receive(again, "moved", 1, "group")).toEqual(["after"]);
});
