// Where the live store and the fresh one are not the same.
import type { Client } from "pg";
import { consumerGroup } from "../consumers/on-order-events.ts";

/** A message that the stores do not have alike. Addresses are never part of it. */
export interface Difference {
  readonly orderId: string;
  readonly kind: number;
  readonly sort: "only live" | "only rebuilt" | "differs";
  /** The columns that differ. */
  readonly columns: readonly string[];
}

export interface Differences {
  readonly counts: Readonly<Record<Difference["sort"], number>>;
  readonly messages: number;
  /** The first few. */
  readonly first: readonly Difference[];
}

const SHOWN = 20;

// When a message was delivered is taken from the live store, so it is not compared.
const COMPARE = `
  SELECT order_id AS "orderId", kind,
         CASE WHEN fresh.id IS NULL THEN 'only live' WHEN live.id IS NULL THEN 'only rebuilt' ELSE 'differs' END AS sort,
         CASE WHEN fresh.id IS NULL OR live.id IS NULL THEN '{}' ELSE array_remove(ARRAY[
           CASE WHEN live.id <> fresh.id THEN 'id' END,
           CASE WHEN live.customer_id <> fresh.customer_id THEN 'customer_id' END,
           CASE WHEN live.recipient IS DISTINCT FROM fresh.recipient THEN 'recipient' END,
           CASE WHEN live.create_time <> fresh.create_time THEN 'create_time' END], NULL) END AS columns
  FROM (SELECT * FROM notification WHERE create_time >= $1) live
  FULL JOIN (SELECT * FROM notification_rebuild WHERE create_time >= $1) fresh USING (order_id, kind)`;

const COUNT = `
  SELECT count(*)::integer AS messages,
         (count(*) FILTER (WHERE sort = 'only live'))::integer AS "only live",
         (count(*) FILTER (WHERE sort = 'only rebuilt'))::integer AS "only rebuilt",
         (count(*) FILTER (WHERE sort = 'differs' AND columns <> '{}'))::integer AS "differs"
  FROM (${COMPARE}) AS compared`;

const FIRST = `
  SELECT * FROM (${COMPARE}) AS compared WHERE sort <> 'differs' OR columns <> '{}'
  ORDER BY sort, "orderId", kind LIMIT ${SHOWN}`;

type CountRow = Differences["counts"] & { readonly messages: number };

/** Compares the messages from `oldest` on; both stores must stand still. */
export async function findDifferences(client: Client, oldest: Date): Promise<Differences> {
  const { rows } = await client.query<CountRow>(COUNT, [oldest]);
  const { messages = 0, ...counts } = rows[0] ?? { "only live": 0, "only rebuilt": 0, differs: 0 };
  const differing = Object.values(counts).some((count) => count > 0);
  const first = differing ? (await client.query<Difference>(FIRST, [oldest])).rows : [];
  return { counts, messages, first };
}

// A message of an event that was applied since the reading began is not lost: the reading to come finds it.
const LOST = `
  SELECT count(*)::integer AS messages, min(create_time) AS oldest, max(create_time) AS youngest
  FROM notification live
  WHERE create_time >= $1
    AND NOT EXISTS (SELECT FROM notification_rebuild fresh
                    WHERE fresh.order_id = live.order_id AND fresh.kind = live.kind)
    AND NOT EXISTS (SELECT FROM inbox
                    WHERE consumer_group = '${consumerGroup}' AND event_id = live.id AND receive_time >= $2)`;

export interface LostMessages {
  readonly messages: number;
  readonly oldest: Date | null;
  readonly youngest: Date | null;
}

/**
 * The live messages from `oldest` on that the log did not give back.
 * @param readSince when the latest reading of the log began, by the clock of the database
 */
export async function findLost(client: Client, oldest: Date, readSince: Date): Promise<LostMessages> {
  const { rows } = await client.query<LostMessages>(LOST, [oldest, readSince]);
  return rows[0] ?? { messages: 0, oldest: null, youngest: null };
}
