import { expect, test } from "vitest";
import type { EventRecord } from "./port.ts";
import { decodeRecords, encodeRecords } from "./record-encoding.ts";
import { assertRecordSizes, MAX_RECORD_BYTES, RecordTooLargeError, recordBytes } from "./record-size.ts";

const empty: EventRecord = { topic: "notes.v1", key: "", headers: {}, value: new Uint8Array() };
const packed = (record: EventRecord): EventRecord[] => decodeRecords(encodeRecords([record]));

test("the size is that of key, value and headers in UTF-8", () => {
  expect(recordBytes(empty)).toBe(0);
  expect(recordBytes({ ...empty, key: "ü€", headers: { é: "ab", x: "" }, value: new Uint8Array(7) })).toBe(
    5 + 4 + 1 + 7,
  );
});

test("a record at the limit passes and one byte more is refused, packed or not", () => {
  const fits = { ...empty, value: new Uint8Array(MAX_RECORD_BYTES) };
  const large = { ...empty, key: "k", value: new Uint8Array(MAX_RECORD_BYTES) };
  assertRecordSizes([fits, ...packed(fits)]);
  expect(() => assertRecordSizes([large])).toThrow(RecordTooLargeError);
  expect(() => assertRecordSizes(packed(large))).toThrow(RecordTooLargeError);
});

test("a packed record of few characters that are many bytes is refused", () => {
  const large = { ...empty, headers: { text: "€".repeat(MAX_RECORD_BYTES / 3) } };
  expect(encodeRecords([large]).length).toBeLessThan(MAX_RECORD_BYTES / 2);
  expect(() => assertRecordSizes(packed(large))).toThrow(/must have at most 900000 bytes .* got 900004 bytes/);
});
