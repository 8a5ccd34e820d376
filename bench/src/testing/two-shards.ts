// How the buckets of a small platform are divided, and customers of either part.
import { bucketOfId } from "@ordermesh/runtime/ids";

export const shardNames = ["shard-1", "shard-2"] as const;
export type ShardName = (typeof shardNames)[number];

/** Buckets of each shard, the first and the last. */
export const bucketsOf: Readonly<Record<ShardName, readonly [number, number]>> = {
  "shard-1": [2048, 4095],
  "shard-2": [0, 2047],
};

/** A customer of the first shard, and one of the second. */
export const [ada, carol] = ["ada", "carol"] as const;

export const shardOf = (orderId: string): ShardName =>
  bucketOfId(orderId) >= bucketsOf["shard-1"][0] ? "shard-1" : "shard-2";
