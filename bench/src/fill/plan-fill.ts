// How the orders of a fill are divided: among the shards by the buckets that each owns, and into chunks.
import { BUCKET_COUNT, bucketOfKey } from "@ordermesh/runtime/ids";
import type { MadeUpCustomer } from "./finished-orders.ts";

/** What one shard gets. */
export interface Share {
  /** Place of the shard. */
  readonly shard: number;
  readonly orders: number;
}

/** Divides the orders by the numbers of buckets; shards without buckets get none. */
export function sharesOf(orders: number, bucketsByShard: readonly number[]): Share[] {
  let buckets = 0;
  let given = 0;
  return bucketsByShard.flatMap((owned, shard) => {
    buckets += owned;
    const until = Math.round((orders * buckets) / BUCKET_COUNT);
    const share = { shard, orders: until - given };
    given = until;
    return share.orders > 0 ? [share] : [];
  });
}

/** Names customers without end whose buckets the shard owns. */
export function* customersOwned(prefix: string, owns: (bucket: number) => boolean): Generator<MadeUpCustomer, never> {
  for (let number = 1; ; number += 1) {
    const id = `${prefix}-${String(number).padStart(8, "0")}`;
    const bucket = bucketOfKey(id);
    if (owns(bucket)) yield { id, bucket };
  }
}

/** Of a share, by the numbers of its orders: from the first to the last, which is not included. */
export interface ChunkRange {
  readonly first: number;
  readonly last: number;
}

export function* chunksOf(orders: number, perChunk: number): Generator<ChunkRange> {
  for (let first = 0; first < orders; first += perChunk) yield { first, last: Math.min(first + perChunk, orders) };
}
