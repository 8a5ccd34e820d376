// Each step of an order that a customer should hear of becomes one message.
import { defineHandler, type EventHandler } from "@ordermesh/runtime/consumer";
import type { NotificationSender } from "../delivery/notification-sender.ts";
import { recordNotifications } from "../store/record-notifications.ts";
import { notificationOf, orderMessages } from "./order-notification.ts";

/** The group in which notification consumes, and under which its inbox knows what was applied. */
export const consumerGroup = "notification";

export interface OrderEventPorts {
  readonly sender: NotificationSender;
  readonly now: () => Date;
}

export function onOrderEvents({ sender, now }: OrderEventPorts): EventHandler {
  return defineHandler({
    messages: orderMessages,
    async apply(events, tx, context) {
      const notifications = events.map(notificationOf);
      const atOnce = sender.timing === "at-once";
      await recordNotifications(tx, notifications, atOnce ? now() : null);
      if (!atOnce) return;
      context.afterCommit(async () => {
        await sender.deliver(notifications);
      });
    },
  });
}
