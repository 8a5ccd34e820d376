import type { EventRecord } from "../port.ts";
import { encodeRecord } from "../record-encoding.ts";
import { partitionOfKey } from "../topics.ts";
import type { Topic } from "./topic-catalog.ts";

/** One row to write: consecutive records of one partition. */
export interface AppendRow {
  readonly partitionId: number;
  readonly count: number;
  readonly records: string;
}

/** The rows of one statement, all of one topic. */
export interface AppendPlan {
  readonly topicId: number;
  readonly rows: readonly AppendRow[];
}

// With its header a row of this length still fits a page of PostgreSQL, so it is not stored out of line.
const MAX_ROW_CHARACTERS = 8_000;
const MAX_ROW_RECORDS = 64;

/** Groups records into rows of few kilobytes, at most `maxRows` per statement, keeping the order per partition. */
export function planAppend(
  records: readonly EventRecord[],
  topicOf: (name: string) => Topic,
  maxRows: number,
): AppendPlan[] {
  const byTopic = Map.groupBy(records, (record) => record.topic);
  return [...byTopic].flatMap(([name, list]) => {
    const topic = topicOf(name);
    const rows = rowsOf(list, topic);
    const plans: AppendPlan[] = [];
    for (let start = 0; start < rows.length; start += maxRows) {
      plans.push({ topicId: topic.id, rows: rows.slice(start, start + maxRows) });
    }
    return plans;
  });
}

function rowsOf(records: readonly EventRecord[], { partitions }: Topic): AppendRow[] {
  const packed: string[][] = partitions.map(() => []);
  for (const record of records) {
    packed[partitionOfKey(record.key, partitions.length)]?.push(encodeRecord(record));
  }
  return partitions.flatMap(({ id }, index) => cut(id, packed[index] ?? []));
}

function cut(partitionId: number, packed: readonly string[]): AppendRow[] {
  const rows: AppendRow[] = [];
  let start = 0;
  let characters = 0;
  packed.forEach((text, index) => {
    if (index > start && (index - start === MAX_ROW_RECORDS || characters + text.length > MAX_ROW_CHARACTERS)) {
      rows.push(row(partitionId, packed.slice(start, index)));
      start = index;
      characters = 0;
    }
    characters += text.length + 1;
  });
  if (packed.length > start) {
    rows.push(row(partitionId, packed.slice(start)));
  }
  return rows;
}

function row(partitionId: number, packed: readonly string[]): AppendRow {
  return { partitionId, count: packed.length, records: `[${packed.join(",")}]` };
}
