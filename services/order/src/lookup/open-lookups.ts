// Puts together what look-ups need, for the wiring of the service.
import type { LookupOrderRequest } from "@ordermesh/proto/order";
import type { Caller } from "@ordermesh/runtime/auth";
import type { EventLog } from "@ordermesh/runtime/event-log";
import type { Logger } from "@ordermesh/runtime/logging";
import type { OrderWithLines } from "../queries/order-message.ts";
import type { ShardSet } from "../shards/index.ts";
import { createAskShards } from "./ask-shards.ts";
import { startHealing } from "./heal-index.ts";
import { absentKey, lookupOrder } from "./lookup-order.ts";
import { createNegativeCache } from "./negative-cache.ts";
import { createOrderIndex } from "./order-index.ts";
import type { IndexEntry } from "./order-name.ts";
import { awaitPublished } from "./published.ts";
import type { IndexRedis } from "./redis-commands.ts";

export interface OrderLookups {
  /** See lookupOrder. */
  find(caller: Caller, request: LookupOrderRequest): Promise<OrderWithLines>;
  /** To be called with the names of orders after the commit that gave them. Never throws and never waits. */
  remember(entries: readonly IndexEntry[]): void;
  stop(): Promise<void>;
}

export interface LookupOptions {
  readonly shards: ShardSet;
  /** None: the shards are asked. */
  readonly redis: IndexRedis | undefined;
  readonly log: Pick<EventLog, "read">;
  readonly logger: Logger;
}

/** Another instance may place an order that was looked up in vain here; so long it is not found then. */
const ABSENT_MS = 1_000;
const MOST_ABSENT = 10_000;

export function openLookups({ shards, redis, log, logger }: LookupOptions): OrderLookups {
  const index = redis && createOrderIndex({ redis, logger });
  const absent = createNegativeCache({ lifetimeMs: ABSENT_MS, maxEntries: MOST_ABSENT });
  const ports = { shards, index, askShards: createAskShards(shards), absent };
  const published = (signal: AbortSignal): Promise<void> =>
    awaitPublished(shards.all, signal, (why) => logger.warn(why));
  const healing = redis && startHealing({ redis, log, logger, published });
  return {
    find: (caller, request) => lookupOrder(ports, caller, request),
    remember(entries) {
      for (const { name } of entries) absent.delete(absentKey(name));
      index?.remember(entries);
    },
    async stop() {
      await healing?.stop();
      await index?.stop();
    },
  };
}
