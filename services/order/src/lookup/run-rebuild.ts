// A rebuild of the index outside the order service: opens what it needs, and closes it again.
import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "@ordermesh/runtime/database";
import { openEventLog } from "@ordermesh/runtime/event-log";
import type { Logger } from "@ordermesh/runtime/logging";
import { openRedis, type RedisPort } from "@ordermesh/runtime/redis";
import { indexedTopics } from "./index-events.ts";
import { awaitPublished } from "./published.ts";
import { rebuildIndex } from "./rebuild.ts";
import type { RebuildConfig } from "./rebuild-config.ts";
import { withRebuildLease } from "./rebuild-lease.ts";
import type { ProgressLines } from "./rebuild-progress.ts";

/** The rebuild cannot begin; the message says why and what to do. */
export class RebuildRefusedError extends Error {
  override readonly name = "RebuildRefusedError";
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly progress: ProgressLines;
  /** Told what the rebuilt index may lack. */
  readonly warn: (text: string) => void;
  readonly logger: Logger;
}

const REDIS_TIMEOUT_MS = 1_000;
const REDIS_WAIT_MS = 5_000;
const POLL_MS = 20;
/** Orders flow at the same time, on the same machine it may be. */
const WORK_SHARE = 0.5;

/** Rebuilds and returns a summary for people. Throws RebuildRefusedError before anything is changed. */
export async function runRebuild(config: RebuildConfig, options: RunOptions): Promise<string> {
  const { logger } = options;
  const url = config.ORDERMESH_REDIS_URL;
  if (url === undefined) {
    throw new RebuildRefusedError(
      "REDIS_NOT_CONFIGURED: ORDERMESH_REDIS_URL is not set. Without Redis there is no index: look-ups ask the shards.",
    );
  }
  const name = `${config.ORDERMESH_INSTANCE}-rebuild`;
  const redis = openRedis({ url, name, timeoutMs: REDIS_TIMEOUT_MS, logger });
  const databases = config.ORDERMESH_SHARDS.map((shard) => ({
    name: shard.name,
    database: openDatabase({ url: shard.url, poolSize: 1, name, logger }),
  }));
  try {
    await untilUp(redis, options.signal);
    const log = await openEventLog({ url: config.ORDERMESH_EVENT_LOG_URL, clientId: name, logger });
    try {
      return await rebuildUnderLease(name, redis, log, databases, options);
    } finally {
      await log.close();
    }
  } finally {
    await Promise.all([redis.close(), ...databases.map(({ database }) => database.close())]);
  }
}

async function untilUp(redis: RedisPort, signal: AbortSignal): Promise<void> {
  const until = performance.now() + REDIS_WAIT_MS;
  while (!redis.up) {
    if (performance.now() > until) {
      throw new RebuildRefusedError(
        "REDIS_AWAY: the Redis of ORDERMESH_REDIS_URL does not answer; nothing was changed.",
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function rebuildUnderLease(
  name: string,
  redis: RedisPort,
  log: Awaited<ReturnType<typeof openEventLog>>,
  databases: Parameters<typeof awaitPublished>[0],
  { signal, progress, warn }: RunOptions,
): Promise<string> {
  const begin = performance.now();
  // A group that never commits, so that its lag is all that the log holds. The service may name groups for reading so.
  const total = await log.lag(`read.${name}.size`, indexedTopics);
  const rebuilt = await withRebuildLease(redis, signal, (leased) => {
    const onProgress = (now: Parameters<ProgressLines["show"]>[0]): void => progress.show(now, total);
    const published = (awaited: AbortSignal) => awaitPublished(databases, awaited, warn);
    return rebuildIndex({ redis, log, published, workShare: WORK_SHARE, onProgress }, leased);
  });
  if (rebuilt === undefined) {
    throw new RebuildRefusedError(
      "REBUILD_UNDER_WAY: the index is being rebuilt already, by another run or by the order service, which does it by " +
        "itself when Redis lost its data; nothing was changed.",
    );
  }
  const { records, entries, unreadable } = rebuilt.result;
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const skipped = unreadable === 0 ? "" : `, ${unreadable} records could not be read and are in the dead letters`;
  return `The index is rebuilt: ${entries} entries from ${records} records in ${seconds} s${skipped}.`;
}
