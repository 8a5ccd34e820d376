import { deadLetterHeaders } from "../consumer/index.ts";
import type { LogRecord } from "../event-log/index.ts";

/** An event that a consumer group could not apply. */
export interface DeadLetter {
  /** `group/topic/partition/offset` of the source: the same for every copy of the dead letter. */
  readonly id: string;
  /** The consumer group that gave it up. */
  readonly group: string;
  readonly reason: string;
  /** How often applying it had been tried. */
  readonly attempts: number;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: bigint };
  readonly key: string;
  readonly eventId: string | undefined;
  readonly eventType: string | undefined;
  /** When it became a dead letter. */
  readonly time: Date;
  /** When it was redriven; undefined while it waits for somebody. */
  readonly redriveTime: Date | undefined;
  /** The dead letter as it stands in the log: headers and value. */
  readonly record: LogRecord;
}

/** Header of the note that stands in the dead-letter topic once a letter has been redriven: the letter's id. */
export const SETTLES_HEADER = "dlq_settles";

/** Header of a redriven record: the id of the dead letter that it was. */
export const REDRIVEN_HEADER = "dlq_redriven";

/** Reads a record of a dead-letter topic; undefined when it is not a dead letter. */
export function parseDeadLetter(record: LogRecord): DeadLetter | undefined {
  const { headers } = record;
  const topic = headers[deadLetterHeaders.topic];
  const partition = Number(headers[deadLetterHeaders.partition]);
  const offset = headers[deadLetterHeaders.offset] ?? "";
  if (topic === undefined || !Number.isInteger(partition) || !/^\d+$/.test(offset)) {
    return undefined;
  }
  const group = headers[deadLetterHeaders.group] ?? "";
  return {
    id: `${group}/${topic}/${partition}/${offset}`,
    group,
    reason: headers[deadLetterHeaders.reason] ?? "",
    attempts: Number(headers[deadLetterHeaders.attempts] ?? 0),
    source: { topic, partition, offset: BigInt(offset) },
    key: record.key,
    eventId: headers["ce_id"],
    eventType: headers["ce_type"],
    time: record.appendTime,
    redriveTime: undefined,
    record,
  };
}
