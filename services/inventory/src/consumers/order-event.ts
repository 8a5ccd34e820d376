// From the messages of the order service to the events of the domain.
import type { OrderCancelled, OrderConfirmed, OrderPlaced } from "@ordermesh/proto/order";
import { PoisonError } from "@ordermesh/runtime/errors";
import type { Event } from "@ordermesh/runtime/events";
import { isUuid } from "@ordermesh/runtime/ids";
import type { OrderEvent } from "../domain/reservation.ts";

export type OrderMessage = OrderPlaced | OrderConfirmed | OrderCancelled;

/** @throws PoisonError when the message breaks a rule that the order service guarantees */
export function orderEventOf(event: Event<OrderMessage>): OrderEvent {
  const { message } = event;
  const { orderId, customerId } = message;
  demand(event, isUuid(orderId), "order_id", orderId, "a UUID");
  demand(event, customerId !== "", "customer_id", customerId, "an id");
  switch (message.$typeName) {
    case "ordermesh.order.v1.OrderPlaced":
      return { type: "OrderPlaced", orderId, customerId, lines: linesOf(event, message) };
    case "ordermesh.order.v1.OrderConfirmed":
      return { type: "OrderConfirmed", orderId, customerId };
    case "ordermesh.order.v1.OrderCancelled":
      return { type: "OrderCancelled", orderId, customerId };
    default:
      return message satisfies never;
  }
}

function linesOf(event: Event<OrderMessage>, message: OrderPlaced): { sku: string; quantity: number }[] {
  demand(event, message.lines.length > 0, "lines", "none", "at least one");
  return message.lines.map(({ sku, quantity }) => {
    demand(event, sku !== "", "lines.sku", sku, "a sku");
    demand(event, quantity > 0, "lines.quantity", String(quantity), "more than zero");
    return { sku, quantity };
  });
}

function demand(event: Event<OrderMessage>, good: boolean, field: string, given: string, allowed: string): void {
  if (good) return;
  throw new PoisonError(event.id, `${event.type}.${field}: given ${JSON.stringify(given)}, allowed ${allowed}`);
}
