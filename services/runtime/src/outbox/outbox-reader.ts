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

/** One commit, ready to be published. */
export interface OutboxCommit {
  readonly id: bigint;
  readonly records: readonly EventRecord[];
}

/** A leader's place in the outbox. Whatever rejects here is the connection's trouble and ends the leadership. */
export interface OutboxReader {
  /** Removes what was acknowledged and reads the next rows, in the order of their ids. */
  next(): Promise<OutboxCommit[]>;
  /** Notes that the log has this row; it is removed with the next read. */
  acknowledge(commit: OutboxCommit): void;
  /** Notes that the log will never take this row. It stays in the table, seen by lag and audit, and blocks nobody. */
  setAside(commit: OutboxCommit, error: unknown): void;
  /** Removes what was acknowledged since the last read. */
  settle(): Promise<void>;
}

/** Reads the outbox over the connection of a leader. */
export function createOutboxReader(client: Client, logger: Logger): OutboxReader {
  let acknowledged: bigint[] = [];
  const unpublishable: bigint[] = [];

  /** Rows that do not decode are a programming error; they stay in the table, seen by lag and audit, and block nobody. */
  function decode(row: OutboxRow): EventRecord[] | undefined {
    try {
      return decodeRecords(row.records);
    } catch (error) {
      logger.error({ err: error, outboxId: String(row.id) }, "outbox row does not decode and stays unpublished");
      unpublishable.push(row.id);
      return undefined;
    }
  }

  return {
    async next() {
      const { rows } = await client.query<OutboxRow>({ ...ADVANCE, values: [acknowledged, unpublishable] });
      acknowledged = [];
      const commits: OutboxCommit[] = [];
      let total = 0;
      for (const row of rows) {
        if (total > 0 && total + row.record_count > MAX_RECORDS) break;
        const records = decode(row);
        if (records === undefined) continue;
        commits.push({ id: row.id, records });
        total += records.length;
      }
      return commits;
    },
    acknowledge({ id }) {
      acknowledged.push(id);
    },
    setAside({ id }, error) {
      logger.error(
        { err: error, outboxId: String(id) },
        "outbox row is too large for the event log and stays unpublished",
      );
      unpublishable.push(id);
    },
    async settle() {
      if (acknowledged.length > 0) await client.query({ ...REMOVE, values: [acknowledged] });
      acknowledged = [];
    },
  };
}
