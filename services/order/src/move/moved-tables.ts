// What belongs to a bucket: tables and their columns, from the catalogue, so that a column which a later migration adds
// is moved as well.
import { MoveError } from "./move-error.ts";
import type { ShardSession } from "./shard-session.ts";

export interface MovedTable {
  readonly name: string;
  /** In alphabetical order, as two databases need not agree on another. */
  readonly columns: readonly string[];
  readonly primaryKey: readonly string[];
}

export interface MovedTables {
  readonly orders: MovedTable;
  readonly lines: MovedTable;
  readonly changes: MovedTable;
  readonly keys: MovedTable;
}

const selectColumns = `
  SELECT a.attname AS name, coalesce(a.attnum = ANY (i.indkey), false) AS "inKey"
  FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
  WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  ORDER BY a.attname`;

/** The tables of a move. Throws SCHEMA_DIFFERS when the shards have different columns. */
export async function readMovedTables(source: ShardSession, target: ShardSession): Promise<MovedTables> {
  return {
    orders: await readTable(source, target, "orders"),
    lines: await readTable(source, target, "order_line"),
    changes: await readTable(source, target, "order_change"),
    keys: await readTable(source, target, "idempotency_key"),
  };
}

async function readTable(source: ShardSession, target: ShardSession, name: string): Promise<MovedTable> {
  const here = await source.rows<{ name: string; inKey: boolean }>(selectColumns, [name]);
  const there = await target.rows<{ name: string }>(selectColumns, [name]);
  const columns = here.map((column) => column.name);
  const others = there.map((column) => column.name);
  const missing = [
    ...columns.filter((column) => !others.includes(column)).map((column) => `${target.shard} lacks ${name}.${column}`),
    ...others.filter((column) => !columns.includes(column)).map((column) => `${source.shard} lacks ${name}.${column}`),
  ];
  if (missing.length > 0) {
    throw new MoveError(
      "SCHEMA_DIFFERS",
      `${missing.join(", ")}: start the newer version of the order service, which migrates every shard, then repeat`,
    );
  }
  return { name, columns, primaryKey: here.filter(({ inKey }) => inKey).map((column) => column.name) };
}

/** Column names for a statement. */
export const listColumns = (columns: readonly string[]): string => columns.map((column) => `"${column}"`).join(", ");
