import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { type BatchContext, decodeLazily, type RecordBytes } from "./lazy-record-decoder.ts";

const require = createRequire(import.meta.url);
const original = require("kafkajs/src/protocol/recordBatch/record/v0/decoder") as typeof decodeLazily;
const encode = require("kafkajs/src/protocol/recordBatch/record/v0") as (message: object) => { buffer: Buffer };
const Decoder = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => RecordBytes;

const context: BatchContext = {
  firstOffset: "9007199254740993",
  firstTimestamp: "1763856000000",
  maxTimestamp: "1763856000999",
  magicByte: 2,
  timestampType: 0,
};

/** A decoder that stands where kafkajs starts to decode a record: behind its length. */
function bytesOf(message: object): RecordBytes {
  const decoder = new Decoder(encode(message).buffer);
  decoder.readVarInt();
  return decoder;
}

test.each([
  ["plain", { key: "k", value: Buffer.from("v"), headers: { ce_id: "1", ce_type: "ünï" }, offsetDelta: 7 }],
  ["without headers", { key: "k", value: Buffer.from("v") }],
  ["without key and value", { key: null, value: null, headers: { a: "b" } }],
  ["with a header that comes thrice", { key: "k", value: Buffer.from("v"), headers: { a: ["1", "2", "3"], b: "4" } }],
  ["with a time of its own", { key: "k", value: Buffer.from("v"), timestampDelta: 12_345, offsetDelta: 70_000 }],
])("gives what kafkajs's own decoder gives: a record %s", (_, message) => {
  for (const timestampType of [0, 1]) {
    const given = { ...context, timestampType };
    const { headers, ...expected } = original(bytesOf(message), given);
    const found = decodeLazily(bytesOf(message), given);
    expect({ ...found }).toEqual(expected);
    expect(found.headers).toEqual(headers);
    expect(found.headers).toBe(found.headers);
  }
});
