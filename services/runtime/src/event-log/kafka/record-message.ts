import type { Message } from "kafkajs";
import type { EventRecord } from "../port.ts";

/** A record as kafkajs sends it. The partition is ours: kafkajs's partitioner only passes it on. */
export function toMessage({ key, headers, value }: EventRecord, partition: number): Message {
  return { key, headers, partition, value: asBuffer(value) };
}

/** The same bytes, not a copy of them. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
