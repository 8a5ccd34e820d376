// Invariant 3: for every item, stock at the start = available + reserved + deducted; never negative; deducted equals
// what CONFIRMED or later orders hold.
import type { Report } from "./findings.ts";
import {
  type AuditContext,
  isConfirmedOrLater,
  isSettled,
  type OrderFacts,
  type OrderStatus,
  type ReservationStatus,
} from "./order-facts.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a reservation may be for an order of each status. */
function fits(status: OrderStatus, reservation: ReservationStatus): boolean {
  if (isConfirmedOrLater(status)) return reservation === "DEDUCTED";
  if (status === "CANCELLED") return reservation !== "RESERVED" && reservation !== "DEDUCTED";
  return reservation === "RESERVED" || reservation === "REJECTED";
}

/** The order's side: with it, the sums per item follow from the reservations. */
export function checkReservation(id: string, facts: OrderFacts, context: AuditContext, report: Report): void {
  const { head, lines, reservation } = facts;
  if (head === undefined) {
    if (reservation !== undefined) report(3, "reservation-without-order", id, `a reservation is ${reservation.status}`);
    return;
  }
  if (!isSettled(head, context)) return;
  if (reservation === undefined) {
    report(3, "reservation-missing", id, `the order is ${head.status} and inventory knows nothing of it`);
    return;
  }
  if (!fits(head.status, reservation.status)) {
    report(3, "reservation-differs", id, `the order is ${head.status}, its reservation ${reservation.status}`);
  }
  // An order that was cancelled before inventory saw it leaves a reservation without lines.
  const unseen = reservation.lines === "" && reservation.status === "RELEASED";
  if (!unseen && reservation.lines !== lines?.lines) {
    report(3, "reserved-lines-differ", id, `ordered ${lines?.lines ?? "nothing"}, reserved ${reservation.lines}`);
  }
}

interface ItemRow {
  readonly sku: string;
  readonly available: number;
  readonly reserved: number;
  readonly deducted: number;
  readonly arrived: number;
  readonly held: number;
  readonly taken: number;
}

// One snapshot holds counters, arrivals and reservations, so the sums are exact also while orders flow.
const itemsOutOfBalance = `
  WITH arrival AS (
    SELECT sku, sum(delta)::float8 AS arrived FROM stock_adjustment GROUP BY sku
  ), hold AS (
    SELECT sku,
           coalesce(sum(quantity) FILTER (WHERE status = 1), 0)::float8 AS held,
           coalesce(sum(quantity) FILTER (WHERE status = 3), 0)::float8 AS taken
    FROM reservation_line WHERE status IN (1, 3) GROUP BY sku
  ), balance AS (
    SELECT sku, coalesce(available, 0)::float8 AS available, coalesce(reserved, 0)::float8 AS reserved,
           coalesce(deducted, 0)::float8 AS deducted, coalesce(arrived, 0) AS arrived,
           coalesce(held, 0) AS held, coalesce(taken, 0) AS taken
    FROM stock FULL JOIN arrival USING (sku) FULL JOIN hold USING (sku)
  )
  SELECT * FROM balance
  WHERE available + reserved + deducted <> arrived OR reserved <> held OR deducted <> taken
     OR available < 0 OR reserved < 0 OR deducted < 0
  ORDER BY sku LIMIT 10000`;

/** Inventory's side: counters, arrivals and reservations of every item. */
export async function checkItems(inventory: Snapshot, report: Report): Promise<number> {
  for (const row of await inventory.query<ItemRow>(itemsOutOfBalance)) {
    const { sku, available, reserved, deducted, arrived, held, taken } = row;
    const counters = `available ${available}, reserved ${reserved}, deducted ${deducted}`;
    if (Math.min(available, reserved, deducted) < 0) report(3, "stock-negative", sku, counters);
    if (available + reserved + deducted !== arrived) {
      report(3, "stock-out-of-balance", sku, `${counters}; at the start and by adjustments ${arrived}`);
    }
    if (reserved !== held) report(3, "reserved-differs", sku, `reserved ${reserved}, reservations hold ${held}`);
    if (deducted !== taken) report(3, "deducted-differs", sku, `deducted ${deducted}, confirmed orders hold ${taken}`);
  }
  const [row] = await inventory.query<{ items: number }>("SELECT count(*)::float8 AS items FROM item");
  return row?.items ?? 0;
}
