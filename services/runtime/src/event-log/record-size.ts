import type { EventRecord } from "./port.ts";
import { packedLength } from "./record-encoding.ts";
import { isDeadLetterTopic } from "./topics.ts";

/**
 * Largest key, value and headers of a record together, in bytes. Below the 1 MiB that a Kafka broker takes in one
 * batch unless it is told otherwise (`message.max.bytes`), with room for what the format adds.
 */
export const MAX_RECORD_BYTES = 900_000;

/** A record that no repeat can append: it is larger than the log takes. */
export class RecordTooLargeError extends Error {
  readonly code = "RECORD_TOO_LARGE";

  /** @param limit what is allowed, in words: it follows "at most " */
  constructor(record: Pick<EventRecord, "topic" | "key">, bytes: number, limit: string) {
    const { topic, key } = record;
    super(
      `RECORD_TOO_LARGE: record of topic ${topic} with key ${JSON.stringify(key.slice(0, 200))} must have at most ${limit} ` +
        `in key, value and headers, got ${bytes} bytes`,
    );
    this.name = "RecordTooLargeError";
  }
}

/** UTF-16 code units of key and headers. */
function textUnits({ key, headers }: Pick<EventRecord, "key" | "headers">): number {
  let units = key.length;
  for (const name in headers) units += name.length + (headers[name]?.length ?? 0);
  return units;
}

/** Bytes of key, value and headers, in UTF-8. */
export function recordBytes({ key, headers, value }: Pick<EventRecord, "key" | "headers" | "value">): number {
  let bytes = Buffer.byteLength(key) + value.byteLength;
  for (const name in headers) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? "");
  }
  return bytes;
}

/**
 * Checks that the log takes a record. A dead letter may be twice as large, as it carries its event and the reason.
 * @returns the bytes of the record; of one far below the limit too few where its texts are not ASCII
 * @throws RecordTooLargeError
 */
export function checkedRecordBytes(record: EventRecord): number {
  // UTF-8 has at most three bytes for a UTF-16 code unit: what is small by that measure need not be counted exactly.
  const units = textUnits(record);
  if (units * 3 + record.value.byteLength <= MAX_RECORD_BYTES) return units + record.value.byteLength;
  const bytes = recordBytes(record);
  const limit = isDeadLetterTopic(record.topic) ? 2 * MAX_RECORD_BYTES : MAX_RECORD_BYTES;
  if (bytes > limit) throw new RecordTooLargeError(record, bytes, `${limit} bytes`);
  return bytes;
}

/**
 * Checks that the log takes all of these records, without decoding packed ones that are certainly small enough.
 * @throws RecordTooLargeError
 */
export function assertRecordSizes(records: readonly EventRecord[]): void {
  for (const record of records) {
    // A character of the packed form stands for at most three bytes: UTF-8 needs no more for a UTF-16 code unit.
    if ((packedLength(record) ?? Number.POSITIVE_INFINITY) * 3 > MAX_RECORD_BYTES) checkedRecordBytes(record);
  }
}
