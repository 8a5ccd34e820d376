// Reads orders under lock and stores what was decided for them, a whole batch in one statement each.
import type { Statement, Transaction } from "@ordermesh/runtime/database";
import type { Cancellation } from "../domain/decide.ts";
import type { OrderState, OrderStatus, SagaOutcome } from "../domain/order.ts";
import { assertOwned } from "../shards/bucket-table.ts";

/** An order under lock: its state and whose it is. */
export interface LockedOrder {
  readonly id: string;
  readonly customerId: string;
  readonly state: OrderState;
}

/** What is to be stored for one order after all decisions of a transaction. */
export interface OrderUpdate {
  readonly id: string;
  readonly state: OrderState;
  readonly cancellation?: Cancellation;
  /** Set when the status changed. */
  readonly changeTime?: Date;
  /** Set when its payment became known. */
  readonly paymentId?: string | undefined;
}

/** One state change, for the order's history. */
export interface ChangeRow {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly time: Date;
  readonly cause: string;
  readonly eventId: string;
}

interface LockedRow {
  id: string;
  customer_id: string;
  status: OrderStatus;
  stock_outcome: SagaOutcome;
  payment_outcome: SagaOutcome;
  carrier: string | null;
  tracking_number: string | null;
}

const columns = "id, customer_id, status, stock_outcome, payment_outcome, carrier, tracking_number";

// Locks are taken in id order by everyone, so that two batches never wait for each other in a circle.
const lockById: Statement = {
  name: "lock-orders",
  text: `SELECT ${columns} FROM orders WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`,
};

// Skipping locked rows lets every replica sweep at once. Orders of buckets that are elsewhere are copies of a move.
const lockOverdue: Statement = {
  name: "lock-overdue-orders",
  text: `SELECT ${columns} FROM orders WHERE status = 'PENDING' AND deadline <= $1
           AND order_bucket(id) IN (SELECT bucket FROM bucket WHERE state = 'OWNED')
         ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED`,
};

// `= ANY` repeats what the join says so that rows are always found by the key, never by a scan of the whole index.
const updateOrders: Statement = {
  name: "update-orders",
  text: `
    UPDATE orders SET
      status = t.status, stock_outcome = t.stock, payment_outcome = t.payment,
      update_time = coalesce(t.change_time, update_time),
      cancellation_reason = t.reason, cancellation_detail = t.detail,
      cancel_time = CASE WHEN t.reason IS NULL THEN NULL ELSE t.change_time END,
      carrier = t.carrier, tracking_number = t.tracking_number,
      payment_id = coalesce(orders.payment_id, t.payment_id)
    FROM unnest($1::uuid[], $2::order_status[], $3::saga_outcome[], $4::saga_outcome[], $5::timestamptz[],
                $6::cancellation_reason[], $7::text[], $8::text[], $9::text[], $10::uuid[])
      AS t (id, status, stock, payment, change_time, reason, detail, carrier, tracking_number, payment_id)
    WHERE orders.id = t.id AND orders.id = ANY ($1)`,
};

const insertChanges: Statement = {
  name: "insert-order-changes",
  text: `
    INSERT INTO order_change (order_id, status, time, cause, event_id)
    SELECT * FROM unnest($1::uuid[], $2::order_status[], $3::timestamptz[], $4::text[], $5::uuid[])`,
};

/**
 * Locks the orders that exist among `ids` until the transaction ends. Throws NotOwnedError when one belongs to another
 * shard, or must wait until its bucket has moved.
 */
export async function lockOrders(tx: Transaction, ids: readonly string[]): Promise<Map<string, LockedOrder>> {
  const locking = tx.query<LockedRow>({ ...lockById, values: [ids] });
  const [{ rows }] = await Promise.all([locking, assertOwned(tx, ids)]);
  return new Map(rows.map((row) => [row.id, lockedOrder(row)]));
}

/** Locks up to `limit` PENDING orders whose deadline is at or before `now`, passing over those locked by others. */
export async function lockOverdueOrders(tx: Transaction, now: Date, limit: number): Promise<LockedOrder[]> {
  const { rows } = await tx.query<LockedRow>({ ...lockOverdue, values: [now, limit] });
  return rows.map(lockedOrder);
}

/** Stores updates (each order at most once) and the history rows that belong to them. */
export async function storeChanges(
  tx: Transaction,
  updates: readonly OrderUpdate[],
  changes: readonly ChangeRow[],
): Promise<void> {
  if (updates.length > 0) await tx.query({ ...updateOrders, values: updateValues(updates) });
  if (changes.length > 0) await tx.query({ ...insertChanges, values: changeValues(changes) });
}

function updateValues(updates: readonly OrderUpdate[]): unknown[] {
  return [
    updates.map((update) => update.id),
    updates.map((update) => update.state.status),
    updates.map((update) => update.state.stock),
    updates.map((update) => update.state.payment),
    updates.map((update) => update.changeTime ?? null),
    updates.map((update) => update.cancellation?.reason ?? null),
    updates.map((update) => update.cancellation?.detail ?? null),
    updates.map((update) => update.state.shipment?.carrier ?? null),
    updates.map((update) => update.state.shipment?.trackingNumber ?? null),
    updates.map((update) => update.paymentId ?? null),
  ];
}

function changeValues(changes: readonly ChangeRow[]): unknown[] {
  return [
    changes.map((change) => change.orderId),
    changes.map((change) => change.status),
    changes.map((change) => change.time),
    changes.map((change) => change.cause),
    changes.map((change) => change.eventId),
  ];
}

function lockedOrder(row: LockedRow): LockedOrder {
  const { carrier, tracking_number: trackingNumber } = row;
  const state: OrderState = { status: row.status, stock: row.stock_outcome, payment: row.payment_outcome };
  const shipped = carrier !== null && trackingNumber !== null;
  return {
    id: row.id,
    customerId: row.customer_id,
    state: shipped ? { ...state, shipment: { carrier, trackingNumber } } : state,
  };
}
