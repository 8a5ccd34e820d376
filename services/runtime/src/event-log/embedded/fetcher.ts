import type { Database } from "../../database/index.ts";
import type { LogRecord } from "../port.ts";
import { decodeLogRecords } from "../record-encoding.ts";

/** Where to go on reading in one partition. */
export interface FetchPosition {
  readonly id: number;
  readonly partition: number;
  readonly nextOffset: bigint;
}

export interface Fetched {
  /** In offset order per partition. */
  readonly records: ReadonlyMap<number, readonly LogRecord[]>;
  /** Whether the limit cut it off, so that more is waiting already. */
  readonly full: boolean;
}

/** Reads on in several partitions by one query. */
export type Fetch = (positions: readonly FetchPosition[]) => Promise<Fetched>;

interface BatchRow {
  partition_id: number;
  last_offset: bigint;
  record_count: number;
  append_time: Date;
  records: string;
}

const FETCH = {
  name: "log_fetch",
  text: `SELECT b.partition_id, b.last_offset, b.record_count, b.append_time, b.records
         FROM unnest($1::integer[], $2::bigint[]) AS p (partition_id, next_offset)
         CROSS JOIN LATERAL (
           SELECT partition_id, last_offset, record_count, append_time, records FROM log_batch
           WHERE partition_id = p.partition_id AND last_offset >= p.next_offset
           ORDER BY last_offset LIMIT $3) AS b`,
};

/**
 * Makes a fetch of about `maxRecords` records at a time. The limit is in rows, which PostgreSQL applies without
 * reading on; how many rows make up the records is learned from the fetch before, starting from few.
 */
export function createFetcher(database: Database, maxRecords: number): Fetch {
  let largestRow = maxRecords;
  let activePartitions = 1;

  return async (positions) => {
    const rowLimit = Math.max(1, Math.floor(maxRecords / largestRow / activePartitions));
    const ids = positions.map((position) => position.id);
    const offsets = positions.map((position) => position.nextOffset);
    const { rows } = await database.query<BatchRow>(FETCH, [ids, offsets, rowLimit]);
    const records = new Map<number, LogRecord[]>();
    let full = false;
    if (rows.length > 0) {
      const byPartition = Map.groupBy(rows, (row) => row.partition_id);
      for (const position of positions) {
        const found = byPartition.get(position.id) ?? [];
        records.set(position.id, unpack(found, position));
        full ||= found.length === rowLimit;
      }
      largestRow = Math.max(...rows.map((row) => row.record_count));
      activePartitions = byPartition.size;
    }
    return { records, full };
  };
}

/** The records of one partition's rows, in order, from the position on; it may stand within a row. */
function unpack(rows: readonly BatchRow[], { partition, nextOffset }: FetchPosition): LogRecord[] {
  const ordered = rows.toSorted((a, b) => Number(a.last_offset - b.last_offset));
  return ordered.flatMap(({ last_offset, record_count, append_time, records }) => {
    const baseOffset = last_offset - BigInt(record_count - 1);
    const found = decodeLogRecords(records, partition, baseOffset, append_time);
    return baseOffset >= nextOffset ? found : found.slice(Number(nextOffset - baseOffset));
  });
}
