import type { Layout } from "../data-folder/layout.ts";
import { readJsonFile, writePrivateFile } from "../data-folder/private-file.ts";
import { UserError } from "../user-error.ts";
import { MAX_SHARDS } from "./shard-names.ts";

/** Reads `--shards`. */
export function parseShards(text: string): number {
  const count = /^\d$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_SHARDS) return count;
  throw new UserError(
    "BAD_SHARDS",
    `--shards: "${text}" is not accepted; give 1 to ${MAX_SHARDS}, the number of databases that hold the orders`,
    { exitCode: 2 },
  );
}

/**
 * How many shards to run: as many as wanted, else as many as the folder has had. Fewer than before is refused, as the
 * orders of the others would be out of reach.
 */
export async function chooseShardCount(layout: Layout, wanted: number | undefined): Promise<number> {
  const used = await usedCount(layout);
  if (wanted === undefined || wanted >= used) return wanted ?? used;
  throw new UserError(
    "SHARDS_FEWER",
    `the orders in ${layout.root} are spread over ${used} shards, and ${wanted} would leave some out: start it with ` +
      `--shards ${used} or without --shards, choose another folder with --data, or clear it with npm run reset`,
  );
}

/** To be called before an order can get to a shard. */
export async function rememberShardCount(layout: Layout, count: number): Promise<void> {
  await writePrivateFile(layout.shards, JSON.stringify({ count }));
}

/** Folders from before there was a choice have one. */
async function usedCount(layout: Layout): Promise<number> {
  const stored = (await readJsonFile(layout.shards)) as { count: number } | undefined;
  return stored?.count ?? 1;
}
