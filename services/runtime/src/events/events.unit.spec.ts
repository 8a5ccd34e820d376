import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { createEventEncoder, decodeEvent, eventTypeOf, MalformedEventError } from "./index.ts";

const encoder = createEventEncoder("/ordermesh/order");
const time = new Date("2026-01-02T03:04:05.678Z");
const metadata = { topic: "t", key: "order-1", time };
const place = { partition: 0, offset: 1n, appendTime: time };

test("an event carries the CloudEvents attributes of the Kafka binding's binary mode", () => {
  const id = "019a0000-0000-7000-8000-000000000000";
  const event = encoder.encode(
    StringValueSchema,
    { value: "x" },
    { ...metadata, id, correlationId: "c", traceparent: "p" },
  );
  expect(event).toMatchObject({ id, topic: "t", key: "order-1" });
  expect(event.headers).toEqual({
    ce_specversion: "1.0",
    ce_id: id,
    ce_type: "google.protobuf.StringValue",
    ce_source: "/ordermesh/order",
    ce_time: "2026-01-02T03:04:05.678Z",
    ce_subject: "order-1",
    "content-type": "application/protobuf",
    traceparent: "p",
    correlationid: "c",
  });
});

test("what is not known is left out, and every event gets its own UUIDv7", () => {
  const [a, b] = [1, 2].map(() => encoder.encode(StringValueSchema, { value: "x" }, metadata));
  expect(Object.keys(a?.headers ?? {})).not.toContain("traceparent");
  expect(a?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(a?.id).not.toBe(b?.id);
});

test("a decoded event is what was encoded", () => {
  const encoded = encoder.encode(StringValueSchema, { value: "x" }, { ...metadata, correlationId: "c" });
  const record = { ...encoded, ...place };
  expect(eventTypeOf(record)).toBe("google.protobuf.StringValue");
  expect(decodeEvent(StringValueSchema, record)).toMatchObject({
    id: encoded.id,
    type: "google.protobuf.StringValue",
    key: "order-1",
    time,
    correlationId: "c",
    traceparent: undefined,
    message: { value: "x" },
    record,
  });
});

test.each([
  ["ce_id", { ce_id: "7" }],
  ["ce_time", { ce_time: "soon" }],
])("a wrong %s is named", (name, headers) => {
  const encoded = encoder.encode(StringValueSchema, { value: "x" }, metadata);
  const record = { ...encoded, ...place, headers: { ...encoded.headers, ...headers } };
  expect(() => decodeEvent(StringValueSchema, record)).toThrow(MalformedEventError);
  expect(() => decodeEvent(StringValueSchema, record)).toThrow(name);
});

test("a value that does not decode is a malformed event", () => {
  const encoded = encoder.encode(StringValueSchema, { value: "x" }, metadata);
  const record = { ...encoded, ...place, value: Uint8Array.of(255, 255) };
  expect(() => decodeEvent(StringValueSchema, record)).toThrow(/does not decode as google.protobuf.StringValue/);
});
