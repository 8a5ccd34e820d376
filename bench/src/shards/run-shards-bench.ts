// What shards cost: the same loads on a stack with one shard and on one with several.
import { runInTurns } from "../compare/run-in-turns.ts";
import type { Progress } from "../progress.ts";
import { buildShardsCost, type ShardsContender, type ShardsCost, type ShardsLoad } from "./shards-cost.ts";

export interface ShardsBenchOptions {
  /** Of the stack that is compared with one of a single shard. */
  readonly shards: number;
  readonly rate: number;
  readonly clients: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly progress: Progress;
}

/** Starts both stacks on folders of their own, and leaves nothing of them. */
export async function runShardsBench({ shards, ...options }: ShardsBenchOptions): Promise<ShardsCost> {
  const turns = await runInTurns<ShardsContender, ShardsLoad>({
    ...options,
    contenders: { one: { shards: 1 }, many: { shards } },
    loads: { steady: options.rate, full: undefined },
  });
  return buildShardsCost(turns, { shards, ...options });
}
