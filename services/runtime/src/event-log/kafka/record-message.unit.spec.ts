import { expect, test } from "vitest";
import { decodeRecords, encodeRecords } from "../record-encoding.ts";
import { toMessage } from "./record-message.ts";

const record = { topic: "t", key: "ключ", headers: { ce_id: "1", empty: "" }, value: Uint8Array.of(0, 255, 7) };

test("a message has the record's key, headers and value, and the partition that was chosen for it", () => {
  expect(toMessage(record, 3)).toEqual({
    key: "ключ",
    headers: record.headers,
    partition: 3,
    value: Buffer.of(0, 255, 7),
  });
  const [packed] = decodeRecords(encodeRecords([record]));
  expect(packed && toMessage(packed, 3)).toEqual(toMessage(record, 3));
});

test("the value is not copied, also where it is a part of a larger buffer", () => {
  const value = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  const message = toMessage({ ...record, value }, 0);
  expect(message.value).toEqual(Buffer.of(2, 3));
  value[0] = 9;
  expect(message.value).toEqual(Buffer.of(9, 3));
  const buffer = Buffer.of(5);
  expect(toMessage({ ...record, value: buffer }, 0).value).toBe(buffer);
});
