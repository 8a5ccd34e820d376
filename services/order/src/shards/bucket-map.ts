// Which shard has which bucket, as far as this process knows. The shards themselves are the authority.
import { BUCKET_COUNT } from "@ordermesh/runtime/ids";
import type { BucketRow, ShardBuckets } from "./bucket-table.ts";

/** Two shards were seen with one bucket. As shards are not read at one instant, it may be a move seen half way. */
export class BucketConflictError extends Error {
  override readonly name = "BucketConflictError";
}

/** A move that its source has let go and its target has not yet taken. */
export interface Handover {
  readonly target: string;
  readonly moveId: string;
  readonly buckets: readonly number[];
}

export interface BucketMap {
  /** Name of the shard that has the bucket; undefined when no shard that could be asked has it. */
  ownerOf(bucket: number): string | undefined;
  /** Whether the owner takes no writes for it now. */
  isFenced(bucket: number): boolean;
  /** The version of the shard that this knowledge is from. */
  versionOf(shard: string): bigint | undefined;
  /** Fences that have outlived their lease, by shard. */
  readonly expiredFences: ReadonlySet<string>;
  readonly handovers: readonly Handover[];
}

/** Nothing is known. */
export const emptyMap: BucketMap = {
  ownerOf: () => undefined,
  isFenced: () => false,
  versionOf: () => undefined,
  expiredFences: new Set(),
  handovers: [],
};

/**
 * Puts together what the shards said. Of a shard that could not be asked (absent from `said`) the last knowledge stands,
 * for buckets that no other shard has meanwhile.
 * @throws BucketConflictError when two shards say that they have one bucket
 */
export function mapOf(said: ReadonlyMap<string, ShardBuckets>, before: BucketMap): BucketMap {
  const owners = new Map<number, string>();
  const fenced = new Set<number>();
  const expiredFences = new Set<string>();
  for (const [shard, { rows }] of said) {
    for (const row of rows) {
      if (row.state !== "OWNED" && row.state !== "FENCED") continue;
      const other = owners.get(row.bucket);
      if (other !== undefined) throw new BucketConflictError(`bucket ${row.bucket} is at ${other} and at ${shard}`);
      owners.set(row.bucket, shard);
      if (row.state === "FENCED") fenced.add(row.bucket);
      if (row.expired) expiredFences.add(shard);
    }
  }
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
    const known = before.ownerOf(bucket);
    if (known !== undefined && !owners.has(bucket) && !said.has(known)) owners.set(bucket, known);
  }
  return {
    ownerOf: (bucket) => owners.get(bucket),
    isFenced: (bucket) => fenced.has(bucket),
    versionOf: (shard) => said.get(shard)?.version ?? before.versionOf(shard),
    expiredFences,
    handovers: [...said.values()].flatMap(({ rows }) => handoversOf(rows, said)),
  };
}

function handoversOf(rows: readonly BucketRow[], said: ReadonlyMap<string, ShardBuckets>): Handover[] {
  const waits = ({ state, bucket, moveId, peer }: BucketRow): boolean =>
    state === "RELEASED" &&
    said
      .get(peer ?? "")
      ?.rows.some((row) => row.bucket === bucket && row.state === "ARRIVING" && row.moveId === moveId) === true;
  const moves = Map.groupBy(rows.filter(waits), ({ moveId, peer }) => `${moveId} ${peer}`);
  return [...moves.values()].flatMap((released) => {
    const [first] = released;
    if (first === undefined || first.moveId === null || first.peer === null) return [];
    return [{ target: first.peer, moveId: first.moveId, buckets: released.map(({ bucket }) => bucket) }];
  });
}
