// Takes away what a shard holds of buckets that are not its own: copies of a move that was taken back, or the rest after
// one that was made.
import { deleteKeys, firstKey, KEYS_PER_STATEMENT, scanKeys } from "./idempotency-keys.ts";
import type { MoveContext } from "./move-context.ts";
import { deleteOrders, firstOrder, inPieces, scanOrders } from "./orders.ts";
import type { ShardSession } from "./shard-session.ts";

const ORDERS_PER_DELETE = 1_000;

/** Removes orders and keys of the move's buckets from one of its shards, in small pieces. `onOrders` hears how many. */
export async function removeBucketRows(
  { move, pace, signal }: Pick<MoveContext, "move" | "pace" | "signal">,
  shard: ShardSession,
  onOrders: (removed: number, passed: number) => Promise<void>,
): Promise<void> {
  for (let position = firstOrder, end = false; !end; ) {
    const scannedAt = performance.now();
    const slice = await scanOrders(shard, move.buckets, position);
    await pace.rest(performance.now() - scannedAt, 0, signal);
    for (const ids of inPieces(slice.ids, ORDERS_PER_DELETE)) {
      const startedAt = performance.now();
      await deleteOrders(shard, ids);
      await pace.rest(performance.now() - startedAt, ids.length, signal);
    }
    await onOrders(slice.ids.length, slice.passed);
    position = slice.last ?? position;
    end = slice.end;
  }
  for (let position = firstKey; ; ) {
    const scannedAt = performance.now();
    const slice = await scanKeys(shard, move.buckets, position);
    await pace.rest(performance.now() - scannedAt, 0, signal);
    for (const keys of inPieces(slice.keys, KEYS_PER_STATEMENT)) {
      const startedAt = performance.now();
      await deleteKeys(shard, keys);
      await pace.rest(performance.now() - startedAt, keys.length, signal);
    }
    if (slice.next === undefined) return;
    position = slice.next;
  }
}
