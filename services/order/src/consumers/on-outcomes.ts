// What stock and payment report. One handler for all four outcomes: an order whose both outcomes are in one batch is
// then updated once.

import {
  type StockRejected,
  StockRejectedSchema,
  type StockReserved,
  StockReservedSchema,
} from "@ordermesh/proto/inventory";
import {
  type PaymentAuthorized,
  PaymentAuthorizedSchema,
  type PaymentDeclined,
  PaymentDeclinedSchema,
} from "@ordermesh/proto/payment";
import { defineHandler, type EventHandler } from "@ordermesh/runtime/consumer";
import { PoisonError } from "@ordermesh/runtime/errors";
import type { Event, EventEncoder } from "@ordermesh/runtime/events";
import { isUuid } from "@ordermesh/runtime/ids";
import { applyTriggers, type OrderTrigger } from "../commands/apply-triggers.ts";
import type { Trigger } from "../domain/decide.ts";
import type { OrderLookups } from "../lookup/open-lookups.ts";
import { paymentEntries } from "../lookup/order-name.ts";
import { lockOrders } from "../store/order-changes.ts";

type Outcome = StockReserved | StockRejected | PaymentAuthorized | PaymentDeclined;

export interface OutcomePorts {
  readonly encoder: EventEncoder;
  readonly now: () => Date;
  readonly changed: (orderIds: readonly string[]) => void;
  /** Takes the names that orders were given, after the commit. */
  readonly remember: OrderLookups["remember"];
}

export function onOutcomes({ encoder, now, changed, remember }: OutcomePorts): EventHandler {
  return defineHandler({
    messages: [StockReservedSchema, StockRejectedSchema, PaymentAuthorizedSchema, PaymentDeclinedSchema],
    async apply(events, tx, context) {
      const ids = [...new Set(events.map((event) => event.message.orderId))];
      const orders = await lockOrders(tx, ids);
      const unknown = events.find((event) => !orders.has(event.message.orderId));
      if (unknown) throw new PoisonError(unknown.id, `no order ${unknown.message.orderId}`);
      const triggers = events.map(triggerOf);
      const { records } = await applyTriggers(tx, orders, triggers, now(), encoder);
      for (const record of records) context.emit(record);
      context.afterCommit(() => {
        changed(ids);
        remember(triggers.flatMap(({ orderId, paymentId }) => (paymentId ? paymentEntries(orderId, paymentId) : [])));
      });
    },
  });
}

function triggerOf(
  event: Event<StockReserved> | Event<StockRejected> | Event<PaymentAuthorized> | Event<PaymentDeclined>,
): OrderTrigger {
  const { message, correlationId, traceparent } = event;
  const paymentId = "paymentId" in message && isUuid(message.paymentId) ? message.paymentId : undefined;
  return { orderId: message.orderId, trigger: outcomeTrigger(message), paymentId, correlationId, traceparent };
}

function outcomeTrigger(message: Outcome): Trigger {
  switch (message.$typeName) {
    case "ordermesh.inventory.v1.StockReserved":
      return { kind: "stock-reserved" };
    case "ordermesh.inventory.v1.StockRejected":
      return { kind: "stock-rejected", shortSkus: message.shortSkus };
    case "ordermesh.payment.v1.PaymentAuthorized":
      return { kind: "payment-authorized" };
    case "ordermesh.payment.v1.PaymentDeclined":
      return { kind: "payment-declined", declineCode: message.declineCode };
    default:
      return message satisfies never;
  }
}
