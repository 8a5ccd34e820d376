// Merges the orders of all shards, newest first.
import { bucketOfId } from "@ordermesh/runtime/ids";
import type { Shard, ShardSet } from "../shards/index.ts";
import type { OrderWithLines } from "./order-message.ts";

/** Up to `take` orders of one shard below an id, newest first. */
export type FetchPage = (shard: Shard, below: string | undefined, take: number) => Promise<OrderWithLines[]>;

/** The newest `count` orders below `below`, whichever shard they are at. Throws SHARD_UNAVAILABLE when one is away. */
export async function newestAcross(
  shards: ShardSet,
  fetch: FetchPage,
  below: string | undefined,
  count: number,
): Promise<OrderWithLines[]> {
  const pages = await shards.readEach((shard) => newestAt(shard, shards, fetch, below, count));
  return pages
    .flat()
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, count);
}

/** Those that the shard owns: it may hold copies of orders that are being moved, which another shard shows. */
async function newestAt(
  shard: Shard,
  shards: ShardSet,
  fetch: FetchPage,
  below: string | undefined,
  count: number,
): Promise<OrderWithLines[]> {
  const owned: OrderWithLines[] = [];
  for (let cursor = below; ; ) {
    const page = await fetch(shard, cursor, count);
    owned.push(...page.filter(({ id }) => shards.owns(shard, bucketOfId(id))));
    if (page.length < count || owned.length >= count) return owned.slice(0, count);
    cursor = page.at(-1)?.id;
  }
}
