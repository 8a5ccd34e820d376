import type { Statement, Transaction } from "@ordermesh/runtime/database";
import type { Notification } from "../domain/notification.ts";
import { kindNumbers } from "./kind-number.ts";

const RECORD: Statement = {
  name: "notification_record",
  text: `INSERT INTO notification (order_id, kind, id, customer_id, recipient, create_time, deliver_time)
         SELECT order_id, kind, id, customer_id, recipient, create_time, $1
         FROM unnest($2::uuid[], $3::smallint[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[])
           AS message (order_id, kind, id, customer_id, recipient, create_time)
         ON CONFLICT DO NOTHING`,
};

/**
 * Records a batch of messages in one statement; one that an order has already of its kind is left as it is. Their
 * create time is that of their events, so that it is the same when they are recorded anew.
 */
export async function recordNotifications(
  tx: Transaction,
  notifications: readonly Notification[],
  deliverTime: Date | null,
): Promise<void> {
  await tx.query({
    ...RECORD,
    values: [
      deliverTime,
      notifications.map((notification) => notification.orderId),
      notifications.map((notification) => kindNumbers[notification.kind]),
      notifications.map((notification) => notification.id),
      notifications.map((notification) => notification.customerId),
      notifications.map((notification) => notification.recipient ?? null),
      notifications.map((notification) => notification.time),
    ],
  });
}
