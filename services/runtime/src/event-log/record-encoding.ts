import type { EventRecord, LogRecord } from "./port.ts";

/**
 * Packs one record as JSON `[topic, key, headers, base64(value)]`, without white space. Several are joined
 * by "," within "[" and "]" ({@link encodeRecords}), which SQL can do as well (`string_agg`).
 */
export function encodeRecord(record: EventRecord): string {
  if (record instanceof PackedRecord) {
    return record.packed;
  }
  const { topic, key, headers, value } = record;
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  return JSON.stringify([topic, key, headers, base64]);
}

/** Packs records into the text of one row. */
export function encodeRecords(records: readonly EventRecord[]): string {
  return `[${records.map(encodeRecord).join(",")}]`;
}

/**
 * Unpacks the text of a row. Headers and value are decoded only when they are asked for, and a record that
 * is appended again keeps its packed form, so a relay neither parses nor encodes what it carries.
 * @throws TypeError when the text was not packed by {@link encodeRecords}
 */
export function decodeRecords(text: string): EventRecord[] {
  return splitPacked(text).map((packed) => new PackedRecord(packed));
}

/** As {@link decodeRecords}, for a row of the log whose first record stands at `baseOffset`. */
export function decodeLogRecords(text: string, partition: number, baseOffset: bigint, appendTime: Date): LogRecord[] {
  return splitPacked(text).map(
    (packed, index) => new PackedLogRecord(packed, partition, baseOffset + BigInt(index), appendTime),
  );
}

/**
 * One header of a record. Of a packed record it is found without parsing the others, which is what a consumer
 * needs to decide whether it wants the record at all.
 */
export function readHeader(record: EventRecord, name: string): string | undefined {
  return record instanceof PackedRecord ? record.header(name) : record.headers[name];
}

/** Characters of the packed form of a record that has one; undefined of any other. */
export function packedLength(record: EventRecord): number | undefined {
  return record instanceof PackedRecord ? record.packed.length : undefined;
}

/** Between two records stands `],["`. Inside a JSON string that quote would be escaped, so it cannot occur there. */
function splitPacked(text: string): string[] {
  if (!text.startsWith("[") || !text.endsWith("]")) {
    throw new TypeError(`packed records must be a JSON array, got ${text.slice(0, 40)}`);
  }
  const parts: string[] = [];
  let start = 1;
  while (start < text.length - 1) {
    const next = text.indexOf('],["', start);
    const end = next === -1 ? text.length - 1 : next + 1;
    parts.push(text.slice(start, end));
    start = end + 1;
  }
  return parts;
}

/** A record that reads itself out of its packed form on demand. */
class PackedRecord implements EventRecord {
  readonly topic: string;
  readonly key: string;
  readonly packed: string;
  readonly #headersStart: number;
  readonly #valueStart: number;
  #headers: Readonly<Record<string, string>> | undefined;
  #value: Uint8Array | undefined;

  constructor(packed: string) {
    this.packed = packed;
    const topicEnd = endOfString(packed, 1);
    const keyEnd = endOfString(packed, topicEnd + 1);
    this.topic = parseString(packed, 1, topicEnd);
    this.key = parseString(packed, topicEnd + 1, keyEnd);
    this.#headersStart = keyEnd + 1;
    this.#valueStart = packed.lastIndexOf('"', packed.length - 3);
    if (!packed.endsWith('"]') || this.#valueStart <= this.#headersStart) {
      throw new TypeError(`a packed record must be [topic, key, headers, value], got ${packed.slice(0, 80)}`);
    }
  }

  /** A quote inside a JSON string is escaped, so `"name":"` is found nowhere but at the header itself. */
  header(name: string): string | undefined {
    if (this.#headers !== undefined) {
      return this.#headers[name];
    }
    const mark = `"${name}":"`;
    const start = this.packed.indexOf(mark, this.#headersStart);
    if (start === -1 || start > this.#valueStart) {
      return undefined;
    }
    const end = this.packed.indexOf('"', start + mark.length);
    const text = this.packed.slice(start + mark.length, end);
    return text.includes("\\") ? this.headers[name] : text;
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= JSON.parse(this.packed.slice(this.#headersStart, this.#valueStart - 1)) as Record<string, string>;
    return this.#headers;
  }

  get value(): Uint8Array {
    this.#value ??= Buffer.from(this.packed.slice(this.#valueStart + 1, -2), "base64");
    return this.#value;
  }
}

class PackedLogRecord extends PackedRecord implements LogRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly appendTime: Date;

  constructor(packed: string, partition: number, offset: bigint, appendTime: Date) {
    super(packed);
    this.partition = partition;
    this.offset = offset;
    this.appendTime = appendTime;
  }
}

/** The string of the literal between two indices; most need no unescaping. */
function parseString(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

/** The index after the JSON string literal that starts at `start`. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && isEscaped(text, quote)) {
    quote = text.indexOf('"', quote + 1);
  }
  if (text[start] !== '"' || quote === -1) {
    throw new TypeError(`a packed record must be [topic, key, headers, value], got ${text.slice(0, 80)}`);
  }
  return quote + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === "\\") {
    backslashes += 1;
  }
  return backslashes % 2 === 1;
}
