import { ConfigResourceTypes, Kafka } from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { freshNames, readAll, record } from "../contract/harness.ts";
import { openEventLog } from "../open.ts";
import { deadLetterTopic, PARTITIONS_PER_TOPIC } from "../topics.ts";
import { createCapturedLogger } from "./testing/captured-logger.ts";
import { startTestCluster } from "./testing/test-cluster.ts";

const day = 24 * 3_600_000;

test.each([
  { brokers: 1 as const, copies: 1, minInSync: "1" },
  { brokers: 3 as const, copies: 3, minInSync: "2" },
])("on $brokers brokers a topic is created with $copies copies and the settings of the table", async (expected) => {
  const cluster = await startTestCluster({ brokers: expected.brokers });
  onTestFinished(() => cluster.remove());
  const { logger } = createCapturedLogger();
  const log = await openEventLog({ url: cluster.url, clientId: "topics-spec", logger });
  onTestFinished(() => log.close());
  const admin = new Kafka({ brokers: [...cluster.addresses] }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());

  const { topic } = freshNames();
  const letters = deadLetterTopic(topic);
  await log.append([record(topic, "key", "event"), record(letters, "key", "letter")]);

  for (const [name, retention] of [[topic, 30 * day] as const, [letters, 90 * day] as const]) {
    const [found] = (await admin.fetchTopicMetadata({ topics: [name] })).topics;
    expect(found?.partitions).toHaveLength(PARTITIONS_PER_TOPIC);
    for (const { replicas } of found?.partitions ?? []) expect(new Set(replicas).size).toBe(expected.copies);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
    });
    const configs = resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [];
    expect(Object.fromEntries(configs)).toMatchObject({
      "min.insync.replicas": expected.minInSync,
      "retention.ms": String(retention),
      "cleanup.policy": "delete",
      "message.timestamp.type": "LogAppendTime",
      "unclean.leader.election.enable": "false",
    });
  }
  expect(await readAll(log, letters)).toHaveLength(1);
});
