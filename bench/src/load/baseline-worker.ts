// The process that runs the baseline: plain prepared statements, one order each, on a few connections.
import { randomBytes } from "node:crypto";
import { newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import pg from "pg";
import { answerParent } from "../worker/answer-parent.ts";

/** What the parent sends to start the worker. */
export interface BaselineTask {
  readonly url: string;
  readonly schema: string;
  readonly connections: number;
  readonly seconds: number;
}

/** What the worker sends back. */
export interface BaselineOutcome {
  readonly orders: number;
  readonly elapsedMs: number;
}

// The rows that the order service writes per accepted order of two lines, in one statement.
const insertOrder = {
  name: "baseline-order",
  text: `
    WITH used AS (
      INSERT INTO idempotency_key (caller, key, method, request_hash, response)
      VALUES ($2, $3, 'ordermesh.order.v1.OrderService/PlaceOrder', $4, uuid_send($1::uuid))
    ), placed AS (
      INSERT INTO orders (id, customer_id, client_reference, status, currency_code, total_minor,
                          create_time, update_time, deadline)
      VALUES ($1, $2, 'baseline', 'PENDING', 'EUR', 2500, $5, $5, $6)
    ), lines AS (
      INSERT INTO order_line (order_id, line_number, sku, quantity, unit_price_minor)
      VALUES ($1, 1, $7, 1, 1250), ($1, 2, $8, 1, 1250)
    ), history AS (
      INSERT INTO order_change (order_id, status, time, cause, event_id)
      VALUES ($1, 'PENDING', $5, 'order accepted', $9)
    )
    INSERT INTO outbox (records, record_count) VALUES ($10, 1)`,
};

const customer = "customer-1";

/** An OrderPlaced record as the service packs it: topic, key, headers and about 200 bytes of payload in base64. */
function packedRecord(orderId: string, eventId: string, time: string): string {
  return (
    `["ordermesh.orders.v1","${orderId}",{"ce_specversion":"1.0","ce_id":"${eventId}",` +
    `"ce_type":"ordermesh.order.v1.OrderPlaced","ce_source":"/ordermesh/order","ce_time":"${time}",` +
    `"ce_subject":"${orderId}","content-type":"application/protobuf"},"${payload}"]`
  );
}
const payload = randomBytes(200).toString("base64");

async function insertUntil(client: pg.Client, endAt: number): Promise<number> {
  const hash = randomBytes(32);
  let orders = 0;
  while (performance.now() < endAt) {
    const now = Date.now();
    const id = newBucketedId(customer, now);
    const eventId = newEventId(now);
    const time = new Date(now);
    const sku = 1 + (orders % 999);
    const values = [
      id,
      customer,
      `baseline-${id}`,
      hash,
      time,
      new Date(now + 60_000),
      `sku-${String(sku).padStart(4, "0")}`,
      `sku-${String(sku + 1).padStart(4, "0")}`,
      eventId,
      packedRecord(id, eventId, time.toISOString()),
    ];
    await client.query({ ...insertOrder, values });
    orders += 1;
  }
  return orders;
}

async function runBaseline({ url, schema, connections, seconds }: BaselineTask): Promise<BaselineOutcome> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: url, application_name: "bench-baseline" });
      await client.connect();
      // Enum types stay those of public, only the tables are the scratch schema's.
      await client.query(`SET search_path TO ${client.escapeIdentifier(schema)}, public`);
      return client;
    }),
  );
  const start = performance.now();
  const counts = await Promise.all(clients.map((client) => insertUntil(client, start + seconds * 1000)));
  const elapsedMs = performance.now() - start;
  await Promise.all(clients.map((client) => client.end()));
  return { orders: counts.reduce((sum, count) => sum + count, 0), elapsedMs };
}

answerParent(runBaseline);
