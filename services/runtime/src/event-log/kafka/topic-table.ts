import { DEAD_LETTER_RETENTION_MS, EVENT_RETENTION_MS } from "../retention-times.ts";
import { isDeadLetterTopic, PARTITIONS_PER_TOPIC } from "../topics.ts";

/** How a topic is created. A topic that exists is used as it is, whoever made it. */
export interface TopicSettings {
  readonly partitions: number;
  readonly retentionMs: number;
  /** Largest batch of records that the topic takes, in bytes. */
  readonly maxMessageBytes: number;
}

const events: TopicSettings = {
  partitions: PARTITIONS_PER_TOPIC,
  retentionMs: EVENT_RETENTION_MS,
  maxMessageBytes: 1_048_576,
};

/** Dead letters wait for a person, and are as large as their event and the reason together. */
const deadLetters: TopicSettings = { ...events, retentionMs: DEAD_LETTER_RETENTION_MS, maxMessageBytes: 2_097_152 };

/**
 * The settings of a topic. Nothing is compacted: under an order's key stand all its events, and each of them counts.
 */
export function topicSettings(topic: string): TopicSettings {
  return isDeadLetterTopic(topic) ? deadLetters : events;
}

/** Copies of each record on a cluster of so many brokers, and how many must have it before it is acknowledged. */
export function replication(brokers: number): { factor: number; minInSync: number } {
  const factor = Math.min(brokers, 3);
  return { factor, minInSync: factor === 3 ? 2 : 1 };
}
