// Follows orders for WatchOrder. One poll covers all watched orders of the process, since a change may be made by any
// replica; changes of this process are seen at once.
import type { Caller } from "@ordermesh/runtime/auth";
import type { Statement } from "@ordermesh/runtime/database";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { bucketOfId } from "@ordermesh/runtime/ids";
import type { Logger } from "@ordermesh/runtime/logging";
import { isFinal, type OrderStatus } from "../domain/order.ts";
import { isShardUnavailable, type Shard, type ShardSet } from "../shards/index.ts";
import { getOrder } from "./get-order.ts";
import type { OrderWithLines } from "./order-message.ts";

const selectStatuses: Statement = {
  name: "select-watched-statuses",
  text: "SELECT id, status FROM orders WHERE id = ANY($1::uuid[])",
};

interface StatusRow {
  id: string;
  status: OrderStatus;
}

interface Watch {
  readonly orderId: string;
  seen: OrderStatus;
  wake: () => void;
}

export interface OrderWatcher {
  /** Yields the order now and after each change until it is CANCELLED or DELIVERED, or `signal` aborts. */
  watch(caller: Caller, orderId: string, signal: AbortSignal): AsyncGenerator<OrderWithLines>;
  /** Tells that this process changed orders. */
  changed(orderIds: readonly string[]): void;
  stop(): void;
}

export interface OrderWatcherOptions {
  readonly shards: ShardSet;
  readonly pollMs: number;
  readonly logger: Logger;
}

export function createOrderWatcher({ shards, pollMs, logger }: OrderWatcherOptions): OrderWatcher {
  const watches = new Set<Watch>();
  let timer: NodeJS.Timeout | undefined;
  const stopping = new AbortController();

  /** Wakes the watchers of orders that changed; also of an order that is not where it was, which its watcher reads anew. */
  const pollShard = async (shard: Shard, watched: readonly Watch[]): Promise<void> => {
    const ids = [...new Set(watched.map((watch) => watch.orderId))];
    const { rows } = await shard.run(() => shard.database.query<StatusRow>(selectStatuses, [ids]));
    const statuses = new Map(rows.map((row) => [row.id, row.status]));
    for (const watch of watched) if (statuses.get(watch.orderId) !== watch.seen) watch.wake();
  };

  const poll = async (): Promise<void> => {
    // The copy of an order that has moved away stands still: what the shards know of their buckets is read as well.
    const refreshed = shards.keepUp();
    const polls = [...Map.groupBy(watches, (watch) => ownerOf(shards, watch))].map(([shard, watched]) =>
      shard === undefined ? undefined : pollShard(shard, watched),
    );
    for (const outcome of await Promise.allSettled([refreshed, ...polls])) {
      // Watchers stay; the next poll tries again.
      if (outcome.status === "rejected" && !isShardUnavailable(outcome.reason))
        logger.warn({ err: outcome.reason }, "polling watched orders failed");
    }
    timer = undefined;
    arm();
  };
  const arm = (): void => {
    if (watches.size > 0 && timer === undefined && !stopping.signal.aborted)
      timer = setTimeout(() => void poll(), pollMs);
  };

  return {
    async *watch(caller, orderId, callSignal) {
      const signal = AbortSignal.any([callSignal, stopping.signal]);
      let order = await getOrder(shards, caller, orderId);
      const watch: Watch = { orderId, seen: order.status, wake: () => undefined };
      watches.add(watch);
      const aborted = (): void => watch.wake();
      signal.addEventListener("abort", aborted);
      try {
        yield order;
        while (!isFinal(order.status) && !signal.aborted) {
          const woken = new Promise<void>((resolve) => {
            watch.wake = resolve;
          });
          arm();
          await woken;
          if (callSignal.aborted) return;
          if (signal.aborted) throw new DomainError(errors.UNAVAILABLE, "the service is stopping; watch again");
          order = await getOrder(shards, caller, orderId);
          if (order.status === watch.seen) continue;
          watch.seen = order.status;
          yield order;
        }
      } finally {
        signal.removeEventListener("abort", aborted);
        watches.delete(watch);
      }
    },
    changed(orderIds) {
      if (watches.size === 0) return;
      const ids = new Set(orderIds);
      for (const watch of watches) if (ids.has(watch.orderId)) watch.wake();
    },
    stop() {
      stopping.abort();
      clearTimeout(timer);
    },
  };
}

/** Undefined while the shard of the order cannot be told; the next poll tries again. */
function ownerOf(shards: ShardSet, { orderId }: Watch): Shard | undefined {
  try {
    return shards.ownerOf(bucketOfId(orderId));
  } catch (error) {
    if (isShardUnavailable(error)) return undefined;
    throw error;
  }
}
