export { assertOwned } from "./bucket-table.ts";
export { isShardUnavailable, NotOwnedError, shardUnavailable } from "./errors.ts";
export { type OpenedShards, openShards } from "./open-shards.ts";
export type { Shard } from "./shard.ts";
export { type ShardSet, settleMs } from "./shard-set.ts";
