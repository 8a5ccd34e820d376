import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { OrderConfirmedSchema, OrderPlacedSchema, OrderShippedSchema } from "@ordermesh/proto/order";
import { PaymentAuthorizedSchema, PaymentCapturedSchema, PaymentDeclinedSchema } from "@ordermesh/proto/payment";
import { ordersTopic } from "@ordermesh/proto/topics";
import type { LogRecord } from "@ordermesh/runtime/event-log";
import { createEventEncoder } from "@ordermesh/runtime/events";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { expect, it } from "vitest";
import { entriesOf } from "./index-events.ts";

const time = new Date("2026-03-01T12:00:00.000Z");
const orderId = newBucketedId("ada", time.getTime());
const paymentId = newBucketedId("ada", time.getTime());
const encoder = createEventEncoder("/spec");

function recordOf<D extends DescMessage>(schema: D, message: MessageInitShape<D>): LogRecord {
  const event = encoder.encode(schema, message, { topic: ordersTopic, key: orderId, time });
  return { ...event, partition: 0, offset: 0n, appendTime: time };
}

const payment = [{ name: { kind: "payment", value: paymentId }, orderId }];

it.each([
  ["OrderPlaced", recordOf(OrderPlacedSchema, { orderId, clientReference: "cart-17" }), "reference", "cart-17"],
  ["OrderShipped", recordOf(OrderShippedSchema, { orderId, shipment: { trackingNumber: "Z9" } }), "tracking", "Z9"],
])("%s gives the name that it carries", (_, record, kind, value) => {
  expect(entriesOf(record)).toEqual([{ name: { kind, value }, orderId }]);
});

it("a payment is named by its first outcome, whichever that is", () => {
  expect(entriesOf(recordOf(PaymentAuthorizedSchema, { orderId, paymentId }))).toEqual(payment);
  expect(entriesOf(recordOf(PaymentDeclinedSchema, { orderId, paymentId }))).toEqual(payment);
  expect(entriesOf(recordOf(PaymentCapturedSchema, { orderId, paymentId }))).toEqual([]);
});

it("events that carry no name give none", () => {
  expect(entriesOf(recordOf(OrderConfirmedSchema, { orderId }))).toEqual([]);
  expect(entriesOf(recordOf(OrderPlacedSchema, { orderId }))).toEqual([]);
});

it("a record that does not decode, or names no order, is told apart from one without names", () => {
  const record = recordOf(OrderPlacedSchema, { orderId, clientReference: "cart-17" });
  expect(entriesOf({ ...record, value: Uint8Array.of(0xff, 0xff) })).toBeUndefined();
  expect(entriesOf(recordOf(OrderPlacedSchema, { orderId: "17", clientReference: "cart-17" }))).toBeUndefined();
});
