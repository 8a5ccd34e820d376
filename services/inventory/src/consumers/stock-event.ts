// From the outcomes of the domain to the events that inventory announces.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  StockDeductedSchema,
  StockRejectedSchema,
  StockReleasedSchema,
  StockReservedSchema,
  StockRestockedSchema,
} from "@ordermesh/proto/inventory";
import { inventoryTopic } from "@ordermesh/proto/topics";
import type { EventRecord } from "@ordermesh/runtime/event-log";
import type { Event, EventEncoder } from "@ordermesh/runtime/events";
import type { StockOutcome } from "../domain/reservation.ts";

const schemas = {
  StockReserved: StockReservedSchema,
  StockDeducted: StockDeductedSchema,
  StockReleased: StockReleasedSchema,
  StockRestocked: StockRestockedSchema,
} as const;

/** The record that announces an outcome; it carries on the correlation and the trace of the event that caused it. */
export function stockEvent(encoder: EventEncoder, outcome: StockOutcome, cause: Event, time: Date): EventRecord {
  const { orderId } = outcome;
  const { correlationId, traceparent } = cause;
  const metadata = { topic: inventoryTopic, key: orderId, time, correlationId, traceparent };
  const timestamp = timestampFromDate(time);
  if (outcome.type === "StockRejected") {
    const message: MessageInitShape<typeof StockRejectedSchema> = {
      orderId,
      shortSkus: [...outcome.shortSkus],
      time: timestamp,
    };
    return encoder.encode(StockRejectedSchema, message, metadata);
  }
  return encoder.encode(schemas[outcome.type], { orderId, time: timestamp }, metadata);
}
