// Forgets what a service no longer needs: inbox rows and idempotency keys past their retention.
import type { Database } from "../database/index.ts";
import { EVENT_RETENTION_MS } from "../event-log/index.ts";
import { pruneIdempotencyKeys } from "../idempotency/index.ts";
import { pruneInbox } from "../inbox/index.ts";
import type { Logger } from "../logging/index.ts";

const hourMs = 3_600_000;
/** 45 days, half as long again as the log keeps events, so that a record that is read again is still known. */
const inboxRetentionMs = EVENT_RETENTION_MS * 1.5;
/** How long a client may repeat a call under its key. */
const keyRetentionMs = 7 * 24 * hourMs;

export interface HourlyPruning {
  /** What is pruned, for the log. */
  readonly what: string;
  /** Removes what is too old and answers how many rows of each kind it removed. */
  prune(): Promise<Readonly<Record<string, number>>>;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** Prunes once an hour, first in an hour. Returns a function that stops it and waits for what is under way. */
export function startHourlyPruning({ what, prune, logger }: HourlyPruning): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      const removed = await prune();
      if (Object.values(removed).some((rows) => rows > 0)) logger.info(removed, `${what} pruned`);
    } catch (error) {
      // Old rows cost space alone; the next hour tries again.
      logger.warn({ err: error }, `${what} not pruned`);
    }
  };
  const timer = setInterval(() => {
    running = run();
  }, hourMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Prunes what every database of a service has. */
export function startPruning({ database, logger }: { database: Database; logger: Logger }): () => Promise<void> {
  return startHourlyPruning({
    what: "inbox and idempotency keys",
    prune: async () => ({
      events: await pruneInbox(database, inboxRetentionMs),
      keys: await pruneIdempotencyKeys(database, keyRetentionMs),
    }),
    logger,
  });
}
