// Finds, copies, compares and removes the orders of buckets, each with its lines and changes.
import { listColumns, type MovedTable, type MovedTables } from "./moved-tables.ts";
import type { ShardSession } from "./shard-session.ts";

export interface OrderSlice {
  /** The orders of the buckets in this slice, ascending. */
  readonly ids: readonly string[];
  /** How many orders of any bucket it holds. */
  readonly passed: number;
  /** The last of them; undefined when there is none. */
  readonly last: string | undefined;
  /** Whether nothing follows. */
  readonly end: boolean;
}

/** No order is at or before it, and none after the other. */
export const firstOrder = "00000000-0000-0000-0000-000000000000";
export const lastOrder = "ffffffff-ffff-ffff-ffff-ffffffffffff";

// So many entries of the primary key are read at a time, whatever share of them is wanted: a statement stays short when
// one bucket of 4,096 moves.
const ORDERS_PER_SLICE = 20_000;
export const ORDERS_PER_STATEMENT = 2_000;

const selectSlice = `
  WITH slice AS MATERIALIZED (
    SELECT id FROM orders WHERE id > $1 AND id <= $2 ORDER BY id LIMIT ${ORDERS_PER_SLICE}
  )
  SELECT (SELECT count(*)::int FROM slice) AS passed,
         (SELECT id FROM slice ORDER BY id DESC LIMIT 1) AS last,
         array_to_string(ARRAY (SELECT id FROM slice WHERE order_bucket(id) = ANY ($3::int[]) ORDER BY id), ',') AS ids`;

/** The next orders after `after`, up to and with `until`. */
export async function scanOrders(
  session: ShardSession,
  buckets: readonly number[],
  after: string,
  until = lastOrder,
): Promise<OrderSlice> {
  const [row] = await session.rows<{ passed: number; last: string | null; ids: string }>(selectSlice, [
    after,
    until,
    buckets,
  ]);
  if (row === undefined) throw new Error("an aggregate has one row");
  return {
    ids: row.ids === "" ? [] : row.ids.split(","),
    passed: row.passed,
    last: row.last ?? undefined,
    end: row.passed < ORDERS_PER_SLICE,
  };
}

/** All orders of the buckets between two ids. */
export async function ordersBetween(
  session: ShardSession,
  buckets: readonly number[],
  after: string,
  until: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let position = after; ; ) {
    const slice = await scanOrders(session, buckets, position, until);
    ids.push(...slice.ids);
    if (slice.end || slice.last === undefined) return ids;
    position = slice.last;
  }
}

/** The tables with the column that names the order. */
const byOrder = ({ orders, lines, changes }: MovedTables) =>
  [
    { table: orders, id: "id" },
    { table: lines, id: "order_id" },
    { table: changes, id: "order_id" },
  ] as const;

/**
 * Copies these orders as they stand now, over what the target has of them. Rows travel as JSON, put together and taken
 * apart by the databases, so that no value passes through a type of this process.
 * @returns how many rows were written
 */
export async function copyOrders(
  source: ShardSession,
  target: ShardSession,
  tables: MovedTables,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const parts = byOrder(tables);
  const [found] = await source.rows<Record<string, string>>(
    `SELECT ${parts.map(({ table, id }) => selectJson(table, id)).join(", ")}`,
    [ids],
  );
  const texts = parts.map(({ table }) => found?.[table.name] ?? "[]");
  const inserts = parts.map(({ table }, index) => `w${index} AS (${upsert(table, `$${index + 1}`)} RETURNING 1)`);
  const counts = parts.map((_, index) => `(SELECT count(*)::int FROM w${index})`);
  const [written] = await target.rows<{ rows: number }>(
    `WITH ${inserts.join(", ")} SELECT ${counts.join(" + ")} AS rows`,
    texts,
  );
  return written?.rows ?? 0;
}

const selectJson = ({ name, columns }: MovedTable, id: string): string =>
  `(SELECT coalesce(json_agg(t)::text, '[]')
    FROM (SELECT ${listColumns(columns)} FROM ${name} WHERE ${id} = ANY ($1::uuid[])) t) AS ${name}`;

function upsert({ name, columns, primaryKey }: MovedTable, json: string): string {
  const list = listColumns(columns);
  const news = columns.map((column) => `EXCLUDED."${column}"`).join(", ");
  return `INSERT INTO ${name} (${list}) SELECT ${list} FROM json_populate_recordset(NULL::${name}, ${json}::json)
          ON CONFLICT (${listColumns(primaryKey)}) DO UPDATE SET (${list}) = ROW (${news})`;
}

/** A digest per order of all its rows. */
export async function orderDigests(
  session: ShardSession,
  tables: MovedTables,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const parts = byOrder(tables).map(
    ({ table: { name, columns }, id }) =>
      `SELECT ${id} AS id, '${name}' || ROW (${listColumns(columns)})::text AS content
       FROM ${name} WHERE ${id} = ANY ($1::uuid[])`,
  );
  const rows = await session.rows<{ id: string; digest: string }>(
    `SELECT id, md5(string_agg(content, E'\\n' ORDER BY content COLLATE "C")) AS digest
     FROM (${parts.join(" UNION ALL ")}) AS rows GROUP BY id`,
    [ids],
  );
  return new Map(rows.map(({ id, digest }) => [id, digest]));
}

/** Removes these orders. */
export async function deleteOrders(session: ShardSession, ids: readonly string[]): Promise<void> {
  await session.run(
    `WITH lines AS (DELETE FROM order_line WHERE order_id = ANY ($1::uuid[])),
          changes AS (DELETE FROM order_change WHERE order_id = ANY ($1::uuid[]))
     DELETE FROM orders WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
}

/** Slices of a list. */
export function* inPieces<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
