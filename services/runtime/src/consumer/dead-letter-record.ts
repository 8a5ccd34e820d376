import { deadLetterTopic, type EventRecord } from "../event-log/index.ts";
import type { Poison } from "./sort-records.ts";

/** Headers of a dead letter, beside those of the record that it was. */
export const deadLetterHeaders = {
  reason: "dlq_reason",
  group: "dlq_group",
  topic: "dlq_topic",
  partition: "dlq_partition",
  offset: "dlq_offset",
  attempts: "dlq_attempts",
} as const;

/** The record as it goes to the dead-letter twin of its topic: unchanged, with its source and the reason. */
export function deadLetterRecord({ record, reason, attempts }: Poison, group: string): EventRecord {
  return {
    topic: deadLetterTopic(record.topic),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [deadLetterHeaders.reason]: reason,
      [deadLetterHeaders.group]: group,
      [deadLetterHeaders.topic]: record.topic,
      [deadLetterHeaders.partition]: String(record.partition),
      [deadLetterHeaders.offset]: String(record.offset),
      [deadLetterHeaders.attempts]: String(attempts),
    },
  };
}
