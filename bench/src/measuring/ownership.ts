// Which shard has which bucket, put together from what each shard says of itself.
import { BUCKET_COUNT, bucketOfId } from "@ordermesh/runtime/ids";
import type { OrderShards } from "./order-shards.ts";

export interface BucketRow {
  readonly bucket: number;
  readonly state: "OWNED" | "FENCED" | "RELEASED" | "ARRIVING";
  readonly move_id: string | null;
}

/** Shards are named by their place in the list that was given. */
export interface Ownership {
  /** Whether the shard shows the orders of the bucket. */
  shows(shard: number, bucket: number): boolean;
  /** Whether the shard knows of the bucket at all, be it on its way. */
  knows(shard: number, bucket: number): boolean;
  /** The shards that show the bucket: one, unless something is wrong. */
  ownersOf(bucket: number): readonly number[];
}

export const allBuckets: readonly number[] = Array.from({ length: BUCKET_COUNT }, (_, bucket) => bucket);

/** The statement that reads the rows of one shard. */
export const bucketRows = "SELECT bucket::int, state::text, move_id::text FROM bucket";

/**
 * A bucket belongs to the shard that has it OWNED or FENCED. Between the two commits of a switch nobody has: then the
 * shard at which it arrives under the same move owns it, since it has all of it and the source has given it up.
 */
export function ownershipOf(shards: readonly (readonly BucketRow[])[]): Ownership {
  const rows = shards.map((ofShard) => new Map(ofShard.map((row) => [row.bucket, row])));
  const owners = allBuckets.map((bucket) => {
    const states = rows.map((ofShard) => ofShard.get(bucket));
    const having = indexesWhere(states, (row) => row?.state === "OWNED" || row?.state === "FENCED");
    if (having.length > 0) return having;
    const released = new Set(states.filter((row) => row?.state === "RELEASED").map((row) => row?.move_id));
    return indexesWhere(states, (row) => row?.state === "ARRIVING" && released.has(row.move_id));
  });
  const shown = shards.map((_, shard) => Uint8Array.from(owners, (having) => (having.includes(shard) ? 1 : 0)));
  return {
    shows: (shard, bucket) => shown[shard]?.[bucket] === 1,
    knows: (shard, bucket) => rows[shard]?.has(bucket) === true,
    ownersOf: (bucket) => owners[bucket] ?? [],
  };
}

function indexesWhere<Value>(values: readonly Value[], matches: (value: Value) => boolean): number[] {
  return values.flatMap((value, index) => (matches(value) ? [index] : []));
}

export async function readOwnership(shards: OrderShards): Promise<Ownership> {
  return ownershipOf(
    await Promise.all(shards.all.map((shard) => shard.query<BucketRow & Record<string, unknown>>(bucketRows))),
  );
}

/** The statement that reads the number which every change of a shard's buckets raises. */
export const shardVersion = "SELECT version::text FROM shard";

/** The numbers of all shards as one text, to tell whether anything has changed since. */
export async function readVersions(shards: OrderShards): Promise<string> {
  return (await shards.query<{ version: string }>(shardVersion)).map(({ version }) => version).join(" ");
}

const attempts = 10;

/**
 * Reads something of all shards while buckets may move: begins anew when one has changed hands meanwhile, for then an
 * order may have been seen twice or not at all.
 */
export async function readUnmoved<Result>(
  shards: OrderShards,
  read: (ownership: Ownership) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = await readVersions(shards);
    const result = await read(await readOwnership(shards));
    if ((await readVersions(shards)) === before) return result;
  }
  throw new Error(`buckets changed hands in each of ${attempts} attempts to read all shards; wait for the move to end`);
}

/** The ids that belong to each shard, by its place; those of buckets that nobody has are in none. */
export function idsByShard(ownership: Ownership, ids: readonly string[], shards: number): string[][] {
  const groups: string[][] = Array.from({ length: shards }, () => []);
  for (const id of ids) for (const owner of ownership.ownersOf(bucketOfId(id))) groups[owner]?.push(id);
  return groups;
}
