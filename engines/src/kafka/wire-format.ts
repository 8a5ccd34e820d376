/** The primitive types of Kafka's protocol that we need: https://kafka.apache.org/protocol#protocol_types */

export const int8 = (value: number) => Buffer.from([value]);

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const string = (value: string) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
export const bytes = (value: Buffer) => Buffer.concat([int32(value.length), value]);

export function varint(value: number): Buffer {
  return value < 0x80 ? int8(value) : Buffer.concat([int8((value & 0x7f) | 0x80), varint(value >>> 7)]);
}

export const compactBytes = (value: Buffer) => Buffer.concat([varint(value.length + 1), value]);
export const compactString = (value: string) => compactBytes(Buffer.from(value));
export const compactArray = (items: readonly Buffer[]) => Buffer.concat([varint(items.length + 1), ...items]);
export const noTags = Buffer.from([0]);

/** Reads one value after the other. */
export interface Reader {
  int16(): number;
  int32(): number;
  /** Null is "". */
  string(): string;
  bytes(): Buffer;
  varint(): number;
  compactString(): string;
}

export function createReader(source: Buffer): Reader {
  let offset = 0;
  const take = (length: number): Buffer => {
    const taken = source.subarray(offset, offset + length);
    if (taken.length !== length) throw new RangeError("a response of Kafka is shorter than it says");
    offset += length;
    return taken;
  };
  const readVarint = (): number => {
    const [byte = 0] = take(1);
    return byte < 0x80 ? byte : (byte & 0x7f) | (readVarint() << 7);
  };
  const reader: Reader = {
    int16: () => take(2).readInt16BE(),
    int32: () => take(4).readInt32BE(),
    string: () => take(Math.max(0, reader.int16())).toString(),
    bytes: () => Buffer.from(take(Math.max(0, reader.int32()))),
    varint: readVarint,
    compactString: () => take(Math.max(0, readVarint() - 1)).toString(),
  };
  return reader;
}
