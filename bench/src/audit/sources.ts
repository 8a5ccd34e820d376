// The statements that read what each database knows per order. All are sorted by order id and name each order once.
import type { OrderSnapshots, Snapshots } from "./open-snapshots.ts";
import type {
  LedgerRow,
  NotificationRow,
  OrderChanges,
  OrderHead,
  OrderKeys,
  OrderLines,
  PaymentRow,
  ReservationRow,
} from "./order-facts.ts";
import { mergeShards, type ShardFilter } from "./shard-rows.ts";
import type { OrderRow, SortedRows } from "./snapshot.ts";

const heads = `
  SELECT id::text AS order_id, status::text, stock_outcome::text, payment_outcome::text, total_minor::float8 AS total,
         create_time, update_time, deadline
  FROM orders ORDER BY id`;

const lines = `
  SELECT order_id::text, string_agg(sku || '*' || quantity, ',' ORDER BY sku COLLATE "C") AS lines,
         sum(quantity * unit_price_minor)::float8 AS total
  FROM order_line GROUP BY order_line.order_id ORDER BY order_line.order_id`;

// The statuses are declared in the order of the lifecycle, and an order enters each at most once.
const changes = `
  SELECT order_id::text, string_agg(status::text, ' ' ORDER BY status) AS statuses,
         string_agg(event_id::text, ' ' ORDER BY status) AS event_ids,
         (array_agg(time ORDER BY status DESC))[1] AS last_time
  FROM order_change GROUP BY order_change.order_id ORDER BY order_change.order_id`;

const keys = `
  SELECT encode(response, 'hex')::uuid::text AS order_id, count(*)::float8 AS keys
  FROM idempotency_key WHERE method = 'ordermesh.order.v1.OrderService/PlaceOrder'
  GROUP BY response ORDER BY response`;

const reservations = `
  SELECT order_id::text, (ARRAY['RESERVED', 'REJECTED', 'DEDUCTED', 'RELEASED', 'RESTOCKED'])[status] AS status,
         coalesce((SELECT string_agg((line ->> 0) || '*' || (line ->> 1), ',' ORDER BY (line ->> 0) COLLATE "C")
                   FROM json_array_elements(lines) AS line), '') AS lines
  FROM reservation ORDER BY reservation.order_id`;

// A refund that the provider declined is owed to nobody, so only those done or under way count as requested.
const payments = `
  WITH operation AS (
    SELECT payment_id,
           coalesce(sum(amount) FILTER (WHERE kind = 'REFUND' AND origin = 'requested'
                                          AND status IN ('PENDING', 'SUCCEEDED')), 0)::float8 AS requested_refunds,
           max(create_time) FILTER (WHERE status = 'PENDING') AS pending_since
    FROM payment_operation WHERE kind = 'REFUND' OR status = 'PENDING' GROUP BY payment_id
  )
  SELECT order_id::text, count(*)::float8 AS payments, max(status)::text AS status, sum(amount)::float8 AS amount,
         sum(captured)::float8 AS captured, sum(refunded)::float8 AS refunded,
         coalesce(sum(requested_refunds), 0) AS requested_refunds,
         greatest(max(update_time), max(pending_since)) AS change_time
  FROM payment LEFT JOIN operation ON payment_id = id GROUP BY payment.order_id ORDER BY payment.order_id`;

const ledger = `
  SELECT reference AS order_id,
         (count(*) FILTER (WHERE kind = 'CAPTURE' AND outcome = 'APPROVED'))::float8 AS captures,
         coalesce(sum(amount) FILTER (WHERE kind = 'CAPTURE' AND outcome = 'APPROVED'), 0)::float8 AS captured,
         coalesce(sum(amount) FILTER (WHERE kind = 'REFUND' AND outcome = 'APPROVED'), 0)::float8 AS refunded,
         sum(captured)::float8 AS balance_captured, sum(refunded)::float8 AS balance_refunded,
         (count(*) FILTER (WHERE kind = 'AUTHORIZE' AND outcome = 'APPROVED' AND captured = 0
                             AND NOT voided))::float8 AS open_holds
  FROM ledger GROUP BY reference ORDER BY reference COLLATE "C"`;

const notifications = `
  SELECT order_id::text, string_agg(id::text, ' ' ORDER BY kind) AS event_ids
  FROM notification GROUP BY notification.order_id ORDER BY notification.order_id`;

/** Makes the filter for rows of one kind, as the shards have them. */
type FilterFor = (kind: string) => ShardFilter;

/** Opens every source; the databases sort at the same time. */
export async function openSources(snapshots: Snapshots, filterFor: FilterFor): Promise<OrderSources> {
  const { order, payment, provider, inventory, notification } = snapshots;
  const [ofOrder, ofReservation, ofPayment, ofLedger, ofNotifications] = await Promise.all([
    openOrderSources(order, filterFor),
    inventory.rowsByOrder<ReservationRow>(reservations),
    payment.rowsByOrder<PaymentRow>(payments),
    provider.rowsByOrder<LedgerRow>(ledger),
    notification.rowsByOrder<NotificationRow>(notifications),
  ]);
  return {
    ...ofOrder,
    reservation: ofReservation,
    payment: ofPayment,
    ledger: ofLedger,
    notifications: ofNotifications,
  };
}

async function openOrderSources(
  { shards }: OrderSnapshots,
  filterFor: FilterFor,
): Promise<Pick<OrderSources, "head" | "lines" | "changes" | "keys">> {
  // One kind after the other, because they share the connection of their snapshot.
  const open = async <Row extends OrderRow>(kind: string, text: string): Promise<SortedRows<Row>> =>
    mergeShards(await Promise.all(shards.map(({ snapshot }) => snapshot.rowsByOrder<Row>(text))), filterFor(kind));
  return {
    head: await open<OrderHead>("orders", heads),
    lines: await open<OrderLines>("lines", lines),
    changes: await open<OrderChanges>("changes", changes),
    keys: await open<OrderKeys>("keys", keys),
  };
}

/** A type, because an interface would not do as the index signature that the merge asks for. */
export type OrderSources = {
  readonly head: SortedRows<OrderHead>;
  readonly lines: SortedRows<OrderLines>;
  readonly changes: SortedRows<OrderChanges>;
  readonly keys: SortedRows<OrderKeys>;
  readonly reservation: SortedRows<ReservationRow>;
  readonly payment: SortedRows<PaymentRow>;
  readonly ledger: SortedRows<LedgerRow>;
  readonly notifications: SortedRows<NotificationRow>;
};
