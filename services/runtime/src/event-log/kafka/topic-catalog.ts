import { setTimeout as delay } from "node:timers/promises";
import type { Admin } from "kafkajs";
import { assertLogName } from "../topics.ts";
import { replication, topicSettings } from "./topic-table.ts";

/** Knows how many partitions topics have, and creates a topic at its first use. */
export interface TopicCatalog {
  /** The number of partitions if it is known already, so that an append needs no extra turn. */
  known(topic: string): number | undefined;
  /** Learns of topics, creating those that are missing. Rejects when the cluster does not answer or refuses. */
  resolve(topics: readonly string[]): Promise<void>;
  /** The cluster said that there is no such topic: it is looked up, and created, anew. */
  forget(topic: string): void;
}

/** A catalog that also tells what it knows. */
export interface ListedTopicCatalog extends TopicCatalog {
  topics(): readonly string[];
}

/** How long brokers may take to know a topic that was just made. */
const KNOWN_MS = 5_000;
const POLL_MS = 50;

/** @param admin gives a connected client, or rejects */
export function createTopicCatalog(admin: () => Promise<Admin>): ListedTopicCatalog {
  const partitions = new Map<string, number>();

  async function load(topics: readonly string[]): Promise<void> {
    const client = await admin();
    const existing = new Set(await client.listTopics());
    const found = topics.filter((topic) => existing.has(topic));
    if (found.length === 0) return;
    const metadata = await client.fetchTopicMetadata({ topics: found });
    for (const topic of metadata.topics) partitions.set(topic.name, topic.partitions.length);
  }

  async function create(topics: readonly string[]): Promise<void> {
    const client = await admin();
    const { brokers } = await client.describeCluster();
    const { factor, minInSync } = replication(brokers.length);
    // Answers false when another process was first, which is as good. Not all brokers know of the topics at once.
    await client.createTopics({
      waitForLeaders: false,
      topics: topics.map((topic) => {
        const settings = topicSettings(topic);
        const config = {
          "min.insync.replicas": minInSync,
          "retention.ms": settings.retentionMs,
          "max.message.bytes": settings.maxMessageBytes,
          "cleanup.policy": "delete",
          // The time of the append by the broker's clock, as the port promises.
          "message.timestamp.type": "LogAppendTime",
        };
        return {
          topic,
          numPartitions: settings.partitions,
          replicationFactor: factor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value: String(value) })),
        };
      }),
    });
  }

  /** Learns of topics that were just made, as soon as the broker that is asked knows them and their leaders. */
  async function loadCreated(topics: readonly string[]): Promise<void> {
    for (const deadline = performance.now() + KNOWN_MS; ; await delay(POLL_MS)) {
      const failure = await load(topics).catch((error: unknown) => error);
      if (unknown(topics).length === 0) return;
      if (performance.now() < deadline) continue;
      throw new Error(`topic ${unknown(topics)[0]} could not be created`, { cause: failure });
    }
  }

  const unknown = (topics: readonly string[]): string[] => topics.filter((topic) => !partitions.has(topic)).sort();

  return {
    known: (topic) => partitions.get(topic),
    async resolve(topics) {
      for (const topic of unknown(topics)) assertLogName("topic", topic);
      if (unknown(topics).length > 0) await load(unknown(topics));
      if (unknown(topics).length > 0) {
        await create(unknown(topics));
        await loadCreated(unknown(topics));
      }
    },
    forget: (topic) => void partitions.delete(topic),
    topics: () => [...partitions.keys()],
  };
}
