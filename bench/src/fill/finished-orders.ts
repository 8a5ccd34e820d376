// Finished orders in the shape in which the order service leaves them, made in the database itself, a chunk in one
// statement.
import type { Observer } from "../measuring/observer.ts";

/** A customer whose bucket the shard owns. */
export interface MadeUpCustomer {
  readonly id: string;
  readonly bucket: number;
}

export interface Chunk {
  /** Begins the idempotency key and the client reference of every order. */
  readonly runId: string;
  /** Number of the first order. */
  readonly first: number;
  readonly count: number;
  /** Unix milliseconds in which the orders were placed: from the first, not quite to the second. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Each has the same share of the orders. */
  readonly customers: readonly MadeUpCustomer[];
}

// Of twenty orders one is cancelled and five are delivered; the others are confirmed, which they stay until they are
// shipped. Ids carry the time and the bucket as those of the service do, and everything is written in the order of the
// numbers, in which the ids grow: rows and index entries are appended.
const insertChunk = `
  WITH customer AS (
    SELECT * FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS t (id, bucket, place)
  ), timed AS (
    SELECT number, customer.id AS customer_id, $7 || '-' || number AS name, md5($7 || number) AS random,
           trunc($5::float8 + (number - $3) * ($6::float8 - $5) / $4)::bigint AS ms,
           '8' || lpad(to_hex(bucket), 3, '0') || 'a' AS middle
    FROM generate_series($3::bigint, $3 + $4::int - 1) AS number
    JOIN customer ON place = 1 + number % cardinality($1)
  ), made AS MATERIALIZED (
    SELECT number, customer_id, name, random, to_timestamp(ms / 1000.0) AS create_time,
           (lpad(to_hex(ms), 12, '0') || middle || left(random, 15))::uuid AS id,
           (lpad(to_hex(ms), 12, '0') || middle || right(random, 15))::uuid AS payment_id,
           CASE WHEN number % 20 = 0 THEN 'CANCELLED' WHEN number % 20 < 6 THEN 'DELIVERED' ELSE 'CONFIRMED'
           END::order_status AS status
    FROM timed ORDER BY number
  ), history (status, statuses, after, causes) AS (
    VALUES ('CONFIRMED'::order_status, '{PENDING,CONFIRMED}'::order_status[], '{0,1}'::int[],
            '{order accepted,stock reserved and payment authorised}'::text[]),
           ('CANCELLED', '{PENDING,CANCELLED}', '{0,2}', '{order accepted,cancellation requested}'),
           ('DELIVERED', '{PENDING,CONFIRMED,SHIPPED,DELIVERED}', '{0,1,3600,7200}',
            '{order accepted,stock reserved and payment authorised,shipped,delivered}')
  ), used AS (
    INSERT INTO idempotency_key (caller, key, method, request_hash, response, create_time)
    SELECT customer_id, name, 'ordermesh.order.v1.OrderService/PlaceOrder', uuid_send(id) || uuid_send(payment_id),
           uuid_send(id), create_time
    FROM made ORDER BY customer_id, name
  ), placed AS (
    INSERT INTO orders (id, customer_id, client_reference, status, stock_outcome, payment_outcome, currency_code,
                        total_minor, create_time, update_time, deadline, cancellation_reason, cancellation_detail,
                        cancel_time, carrier, tracking_number, payment_id)
    SELECT id, customer_id, name, status, 'GOOD', 'GOOD', 'EUR', 2500, create_time, changed, create_time + interval '60 s',
           CASE WHEN status = 'CANCELLED' THEN 'REQUESTED'::cancellation_reason END,
           CASE WHEN status = 'CANCELLED' THEN 'changed my mind' END,
           CASE WHEN status = 'CANCELLED' THEN changed END,
           CASE WHEN status = 'DELIVERED' THEN 'carrier' END,
           CASE WHEN status = 'DELIVERED' THEN 'track-' || name END,
           payment_id
    FROM made JOIN history USING (status), LATERAL (VALUES (create_time + make_interval(secs => after[cardinality(after)])))
      AS last (changed)
  ), lines AS (
    INSERT INTO order_line (order_id, line_number, sku, quantity, unit_price_minor)
    SELECT id, line, 'sku-' || lpad((1 + (number * 7919 + line) % 1000)::text, 4, '0'), 1, 1250
    FROM (SELECT id, number, generate_series(1, 2) AS line FROM made) AS numbered
  )
  INSERT INTO order_change (order_id, status, time, cause, event_id)
  SELECT id, change.status, create_time + make_interval(secs => seconds), cause, (left(random, 31) || place)::uuid
  FROM made JOIN history USING (status),
       LATERAL unnest(statuses, after, causes) WITH ORDINALITY AS change (status, seconds, cause, place)`;

/** Writes the orders of a chunk in one commit. */
export async function insertFinishedOrders(shard: Observer, chunk: Chunk): Promise<void> {
  const { runId, first, count, fromMs, untilMs, customers } = chunk;
  const [ids, buckets] = [customers.map(({ id }) => id), customers.map(({ bucket }) => bucket)];
  await shard.query(insertChunk, [ids, buckets, first, count, fromMs, untilMs, runId]);
}
