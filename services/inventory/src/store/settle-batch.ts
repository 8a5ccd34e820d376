// The hot path: three statements for a whole batch of order events, however many orders and items are in it.
import type { Statement, Transaction } from "@ordermesh/runtime/database";
import type { Reservation, ReservationStatus } from "../domain/reservation.ts";
import type { Settlement } from "../domain/settle-orders.ts";
import { statusNumbers, statusOfNumber } from "./reservation-status.ts";

const READ_RESERVATIONS: Statement = {
  name: "inventory_read_reservations",
  text: `SELECT order_id, customer_id, status, lines FROM reservation WHERE order_id = ANY ($1::uuid[])`,
};

// Sorted, so that two batches that need the same items wait for one another and never deadlock.
const LOCK_STOCK: Statement = {
  name: "inventory_lock_stock",
  text: `SELECT sku, available::float8 AS available FROM stock WHERE sku = ANY ($1::text[])
         ORDER BY sku FOR NO KEY UPDATE`,
};

// Rows are found by "= ANY" on their key, never by a join alone: a plan made while a table was empty may join by
// reading it from end to end, and stays.
const SAVE: Statement = {
  name: "inventory_save_settlement",
  text: `WITH stock_changed AS (
           UPDATE stock
           SET available = stock.available + change.available,
               reserved = stock.reserved + change.reserved,
               deducted = stock.deducted + change.deducted
           FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
             AS change (sku, available, reserved, deducted)
           WHERE stock.sku = change.sku AND stock.sku = ANY ($2::text[])
         ), deducted AS (
           UPDATE reservation SET status = ${statusNumbers.DEDUCTED}, update_time = $1
           WHERE order_id = ANY ($6::uuid[])
         ), released AS (
           UPDATE reservation SET status = ${statusNumbers.RELEASED}, update_time = $1
           WHERE order_id = ANY ($7::uuid[])
         ), restocked AS (
           UPDATE reservation SET status = ${statusNumbers.RESTOCKED}, update_time = $1
           WHERE order_id = ANY ($8::uuid[])
         )
         INSERT INTO reservation (order_id, customer_id, status, lines, update_time)
         SELECT order_id, customer_id, status, lines::json, $1
         FROM unnest($9::uuid[], $10::text[], $11::smallint[], $12::text[])
           AS created (order_id, customer_id, status, lines)`,
};

interface ReservationRow {
  order_id: string;
  customer_id: string;
  status: number;
  lines: [sku: string, quantity: number][];
}

/** The reservations of these orders that exist already, by order id. */
export async function readReservations(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, Reservation>> {
  const { rows } = await tx.query<ReservationRow>({ ...READ_RESERVATIONS, values: [orderIds] });
  return new Map(
    rows.map((row) => [
      row.order_id,
      {
        orderId: row.order_id,
        customerId: row.customer_id,
        status: statusOfNumber(row.status),
        lines: row.lines.map(([sku, quantity]) => ({ sku, quantity })),
      },
    ]),
  );
}

/** Locks the stock of these items until the transaction ends and returns what is available of each. */
export async function lockStock(tx: Transaction, skus: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (skus.length === 0) return new Map();
  const { rows } = await tx.query<{ sku: string; available: number }>({ ...LOCK_STOCK, values: [skus] });
  return new Map(rows.map((row) => [row.sku, row.available]));
}

/** Writes what a batch changes. The stock that it changes must be locked by this transaction. */
export async function saveSettlement(tx: Transaction, settlement: Settlement, time: Date): Promise<void> {
  const { stockChanges, moved, created } = settlement;
  if (stockChanges.length + moved.length + created.length === 0) return;
  await tx.query({
    ...SAVE,
    values: [
      time,
      stockChanges.map((change) => change.sku),
      stockChanges.map((change) => change.available),
      stockChanges.map((change) => change.reserved),
      stockChanges.map((change) => change.deducted),
      idsOf(moved, "DEDUCTED"),
      idsOf(moved, "RELEASED"),
      idsOf(moved, "RESTOCKED"),
      created.map((reservation) => reservation.orderId),
      created.map((reservation) => reservation.customerId),
      created.map((reservation) => statusNumbers[reservation.status]),
      created.map((reservation) => JSON.stringify(reservation.lines.map((line) => [line.sku, line.quantity]))),
    ],
  });
}

function idsOf(reservations: readonly Reservation[], status: ReservationStatus): string[] {
  return reservations.filter((reservation) => reservation.status === status).map(({ orderId }) => orderId);
}
