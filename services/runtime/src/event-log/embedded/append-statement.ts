import type { Statement } from "../../database/index.ts";
import type { AppendPlan } from "./append-rows.ts";

/** Most rows that one statement writes; each number of rows is a prepared statement of its own. */
export const MAX_STATEMENT_ROWS = 32;

const statements: Statement[] = [];

/**
 * Moves the topic's end and writes the rows, in one statement. Rows come as plain parameters rather than arrays:
 * an array of texts would have every quote of their JSON escaped and unescaped again.
 *
 * The topic's row stays locked until the commit, so offsets become visible in order and a reader meets no record
 * that appears behind it. A statement locks one topic only, so two appends never deadlock.
 */
export function appendStatement({ topicId, rows }: AppendPlan): { statement: Statement; values: unknown[] } {
  let end = 0;
  const tuples = rows.flatMap(({ partitionId, count, records }) => {
    end += count;
    return [partitionId, end, count, records];
  });
  return { statement: statements[rows.length] ?? prepare(rows.length), values: [topicId, end, ...tuples] };
}

function prepare(rowCount: number): Statement {
  const tuples = Array.from({ length: rowCount }, (_, row) => {
    const [partition, end, count, records] = [3, 4, 5, 6].map((parameter) => `$${parameter + row * 4}`);
    return `(${partition}::integer, ${end}::bigint, ${count}::integer, ${records}::text)`;
  });
  const statement = {
    name: `log_append_${rowCount}`,
    text: `
      WITH moved AS (
        UPDATE log_topic SET next_offset = next_offset + $2::bigint WHERE topic_id = $1
        RETURNING next_offset - $2::bigint AS base_offset
      )
      INSERT INTO log_batch (partition_id, last_offset, record_count, records)
      SELECT input.partition_id, moved.base_offset + input.relative_end - 1, input.record_count, input.records
      FROM moved, (VALUES ${tuples.join(", ")}) AS input (partition_id, relative_end, record_count, records)`,
  };
  statements[rowCount] = statement;
  return statement;
}
