// Payments as they are kept, and how to read them under lock.
import type { Statement, Transaction } from "@ordermesh/runtime/database";
import type { OperationKind, OperationOrigin, PaymentState, PaymentStatus } from "../domain/payment.ts";

/** A payment at one of its revisions. */
export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly currency: string;
  readonly token: string;
  /** Of the request that placed the order. */
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
  readonly revision: number;
  readonly state: PaymentState;
}

/** Something the provider is asked for. The id is its idempotency key there. */
export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly amount: bigint;
  readonly origin: OperationOrigin;
  /** Calls made so far. */
  readonly attempts: number;
}

/** An operation that this process may work on until its lease ends. */
export interface ClaimedOperation {
  readonly payment: Payment;
  readonly operation: Operation;
  readonly leaseEndMs: number;
}

/** Who works on new operations, and until when nobody else may. */
export interface Lease {
  readonly owner: string;
  readonly endMs: number;
}

export interface PaymentRow {
  id: string;
  order_id: string;
  customer_id: string;
  currency: string;
  amount: bigint;
  token: string;
  status: PaymentStatus;
  captured: bigint;
  refunded: bigint;
  refund_pending: bigint;
  capture_requested: boolean;
  order_cancelled: boolean;
  decline_code: string;
  revision: number;
  correlation_id: string | null;
  traceparent: string | null;
}

/** The columns of {@link PaymentRow}, for a table or alias called payment. */
export const paymentColumns = `payment.id, payment.order_id, payment.customer_id, payment.currency, payment.amount,
  payment.token, payment.status, payment.captured, payment.refunded, payment.refund_pending, payment.capture_requested,
  payment.order_cancelled, payment.decline_code, payment.revision, payment.correlation_id, payment.traceparent`;

// Locks are taken in id order by everyone, so that two batches never wait for each other in a circle.
const LOCK_BY_ORDER: Statement = {
  name: "payment_lock_by_order",
  text: `SELECT ${paymentColumns} FROM payment WHERE order_id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
};
const LOCK_BY_ID: Statement = {
  name: "payment_lock_by_id",
  text: `SELECT ${paymentColumns} FROM payment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
};

/** Locks the payments of these orders until the transaction ends, by order id. */
export async function lockPaymentsOfOrders(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<Map<string, Payment>> {
  const { rows } = await tx.query<PaymentRow>({ ...LOCK_BY_ORDER, values: [orderIds] });
  return new Map(rows.map((row) => [row.order_id, paymentOf(row)]));
}

/** Locks payments until the transaction ends, by id. */
export async function lockPayments(tx: Transaction, ids: readonly string[]): Promise<Map<string, Payment>> {
  const { rows } = await tx.query<PaymentRow>({ ...LOCK_BY_ID, values: [ids] });
  return new Map(rows.map((row) => [row.id, paymentOf(row)]));
}

export function paymentOf(row: PaymentRow): Payment {
  return {
    id: row.id,
    orderId: row.order_id,
    customerId: row.customer_id,
    currency: row.currency,
    token: row.token,
    correlationId: row.correlation_id ?? undefined,
    traceparent: row.traceparent ?? undefined,
    revision: row.revision,
    state: {
      status: row.status,
      amount: row.amount,
      captured: row.captured,
      refunded: row.refunded,
      refundPending: row.refund_pending,
      captureRequested: row.capture_requested,
      orderCancelled: row.order_cancelled,
      declineCode: row.decline_code,
    },
  };
}

/** The operation that a new payment begins with. It has the id of its payment. */
export function operationOfNew({ id, state }: Payment): Operation {
  return { id, kind: "AUTHORIZE", amount: state.amount, origin: "saga", attempts: 0 };
}
