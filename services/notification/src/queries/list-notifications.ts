import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Notification, NotificationSchema } from "@ordermesh/proto/notification";
import { type Caller, maySee } from "@ordermesh/runtime/auth";
import { maskRecipient, subjectOf } from "../domain/notification.ts";
import { orderNotFound } from "../errors.ts";
import { kindNumbers, kindOfNumber } from "../store/kind-number.ts";
import type { PrismaClient } from "../store/prisma/client.ts";

/**
 * What was sent for an order, oldest first; empty until notification has seen the order.
 * Throws ORDER_NOT_FOUND when the order is another customer's, as far as its id or its messages tell.
 */
export async function listNotifications(
  prisma: PrismaClient,
  caller: Caller,
  orderId: string,
): Promise<Notification[]> {
  const rows = await prisma.notification.findMany({
    where: { orderId },
    orderBy: [{ createTime: "asc" }, { kind: "asc" }],
  });
  // All messages of an order are its customer's.
  if (!maySee(caller, orderId, rows[0]?.customerId)) throw orderNotFound(orderId);
  // The address is kept with the first message alone.
  const address = rows.find((row) => row.recipient !== null)?.recipient;
  const recipient = typeof address === "string" ? maskRecipient(address) : "";
  return rows.map((row) => {
    const kind = kindOfNumber(row.kind);
    return create(NotificationSchema, {
      id: row.id,
      orderId: row.orderId,
      kind: kindNumbers[kind],
      recipient,
      subject: subjectOf(kind, row.orderId),
      createTime: timestampFromDate(row.createTime),
      ...(row.deliverTime === null ? {} : { deliverTime: timestampFromDate(row.deliverTime) }),
    });
  });
}
