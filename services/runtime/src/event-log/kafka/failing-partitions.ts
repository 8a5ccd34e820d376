import { setTimeout as delay } from "node:timers/promises";
import { backoffMs } from "../../batching/index.ts";
import type { Logger } from "../../logging/index.ts";
import type { SubscribeOptions } from "../port.ts";
import { logBackoff } from "../timing.ts";
import { type Piece, resolvePiece } from "./slice.ts";

/** The partitions whose records could not be handled. Each is tried again by itself while the others go on. */
export interface FailingPartitions {
  /** Pauses the partition and repeats the piece, with backoff, until it is handled or the lease ends. */
  add(piece: Piece, error: unknown): void;
  /** Waits for the attempts in flight. */
  settled(): Promise<void>;
}

export function createFailingPartitions(
  options: Pick<SubscribeOptions, "handle"> & {
    /** Some partition has moved on. */
    progressed(): void;
    /** Makes sure, where there is doubt, that the lease has not ended. */
    confirm(): Promise<void>;
    readonly stopping: AbortSignal;
    readonly logger: Logger;
  },
): FailingPartitions {
  const { handle, progressed, confirm, stopping, logger } = options;
  const running = new Set<Promise<void>>();

  async function repeat(piece: Piece): Promise<void> {
    const { slice, records } = piece;
    const over = AbortSignal.any([slice.lease.ended, stopping]);
    for (let attempt = 1; !over.aborted; attempt += 1) {
      await delay(backoffMs(attempt, logBackoff), undefined, { signal: over }).catch(() => undefined);
      await confirm();
      if (over.aborted) return;
      try {
        await handle({ records, signal: slice.lease.lost });
        resolvePiece(piece);
        progressed();
        return;
      } catch (error) {
        report(piece, error, attempt + 1);
      }
    }
  }

  function report({ slice }: Piece, error: unknown, attempt: number): void {
    const { topic, partition } = slice.payload.batch;
    logger.warn({ err: error, topic, partition, attempt }, "event log: batch failed, will be repeated");
  }

  return {
    add(piece, error) {
      report(piece, error, 1);
      // Paused until nothing is in flight any more, also when the partition comes back by another join: its records
      // never are in two batches at once.
      const resume = piece.slice.payload.pause();
      const repeating = repeat(piece).finally(() => {
        running.delete(repeating);
        resume();
      });
      running.add(repeating);
    },
    async settled() {
      await Promise.all(running);
    },
  };
}
