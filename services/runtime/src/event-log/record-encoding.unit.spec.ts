import { expect, test } from "vitest";
import { decodeLogRecords, decodeRecords, encodeRecord, encodeRecords, readHeader } from "./record-encoding.ts";

const value = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const plain = { topic: "t", key: "k", headers: { ce_id: "1", ce_type: "a.B" }, value };
// Everything that could be taken for a boundary, a header or an end of string.
const nasty = {
  topic: "t",
  key: '"],["\\',
  headers: { note: '],["x"],["', quote: '\\"ce_type":"fake"', ce_type: 'q"\\', 'od"d': "ü\u0000\n" },
  value: new Uint8Array(),
};

test("what is packed comes back, whatever it contains", () => {
  const records = [plain, nasty, plain, { ...nasty, headers: {} }];
  const decoded = decodeRecords(encodeRecords(records));
  expect(decoded.map(({ topic, key, headers, value: bytes }) => ({ topic, key, headers, value: [...bytes] }))).toEqual(
    records.map((record) => ({ ...record, value: [...record.value] })),
  );
});

test("packing is the documented JSON, so that SQL can assemble rows", () => {
  expect(encodeRecord({ ...plain, value: Uint8Array.of(1, 2, 3) })).toBe(
    '["t","k",{"ce_id":"1","ce_type":"a.B"},"AQID"]',
  );
  expect(decodeRecords(`[${[plain, nasty].map(encodeRecord).join(",")}]`)).toHaveLength(2);
  expect(decodeRecords("[]")).toEqual([]);
});

test("a header is found without parsing the others, and nothing else is taken for it", () => {
  const [first, second] = decodeRecords(encodeRecords([plain, nasty]));
  expect(first && readHeader(first, "ce_type")).toBe("a.B");
  expect(second && readHeader(second, "ce_type")).toBe('q"\\');
  expect(second && readHeader(second, "ce_id")).toBeUndefined();
  expect(readHeader(plain, "ce_id")).toBe("1");
});

test("a record that was unpacked packs to the same text", () => {
  const text = encodeRecords([plain, nasty]);
  expect(encodeRecords(decodeRecords(text))).toBe(text);
});

test("records of a row of the log are numbered from its first offset", () => {
  const time = new Date(0);
  const found = decodeLogRecords(encodeRecords([plain, plain]), 3, 7n, time);
  expect(found.map(({ partition, offset, appendTime }) => [partition, offset, appendTime])).toEqual([
    [3, 7n, time],
    [3, 8n, time],
  ]);
});

test.each(["", "x", '{"a":1}', '[["t"]]', '[["t","k"]]', "[1]"])(
  "text that was not packed so is refused: %s",
  (text) => {
    expect(() => decodeRecords(text)).toThrow(TypeError);
  },
);
