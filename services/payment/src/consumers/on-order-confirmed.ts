// A confirmed order: what is held for it is captured.
import { OrderConfirmedSchema } from "@ordermesh/proto/order";
import { defineHandler, type EventHandler } from "@ordermesh/runtime/consumer";
import { PoisonError } from "@ordermesh/runtime/errors";
import { type ChangePorts, changePayments } from "../commands/change-payments.ts";
import type { ClaimedOperation } from "../store/payment.ts";

export interface OrderPorts extends ChangePorts {
  /** Takes over operations that are leased to this process. */
  readonly work: (claimed: readonly ClaimedOperation[]) => void;
}

export function onOrderConfirmed(ports: OrderPorts): EventHandler {
  return defineHandler({
    messages: [OrderConfirmedSchema],
    async apply(events, tx, context) {
      const orderIds = events.map((event) => event.message.orderId);
      const { claimed, missing, refused } = await changePayments(ports, tx, orderIds, { kind: "order-confirmed" });
      const wrong = new Set([...missing, ...refused]);
      const poison = events.find((event) => wrong.has(event.message.orderId));
      if (poison) {
        throw new PoisonError(poison.id, `order ${poison.message.orderId} is confirmed and has no payment to capture`);
      }
      context.afterCommit(() => {
        ports.known.forget(orderIds);
        ports.work(claimed);
      });
    },
  });
}
