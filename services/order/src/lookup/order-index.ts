// The index from names to orders, in Redis. It may lack anything at any time, and what it says is checked at the shard.
import type { Logger } from "@ordermesh/runtime/logging";
import { entryKey } from "./index-keys.ts";
import { createKnownState, writtenGenerations } from "./index-state.ts";
import { createIndexWriter } from "./index-writer.ts";
import type { IndexEntry, OrderName } from "./order-name.ts";
import { getText, type IndexRedis, removeEntry } from "./redis-commands.ts";

export type IndexAnswer =
  | { readonly kind: "hit"; readonly orderId: string }
  | { readonly kind: "miss" }
  /** Redis does not answer, or has no complete index now. */
  | { readonly kind: "away" };

export interface OrderIndex {
  /** Which order bears the name, as far as the index knows. Never rejects. */
  find(name: OrderName): Promise<IndexAnswer>;
  /** Has entries written soon. Where a name is taken, the newer order gets it. Never throws and never waits. */
  remember(entries: readonly IndexEntry[]): void;
  /** Removes an entry that proved wrong, soon and if Redis can be asked. */
  forget(entry: IndexEntry): void;
  /** Tries once more to write what waits. */
  stop(): Promise<void>;
}

export interface OrderIndexOptions {
  readonly redis: IndexRedis;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** See IndexWriterOptions. */
  readonly maxWaiting?: number;
}

export function createOrderIndex(options: OrderIndexOptions): OrderIndex {
  const { redis, logger, now = Date.now } = options;
  const state = createKnownState(redis);
  const writer = createIndexWriter({ ...options, state, now });

  return {
    async find(name) {
      try {
        const { generation } = await state.read();
        if (generation === undefined) return { kind: "away" };
        const orderId = await redis.run((client) => getText(client, entryKey(generation, name)));
        return orderId === undefined ? { kind: "miss" } : { kind: "hit", orderId };
      } catch (error) {
        logger.debug({ err: error }, "the index cannot be asked");
        return { kind: "away" };
      }
    },
    remember: (entries) => writer.add(entries),
    forget(entry) {
      const remove = async (): Promise<void> => {
        const generations = writtenGenerations(await state.read());
        await redis.run((client) => removeEntry(client, generations, entry));
      };
      // It will be found wrong again.
      remove().catch((error: unknown) => logger.debug({ err: error }, "a stale index entry was not removed"));
    },
    stop: () => writer.stop(),
  };
}
