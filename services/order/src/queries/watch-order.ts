// Follows orders for WatchOrder. One poll covers all watched orders of the process, since a change may be made by any
// replica; changes of this process are seen at once.
import type { Caller } from "@ordermesh/runtime/auth";
import type { Database, Statement } from "@ordermesh/runtime/database";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import type { Logger } from "@ordermesh/runtime/logging";
import { isFinal, type OrderStatus } from "../domain/order.ts";
import type { PrismaClient } from "../store/prisma/client.ts";
import { getOrder } from "./get-order.ts";
import type { OrderWithLines } from "./order-message.ts";

const selectStatuses: Statement = {
  name: "select-watched-statuses",
  text: "SELECT id, status FROM orders WHERE id = ANY($1::uuid[])",
};

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
  readonly prisma: PrismaClient;
  readonly database: Database;
  readonly pollMs: number;
  readonly logger: Logger;
}

export function createOrderWatcher({ prisma, database, pollMs, logger }: OrderWatcherOptions): OrderWatcher {
  const watches = new Set<Watch>();
  let timer: NodeJS.Timeout | undefined;
  const stopping = new AbortController();

  const poll = async (): Promise<void> => {
    try {
      const ids = [...new Set([...watches].map((watch) => watch.orderId))];
      const { rows } = await database.query<{ id: string; status: OrderStatus }>(selectStatuses, [ids]);
      const statuses = new Map(rows.map((row) => [row.id, row.status]));
      for (const watch of watches) if (statuses.get(watch.orderId) !== watch.seen) watch.wake();
    } catch (error) {
      // Watchers stay; the next poll tries again.
      logger.warn({ err: error }, "polling watched orders failed");
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
      let order = await getOrder(prisma, caller, orderId);
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
          order = await getOrder(prisma, caller, orderId);
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
