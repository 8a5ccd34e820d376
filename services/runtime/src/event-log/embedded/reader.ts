import type { Database } from "../../database/index.ts";
import type { LogRecord, ReadOptions } from "../port.ts";
import { createFetcher } from "./fetcher.ts";
import type { Topic } from "./topic-catalog.ts";

const END = { name: "log_topic_end", text: "SELECT next_offset FROM log_topic WHERE topic_id = $1" };
// The partitions of a topic share its offsets, so what is missing is counted, not subtracted. A position may
// stand within a row.
const LAG = {
  name: "log_group_lag",
  text: `SELECT coalesce(sum(waiting), 0)::bigint AS lag
         FROM log_topic t JOIN log_partition p USING (topic_id)
         LEFT JOIN log_offset o ON o.partition_id = p.partition_id AND o.consumer_group = $1
         CROSS JOIN LATERAL (
           SELECT sum(least(b.record_count, b.last_offset - coalesce(o.next_offset, 0) + 1)) AS waiting FROM log_batch b
           WHERE b.partition_id = p.partition_id AND b.last_offset >= coalesce(o.next_offset, 0)) AS b
         WHERE t.topic = ANY ($2)`,
};
const PAGE_RECORDS = 500;

/** Reads the partitions one after the other, page by page, to the end that the topic had at the start. */
export async function* readTopic(
  database: Database,
  topic: Topic,
  { fromOffset = 0n, partitions: wanted }: ReadOptions = {},
): AsyncGenerator<LogRecord> {
  const { rows } = await database.query<{ next_offset: bigint }>(END, [topic.id]);
  const end = rows[0]?.next_offset ?? 0n;
  const fetch = createFetcher(database, PAGE_RECORDS);
  for (const { id, partition } of topic.partitions) {
    let nextOffset = wanted === undefined || wanted.includes(partition) ? fromOffset : end;
    while (nextOffset < end) {
      const { records } = await fetch([{ id, partition, nextOffset }]);
      const page = records.get(id) ?? [];
      yield* page.filter((record) => record.offset < end);
      nextOffset = (page.at(-1)?.offset ?? end - 1n) + 1n;
    }
  }
}

/** Records of the topics that the group has not committed. */
export async function readLag(database: Database, group: string, topics: readonly string[]): Promise<bigint> {
  const { rows } = await database.query<{ lag: bigint }>(LAG, [group, topics]);
  return rows[0]?.lag ?? 0n;
}
