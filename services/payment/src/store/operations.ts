// Operations in flight: who may work on them, and when they are tried again.
import type { Database, Statement, Transaction } from "@ordermesh/runtime/database";
import type { OperationKind, OperationOrigin } from "../domain/payment.ts";
import { type ClaimedOperation, type Lease, type PaymentRow, paymentColumns, paymentOf } from "./payment.ts";

/** When an operation that failed is tried again. */
export interface Retry {
  readonly id: string;
  readonly attempts: number;
  readonly timeMs: number;
  readonly error: string;
}

export type OperationStatus = "PENDING" | "SUCCEEDED" | "DECLINED" | "SUPERSEDED";

// Skipping locked rows lets every replica claim at once; each gets others.
const CLAIM_DUE: Statement = {
  name: "payment_claim_due",
  text: `
    WITH due AS (
      SELECT id FROM payment_operation WHERE status = 'PENDING' AND next_attempt_time <= $1
      ORDER BY next_attempt_time LIMIT $2 FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE payment_operation AS operation SET next_attempt_time = $3, locked_by = $4, update_time = $1
      FROM due WHERE operation.id = due.id
      RETURNING operation.*
    )
    SELECT claimed.id AS operation_id, claimed.kind, claimed.amount AS operation_amount, claimed.origin,
           claimed.attempts, ${paymentColumns}
    FROM claimed JOIN payment ON payment.id = claimed.payment_id`,
};

const RESCHEDULE: Statement = {
  name: "payment_reschedule",
  text: `
    UPDATE payment_operation AS operation SET
      attempts = t.attempts, next_attempt_time = t.time, last_error = t.error, locked_by = NULL, update_time = $5
    FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::text[]) AS t (id, attempts, time, error)
    WHERE operation.id = t.id AND operation.status = 'PENDING' AND operation.locked_by = $6`,
};

const RELEASE_ALL: Statement = {
  name: "payment_release_all",
  text: `UPDATE payment_operation SET next_attempt_time = $2, locked_by = NULL
         WHERE status = 'PENDING' AND locked_by = $1`,
};

const STATUSES: Statement = {
  name: "payment_operation_statuses",
  text: "SELECT id, status FROM payment_operation WHERE id = ANY ($1::uuid[])",
};

interface DueRow extends PaymentRow {
  operation_id: string;
  kind: OperationKind;
  operation_amount: bigint;
  origin: OperationOrigin;
  attempts: number;
}

/** Takes up to `limit` operations that are due: retries whose time has come, and leases that ran out. */
export async function claimDue(
  database: Database,
  now: Date,
  limit: number,
  lease: Lease,
): Promise<ClaimedOperation[]> {
  const values = [now, limit, new Date(lease.endMs), lease.owner];
  const { rows } = await database.query<DueRow>(CLAIM_DUE, values);
  return rows.map((row) => ({
    payment: paymentOf(row),
    operation: {
      id: row.operation_id,
      kind: row.kind,
      amount: row.operation_amount,
      origin: row.origin,
      attempts: row.attempts,
    },
    leaseEndMs: lease.endMs,
  }));
}

/** Gives operations of `owner` back, to be tried again at their times. */
export async function reschedule(
  database: Database,
  retries: readonly Retry[],
  now: Date,
  owner: string,
): Promise<void> {
  await database.query(RESCHEDULE, [
    retries.map((retry) => retry.id),
    retries.map((retry) => retry.attempts),
    retries.map((retry) => new Date(retry.timeMs)),
    retries.map((retry) => retry.error),
    now,
    owner,
  ]);
}

/** Gives back everything leased to `owner`, due at once. */
export async function releaseAll(database: Database, owner: string, now: Date): Promise<number> {
  const { rowCount } = await database.query(RELEASE_ALL, [owner, now]);
  return rowCount ?? 0;
}

/** The status of each operation. Only to be trusted while its payment is locked. */
export async function operationStatuses(
  tx: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OperationStatus>> {
  const { rows } = await tx.query<{ id: string; status: OperationStatus }>({ ...STATUSES, values: [ids] });
  return new Map(rows.map((row) => [row.id, row.status]));
}
