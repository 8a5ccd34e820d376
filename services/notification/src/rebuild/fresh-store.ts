// The store that is built beside the live one: the messages of all events that the live consumer has applied, and, kept
// apart, those that it has not.
import type { Client } from "pg";
import { consumerGroup } from "../consumers/on-order-events.ts";
import type { Notification } from "../domain/notification.ts";
import { kindNumbers } from "../store/kind-number.ts";

/** A message and the place of its event in the log. */
export interface PlacedNotification extends Notification {
  readonly partition: number;
  readonly offset: bigint;
}

const DROP = "DROP TABLE IF EXISTS notification_rebuild, notification_rebuild_waiting";

// What waits may be lost in a crash of the server: the rebuild ends with it and begins anew.
const CREATE = `
  CREATE TABLE notification_rebuild (LIKE notification INCLUDING ALL);
  CREATE UNLOGGED TABLE notification_rebuild_waiting (
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    kind smallint NOT NULL,
    customer_id text NOT NULL,
    recipient text,
    create_time timestamptz(3) NOT NULL
  );
  CREATE INDEX ON notification_rebuild_waiting (order_id, kind);`;

const applied = (message: string) =>
  `EXISTS (SELECT FROM inbox WHERE consumer_group = '${consumerGroup}' AND event_id = ${message}.id)`;

/**
 * Records as the live consumer does, in the order of the log, so that of two events of a kind the same one counts. When
 * a message was delivered no event tells: it is taken from the live store.
 */
const record = (messages: string) => `
  INSERT INTO notification_rebuild (order_id, kind, id, customer_id, recipient, create_time, deliver_time)
  SELECT message.order_id, message.kind, message.id, message.customer_id, message.recipient, message.create_time,
         live.deliver_time
  FROM ${messages} AS message
  LEFT JOIN notification live
    ON live.order_id = message.order_id AND live.kind = message.kind AND live.id = message.id
  ORDER BY message.partition, message.log_offset
  ON CONFLICT DO NOTHING`;

// One statement, so that one snapshot of the inbox decides for the whole batch. A message also waits behind one of its
// kind that waits already: that one may have been applied before it since.
const PUT = {
  name: "rebuild_put",
  text: `
    WITH incoming AS (
      SELECT * FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::uuid[], $5::smallint[], $6::text[], $7::text[],
                           $8::timestamptz[])
        AS message (partition, log_offset, id, order_id, kind, customer_id, recipient, create_time)
    ), sorted AS MATERIALIZED (
      SELECT incoming.*, ${applied("incoming")} AND NOT EXISTS (
        SELECT FROM notification_rebuild_waiting w WHERE w.order_id = incoming.order_id AND w.kind = incoming.kind
      ) AS ready
      FROM incoming
    ), waiting AS (
      INSERT INTO notification_rebuild_waiting
      SELECT partition, log_offset, id, order_id, kind, customer_id, recipient, create_time FROM sorted WHERE NOT ready
    )${record("(SELECT * FROM sorted WHERE ready)")}`,
};

const SETTLE = `
  WITH due AS (
    DELETE FROM notification_rebuild_waiting AS waiting WHERE ${applied("waiting")} RETURNING *
  )${record("due")}`;

const MESSAGES = "SELECT count(*)::integer AS messages FROM notification_rebuild";

// Repeats of an event wait as often as they were read.
const WAITING = "SELECT count(DISTINCT id)::integer AS events FROM notification_rebuild_waiting";

/** Removes what a rebuild that was killed has left. */
export async function dropFreshStore(client: Client): Promise<void> {
  await client.query(DROP);
}

/** Creates the store, empty, with the columns, keys and checks of the live one. */
export async function createFreshStore(client: Client): Promise<void> {
  await client.query(CREATE);
}

/** Takes in messages; those of one partition come in the order of the log. */
export async function putMessages(client: Client, messages: readonly PlacedNotification[]): Promise<void> {
  if (messages.length === 0) return;
  await client.query({
    ...PUT,
    values: [
      messages.map((message) => message.partition),
      messages.map((message) => message.offset),
      messages.map((message) => message.id),
      messages.map((message) => message.orderId),
      messages.map((message) => kindNumbers[message.kind]),
      messages.map((message) => message.customerId),
      messages.map((message) => message.recipient ?? null),
      messages.map((message) => message.time),
    ],
  });
}

/** Takes in of what waits that which the live consumer has applied by now. */
export async function settleWaiting(client: Client): Promise<void> {
  await client.query(SETTLE);
}

/** Messages of the fresh store. */
export async function countMessages(client: Client): Promise<number> {
  const { rows } = await client.query<{ messages: number }>(MESSAGES);
  return rows[0]?.messages ?? 0;
}

/** Events that the live consumer has not applied: those it has yet to come to, and dead letters. */
export async function countWaiting(client: Client): Promise<number> {
  const { rows } = await client.query<{ events: number }>(WAITING);
  return rows[0]?.events ?? 0;
}
