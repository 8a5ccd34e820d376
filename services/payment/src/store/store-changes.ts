// Stores what was decided for payments: the payments, the operations that ended, those that begin and the events, a
// whole batch in one statement.
import type { Database, Statement } from "@ordermesh/runtime/database";
import { type EventRecord, encodeRecord } from "@ordermesh/runtime/event-log";
import type { OperationKind, PaymentState } from "../domain/payment.ts";
import { arrayLiteral } from "./array-literal.ts";
import type { Lease, Operation, Payment } from "./payment.ts";

/** How an operation ended. */
export interface ClosedOperation {
  readonly id: string;
  readonly kind: OperationKind;
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
export type Runner = Pick<Database, "query">;

// `payment.id = ANY` repeats what the join says, so that rows are found by their keys and never by a scan of the index.
// A payment is changed only at the revision that the decision was made on, and everything else follows those that were.
// The outbox row selects from the changed payments, so it gets its number while their locks are held. Records are joined
// by a character that JSON escapes, as quoting them for an array would cost more than all else here.
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
      WHERE payment.id = t.id AND payment.revision = t.revision AND payment.id = ANY ($1::uuid[])
      RETURNING payment.id
    ), closed AS (
      UPDATE payment_operation AS operation SET
        status = t.status, attempts = t.attempts, last_error = t.note, locked_by = NULL, update_time = $10
      FROM unnest($11::uuid[], $12::uuid[], $13::operation_status[], $14::integer[], $15::text[])
        AS t (id, payment_id, status, attempts, note)
      JOIN changed ON changed.id = t.payment_id
      WHERE operation.id = t.id AND operation.status = 'PENDING'
    ), removed AS (
      DELETE FROM payment_operation AS operation
      WHERE operation.id = ANY ($16::uuid[]) AND operation.status = 'PENDING'
        AND operation.payment_id IN (SELECT id FROM changed)
    ), opened AS (
      INSERT INTO payment_operation (id, payment_id, kind, amount, origin, next_attempt_time, locked_by,
                                     create_time, update_time)
      SELECT t.id, t.payment_id, t.kind, t.amount, t.origin, $22::timestamptz, $23::text, $10, $10
      FROM unnest($17::uuid[], $18::uuid[], $19::operation_kind[], $20::bigint[], $21::operation_origin[])
        AS t (id, payment_id, kind, amount, origin)
      JOIN changed ON changed.id = t.payment_id
    ), announced AS (
      INSERT INTO outbox (records, record_count)
      SELECT '[' || string_agg(t.record, ',' ORDER BY t.ordinal) || ']', count(*)
      FROM unnest($24::uuid[], string_to_array($25, E'\\x1e')) WITH ORDINALITY AS t (payment_id, record, ordinal)
      JOIN changed ON changed.id = t.payment_id
      HAVING count(*) > 0
    )
    SELECT CASE WHEN count(*) < cardinality($1::uuid[]) THEN coalesce(array_agg(id::text), '{}') END AS only
    FROM changed`,
};

const recordSeparator = "\u001e";

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
  const closed: Of<ClosedOperation>[] = [];
  const routine: Of<ClosedOperation>[] = [];
  const opened: Of<Operation>[] = [];
  const records: Of<string>[] = [];
  for (const change of changes) {
    const { id } = change.payment;
    for (const item of change.closed) (isRoutine(item) ? routine : closed).push({ payment: id, item });
    for (const item of change.opened) opened.push({ payment: id, item });
    for (const record of change.records) records.push({ payment: id, item: encodeRecord(record) });
  }
  const { rows } = await runner.query<{ only: string[] | null }>(STORE, [
    ...paymentValues(changes),
    now,
    ...idsOf(closed),
    arrayLiteral(closed, ({ item }) => item.status),
    arrayLiteral(closed, ({ item }) => item.attempts),
    closed.map(({ item }) => item.note ?? null),
    arrayLiteral(routine, ({ item }) => item.id),
    ...idsOf(opened),
    arrayLiteral(opened, ({ item }) => item.kind),
    arrayLiteral(opened, ({ item }) => item.amount),
    arrayLiteral(opened, ({ item }) => item.origin),
    new Date(lease.endMs),
    lease.owner,
    arrayLiteral(records, ({ payment }) => payment),
    records.map(({ item }) => item).join(recordSeparator),
  ]);
  const only = rows[0]?.only;
  return new Set(only ?? changes.map(({ payment }) => payment.id));
}

/** Something of a payment. */
interface Of<T> {
  readonly payment: string;
  readonly item: T;
}

/**
 * Of what went well at the first call nothing needs to be kept: the payment and its events tell it. That spares the
 * common course half of what it would write here. Voids and refunds are kept, whatever their course.
 */
function isRoutine({ kind, status, attempts }: ClosedOperation): boolean {
  return status === "SUCCEEDED" && attempts === 1 && (kind === "AUTHORIZE" || kind === "CAPTURE");
}

function paymentValues(changes: readonly PaymentChange[]): unknown[] {
  return [
    arrayLiteral(changes, ({ payment }) => payment.id),
    arrayLiteral(changes, ({ payment }) => payment.revision),
    arrayLiteral(changes, ({ state }) => state.status),
    arrayLiteral(changes, ({ state }) => state.captured),
    arrayLiteral(changes, ({ state }) => state.refunded),
    arrayLiteral(changes, ({ state }) => state.refundPending),
    arrayLiteral(changes, ({ state }) => state.captureRequested),
    arrayLiteral(changes, ({ state }) => state.orderCancelled),
    changes.map(({ state }) => state.declineCode),
  ];
}

function idsOf(items: readonly Of<{ readonly id: string }>[]): [ids: string, payments: string] {
  return [arrayLiteral(items, ({ item }) => item.id), arrayLiteral(items, ({ payment }) => payment)];
}
