import type { IHeaders } from "kafkajs";
import { replaceInKafkajs } from "./replace-in-kafkajs.ts";

/** What is used of kafkajs's decoder of one record. */
export interface RecordBytes {
  readInt8(): number;
  readVarLong(): { toString(): string };
  readVarInt(): number;
  readVarIntBytes(): Buffer | null;
  readVarIntString(): string;
  readVarIntArray<T>(read: (decoder: RecordBytes) => T): T[];
}

/** What kafkajs knows of the batch that the record is in. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly magicByte?: number;
  readonly isControlBatch?: boolean;
  readonly timestampType: number;
}

const LOG_APPEND_TIME = 1;

/** A record as kafkajs gives it to its callers, whose headers are decoded when they are asked for. */
class LazyRecord {
  readonly magicByte: number | undefined;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  readonly #rest: RecordBytes;
  #headers: IHeaders | undefined;

  constructor(decoder: RecordBytes, context: BatchContext) {
    this.magicByte = context.magicByte;
    this.isControlRecord = context.isControlBatch ?? false;
    this.batchContext = context;
    this.attributes = decoder.readInt8();
    const delta = decoder.readVarLong().toString();
    this.timestamp =
      context.timestampType === LOG_APPEND_TIME
        ? context.maxTimestamp
        : String(BigInt(context.firstTimestamp) + BigInt(delta));
    this.offset = String(BigInt(context.firstOffset) + BigInt(decoder.readVarInt()));
    this.key = decoder.readVarIntBytes();
    this.value = decoder.readVarIntBytes();
    this.#rest = decoder;
  }

  get headers(): IHeaders {
    this.#headers ??= readHeaders(this.#rest);
    return this.#headers;
  }
}

/** A name that comes again gets a list of values, as kafkajs has it. */
function readHeaders(decoder: RecordBytes): IHeaders {
  const headers: Record<string, Buffer | Buffer[]> = {};
  const pairs = decoder.readVarIntArray((each) => [each.readVarIntString(), each.readVarIntBytes()] as const);
  for (const [name, bytes] of pairs) {
    const value = bytes as Buffer; // A null value stays null, also in kafkajs, whose types do not say so.
    const earlier = headers[name];
    if (earlier === undefined) headers[name] = value;
    else headers[name] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value];
  }
  return headers;
}

/**
 * Decodes a record (magic 2) but for its headers. kafkajs 2.2.4 copies the object of headers once per header, which is
 * most of what reading a record costs, and a consumer needs one header to see that it does not want the record.
 */
export const decodeLazily = (decoder: RecordBytes, context: BatchContext): LazyRecord =>
  new LazyRecord(decoder, context);

/** Makes kafkajs use the decoder above, from the first fetch of the process on. */
export function installLazyRecordDecoder(): void {
  replaceInKafkajs<typeof decodeLazily>(
    "kafkajs/src/protocol/recordBatch/record/v0/decoder",
    "kafkajs/src/protocol/recordBatch/v0/decoder",
    () => decodeLazily,
  );
}
