// Stores what was decided for payments: the payments, the operations that ended, those that begin and the events, a
// whole batch in one statement.
import type { Statement } from "@ordermesh/runtime/database";
import { type EventRecord, encodeRecord } from "@ordermesh/runtime/event-log";
import type { QueryResult, QueryResultRow } from "pg";
import type { PaymentState } from "../domain/payment.ts";
import type { Lease, Operation, Payment } from "./payment.ts";

/** How an operation ended. */
export interface ClosedOperation {
  readonly id: string;
  readonly status: "SUCCEEDED" | "DECLINED" | "SUPERSEDED";
  readonly attempts: number;
  readonly note: string | undefined;
}

/** What is to be stored for one payment. */
export interface PaymentChange {
  /** As it was when this was decided. */
  readonly payment: Payment;
  readonly state: PaymentState;
  readonly opened: readonly Operation[];
  readonly closed: readonly ClosedOperation[];
  readonly records: readonly EventRecord[];
}

/** Runs a statement: in a transaction, or alone on the pool. */
export interface Runner {
  query<R extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<QueryResult<R>>;
}

// A payment is changed only at the revision that the decision was made on, and everything else follows those that were.
// The outbox row selects from the changed payments, so it gets its number while their locks are held.
const STORE: Statement = {
  name: "payment_store_changes",
  text: `
    WITH changed AS (
      UPDATE payment SET
        status = t.status, captured = t.captured, refunded = t.refunded, refund_pending = t.refund_pending,
        capture_requested = t.capture_requested, order_cancelled = t.order_cancelled, decline_code = t.decline_code,
        revision = payment.revision + 1, update_time = $10::timestamptz
      FROM unnest($1::uuid[], $2::integer[], $3::payment_status[], $4::bigint[], $5::bigint[], $6::bigint[],
                  $7::boolean[], $8::boolean[], $9::text[])
        AS t (id, revision, status, captured, refunded, refund_pending, capture_requested, order_cancelled, decline_code)
      WHERE payment.id = t.id AND payment.revision = t.revision
      RETURNING payment.id
    ), closed AS (
      UPDATE payment_operation AS operation SET
        status = t.status, attempts = t.attempts, last_error = t.note, locked_by = NULL, update_time = $10::timestamptz
      FROM unnest($11::uuid[], $12::uuid[], $13::operation_status[], $14::integer[], $15::text[])
        AS t (id, payment_id, status, attempts, note)
      JOIN changed ON changed.id = t.payment_id
      WHERE operation.id = t.id AND operation.status = 'PENDING'
    ), opened AS (
      INSERT INTO payment_operation (id, payment_id, kind, amount, origin, next_attempt_time, locked_by,
                                     create_time, update_time)
      SELECT t.id, t.payment_id, t.kind, t.amount, t.origin, $21::timestamptz, $22::text, $10, $10
      FROM unnest($16::uuid[], $17::uuid[], $18::operation_kind[], $19::bigint[], $20::operation_origin[])
        AS t (id, payment_id, kind, amount, origin)
      JOIN changed ON changed.id = t.payment_id
    ), announced AS (
      INSERT INTO outbox (records, record_count)
      SELECT '[' || string_agg(t.record, ',' ORDER BY t.ordinal) || ']', count(*)
      FROM unnest($23::uuid[], $24::text[]) WITH ORDINALITY AS t (payment_id, record, ordinal)
      JOIN changed ON changed.id = t.payment_id
      HAVING count(*) > 0
    )
    SELECT id FROM changed`,
};

/**
 * Stores changes, each payment at most once, with the new operations leased to this process.
 *
 * @returns ids of the payments that were stored; the others had another revision and nothing was stored for them
 */
export async function storeChanges(
  runner: Runner,
  changes: readonly PaymentChange[],
  now: Date,
  lease: Lease,
): Promise<ReadonlySet<string>> {
  const { rows } = await runner.query<{ id: string }>(STORE, [
    ...paymentValues(changes),
    now,
    ...closedValues(changes),
    ...openedValues(changes),
    new Date(lease.endMs),
    lease.owner,
    changes.flatMap(({ payment, records }) => records.map(() => payment.id)),
    changes.flatMap(({ records }) => records.map(encodeRecord)),
  ]);
  return new Set(rows.map((row) => row.id));
}

function paymentValues(changes: readonly PaymentChange[]): unknown[] {
  return [
    changes.map(({ payment }) => payment.id),
    changes.map(({ payment }) => payment.revision),
    changes.map(({ state }) => state.status),
    changes.map(({ state }) => state.captured),
    changes.map(({ state }) => state.refunded),
    changes.map(({ state }) => state.refundPending),
    changes.map(({ state }) => state.captureRequested),
    changes.map(({ state }) => state.orderCancelled),
    changes.map(({ state }) => state.declineCode),
  ];
}

function closedValues(changes: readonly PaymentChange[]): unknown[] {
  const closed = changes.flatMap((change) => change.closed);
  return [
    closed.map((operation) => operation.id),
    changes.flatMap((change) => change.closed.map(() => change.payment.id)),
    closed.map((operation) => operation.status),
    closed.map((operation) => operation.attempts),
    closed.map((operation) => operation.note ?? null),
  ];
}

function openedValues(changes: readonly PaymentChange[]): unknown[] {
  const opened = changes.flatMap((change) => change.opened);
  return [
    opened.map((operation) => operation.id),
    changes.flatMap((change) => change.opened.map(() => change.payment.id)),
    opened.map((operation) => operation.kind),
    opened.map((operation) => operation.amount),
    opened.map((operation) => operation.origin),
  ];
}
