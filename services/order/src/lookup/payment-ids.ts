// Payments that came too late to change their order still are its payments.
import type { Statement, Transaction } from "@ordermesh/runtime/database";

export interface OrderPayment {
  readonly orderId: string;
  readonly paymentId: string;
}

const storeIds: Statement = {
  name: "store-payment-ids",
  text: `UPDATE orders SET payment_id = t.payment_id
         FROM unnest($1::uuid[], $2::uuid[]) AS t (id, payment_id)
         WHERE orders.id = t.id AND orders.id = ANY ($1) AND orders.payment_id IS NULL`,
};

/** Stores the payment of each order that has none yet. The orders are locked by `tx`. */
export async function storePaymentIds(tx: Transaction, payments: readonly OrderPayment[]): Promise<void> {
  if (payments.length === 0) return;
  const values = [payments.map(({ orderId }) => orderId), payments.map(({ paymentId }) => paymentId)];
  await tx.query({ ...storeIds, values });
}
