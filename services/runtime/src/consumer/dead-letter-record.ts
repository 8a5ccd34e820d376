import { createHash } from "node:crypto";
import { deadLetterTopic, type EventRecord, type LogRecord } from "../event-log/index.ts";
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

const MAX_REASON_LENGTH = 1_000;

/** The record as it goes to the dead-letter twin of its topic: unchanged, with its source and the reason. */
export function deadLetterRecord({ record, reason, attempts }: Poison, group: string): EventRecord {
  return {
    topic: deadLetterTopic(record.topic),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [deadLetterHeaders.reason]: reason.slice(0, MAX_REASON_LENGTH),
      [deadLetterHeaders.group]: group,
      [deadLetterHeaders.topic]: record.topic,
      [deadLetterHeaders.partition]: String(record.partition),
      [deadLetterHeaders.offset]: String(record.offset),
      [deadLetterHeaders.attempts]: String(attempts),
    },
  };
}

/**
 * A UUID for the place of a dead letter's source, to be claimed in the inbox beside the event ids. A batch that is
 * repeated claims it in vain; the event itself stays unclaimed, so that a redrive can apply it.
 */
export function deadLetterTicket({ topic, partition, offset }: LogRecord): string {
  const digest = createHash("sha256").update(`${topic}/${partition}/${offset}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
