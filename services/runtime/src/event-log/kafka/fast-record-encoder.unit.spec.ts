import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { createFastRecordEncoder } from "./fast-record-encoder.ts";

const require = createRequire(import.meta.url);
const original = require("kafkajs/src/protocol/recordBatch/record/v0") as Parameters<typeof createFastRecordEncoder>[0];
const unexpected = () => {
  throw new Error("left to the original");
};
const bytesOf = (encoded: { buffer: Buffer }) => encoded.buffer.toString("hex");

const texts = [0, 1, 21, 22, 63, 64, 100, 3_000, 70_000].flatMap((length) => [
  "a".repeat(length),
  "ü".repeat(length),
  "€".repeat(length),
]);

test("gives the same bytes as kafkajs's own encoder, for texts of every length and kind", () => {
  const encode = createFastRecordEncoder(unexpected);
  for (const [index, text] of texts.entries()) {
    const message = {
      key: texts[(index + 7) % texts.length] ?? "",
      value: Buffer.from(text),
      headers: { ce_id: text, [`name-${text}`]: "ünï 🎈", empty: "" },
      offsetDelta: index * index * 100,
    };
    expect(bytesOf(encode(message)), `text ${index}`).toBe(bytesOf(original(message)));
  }
});

test("records without headers and in the thousands are encoded apart from one another", () => {
  const encode = createFastRecordEncoder(unexpected);
  const messages = Array.from({ length: 5_000 }, (_, index) => ({
    key: `key-${index}`,
    value: Buffer.alloc(index % 700, index),
    offsetDelta: index,
  }));
  const encoded = messages.map(encode);
  messages.forEach((message, index) => {
    expect(bytesOf(encoded[index] as { buffer: Buffer })).toBe(bytesOf(original(message)));
  });
});

test.each([
  ["no key", { key: null, value: Buffer.from("x") }],
  ["a key of bytes", { key: Buffer.from("k"), value: Buffer.from("x") }],
  ["no value", { key: "k", value: null }],
  ["a header of bytes", { key: "k", value: Buffer.from("x"), headers: { a: Buffer.from("b") } }],
  ["a header twice", { key: "k", value: Buffer.from("x"), headers: { a: ["b", "c"] } }],
  ["a time of its own", { key: "k", value: Buffer.from("x"), timestampDelta: 5 }],
])("leaves a message with %s to kafkajs", (_, message) => {
  expect(bytesOf(createFastRecordEncoder(original)(message))).toBe(bytesOf(original(message)));
  expect(() => createFastRecordEncoder(unexpected)(message)).toThrow("left to the original");
});
