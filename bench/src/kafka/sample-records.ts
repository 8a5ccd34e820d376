// Records as the order service appends them most: an OrderPlaced of two lines with its CloudEvents headers.
import { randomUUID } from "node:crypto";
import { OrderPlacedSchema } from "@ordermesh/proto/order";
import type { EventRecord } from "@ordermesh/runtime/event-log";
import { createEventEncoder, type EncodedEvent } from "@ordermesh/runtime/events";
import { newBucketedId } from "@ordermesh/runtime/ids";

const encoder = createEventEncoder("/ordermesh/order");
const customerId = "customer-1";
const currencyCode = "EUR";

/** A made-up order of its own, as an event for the topic. */
export function sampleRecord(topic: string): EncodedEvent {
  const time = new Date();
  const orderId = newBucketedId(customerId, time.getTime());
  const event = {
    orderId,
    customerId,
    lines: ["sku-0017", "sku-0404"].map((sku) => ({
      sku,
      quantity: 1,
      unitPrice: { currencyCode, minorUnits: 1250n },
    })),
    total: { currencyCode, minorUnits: 2500n },
    paymentToken: "tok_approve",
    contactEmail: "ada@example.com",
    placeTime: { seconds: BigInt(Math.floor(time.getTime() / 1000)), nanos: time.getMilliseconds() * 1_000_000 },
  };
  // The gateway gives every call a correlation id; a traceparent comes from the caller, if at all.
  return encoder.encode(OrderPlacedSchema, event, { topic, key: orderId, time, correlationId: randomUUID() });
}

/** Bytes of key, value and headers, which is what a perf tool is told to send as one value. */
export function bytesOf({ key, headers, value }: EventRecord): number {
  return Buffer.byteLength(key) + value.byteLength + Buffer.byteLength(Object.entries(headers).flat().join(""));
}

/**
 * A record as one line of ASCII of the same length and about as compressible, for a tool that reads its values from a
 * file of lines: bytes of the binary value that are no printable ASCII are replaced.
 */
export function asLine({ key, headers, value }: EventRecord): string {
  const text = Buffer.from(value.map((byte) => byte & 0x7f))
    .toString("latin1")
    .replaceAll(/[^\x20-\x7e]/g, "?");
  return key + Object.entries(headers).flat().join("") + text;
}
