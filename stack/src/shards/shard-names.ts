import { join } from "node:path";
import type { Layout } from "../data-folder/layout.ts";

/** As many as one machine is asked to run. */
export const MAX_SHARDS = 8;

/** The shard on the server that has the other databases too. */
export const FIRST_SHARD = "shard-1";

/** Names of the shards that have a server of their own. */
export function furtherShards(count: number): readonly string[] {
  return Array.from({ length: count - 1 }, (_, index) => `shard-${index + 2}`);
}

/** The name of the process that serves a further shard; its data folder bears it too. */
export const serverOf = (shard: string): string => `postgres-${shard}`;

export const shardFolder = (layout: Layout, shard: string): string => join(layout.root, serverOf(shard));
