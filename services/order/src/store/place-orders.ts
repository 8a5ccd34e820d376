// Writes a group of accepted orders in one statement and one commit: keys, orders, lines, history and outbox.
import type { Database, Statement } from "@ordermesh/runtime/database";
import { bucketOfId } from "@ordermesh/runtime/ids";
import type { PricedLine } from "../domain/pricing.ts";

/** An accepted order, ready to be written. `event` is its OrderPlaced, encoded for the outbox. */
export interface AcceptedOrder {
  readonly id: string;
  readonly customerId: string;
  readonly clientReference: string;
  readonly currencyCode: string;
  readonly totalMinor: bigint;
  readonly createMs: number;
  readonly deadlineMs: number;
  readonly lines: readonly PricedLine[];
  readonly idempotencyKey: string;
  readonly requestHash: Buffer;
  readonly eventId: string;
  readonly event: string;
}

/** What the caller's key already stood for. */
export interface EarlierUse {
  readonly method: string;
  readonly requestHash: Buffer;
  /** Id of the order that it placed. */
  readonly orderId: string;
}

/** What became of an order: it was written, its key was used before, or the shard does not take writes for its bucket. */
export type Placement = "written" | "not-owned" | EarlierUse;

export const placeOrderMethod = "ordermesh.order.v1.OrderService/PlaceOrder";

// A key that exists, also one earlier in the same group, drops its order from `fresh` and so from everything else.
// The outbox row is put together here because only the database knows which orders are fresh. Whether the shard owns a
// bucket is read in the statement that writes: see the writers' part of ADR 14.
const insertOrders: Statement = {
  name: "insert-orders",
  text: `
    WITH input AS (
      SELECT * FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::float8[], $7::float8[],
        $8::text[], $9::bytea[], $10::uuid[], $11::text[], $12::smallint[]
      ) AS t (id, customer_id, client_reference, currency_code, total_minor, create_ms, deadline_ms,
              key, request_hash, event_id, event, bucket)
    ), owned AS MATERIALIZED (
      SELECT bucket FROM bucket WHERE bucket = ANY ($12::smallint[]) AND state = 'OWNED'
    ), used AS (
      INSERT INTO idempotency_key (caller, key, method, request_hash, response)
      SELECT customer_id, key, '${placeOrderMethod}', request_hash, uuid_send(id) FROM input
      WHERE bucket IN (SELECT bucket FROM owned) ORDER BY customer_id, key
      ON CONFLICT DO NOTHING
      RETURNING response
    ), fresh AS (
      SELECT input.*, to_timestamp(create_ms / 1000) AS create_time
      FROM input WHERE uuid_send(id) IN (SELECT response FROM used)
    ), placed AS (
      INSERT INTO orders (id, customer_id, client_reference, status, currency_code, total_minor,
                          create_time, update_time, deadline)
      SELECT id, customer_id, client_reference, 'PENDING', currency_code, total_minor,
             create_time, create_time, to_timestamp(deadline_ms / 1000)
      FROM fresh
    ), lines AS (
      INSERT INTO order_line (order_id, line_number, sku, quantity, unit_price_minor)
      SELECT order_id, line_number, sku, quantity, unit_price_minor
      FROM unnest($13::uuid[], $14::smallint[], $15::text[], $16::int[], $17::bigint[])
        AS l (order_id, line_number, sku, quantity, unit_price_minor)
      WHERE order_id IN (SELECT id FROM fresh)
    ), history AS (
      INSERT INTO order_change (order_id, status, time, cause, event_id)
      SELECT id, 'PENDING', create_time, 'order accepted', event_id FROM fresh
    ), announced AS (
      INSERT INTO outbox (records, record_count)
      SELECT '[' || string_agg(event, ',') || ']', count(*) FROM fresh HAVING count(*) > 0
    )
    SELECT id, true AS written FROM fresh
    UNION ALL SELECT id, false FROM input WHERE bucket NOT IN (SELECT bucket FROM owned)`,
};

const selectEarlierUses: Statement = {
  name: "select-earlier-uses",
  text: `
    SELECT k.caller, k.key, k.method, k.request_hash, k.response
    FROM unnest($1::text[], $2::text[]) AS t (caller, key) JOIN idempotency_key k USING (caller, key)`,
};

/** Writes the orders whose key is new and returns one result per order, in the order given. */
export async function placeOrders(database: Database, orders: readonly AcceptedOrder[]): Promise<Placement[]> {
  const { rows } = await database.query<{ id: string; written: boolean }>(insertOrders, insertValues(orders));
  const placements = new Map(rows.map(({ id, written }) => [id, written ? "written" : "not-owned"] as const));
  const repeats = orders.filter((order) => !placements.has(order.id));
  const uses = repeats.length === 0 ? undefined : await earlierUses(database, repeats);
  return orders.map((order) => {
    const placement = placements.get(order.id);
    if (placement !== undefined) return placement;
    const use = uses?.get(keyOf(order.customerId, order.idempotencyKey));
    if (use === undefined) throw new Error(`order ${order.id} was not written and its key is unknown`);
    return use;
  });
}

async function earlierUses(database: Database, repeats: readonly AcceptedOrder[]): Promise<Map<string, EarlierUse>> {
  const { rows } = await database.query<{
    caller: string;
    key: string;
    method: string;
    request_hash: Buffer;
    response: Buffer;
  }>(selectEarlierUses, [repeats.map((order) => order.customerId), repeats.map((order) => order.idempotencyKey)]);
  return new Map(
    rows.map(({ caller, key, method, request_hash, response }) => [
      keyOf(caller, key),
      { method, requestHash: request_hash, orderId: uuidFromBytes(response) },
    ]),
  );
}

function insertValues(orders: readonly AcceptedOrder[]): unknown[] {
  const lines = orders.flatMap((order) =>
    order.lines.map((line, index) => ({ id: order.id, number: index + 1, line })),
  );
  return [
    orders.map((order) => order.id),
    orders.map((order) => order.customerId),
    orders.map((order) => order.clientReference),
    orders.map((order) => order.currencyCode),
    orders.map((order) => order.totalMinor),
    orders.map((order) => order.createMs),
    orders.map((order) => order.deadlineMs),
    orders.map((order) => order.idempotencyKey),
    orders.map((order) => order.requestHash),
    orders.map((order) => order.eventId),
    orders.map((order) => order.event),
    orders.map((order) => bucketOfId(order.id)),
    lines.map(({ id }) => id),
    lines.map(({ number }) => number),
    lines.map(({ line }) => line.sku),
    lines.map(({ line }) => line.quantity),
    lines.map(({ line }) => line.unitPriceMinor),
  ];
}

const keyOf = (caller: string, key: string): string => JSON.stringify([caller, key]);

function uuidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
