// A cancelled order: nothing may stay held or taken for it.
import { OrderCancelledSchema } from "@ordermesh/proto/order";
import { defineHandler, type EventHandler } from "@ordermesh/runtime/consumer";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { changePayments } from "../commands/change-payments.ts";
import { barPayments } from "../store/record-payments.ts";
import type { OrderPorts } from "./on-order-confirmed.ts";

export function onOrderCancelled(ports: OrderPorts): EventHandler {
  return defineHandler({
    messages: [OrderCancelledSchema],
    async apply(events, tx, context) {
      const customers = new Map(events.map(({ message }) => [message.orderId, message.customerId]));
      const { claimed, missing } = await changePayments(ports, tx, [...customers.keys()], { kind: "order-cancelled" });
      // Its OrderPlaced is among the dead letters; replayed later, it must not be paid any more.
      if (missing.length > 0) await barPayments(tx, missing.map(barred), ports.now());
      context.afterCommit(() => {
        ports.known.forget(customers.keys());
        ports.work(claimed);
      });

      function barred(orderId: string) {
        const customerId = customers.get(orderId) ?? "";
        return { id: newBucketedId(customerId, ports.now().getTime()), orderId, customerId };
      }
    },
  });
}
