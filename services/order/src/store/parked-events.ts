// Events whose shard is away, kept at another shard. Outcomes of one order may be applied in any order (see decide), so
// one that was parked may come after one that was not.
import type { Database, Statement, Transaction } from "@ordermesh/runtime/database";
import { decodeRecords, encodeRecord, type LogRecord } from "@ordermesh/runtime/event-log";
import type { Event } from "@ordermesh/runtime/events";

const insert: Statement = {
  name: "park-events",
  text: `INSERT INTO parked_event (consumer_group, event_id, record, log_partition, log_offset, append_time)
         SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::timestamptz[])
         ON CONFLICT DO NOTHING`,
};

// Skipping locked rows lets every replica work them off at once.
const selectSome: Statement = {
  name: "lock-parked-events",
  text: `SELECT record, log_partition, log_offset, append_time FROM parked_event WHERE consumer_group = $1
         ORDER BY create_time LIMIT $2 FOR UPDATE SKIP LOCKED`,
};

const remove: Statement = {
  name: "delete-parked-events",
  text: "DELETE FROM parked_event WHERE consumer_group = $1 AND event_id = ANY ($2::uuid[])",
};

const count: Statement = { name: "count-parked-events", text: "SELECT count(*)::integer AS count FROM parked_event" };

/** Keeps events for later. One that is parked already stays as it is. */
export async function parkEvents(database: Database, group: string, events: readonly Event[]): Promise<void> {
  await database.query(insert, [
    group,
    events.map(({ id }) => id),
    events.map(({ record }) => encodeRecord(record)),
    events.map(({ record }) => record.partition),
    events.map(({ record }) => record.offset),
    events.map(({ record }) => record.appendTime),
  ]);
}

/** Locks the records of up to `limit` parked events, the oldest first. */
export async function lockParkedRecords(tx: Transaction, group: string, limit: number): Promise<LogRecord[]> {
  const { rows } = await tx.query<{ record: string; log_partition: number; log_offset: bigint; append_time: Date }>({
    ...selectSome,
    values: [group, limit],
  });
  return rows.flatMap(({ record, log_partition: partition, log_offset: offset, append_time: appendTime }) =>
    // Field by field: records are decoded as they are read, by getters.
    decodeRecords(`[${record}]`).map(({ topic, key, headers, value }) => {
      return { topic, key, headers, value, partition, offset, appendTime };
    }),
  );
}

/** How many events are kept at the shard. */
export async function countParked(database: Database): Promise<number> {
  const { rows } = await database.query<{ count: number }>(count);
  return rows[0]?.count ?? 0;
}

/** Forgets parked events that were applied. */
export async function removeParked(tx: Transaction, group: string, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length > 0) await tx.query({ ...remove, values: [group, eventIds] });
}
