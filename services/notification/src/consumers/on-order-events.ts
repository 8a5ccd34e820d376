// Each step of an order that a customer should hear of becomes one message.
import {
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderDeliveredSchema,
  OrderPlacedSchema,
  OrderShippedSchema,
} from "@ordermesh/proto/order";
import { defineHandler, type EventHandler } from "@ordermesh/runtime/consumer";
import type { NotificationSender } from "../delivery/notification-sender.ts";
import { recordNotifications } from "../store/record-notifications.ts";
import { notificationOf } from "./order-notification.ts";

export interface OrderEventPorts {
  readonly sender: NotificationSender;
  readonly now: () => Date;
}

export function onOrderEvents({ sender, now }: OrderEventPorts): EventHandler {
  return defineHandler({
    messages: [OrderPlacedSchema, OrderConfirmedSchema, OrderCancelledSchema, OrderShippedSchema, OrderDeliveredSchema],
    async apply(events, tx, context) {
      const notifications = events.map(notificationOf);
      const time = now();
      const atOnce = sender.timing === "at-once";
      await recordNotifications(tx, notifications, time, atOnce ? time : null);
      if (!atOnce) return;
      context.afterCommit(async () => {
        await sender.deliver(notifications);
      });
    },
  });
}
