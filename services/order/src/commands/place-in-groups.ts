// Orders that are placed at one shard at the same moment share a commit.
import { type Batcher, createBatcher } from "@ordermesh/runtime/batching";
import { isTransient } from "@ordermesh/runtime/database";
import type { Shard } from "../shards/index.ts";
import { type AcceptedOrder, type Placement, placeOrders } from "../store/place-orders.ts";
import type { PlaceOrderPorts } from "./place-order.ts";

/**
 * How far apart the groups of one shard start. A group costs about the same whatever its size, so with several shards
 * each waits longer: all together they are to write no more groups per second than one alone does under load. A shard
 * that is idle is not delayed.
 */
const spacingMs = (shards: number): number => (shards === 1 ? 2 : 4 * shards);

/** One group per shard at a time gathers while the one before is written. */
export function placeInGroups(shards: readonly Shard[]): PlaceOrderPorts["placeAt"] {
  const batchers = new Map<Shard, Batcher<AcceptedOrder, Placement>>(
    shards.map((shard) => [
      shard,
      createBatcher<AcceptedOrder, Placement>({
        maxItems: 128,
        maxDelayMs: spacingMs(shards.length),
        concurrency: 2,
        run: (orders) => shard.run(() => placeAndAnnounce(shard, orders)),
        // A transient fault may have committed; running again singly would report fresh orders as repeats.
        retrySingly: (error) => !isTransient(error),
      }),
    ]),
  );
  return (shard, order) => {
    const batcher = batchers.get(shard);
    if (batcher === undefined) throw new Error(`${shard.name} is not among the shards`);
    return batcher.add(order);
  };
}

async function placeAndAnnounce({ database, outbox }: Shard, orders: readonly AcceptedOrder[]): Promise<Placement[]> {
  const placements = await placeOrders(database, orders);
  outbox.committed();
  return placements;
}
