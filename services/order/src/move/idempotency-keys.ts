// Finds and copies the idempotency keys of buckets. A key's bucket is that of the order which its answer names.
import { placeOrderMethod } from "../store/place-orders.ts";
import { MoveError } from "./move-error.ts";
import { listColumns, type MovedTable } from "./moved-tables.ts";
import type { ShardSession } from "./shard-session.ts";

export interface KeyName {
  readonly caller: string;
  readonly key: string;
}

/** Where a scan of keys stands: caller and key. */
export type KeyPosition = readonly [caller: string, key: string];

export interface KeySlice {
  /** The keys of the buckets in this slice. */
  readonly keys: readonly KeyName[];
  /** Where the next slice begins; undefined at the end. */
  readonly next: KeyPosition | undefined;
}

/** No key is before it. */
export const firstKey: KeyPosition = ["", ""];
const KEYS_PER_SLICE = 10_000;
export const KEYS_PER_STATEMENT = 2_000;

const selectSlice = `
  WITH slice AS MATERIALIZED (
    SELECT caller, key, method, key_bucket(response) AS bucket FROM idempotency_key
    WHERE (caller, key) > ($1, $2) ORDER BY caller, key LIMIT ${KEYS_PER_SLICE}
  )
  SELECT (SELECT count(*)::int FROM slice) AS passed,
         (SELECT json_build_array(caller, key) FROM slice ORDER BY caller DESC, key DESC LIMIT 1) AS last,
         (SELECT min(method) FROM slice WHERE method <> $4 OR bucket IS NULL) AS alien,
         (SELECT coalesce(json_agg(json_build_object('caller', caller, 'key', key)), '[]') FROM slice
          WHERE bucket = ANY ($3::int[])) AS keys`;

interface SliceRow {
  passed: number;
  last: [string, string] | null;
  alien: string | null;
  keys: KeyName[];
}

/** The next few thousand keys. Throws KEY_METHOD_UNKNOWN for a key whose answer is not an order's id. */
export async function scanKeys(
  session: ShardSession,
  buckets: readonly number[],
  after: KeyPosition,
): Promise<KeySlice> {
  const [row] = await session.rows<SliceRow>(selectSlice, [...after, buckets, placeOrderMethod]);
  if (row === undefined) throw new Error("an aggregate has one row");
  if (row.alien !== null) {
    throw new MoveError(
      "KEY_METHOD_UNKNOWN",
      `${session.shard} has idempotency keys of ${row.alien}: this mover knows those of ${placeOrderMethod} alone, ` +
        "and cannot tell which bucket others belong to",
    );
  }
  return { keys: row.keys, next: row.passed < KEYS_PER_SLICE ? undefined : (row.last ?? undefined) };
}

const names = "unnest($1::text[], $2::text[]) AS named (caller, key) JOIN idempotency_key USING (caller, key)";
const nameValues = (keys: readonly KeyName[]) => [keys.map(({ caller }) => caller), keys.map(({ key }) => key)];

/** Copies these keys as they stand now; one that was pruned meanwhile is left out. Resolves with the rows written. */
export async function copyKeys(
  source: ShardSession,
  target: ShardSession,
  { columns }: MovedTable,
  keys: readonly KeyName[],
): Promise<number> {
  if (keys.length === 0) return 0;
  const [found] = await source.rows<{ content: string }>(
    `SELECT coalesce(json_agg(t)::text, '[]') AS content FROM (SELECT ${listColumns(columns)} FROM ${names}) t`,
    nameValues(keys),
  );
  const list = listColumns(columns);
  return target.run(
    `INSERT INTO idempotency_key (${list})
     SELECT ${list} FROM json_populate_recordset(NULL::idempotency_key, $1::json)
     ON CONFLICT (caller, key) DO UPDATE SET (${list}) = ROW (${columns.map((name) => `EXCLUDED."${name}"`).join(", ")})`,
    [found?.content ?? "[]"],
  );
}

/** Removes these keys. */
export function deleteKeys(session: ShardSession, keys: readonly KeyName[]): Promise<number> {
  return session.run(
    `DELETE FROM idempotency_key USING unnest($1::text[], $2::text[]) AS named (caller, key)
     WHERE idempotency_key.caller = named.caller AND idempotency_key.key = named.key`,
    nameValues(keys),
  );
}

/** A digest per key that was made after `since`, by its name as `keyText` writes it. */
export async function keyDigests(
  session: ShardSession,
  { columns }: MovedTable,
  keys: readonly KeyName[],
  since: Date,
): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await session.rows<KeyName & { digest: string }>(
    `SELECT caller, key, md5(ROW (${listColumns(columns)})::text) AS digest FROM ${names} WHERE create_time > $3`,
    [...nameValues(keys), since],
  );
  return new Map(rows.map((row) => [keyText(row), row.digest]));
}

export const keyText = ({ caller, key }: KeyName): string => JSON.stringify([caller, key]);
