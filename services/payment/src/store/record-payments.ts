// Records the payments of placed orders, a whole batch in one statement.
import type { Statement, Transaction } from "@ordermesh/runtime/database";
import { newPayment } from "../domain/payment.ts";
import { arrayLiteral } from "./array-literal.ts";
import type { Lease, Payment } from "./payment.ts";

// An order is paid once: a payment that exists already stays as it is, and then no authorisation is recorded either.
const RECORD: Statement = {
  name: "payment_record",
  text: `
    WITH recorded AS (
      INSERT INTO payment (id, order_id, customer_id, currency, amount, token, correlation_id, traceparent,
                           status, create_time, update_time)
      SELECT *, 'PENDING'::payment_status, $9::timestamptz, $9::timestamptz
      FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])
      ON CONFLICT (order_id) DO NOTHING
      RETURNING id, amount
    ), opened AS (
      INSERT INTO payment_operation (id, payment_id, kind, amount, origin, next_attempt_time, locked_by,
                                     create_time, update_time)
      SELECT id, id, 'AUTHORIZE'::operation_kind, amount, 'saga'::operation_origin, $10::timestamptz, $11::text, $9, $9
      FROM recorded
    )
    SELECT CASE WHEN count(*) < cardinality($1::uuid[]) THEN coalesce(array_agg(id::text), '{}') END AS only
    FROM recorded`,
};

// Stands for the payment of an order that was cancelled before it was seen placed: it keeps the order from being paid.
const BAR: Statement = {
  name: "payment_bar",
  text: `
    INSERT INTO payment (id, order_id, customer_id, currency, amount, token, status, order_cancelled,
                         create_time, update_time)
    SELECT id, order_id, customer_id, 'XXX', 0, '', 'VOIDED'::payment_status, true, $4::timestamptz, $4
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS barred (id, order_id, customer_id)
    ON CONFLICT (order_id) DO NOTHING`,
};

/** What an order says about its payment. */
export type PlacedPayment = Omit<Payment, "revision" | "state"> & { readonly amount: bigint };

/**
 * Records payments with their authorisation, leased to this process.
 *
 * @returns those that are new
 */
export async function recordPayments(
  tx: Transaction,
  placed: readonly PlacedPayment[],
  now: Date,
  lease: Lease,
): Promise<Payment[]> {
  const { rows } = await tx.query<{ only: string[] | null }>({
    ...RECORD,
    values: [
      arrayLiteral(placed, (payment) => payment.id),
      arrayLiteral(placed, (payment) => payment.orderId),
      placed.map((payment) => payment.customerId),
      placed.map((payment) => payment.currency),
      arrayLiteral(placed, (payment) => payment.amount),
      placed.map((payment) => payment.token),
      placed.map((payment) => payment.correlationId ?? null),
      placed.map((payment) => payment.traceparent ?? null),
      now,
      new Date(lease.endMs),
      lease.owner,
    ],
  });
  const only = rows[0]?.only;
  const recorded = only ? placed.filter((payment) => only.includes(payment.id)) : placed;
  return recorded.map(({ amount, ...payment }) => ({ ...payment, revision: 0, state: newPayment(amount) }));
}

/** Keeps orders that were never seen placed from being paid later. */
export async function barPayments(
  tx: Transaction,
  barred: readonly Pick<Payment, "id" | "orderId" | "customerId">[],
  now: Date,
): Promise<void> {
  await tx.query({
    ...BAR,
    values: [
      barred.map((payment) => payment.id),
      barred.map((payment) => payment.orderId),
      barred.map((payment) => payment.customerId),
      now,
    ],
  });
}
