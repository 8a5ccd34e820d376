import type { Message } from "kafkajs";
import { replaceInKafkajs } from "./replace-in-kafkajs.ts";

/** What kafkajs gives its record encoder: a message and its place in the batch. */
interface PlacedMessage extends Message {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number;
}

/** What it takes back: something with the bytes under these two names, as its own Encoder has. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

type RecordEncoder = (message: PlacedMessage) => Encoded;

const SLAB_BYTES = 512 * 1024;
/** Attributes, the varints before the headers, and the length in front of all, at their longest. */
const FIXED_BYTES = 1 + 10 + 5 + 5 + 5 + 5 + 5;
const MAX_VARINT_BYTES = 5;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let end = 0;

/**
 * Encodes a record (magic 2, Kafka's protocol guide, "Record Batch") into one piece of memory. kafkajs 2.2.4 makes a
 * zero-filled encoder of 512 bytes for each header of each record, which is most of what sending costs. Messages other
 * than those of the event log (string key, bytes as value, string headers, no time of their own) are left to `original`.
 */
export function createFastRecordEncoder(original: RecordEncoder): RecordEncoder {
  return (message) => {
    const { key, value, headers = {}, timestampDelta = 0, offsetDelta = 0 } = message;
    if (typeof key !== "string" || !Buffer.isBuffer(value) || timestampDelta !== 0) return original(message);
    const names = Object.keys(headers);
    let mostBytes = FIXED_BYTES + value.length + key.length * 3;
    for (const name of names) {
      const text = headers[name];
      if (typeof text !== "string") return original(message);
      mostBytes += 2 * MAX_VARINT_BYTES + (name.length + text.length) * 3;
    }
    if (end + mostBytes > slab.length) {
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, mostBytes));
      end = 0;
    }
    // The length stands in front and is known at last: the body is written behind the room for it.
    const bodyStart = end + MAX_VARINT_BYTES;
    end = bodyStart;
    slab[end++] = 0; // attributes: none are defined
    slab[end++] = 0; // the time of the batch is that of the record
    writeVarint(offsetDelta);
    writeText(key);
    writeVarint(value.length);
    end += value.copy(slab, end);
    writeVarint(names.length);
    for (const name of names) {
      writeText(name);
      writeText(headers[name] as string);
    }
    const bodyEnd = end;
    end = bodyStart - varintBytes(bodyEnd - bodyStart);
    const start = end;
    writeVarint(bodyEnd - bodyStart);
    end = bodyEnd;
    const bytes = slab.subarray(start, bodyEnd);
    return { buf: bytes, buffer: bytes };
  };
}

/** Bytes of a number that is not negative as a zigzag varint. */
function varintBytes(number: number): number {
  let bytes = 1;
  for (let rest = number * 2; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

function writeVarint(number: number): void {
  let rest = number * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) slab[end++] = (rest & 0x7f) | 0x80;
  slab[end++] = rest;
}

function writeText(text: string): void {
  // Most text is short: its length takes one byte whatever it holds, or as long as it is ASCII.
  if (text.length < 64) {
    const written = slab.write(text, end + 1);
    if (written < 64) {
      slab[end] = written * 2;
      end += 1 + written;
      return;
    }
  }
  writeVarint(Buffer.byteLength(text));
  end += slab.write(text, end);
}

/** Makes kafkajs use the encoder above, from the first send of the process on. */
export function installFastRecordEncoder(): void {
  replaceInKafkajs<RecordEncoder>(
    "kafkajs/src/protocol/recordBatch/record/v0",
    "kafkajs/src/protocol/requests/produce/v3/request",
    createFastRecordEncoder,
  );
}
