// Sees to it that there is an index: whenever Redis has none, or lacks entries that had to be given up, one of the order
// instances rebuilds it from the log.
import { setTimeout as delay } from "node:timers/promises";
import type { EventLog } from "@ordermesh/runtime/event-log";
import type { Logger } from "@ordermesh/runtime/logging";
import { gapKey } from "./index-keys.ts";
import { readState } from "./index-state.ts";
import { indexRebuilds } from "./lookup-metrics.ts";
import { rebuildIndex } from "./rebuild.ts";
import { withRebuildLease } from "./rebuild-lease.ts";
import { getText, type IndexRedis } from "./redis-commands.ts";

export interface HealingOptions {
  readonly redis: IndexRedis;
  readonly log: Pick<EventLog, "read">;
  /** See RebuildPorts. */
  published(signal: AbortSignal): Promise<void>;
  readonly logger: Logger;
  /** For tests. */
  readonly settleMs?: number;
}

export interface Healing {
  /** Gives up a rebuild under way, which another instance then begins anew. */
  stop(): Promise<void>;
}

const CHECK_MS = 1_000;
const AFTER_FAILURE_MS = 5_000;
/** The instance serves orders at the same time. */
const WORK_SHARE = 0.25;

export function startHealing(options: HealingOptions): Healing {
  const { redis, logger } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  const heal = async (): Promise<void> => {
    if (!redis.up || (await isWhole(redis))) return;
    const rebuilt = await withRebuildLease(redis, signal, async (leased) => {
      // Whoever had the lease a moment ago may have done it.
      if (await isWhole(redis)) return undefined;
      logger.info("the index lacks entries; rebuilding it from the event log");
      return rebuildIndex({ ...options, workShare: WORK_SHARE }, leased);
    });
    if (rebuilt?.result === undefined) return;
    const { records, entries, unreadable } = rebuilt.result;
    indexRebuilds.inc({ result: "done" });
    logger.info({ records, entries, unreadable }, "the index is rebuilt");
  };

  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      let pauseMs = CHECK_MS;
      try {
        await heal();
      } catch (error) {
        if (signal.aborted) break;
        pauseMs = AFTER_FAILURE_MS;
        // While Redis is away its connection has said so.
        if (redis.up) indexRebuilds.inc({ result: "failed" });
        logger[redis.up ? "warn" : "debug"]({ err: error }, "the index was not rebuilt; trying again");
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined); // stopped
    }
  };
  const watching = watch();

  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function isWhole(redis: IndexRedis): Promise<boolean> {
  return redis.run(async (client) => {
    const [{ state }, gap] = await Promise.all([readState(client), getText(client, gapKey)]);
    return state.generation !== undefined && state.next === undefined && gap === undefined;
  });
}
