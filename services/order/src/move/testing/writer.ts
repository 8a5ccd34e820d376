// What an order instance does, in small: places and confirms orders at the shard that owns them, under the writers'
// protocol, finishes what a dead mover has left, and publishes events.
import { setTimeout as delay } from "node:timers/promises";
import type { Transaction } from "@ordermesh/runtime/database";
import { bucketOfId, newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { placeOrderMethod } from "../../store/place-orders.ts";
import type { SpecShard } from "./two-shards.ts";

interface AcceptedOrder {
  readonly customer: string;
  /** How many changes were accepted: 1 placed, 2 confirmed, and so on. */
  changes: number;
}

export interface Writer {
  readonly accepted: ReadonlyMap<string, AcceptedOrder>;
  /** How many orders of each customer were accepted. */
  readonly placedBy: ReadonlyMap<string, number>;
  /** Events in the order in which they were published. */
  readonly published: readonly { readonly id: string; readonly change: number }[];
  /** The longest that one write took from its first refusal to its success. */
  readonly longestRefusalMs: number;
  /** Places so many orders at once, without the loop. */
  preload(orders: number): Promise<void>;
  start(workers: number): void;
  /** Ends the loop and waits until every event is published. Rejects when a write failed. */
  stop(): Promise<void>;
}

const statuses = ["PENDING", "CONFIRMED", "SHIPPED", "DELIVERED"] as const;
const PAUSE_MS = 5;
const REFUSED_MS = 10_000;

// Locks on `orders` come with the statement, the look at the buckets with its snapshot, which is taken after.
const insertOrder = {
  name: "spec-insert-order",
  text: `
    WITH owned AS MATERIALIZED (SELECT FROM bucket WHERE bucket = order_bucket($1) AND state = 'OWNED'),
    used AS (
      INSERT INTO idempotency_key (caller, key, method, request_hash, response)
      SELECT $2, $1::text, '${placeOrderMethod}', '\\x00', uuid_send($1) FROM owned
    ), placed AS (
      INSERT INTO orders (id, customer_id, client_reference, status, currency_code, total_minor, create_time, update_time, deadline)
      SELECT $1, $2, 'ünïcode "\\' || $1::text, 'PENDING', 'EUR', 9007199254740993, now(), now(), now() FROM owned
    ), lines AS (
      INSERT INTO order_line (order_id, line_number, sku, quantity, unit_price_minor)
      SELECT $1, line, 'sku-' || line, line, 100 FROM owned, generate_series(1, 2) AS line
    ), history AS (
      INSERT INTO order_change (order_id, status, time, cause, event_id) SELECT $1, 'PENDING', now(), 'spec', $3 FROM owned
    )
    INSERT INTO outbox (records, record_count) SELECT $1::text || ' 1', 1 FROM owned`,
};

export function createWriter(shards: readonly SpecShard[], customers: readonly string[]): Writer {
  const accepted = new Map<string, AcceptedOrder>();
  const published: { id: string; change: number }[] = [];
  const owners = new Map<number, SpecShard>();
  const placedBy = new Map(customers.map((customer) => [customer, 0]));
  const busy = new Set<string>();
  let stopping = false;
  let allWritten = false;
  let longestRefusalMs = 0;
  let running: Promise<unknown> = Promise.resolve();
  let turn = 0;
  let looking: Promise<void> | undefined;

  async function lookAgain(): Promise<void> {
    for (const shard of shards) {
      const { pool } = shard.database;
      await pool.query(
        "UPDATE bucket SET state = 'OWNED', fence_until = NULL WHERE state = 'FENCED' AND fence_until < clock_timestamp()",
      );
      const { rows } = await pool.query<{ buckets: number[]; state: string; peer: string; move_id: string }>(
        "SELECT array_agg(bucket) AS buckets, state, peer, move_id FROM bucket GROUP BY state, peer, move_id",
      );
      for (const { buckets, state, peer, move_id } of rows) {
        if (state === "OWNED") for (const bucket of buckets) owners.set(bucket, shard);
        if (state !== "RELEASED") continue;
        const target = shards.find(({ name }) => name === peer);
        await target?.database.pool.query(
          `UPDATE bucket SET state = 'OWNED', move_id = NULL, peer = NULL
           WHERE bucket = ANY ($1) AND state = 'ARRIVING' AND move_id = $2`,
          [buckets, move_id],
        );
      }
    }
  }

  /** Those who ask while somebody looks share what is found. */
  const look = (): Promise<void> => {
    looking ??= lookAgain().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  /** Runs a write at the owner until it is taken. */
  async function write(bucket: number, work: (shard: SpecShard) => Promise<boolean>): Promise<void> {
    for (let refusedAt = Number.NaN; ; ) {
      const owner = owners.get(bucket);
      const taken = owner !== undefined && (await work(owner));
      const now = performance.now();
      if (taken) {
        if (!Number.isNaN(refusedAt)) longestRefusalMs = Math.max(longestRefusalMs, now - refusedAt);
        return;
      }
      if (Number.isNaN(refusedAt)) refusedAt = now;
      if (now - refusedAt > REFUSED_MS) throw new Error(`bucket ${bucket} was refused for ${REFUSED_MS} ms`);
      await delay(PAUSE_MS);
      await look();
    }
  }

  async function place(): Promise<void> {
    const customer = customers[turn++ % customers.length] ?? "";
    const id = newBucketedId(customer, Date.now());
    busy.add(id);
    await write(bucketOfId(id), async ({ database }) => {
      const { rowCount } = await database.query(insertOrder, [id, customer, newEventId(Date.now())]);
      return rowCount === 1;
    });
    accepted.set(id, { customer, changes: 1 });
    placedBy.set(customer, (placedBy.get(customer) ?? 0) + 1);
    busy.delete(id);
  }

  async function change(id: string, order: AcceptedOrder): Promise<void> {
    const status = statuses[order.changes] ?? "PENDING";
    busy.add(id);
    await write(bucketOfId(id), ({ database }) =>
      database.transaction(async (tx: Transaction) => {
        await tx.query("SELECT FROM orders WHERE id = $1 FOR UPDATE", [id]);
        const { rowCount } = await tx.query(
          "SELECT FROM bucket WHERE bucket = order_bucket($1::uuid) AND state = 'OWNED'",
          [id],
        );
        if (rowCount !== 1) return false;
        const updated = await tx.query("UPDATE orders SET status = $2, update_time = now() WHERE id = $1", [
          id,
          status,
        ]);
        if (updated.rowCount !== 1) throw new Error(`accepted order ${id} is not at its owner`);
        await tx.query(
          "INSERT INTO order_change (order_id, status, time, cause, event_id) VALUES ($1, $2, now(), 'spec', $3)",
          [id, status, newEventId(Date.now())],
        );
        await tx.query("INSERT INTO outbox (records, record_count) VALUES ($1, 1)", [`${id} ${order.changes + 1}`]);
        return true;
      }),
    );
    order.changes += 1;
    busy.delete(id);
  }

  async function work(): Promise<void> {
    for (let round = 0; !stopping; round += 1) {
      const ids = [...accepted.keys()];
      const id = ids[(turn * 7_919) % ids.length];
      const order = id === undefined ? undefined : accepted.get(id);
      if (
        round % 2 === 1 &&
        id !== undefined &&
        order !== undefined &&
        !busy.has(id) &&
        order.changes < statuses.length
      ) {
        await change(id, order);
      } else await place();
      await delay(PAUSE_MS);
    }
  }

  async function relay({ database }: SpecShard): Promise<void> {
    for (let drained = false; !drained; ) {
      // Looked at before reading, so that nothing is written after the last reading.
      const last = allWritten;
      const { rows } = await database.pool.query<{ id: bigint; records: string }>(
        "SELECT id, records FROM outbox ORDER BY id LIMIT 200",
      );
      for (const { records } of rows) {
        const [id = "", number] = records.split(" ");
        published.push({ id, change: Number(number) });
      }
      await database.pool.query("DELETE FROM outbox WHERE id = ANY ($1)", [rows.map(({ id }) => id)]);
      drained = last && rows.length === 0;
      await delay(PAUSE_MS);
    }
  }

  return {
    accepted,
    placedBy,
    published,
    get longestRefusalMs() {
      return longestRefusalMs;
    },
    async preload(orders) {
      await look();
      for (let left = orders; left > 0; left -= 12) await Promise.all(Array.from({ length: 12 }, place));
    },
    start(workers) {
      stopping = false;
      allWritten = false;
      const relays = shards.map(relay);
      const working = Promise.all(Array.from({ length: workers }, work)).finally(() => {
        stopping = true;
        allWritten = true;
      });
      running = Promise.all([working, ...relays]);
      running.catch(() => undefined); // told by stop()
    },
    async stop() {
      stopping = true;
      await running;
    },
  };
}
