// What the events of the log say of the names of orders.
import { OrderPlacedSchema, OrderShippedSchema } from "@ordermesh/proto/order";
import { PaymentAuthorizedSchema, PaymentDeclinedSchema } from "@ordermesh/proto/payment";
import { ordersTopic, paymentsTopic } from "@ordermesh/proto/topics";
import type { LogRecord } from "@ordermesh/runtime/event-log";
import { decodeEvent, eventTypeOf, MalformedEventError } from "@ordermesh/runtime/events";
import { isUuid } from "@ordermesh/runtime/ids";
import { type IndexEntry, paymentEntries, placedEntries, shippedEntries } from "./order-name.ts";

/** The topics that the index can be rebuilt from. */
export const indexedTopics: readonly string[] = [ordersTopic, paymentsTopic];

/** The entries that a record stands for; undefined when it cannot be read. */
export function entriesOf(record: LogRecord): readonly IndexEntry[] | undefined {
  try {
    const entries = decodedEntries(record);
    return entries.every(({ orderId }) => isUuid(orderId)) ? entries : undefined;
  } catch (error) {
    // Whoever applies events has put it to the dead letters.
    if (error instanceof MalformedEventError) return undefined;
    throw error;
  }
}

function decodedEntries(record: LogRecord): readonly IndexEntry[] {
  switch (eventTypeOf(record)) {
    case OrderPlacedSchema.typeName: {
      const { orderId, clientReference } = decodeEvent(OrderPlacedSchema, record).message;
      return placedEntries(orderId, clientReference);
    }
    case OrderShippedSchema.typeName: {
      const { orderId, shipment } = decodeEvent(OrderShippedSchema, record).message;
      return shippedEntries(orderId, shipment?.trackingNumber ?? "");
    }
    case PaymentAuthorizedSchema.typeName: {
      const { orderId, paymentId } = decodeEvent(PaymentAuthorizedSchema, record).message;
      return paymentEntries(orderId, paymentId);
    }
    case PaymentDeclinedSchema.typeName: {
      const { orderId, paymentId } = decodeEvent(PaymentDeclinedSchema, record).message;
      return paymentEntries(orderId, paymentId);
    }
    default:
      return [];
  }
}
