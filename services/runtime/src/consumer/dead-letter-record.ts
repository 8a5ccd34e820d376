import { createHash } from "node:crypto";
import { deadLetterTopic, type EventRecord, type LogRecord } from "../event-log/index.ts";

export interface DeadLetterCause {
  readonly group: string;
  readonly reason: string;
  readonly attempts: number;
}

const MAX_REASON_LENGTH = 1_000;

/** The dead letter of a record: unchanged, with where it came from and why in its headers. */
export function deadLetterRecord(record: LogRecord, { group, reason, attempts }: DeadLetterCause): EventRecord {
  return {
    topic: deadLetterTopic(record.topic),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      dlq_reason: reason.slice(0, MAX_REASON_LENGTH),
      dlq_group: group,
      dlq_topic: record.topic,
      dlq_partition: String(record.partition),
      dlq_offset: String(record.offset),
      dlq_attempts: String(attempts),
    },
  };
}

/** A UUID that stands for one place in the log, to be claimed in the inbox: version 8, of the place's SHA-256. */
export function deadLetterTicket(group: string, { topic, partition, offset }: LogRecord): string {
  const digest = createHash("sha256").update(`${group}\n${topic}\n${partition}\n${offset}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
