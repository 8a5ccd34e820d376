import type { Client } from "pg";
import { decodeRecords, type EventRecord } from "../event-log/index.ts";
import type { Logger } from "../logging/index.ts";

const MAX_ROWS = 256;
const MAX_RECORDS = 2_000;

// One statement removes what the log has acknowledged and reads what comes next. Both parts see the same snapshot, so
// the removed rows are excluded by hand.
const ADVANCE = {
  name: "outbox_advance",
  text: `WITH published AS (DELETE FROM outbox WHERE id = ANY ($1::bigint[]))
         SELECT id, records, record_count FROM outbox
         WHERE id <> ALL ($1::bigint[]) AND id <> ALL ($2::bigint[])
         ORDER BY id LIMIT ${MAX_ROWS}`,
};
const REMOVE = { name: "outbox_remove", text: "DELETE FROM outbox WHERE id = ANY ($1::bigint[])" };

interface OutboxRow {
  id: bigint;
  records: string;
  record_count: number;
}

/** Rows in the order of their ids, ready to be published. */
export interface OutboxBatch {
  readonly ids: bigint[];
  readonly records: EventRecord[];
}

/** A leader's place in the outbox. Whatever rejects here is the connection's trouble and ends the leadership. */
export interface OutboxReader {
  /** Removes what was acknowledged and reads the next rows. */
  next(): Promise<OutboxBatch>;
  /** Notes that the log has these rows; they are removed with the next read. */
  acknowledge(batch: OutboxBatch): void;
  /** Removes what was acknowledged since the last read. */
  settle(): Promise<void>;
}

/** Reads the outbox over the connection of a leader. */
export function createOutboxReader(client: Client, logger: Logger): OutboxReader {
  let acknowledged: bigint[] = [];
  const unreadable: bigint[] = [];

  /** Rows that do not decode are a programming error; they stay in the table, seen by lag and audit, and block nobody. */
  function decode(row: OutboxRow): EventRecord[] {
    try {
      return decodeRecords(row.records);
    } catch (error) {
      logger.error({ err: error, outboxId: String(row.id) }, "outbox row does not decode and stays unpublished");
      unreadable.push(row.id);
      return [];
    }
  }

  return {
    async next() {
      const { rows } = await client.query<OutboxRow>({ ...ADVANCE, values: [acknowledged, unreadable] });
      acknowledged = [];
      const ids: bigint[] = [];
      const records: EventRecord[] = [];
      for (const row of rows) {
        if (records.length > 0 && records.length + row.record_count > MAX_RECORDS) break;
        const decoded = decode(row);
        if (unreadable.at(-1) === row.id) continue;
        ids.push(row.id);
        for (const record of decoded) records.push(record);
      }
      return { ids, records };
    },
    acknowledge(batch) {
      acknowledged = batch.ids;
    },
    async settle() {
      if (acknowledged.length > 0) await client.query({ ...REMOVE, values: [acknowledged] });
      acknowledged = [];
    },
  };
}
