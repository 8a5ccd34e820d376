import type { OrderCancelled, OrderConfirmed, OrderDelivered, OrderPlaced, OrderShipped } from "@ordermesh/proto/order";
import { PoisonError } from "@ordermesh/runtime/errors";
import type { Event } from "@ordermesh/runtime/events";
import { isUuid } from "@ordermesh/runtime/ids";
import type { Kind, Notification } from "../domain/notification.ts";

export type OrderMessage = OrderPlaced | OrderConfirmed | OrderCancelled | OrderShipped | OrderDelivered;

const kinds: Readonly<Record<OrderMessage["$typeName"], Kind>> = {
  "ordermesh.order.v1.OrderPlaced": "ORDER_PLACED",
  "ordermesh.order.v1.OrderConfirmed": "ORDER_CONFIRMED",
  "ordermesh.order.v1.OrderCancelled": "ORDER_CANCELLED",
  "ordermesh.order.v1.OrderShipped": "ORDER_SHIPPED",
  "ordermesh.order.v1.OrderDelivered": "ORDER_DELIVERED",
};

/** The message to the customer that an order's event calls for. Throws PoisonError when the event names no order. */
export function notificationOf({ id, message }: Event<OrderMessage>): Notification {
  const { orderId, customerId } = message;
  if (!isUuid(orderId) || customerId === "") {
    const given = JSON.stringify({ order_id: orderId, customer_id: customerId });
    throw new PoisonError(id, `${message.$typeName}: given ${given}, allowed a UUID and an id`);
  }
  const recipient = "contactEmail" in message && message.contactEmail !== "" ? message.contactEmail : undefined;
  return { id, orderId, customerId, kind: kinds[message.$typeName], recipient };
}
