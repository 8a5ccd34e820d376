// The whole row of a payment, within the transaction that changed it.
import type { Statement, Transaction } from "@ordermesh/runtime/database";
import type { Payment } from "./prisma/client.ts";

const READ: Statement = {
  name: "payment_read",
  text: `
    SELECT id, order_id AS "orderId", customer_id AS "customerId", currency, amount, token, status, captured, refunded,
           refund_pending AS "refundPending", capture_requested AS "captureRequested",
           order_cancelled AS "orderCancelled", decline_code AS "declineCode", revision,
           correlation_id AS "correlationId", traceparent, create_time AS "createTime", update_time AS "updateTime"
    FROM payment WHERE id = $1`,
};

export async function readPayment(tx: Transaction, id: string): Promise<Payment> {
  const { rows } = await tx.query<Payment>({ ...READ, values: [id] });
  const [payment] = rows;
  if (payment === undefined) throw new Error(`payment ${id} is gone`);
  return payment;
}
