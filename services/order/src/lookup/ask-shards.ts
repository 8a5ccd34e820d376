// Asks all shards for an order that bears a name, at once and for a bounded time.
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { BulkheadRejectedError, bulkhead, TaskCancelledError, TimeoutStrategy, timeout } from "cockatiel";
import { orderErrors } from "../errors.ts";
import { isShardUnavailable, type Shard, shardUnavailable } from "../shards/index.ts";
import { findAnyOrder } from "./find-orders.ts";
import type { OrderName } from "./order-name.ts";

export type AskShards = (name: OrderName) => Promise<string | undefined>;

/** Within the time that the mesh gives to one try of a read. */
const ASK_TIMEOUT_MS = 500;
/** Each is a statement at every shard, beside those that orders need. */
const MOST_AT_ONCE = 8;
const MOST_WAITING = 64;
const BUSY_RETRY_AFTER_MS = 1_000;
const MOST_ROUNDS = 5;

interface Answer {
  readonly shard: Shard;
  /** Of its buckets, from before it was asked. */
  readonly version?: bigint;
  readonly orderId?: string | undefined;
  readonly away?: unknown;
}

/**
 * Makes a function that returns the newest order that bears the name. While a shard is away it returns what the others
 * have, and throws SHARD_UNAVAILABLE when they have nothing: only who has asked all of them can say that there is none.
 * Throws LOOKUP_TOO_BROAD as well, and LOOKUP_BUSY when too many ask at once.
 */
export function createAskShards(shards: { readonly all: readonly Shard[] }): AskShards {
  const slots = bulkhead(MOST_AT_ONCE, MOST_WAITING);
  const limit = timeout(ASK_TIMEOUT_MS, TimeoutStrategy.Aggressive);

  const askOne = async (shard: Shard, name: OrderName): Promise<Answer> => {
    try {
      return await limit.execute(async () => {
        const version = await shard.version();
        return { shard, version, orderId: await shard.run(() => findAnyOrder(shard.database, name)) };
      });
    } catch (error) {
      if (isShardUnavailable(error) || error instanceof TaskCancelledError) return { shard, away: error };
      throw error;
    }
  };

  const askAll = async (name: OrderName): Promise<string | undefined> => {
    for (let round = 1; ; round += 1) {
      const answers = await Promise.all(shards.all.map((shard) => askOne(shard, name)));
      const newest = answers
        .flatMap(({ orderId }) => orderId ?? [])
        .sort()
        .at(-1);
      if (newest !== undefined) return newest;
      const away = answers.find((answer) => answer.away !== undefined);
      if (away) throw isShardUnavailable(away.away) ? away.away : shardUnavailable(away.shard.name, away.away);
      if (await nothingMoved(answers)) return undefined;
      if (round === MOST_ROUNDS) {
        throw new DomainError(errors.UNAVAILABLE, "orders are being moved between shards; look it up again", {
          retryAfterMs: BUSY_RETRY_AFTER_MS,
        });
      }
    }
  };

  return async (name) => {
    try {
      return await slots.execute(() => askAll(name));
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      throw new DomainError(orderErrors.lookupBusy, "too many look-ups wait for the shards; try again", {
        retryAfterMs: BUSY_RETRY_AFTER_MS,
      });
    }
  };
}

/**
 * Whether no bucket came or went while the shards were asked: an order might else have been copied to a shard after that
 * was asked, and removed from its old one before that was.
 */
async function nothingMoved(answers: readonly Answer[]): Promise<boolean> {
  const same = await Promise.all(answers.map(async ({ shard, version }) => (await shard.version()) === version));
  return same.every(Boolean);
}
