// Rows of one kind from all shards as one sorted source, without those that their shard does not show.
import type { OrderRow, SortedRows } from "./snapshot.ts";

export interface ShardFilter {
  /** Whether the shard, named by its place, shows the order. Asked once per row. */
  shows(shard: number, orderId: string): boolean;
  /** Told of a row about an order of which another shard shows one too; it is passed over. */
  twice(shard: number, orderId: string): void;
}

/** Merges the sources, one per shard, in the order of the ids. Holds no more than they do. */
export async function mergeShards<Row extends OrderRow>(
  sources: readonly SortedRows<Row>[],
  filter: ShardFilter,
): Promise<SortedRows<Row>> {
  let least = -1;
  let current: Row | undefined;

  /** Leads a source to the next row that is shown; a promise only when rows have to be fetched. */
  const toShown = (shard: number): Promise<void> | undefined => {
    const source = sources[shard];
    while (source?.current !== undefined && !filter.shows(shard, source.current.order_id)) {
      const fetching = source.advance();
      if (fetching !== undefined) return fetching.then(() => toShown(shard));
    }
    return undefined;
  };
  const onward = (shard: number): Promise<void> | undefined => {
    const fetching = sources[shard]?.advance();
    return fetching === undefined ? toShown(shard) : fetching.then(() => toShown(shard));
  };
  const choose = (): Promise<void> | undefined => {
    const last = current?.order_id;
    current = undefined;
    for (const [shard, source] of sources.entries()) {
      const candidate = source.current;
      if (candidate === undefined || (current !== undefined && candidate.order_id >= current.order_id)) continue;
      least = shard;
      current = candidate;
    }
    if (current === undefined || current.order_id !== last) return undefined;
    filter.twice(least, last);
    const moving = onward(least);
    return moving === undefined ? choose() : moving.then(choose);
  };

  for (const shard of sources.keys()) await toShown(shard);
  await choose();
  return {
    get current() {
      return current;
    },
    advance: () => {
      const moving = onward(least);
      return moving === undefined ? choose() : moving.then(choose);
    },
  };
}
