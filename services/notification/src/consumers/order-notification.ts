import type { MessageShape } from "@bufbuild/protobuf";
import {
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderDeliveredSchema,
  OrderPlacedSchema,
  OrderShippedSchema,
} from "@ordermesh/proto/order";
import { PoisonError } from "@ordermesh/runtime/errors";
import type { Event } from "@ordermesh/runtime/events";
import { isUuid } from "@ordermesh/runtime/ids";
import type { Kind, Notification } from "../domain/notification.ts";

/** The events that a customer hears of. */
export const orderMessages = [
  OrderPlacedSchema,
  OrderConfirmedSchema,
  OrderCancelledSchema,
  OrderShippedSchema,
  OrderDeliveredSchema,
] as const;

export type OrderMessage = MessageShape<(typeof orderMessages)[number]>;

const kinds: Readonly<Record<OrderMessage["$typeName"], Kind>> = {
  "ordermesh.order.v1.OrderPlaced": "ORDER_PLACED",
  "ordermesh.order.v1.OrderConfirmed": "ORDER_CONFIRMED",
  "ordermesh.order.v1.OrderCancelled": "ORDER_CANCELLED",
  "ordermesh.order.v1.OrderShipped": "ORDER_SHIPPED",
  "ordermesh.order.v1.OrderDelivered": "ORDER_DELIVERED",
};

/**
 * The message to the customer that an order's event calls for: the same one whenever the event is read.
 * Throws PoisonError when the event names no order, or has what no text column holds.
 */
export function notificationOf({ id, time, message }: Event<OrderMessage>): Notification {
  const { orderId, customerId } = message;
  if (!isUuid(orderId) || customerId === "") {
    const given = JSON.stringify({ order_id: orderId, customer_id: customerId });
    throw new PoisonError(id, `${message.$typeName}: given ${given}, allowed a UUID and an id`);
  }
  if ([customerId, "contactEmail" in message ? message.contactEmail : ""].some((text) => text.includes("\0"))) {
    throw new PoisonError(id, `${message.$typeName}: given a text with a NUL character, allowed any other`);
  }
  const recipient = "contactEmail" in message && message.contactEmail !== "" ? message.contactEmail : undefined;
  return { id, orderId, customerId, kind: kinds[message.$typeName], time, recipient };
}
