// Opens all shards when the service starts. One that is away then is taken in when it comes back.
import { setTimeout as delay } from "node:timers/promises";
import { isTransient } from "@ordermesh/runtime/database";
import type { EventLog } from "@ordermesh/runtime/event-log";
import type { Logger } from "@ordermesh/runtime/logging";
import { createRelayPace } from "@ordermesh/runtime/outbox";
import { assignBuckets } from "./assign-buckets.ts";
import { openShard, type Shard } from "./shard.ts";
import { createShardSet, type ShardSet } from "./shard-set.ts";
import { type BucketRange, evenRanges, type ShardUrl } from "./shard-urls.ts";

export interface OpenShardsOptions {
  readonly urls: readonly ShardUrl[];
  /** The first assignment; even ranges unless given. */
  readonly ranges: readonly BucketRange[] | undefined;
  readonly poolSize: number;
  readonly instance: string;
  readonly migrations: string;
  readonly log: Pick<EventLog, "append">;
  readonly logger: Logger;
}

export interface OpenedShards {
  readonly shards: ShardSet;
  /** Gives up on shards that are still away. */
  stop(): Promise<void>;
}

/** How long the first shard may take to come up beside the service. */
const FIRST_WAIT_MS = 15_000;
/** How long the others may take after it before the service goes on without them. */
const OTHERS_WAIT_MS = 2_000;
const RETRY_MS = 1_000;

/** Rejects when no shard can be reached, or when one is the wrong database. */
export async function openShards(options: OpenShardsOptions): Promise<OpenedShards> {
  const { urls, ranges = evenRanges(urls.map(({ name }) => name)), logger } = options;
  const pace = createRelayPace(urls.length);
  const all = urls.map((url) => openShard({ ...options, ...url, pace }));
  const shards = createShardSet(all, logger);
  const stopping = new AbortController();
  const joined = new Set<Shard>();

  const join = async (shard: Shard): Promise<void> => {
    await prepare(shard, stopping.signal, logger);
    joined.add(shard);
    // With one away nothing is assigned: either it was done before, or it is done when the last one joins.
    if (joined.size === all.length) await assignBuckets(all, ranges, logger);
    await shards.refresh();
    logger.debug({ shard: shard.name }, "shard joined");
  };

  const joining = all.map(join);
  const everyone = Promise.all(joining);
  try {
    await Promise.race([Promise.any(joining), everyone, tooLate(FIRST_WAIT_MS)]);
    await Promise.race([everyone, delay(OTHERS_WAIT_MS, undefined, { ref: false })]);
  } catch (error) {
    stopping.abort();
    throw error;
  }
  for (const shard of joining) {
    shard.catch((error: unknown) => {
      if (!stopping.signal.aborted) logger.error({ err: error }, "a shard cannot be used");
    });
  }
  return {
    shards,
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(joining);
    },
  };
}

/** Tries until the shard is there; rejects when it is the wrong database, or when told to stop. */
async function prepare(shard: Shard, signal: AbortSignal, logger: Logger): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await shard.prepare(0);
    } catch (error) {
      if (!isTransient(error)) throw error;
      const level = attempt === 1 ? "warn" : "debug";
      logger[level]({ shard: shard.name, reason: String(error) }, "shard is away; it joins when it is there");
    }
    await delay(RETRY_MS, undefined, { signal });
  }
}

async function tooLate(ms: number): Promise<never> {
  await delay(ms, undefined, { ref: false });
  throw new Error(`no shard could be reached within ${ms} ms`);
}
