// Applies a batch of events at the shards of their orders, one transaction per shard. Events of a shard that is away are
// parked at another one, so that the customers of other shards do not wait behind them: a partition holds both.
import {
  type ApplyBatch,
  createBatchApplier,
  type EventHandler,
  type SortedRecords,
} from "@ordermesh/runtime/consumer";
import type { Event } from "@ordermesh/runtime/events";
import { bucketOfId, isUuid } from "@ordermesh/runtime/ids";
import type { Logger } from "@ordermesh/runtime/logging";
import {
  isShardUnavailable,
  NotOwnedError,
  type Shard,
  type ShardSet,
  settleMs,
  shardUnavailable,
} from "../shards/index.ts";
import { parkEvents } from "../store/parked-events.ts";

export interface ApplyByShardOptions {
  readonly shards: ShardSet;
  readonly group: string;
  readonly handlers: readonly EventHandler[];
  readonly logger: Logger;
}

export interface ShardedApply {
  readonly apply: ApplyBatch;
  /** Applies events that were parked; returns those whose shard is still away. */
  applyParked(events: readonly Event[], signal: AbortSignal): Promise<readonly Event[]>;
}

type Poison = SortedRecords["poison"];

export function applyByShard({ shards, group, handlers, logger }: ApplyByShardOptions): ShardedApply {
  const appliers = new Map<Shard, ApplyBatch>(
    shards.all.map(({ database, outbox, ...shard }, index) => [
      shards.all[index] as Shard,
      createBatchApplier({ database, outbox, group, handlers, logger: logger.child({ group, shard: shard.name }) }),
    ]),
  );
  const applyAt = (shard: Shard, batch: SortedRecords, attempt: number, signal: AbortSignal): Promise<void> =>
    shard.run(async () => appliers.get(shard)?.(batch, attempt, signal));

  /** Applies what can be; returns the events of shards that are away. */
  async function applyEvents(events: readonly Event[], attempt: number, signal: AbortSignal): Promise<Event[]> {
    const until = performance.now() + settleMs;
    const away: Event[] = [];
    for (let left = events; left.length > 0; ) {
      const refused: Event[] = [];
      const byOwner = Map.groupBy(left, ({ key }) => ownerOf(shards, key));
      const parts = [...byOwner].map(async ([shard, part]) => {
        if (shard === undefined) return void away.push(...part);
        try {
          await applyAt(shard, { events: part, poison: [] }, attempt, signal);
        } catch (error) {
          if (error instanceof NotOwnedError) refused.push(...part);
          else if (isShardUnavailable(error)) away.push(...part);
          else throw error;
        }
      });
      await allEnded(parts);
      left = refused;
      if (left.length > 0) await shards.settle(bucketsOf(left), until);
    }
    return away;
  }

  return {
    apply: async ({ events, poison }, attempt, signal) => {
      const away = await applyEvents(events, attempt, signal);
      if (poison.length > 0) await atAnyShard(shards, (shard) => bury(shard, poison, attempt, signal));
      if (away.length > 0) await atAnyShard(shards, (shard) => parkEvents(shard.database, group, away));
    },
    applyParked: (events, signal) => applyEvents(events, 1, signal),
  };

  function bury(shard: Shard, poison: Poison, attempt: number, signal: AbortSignal): Promise<void> {
    return applyAt(shard, { events: [], poison }, attempt, signal);
  }
}

/** A key that is no order id goes to any shard, whose handler finds no such order. */
function ownerOf(shards: ShardSet, key: string): Shard | undefined {
  try {
    return shards.ownerOf(isUuid(key) ? bucketOfId(key) : 0);
  } catch (error) {
    if (isShardUnavailable(error)) return undefined;
    throw error;
  }
}

const bucketsOf = (events: readonly Event[]): number[] => [...new Set(events.map(({ key }) => bucketOfId(key)))];

/** Waits for all, so that none still runs when the batch is tried again; then reports the first failure. */
async function allEnded(parts: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(parts)).find((part) => part.status === "rejected");
  if (failed) throw failed.reason;
}

/** Does what any shard can do at the first that can be reached; rejects as the last one did when none can. */
async function atAnyShard(shards: ShardSet, work: (shard: Shard) => Promise<void>): Promise<void> {
  let failure: unknown = shardUnavailable("every shard");
  for (const shard of shards.all) {
    try {
      return await shard.run(() => work(shard));
    } catch (error) {
      if (!isShardUnavailable(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}
