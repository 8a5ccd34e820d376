import type { IHeaders, KafkaMessage } from "kafkajs";
import { expect, test } from "vitest";
import { toLogRecord } from "./message-record.ts";

const time = new Date("2026-11-23T00:00:00.123Z");

function message(given: Partial<{ key: Buffer | null; value: Buffer | null; headers: IHeaders }>): KafkaMessage {
  const whole = { key: Buffer.from("key"), value: Buffer.from("value"), headers: {}, ...given };
  return { ...whole, timestamp: String(time.getTime()), attributes: 0, offset: "9007199254740993" };
}

test("a message becomes a record at its place, also where offsets are larger than numbers are exact", () => {
  const record = toLogRecord("topic", 3, message({ headers: { ce_id: Buffer.from("ünï"), text: "plain" } }));
  expect(record).toMatchObject({
    topic: "topic",
    partition: 3,
    offset: 9007199254740993n,
    key: "key",
    appendTime: time,
  });
  expect(record.headers).toEqual({ ce_id: "ünï", text: "plain" });
  expect(Buffer.from(record.value).toString()).toBe("value");
});

test("what a foreign producer left out is empty", () => {
  const record = toLogRecord("topic", 0, message({ key: null, value: null, headers: { none: undefined } }));
  expect(record).toMatchObject({ key: "", headers: { none: "" } });
  expect(record.value).toHaveLength(0);
});

test("of a repeated header the first counts", () => {
  const headers = { twice: [Buffer.from("first"), "second"], mixed: ["text"], empty: [] };
  expect(toLogRecord("topic", 0, message({ headers })).headers).toEqual({ twice: "first", mixed: "text", empty: "" });
});
