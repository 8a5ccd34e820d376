// All shards of the orders: finds the one that has a bucket, and keeps up with buckets that are moved while orders flow.
import { setTimeout as delay } from "node:timers/promises";
import { isTransient } from "@ordermesh/runtime/database";
import type { Logger } from "@ordermesh/runtime/logging";
import { BucketConflictError, type BucketMap, emptyMap, mapOf } from "./bucket-map.ts";
import { activate, readBuckets, type ShardBuckets, takeBackExpired } from "./bucket-table.ts";
import { isShardUnavailable, NotOwnedError, shardUnavailable } from "./errors.ts";
import type { Shard } from "./shard.ts";

export interface ShardSet {
  readonly all: readonly Shard[];
  /** The shard that has the bucket. Throws SHARD_UNAVAILABLE when no shard that could be asked has it. */
  ownerOf(bucket: number): Shard;
  /** Whether rows of the bucket at this shard are the live ones, and not the copy of a move. */
  owns(shard: Shard, bucket: number): boolean;
  /** Reads at the shard that has the bucket: `work` is run again when the bucket moved meanwhile. */
  read<T>(bucket: number, work: (shard: Shard) => Promise<T>): Promise<T>;
  /** Reads at every shard at once. What `work` reads may hold copies of a move: see `owns`. */
  readEach<T>(work: (shard: Shard) => Promise<T>): Promise<T[]>;
  /**
   * Writes at the shard that has the bucket; the work itself goes through `shard.run`. Work that the shard refuses with
   * NotOwnedError is run again when the bucket has come to rest; it has had no effect.
   */
  write<T>(bucket: number, work: (shard: Shard) => Promise<T>): Promise<T>;
  /** Waits until buckets that a shard refused may be tried again; gives up at `until` (of performance.now()). */
  settle(buckets: readonly number[], until: number): Promise<void>;
  /** Asks the shards again. */
  refresh(): Promise<void>;
  /** Asks them again when one of them says that its buckets have changed. */
  keepUp(): Promise<void>;
}

/** How long a call waits for a bucket that is fenced. A fence lasts shorter than that, whatever becomes of its mover. */
export const settleMs = 3_000;
const FENCE_POLL_MS = 15;
const CONFLICT_RETRIES = 20;
const MOST_READS = 20;

export function createShardSet(all: readonly Shard[], logger: Logger): ShardSet {
  const byName = new Map(all.map((shard) => [shard.name, shard]));
  let map: BucketMap = emptyMap;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const ask = async (): Promise<void> => {
    const said = new Map<string, ShardBuckets>();
    await Promise.all(
      all.map(async (shard) => {
        try {
          said.set(shard.name, await shard.run(() => readBuckets(shard.database)));
        } catch (error) {
          if (!isShardUnavailable(error)) throw error;
        }
      }),
    );
    map = mapOf(said, map);
  };

  /** Does what a mover that died has left undone: takes expired fences back, completes handovers. */
  const help = async (): Promise<boolean> => {
    const { expiredFences, handovers } = map;
    const takenBack = [...expiredFences].map(async (name) => {
      const shard = byName.get(name);
      if (shard) await shard.run(() => takeBackExpired(shard.database));
    });
    const completed = handovers.map(async ({ target, buckets, moveId }) => {
      const shard = byName.get(target);
      if (shard) await shard.run(() => activate(shard.database, buckets, moveId));
    });
    await Promise.all([...takenBack, ...completed]);
    return takenBack.length + completed.length > 0;
  };

  const load = async (): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await ask();
        if (await help()) await ask();
        return;
      } catch (error) {
        if (!(error instanceof BucketConflictError) || attempt === CONFLICT_RETRIES) throw error;
        logger.debug({ reason: error.message }, "shards were read in the middle of a move");
        await delay(FENCE_POLL_MS);
      }
    }
  };

  /** Joins the reading that starts when the one under way ends, so that it begins after the call. */
  const refresh = (): Promise<void> => {
    next ??= running
      .catch(() => undefined) // its own callers were told
      .then(() => {
        next = undefined;
        running = load();
        return running;
      });
    return next;
  };

  const ownerOf = (bucket: number): Shard => {
    const name = map.ownerOf(bucket);
    const shard = name === undefined ? undefined : byName.get(name);
    if (shard === undefined) throw shardUnavailable(name ?? "unknown");
    return shard;
  };

  const settle = async (buckets: readonly number[], until: number): Promise<void> => {
    await refresh();
    while (buckets.some((bucket) => map.isFenced(bucket) || map.ownerOf(bucket) === undefined)) {
      if (performance.now() > until) throw shardUnavailable(map.ownerOf(buckets[0] ?? 0) ?? "unknown");
      await delay(FENCE_POLL_MS);
      await refresh();
    }
  };

  /** The outcome of `work` that was read while the shards stayed as they were known to be. */
  const readStable = async <T>(shards: () => readonly Shard[], work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      const known = shards().map((shard) => ({ shard, version: map.versionOf(shard.name) }));
      const outcome = await work().then(
        (value) => () => value,
        (error: unknown) => {
          if (isTransient(error) || isShardUnavailable(error)) throw error;
          return () => {
            throw error;
          };
        },
      );
      const stable = await Promise.all(known.map(async ({ shard, version }) => (await shard.version()) === version));
      if (stable.every(Boolean) || attempt === MOST_READS) return outcome();
      await refresh();
    }
  };

  return {
    all,
    ownerOf,
    owns: (shard, bucket) => map.ownerOf(bucket) === shard.name,
    read: async (bucket, work) => {
      if (map.ownerOf(bucket) === undefined) await refresh();
      return readStable(
        () => [ownerOf(bucket)],
        async () => {
          const shard = ownerOf(bucket);
          return shard.run(() => work(shard));
        },
      );
    },
    readEach: (work) =>
      readStable(
        () => all,
        () => Promise.all(all.map((shard) => shard.run(() => work(shard)))),
      ),
    async write(bucket, work) {
      const until = performance.now() + settleMs;
      if (map.ownerOf(bucket) === undefined) await refresh();
      for (;;) {
        const shard = ownerOf(bucket);
        try {
          return await work(shard);
        } catch (error) {
          if (!(error instanceof NotOwnedError)) throw error;
          await settle(error.buckets, until);
        }
      }
    },
    settle,
    refresh,
    async keepUp() {
      const changed = all.map(async (shard) => (await shard.version()) !== map.versionOf(shard.name));
      const outcomes = await Promise.allSettled(changed);
      if (outcomes.some((outcome) => outcome.status === "fulfilled" && outcome.value)) await refresh();
    },
  };
}
