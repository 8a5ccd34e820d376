// The statements on a shard's `bucket` table; what its states mean is said in the migration 0002_shards.
import type { Database, Statement, Transaction } from "@ordermesh/runtime/database";
import { bucketOfId } from "@ordermesh/runtime/ids";
import { NotOwnedError } from "./errors.ts";

export type BucketState = "OWNED" | "FENCED" | "RELEASED" | "ARRIVING";

/** A bucket as its shard has it. */
export interface BucketRow {
  readonly bucket: number;
  readonly state: BucketState;
  readonly moveId: string | null;
  /** The other shard of the move. */
  readonly peer: string | null;
  /** Whether a fence has outlived its lease. */
  readonly expired: boolean;
}

/** What a shard says of itself at one moment. */
export interface ShardBuckets {
  readonly version: bigint;
  readonly rows: readonly BucketRow[];
}

const selectVersion: Statement = { name: "select-shard-version", text: "SELECT version FROM shard" };

// One statement, so that the version is that of the rows.
const selectBuckets: Statement = {
  name: "select-buckets",
  text: `SELECT version, bucket, state, move_id AS "moveId", peer,
                coalesce(fence_until < clock_timestamp(), false) AS expired
         FROM shard LEFT JOIN bucket ON true`,
};

const selectOwned: Statement = {
  name: "select-owned-buckets",
  text: "SELECT bucket FROM bucket WHERE bucket = ANY ($1::smallint[]) AND state = 'OWNED'",
};

const unfenceExpired: Statement = {
  name: "unfence-expired-buckets",
  text: `UPDATE bucket SET state = 'OWNED', fence_until = NULL
         WHERE state = 'FENCED' AND fence_until < clock_timestamp()`,
};

const activateArrived: Statement = {
  name: "activate-arrived-buckets",
  text: `UPDATE bucket SET state = 'OWNED', move_id = NULL, peer = NULL
         WHERE bucket = ANY ($1::smallint[]) AND state = 'ARRIVING' AND move_id = $2`,
};

/** The number that every change of the shard's buckets raises. */
export async function readVersion(database: Database): Promise<bigint> {
  const { rows } = await database.query<{ version: bigint }>(selectVersion);
  return rows[0]?.version ?? 0n;
}

export async function readBuckets(database: Database): Promise<ShardBuckets> {
  const { rows } = await database.query<BucketRow & { version: bigint }>(selectBuckets);
  const version = rows[0]?.version ?? 0n;
  return { version, rows: rows.filter((row) => row.bucket !== null) };
}

/**
 * Throws NotOwnedError unless the shard takes writes for the orders. To be sent after the statement that locks their
 * rows: whoever moves a bucket waits for the holders of such locks, so that what is checked here holds to the commit.
 */
export async function assertOwned(tx: Transaction, orderIds: readonly string[]): Promise<void> {
  const buckets = [...new Set(orderIds.map(bucketOfId))];
  const { rows } = await tx.query<{ bucket: number }>({ ...selectOwned, values: [buckets] });
  if (rows.length === buckets.length) return;
  const owned = new Set(rows.map(({ bucket }) => bucket));
  throw new NotOwnedError(buckets.filter((bucket) => !owned.has(bucket)));
}

/** Takes back buckets whose mover let its fence expire; the move itself goes on from there. */
export async function takeBackExpired(database: Database): Promise<void> {
  await database.query(unfenceExpired);
}

/** Completes a move whose source has released the buckets; a no-op when somebody else has. */
export async function activate(database: Database, buckets: readonly number[], moveId: string): Promise<void> {
  await database.query(activateArrived, [buckets, moveId]);
}
