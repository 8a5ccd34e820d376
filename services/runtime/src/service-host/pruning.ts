// Forgets what a service no longer needs: inbox rows and idempotency keys past their retention.
import type { Database } from "../database/index.ts";
import { pruneIdempotencyKeys } from "../idempotency/index.ts";
import { pruneInbox } from "../inbox/index.ts";
import type { Logger } from "../logging/index.ts";

const hourMs = 3_600_000;
/** Twice the event log's retention, so that a record that is read again is still known. */
const inboxRetentionMs = 14 * 24 * hourMs;
/** How long a client may repeat a call under its key. */
const keyRetentionMs = 7 * 24 * hourMs;

/** Prunes once an hour. Returns a function that stops it. */
export function startPruning({ database, logger }: { database: Database; logger: Logger }): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const prune = async (): Promise<void> => {
    try {
      const events = await pruneInbox(database, inboxRetentionMs);
      const keys = await pruneIdempotencyKeys(database, keyRetentionMs);
      if (events + keys > 0) logger.info({ events, keys }, "inbox and idempotency keys pruned");
    } catch (error) {
      // Old rows cost space alone; the next hour tries again.
      logger.warn({ err: error }, "pruning failed");
    }
  };
  const timer = setInterval(() => {
    running = prune();
  }, hourMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
