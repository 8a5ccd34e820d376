// Stored payments as the messages that clients see.
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Payment as PaymentMessage, PaymentSchema, PaymentStatus } from "@ordermesh/proto/payment";
import type { Payment as PaymentRow } from "../store/prisma/client.ts";

/** Refunds count from when they are recorded: they are certain then. The status changes when the provider has done it. */
export function paymentMessage(row: PaymentRow): PaymentMessage {
  const money = (minorUnits: bigint) => ({ currencyCode: row.currency, minorUnits });
  return create(PaymentSchema, {
    id: row.id,
    orderId: row.orderId,
    status: PaymentStatus[row.status],
    amount: money(row.amount),
    captured: money(row.captured),
    refunded: money(row.refunded + row.refundPending),
    declineCode: row.declineCode,
    createTime: timestampFromDate(row.createTime),
    updateTime: timestampFromDate(row.updateTime),
  });
}
