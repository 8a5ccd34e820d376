import type { EachBatchPayload } from "kafkajs";
import type { Logger } from "../../logging/index.ts";
import type { Lease } from "./lease.ts";
import { isTopicMissing } from "./send-error.ts";

/**
 * Commits a little later and together how far the partitions were handled: a crash in between repeats records, which
 * consumers expect. How far that is, and of which generation of the group, is what kafkajs knows: it forgets the
 * progress of a generation that is over.
 */
export interface Commits {
  /** Some partition has moved on. */
  schedule(): void;
  /** Sends at once; the request is on its way when this returns. Never rejects. */
  flush(): Promise<void>;
  stop(): void;
}

const COMMIT_DELAY_MS = 200;

/** @param payload the latest of the consumer's; undefined while nothing was fetched */
export function createCommits(options: {
  payload: () => EachBatchPayload | undefined;
  lease: () => Lease;
  /** A topic is gone, and its offsets with it: no progress may be committed to the one that takes its name. */
  topicGone(error: unknown): void;
  logger: Logger;
}): Commits {
  const { payload, lease, topicGone, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let inFlight = 0;
  let dirty = false;
  let stopped = false;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    dirty = false;
    const current = payload();
    const offsets = current?.uncommittedOffsets();
    if (current === undefined || offsets === undefined || offsets.topics.length === 0) return;
    const asked = lease();
    inFlight += 1;
    try {
      await current.commitOffsetsIfNecessary(offsets);
    } catch (error) {
      logger.debug({ err: error }, "event log: offsets not committed yet");
      asked.refused(error);
      if (isTopicMissing(error)) topicGone(error);
      else dirty = true;
    } finally {
      inFlight -= 1;
      if (dirty) schedule();
    }
  }

  function schedule(): void {
    dirty = true;
    // One that overtook another would set the offset back.
    if (!stopped && inFlight === 0) timer ??= setTimeout(flush, COMMIT_DELAY_MS);
  }

  return {
    schedule,
    flush,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
