import type { Statement, Transaction } from "@ordermesh/runtime/database";
import type { Notification } from "../domain/notification.ts";
import { kindNumbers } from "./kind-number.ts";

const RECORD: Statement = {
  name: "notification_record",
  text: `INSERT INTO notification (order_id, kind, id, customer_id, recipient, create_time, deliver_time)
         SELECT order_id, kind, id, customer_id, recipient, $1, $2
         FROM unnest($3::uuid[], $4::smallint[], $5::uuid[], $6::text[], $7::text[])
           AS message (order_id, kind, id, customer_id, recipient)
         ON CONFLICT DO NOTHING`,
};

/** Records a batch of messages in one statement; one that an order has already of its kind is left as it is. */
export async function recordNotifications(
  tx: Transaction,
  notifications: readonly Notification[],
  createTime: Date,
  deliverTime: Date | null,
): Promise<void> {
  await tx.query({
    ...RECORD,
    values: [
      createTime,
      deliverTime,
      notifications.map((notification) => notification.orderId),
      notifications.map((notification) => kindNumbers[notification.kind]),
      notifications.map((notification) => notification.id),
      notifications.map((notification) => notification.customerId),
      notifications.map((notification) => notification.recipient ?? null),
    ],
  });
}
